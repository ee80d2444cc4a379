"""What is paid, scheduled and credited of a bill, worked out from payments and applied vendor credits."""

from collections.abc import Iterable
from decimal import Decimal

from integrations.systems.bill.simulator.config import SimulatorConfig
from integrations.systems.bill.simulator.errors import entity
from integrations.systems.bill.simulator.rows import Row, Rows
from integrations.systems.bill.simulator.wire import Json, round_money

SCHEDULED = frozenset(
    [
        "SCHEDULED",
        "READY_TO_FUND",
        "FUNDING_STARTED",
        "CANCELLATION_IN_PROGRESS",
        "FUNDING_FAILED_ACTION_NEEDED",
        "UNDEFINED",
    ]
)
ENDED = frozenset({"CANCELED", "VOIDED", "FUNDING_FAILED_VOIDED"})


def bucket(single_status: str) -> str:
    """Where a payment in this status counts on its bills: "scheduled", "paid" or "none"."""
    if single_status in ENDED:
        return "none"
    return "scheduled" if single_status in SCHEDULED else "paid"


def _sum(amounts: Iterable[tuple[str]]) -> Decimal:
    return sum((Decimal(amount) for (amount,) in amounts), Decimal(0))


def settled(rows: Rows, bill: str, what: str) -> Decimal:
    """The amount of a bill that is "paid" or "scheduled"."""
    return _sum(rows.sql.execute("SELECT amount FROM settlement WHERE bill = ? AND bucket = ?", (bill, what)))


def credited(rows: Rows, bill: str) -> Decimal:
    """The vendor credits applied to a bill."""
    return _sum(rows.sql.execute("SELECT amount FROM application WHERE bill = ?", (bill,)))


def set_funding(body: Json, config: SimulatorConfig, currency: str) -> None:
    """What a bill in another currency costs the payer, at the simulator's rate."""
    rate = config.rates.get(currency)
    if currency != config.base_currency and rate:
        body["exchangeRate"] = rate
        body["fundingAmount"] = round_money(Decimal(body["amount"]) / rate, config.base_currency)


def settle_bill(rows: Rows, config: SimulatorConfig, body: Json) -> None:
    """Bring the read-only amounts and the payment status of a bill up to date."""
    amount = Decimal(body["amount"])
    paid, scheduled = settled(rows, body["id"], "paid"), settled(rows, body["id"], "scheduled")
    credit = credited(rows, body["id"])
    body |= {
        "paidAmount": paid,
        "scheduledAmount": scheduled,
        "creditAmount": credit,
        "dueAmount": amount - paid - credit,
    }
    if paid + credit >= amount and (amount > 0 or paid or credit):
        body["paymentStatus"] = "PAID"
    elif scheduled:
        body["paymentStatus"] = "SCHEDULED"
    else:
        body["paymentStatus"] = config.partial_word if paid else "UNPAID"


def settle_credit(rows: Rows, credit: Row) -> None:
    """Bring a vendor credit's applied amount, status and usage up to date and store it."""
    query = "SELECT bill, payment, amount FROM application WHERE credit = ?"
    found = rows.sql.execute(query, (credit.id,)).fetchall()
    applied = sum((Decimal(amount) for _, _, amount in found), Decimal(0))
    total = Decimal(credit.body["amount"])
    credit.body["appliedAmount"] = applied
    credit.body["status"] = (
        "NOT_APPLIED" if not applied else "FULLY_APPLIED" if applied == total else "PARTIALLY_APPLIED"
    )
    usage = [
        {"billId": bill, **({"paymentId": payment} if payment else {}), "amount": Decimal(amount)}
        for bill, payment, amount in found
    ]
    credit.body.pop("usage", None)
    if usage:
        credit.body["usage"] = usage
    rows.save(credit)


def apply_credits(rows: Rows, bill: Row, wanted: list[Json], payment: str = "") -> None:
    """Put exactly these credits ({id, amount}) on a bill; credits tied to a payment stay.

    400 BDC_1143 for a credit of another vendor, one that is archived, or more than is left of it or of the bill.
    """
    organization, vendor = bill.organization, bill.body["vendorId"]
    query = "SELECT DISTINCT credit FROM application WHERE bill = ? AND payment = ''"
    touched = {key for (key,) in rows.sql.execute(query, (bill.id,))} if not payment else set()
    if not payment:
        rows.sql.execute("DELETE FROM application WHERE bill = ? AND payment = ''", (bill.id,))
    for item in wanted:
        credit = rows.get(organization, "vendor-credits", str(item.get("id")))
        amount = Decimal(item.get("amount") or 0)
        if credit is None or credit.body["vendorId"] != vendor or credit.body["archived"]:
            raise entity(400, "The vendor credit cannot be applied to this bill.")
        used = _sum(rows.sql.execute("SELECT amount FROM application WHERE credit = ?", (credit.id,)))
        open_amount = Decimal(bill.body["amount"]) - settled(rows, bill.id, "paid") - credited(rows, bill.id)
        if amount <= 0 or used + amount > Decimal(credit.body["amount"]) or amount > open_amount:
            raise entity(400, "More than what is left of the vendor credit or of the bill.")
        rows.sql.execute("INSERT INTO application VALUES (?,?,?,?)", (credit.id, bill.id, payment, str(amount)))
        touched.add(credit.id)
    for key in sorted(touched):
        row = rows.get(organization, "vendor-credits", key)
        if row is not None:
            settle_credit(rows, row)
