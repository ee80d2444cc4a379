"""Three invoices that were sent, payments of their bills, and what both sides then say of them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.engine.records import Entity
from integrations.models import (
    MirrorRecord,
    MirrorState,
    OutboxItem,
    PaymentPart,
    ReviewItem,
    Settlement,
)
from integrations.systems.bill.simulator import Simulator
from tenants.scope import tenant_scope
from tests.integrations.runner.town import Make, Town

Stands = dict[str, tuple[str, Decimal]]  # of each bill: status, what is due
Part = tuple[str, str, Decimal, str, str]  # of a payment: its key, the bill, how much, its state and date
TODAY = datetime.now(UTC).date()
WAY = ("SCHEDULED", "READY_TO_FUND", "FUNDING_STARTED", "PROCESSED", "SENT", "DELIVERED", "CLEARED")
VOUCHERS = {
    "read_back": "voucher",
    "voucher_type": "BPV",
    "settlement_account": "2410",
    "cash_account": "1150",
    "rounding_account": "8040",
}


@pytest.fixture
def town(town_of: Make) -> Town:
    return sent(town_of())


def sent(made: Town) -> Town:
    """Three invoices of one supplier that were sent: 100.00, 60.00 and 40.00."""
    made.supplier("S1")
    for number, amount in enumerate(("100.00", "60.00", "40.00"), 1):
        made.erp.invoice(number, amount)
    for account in ("2410", "1150", "8040"):
        made.erp.account(account)
    made.erp.sim.insert("VoucherTypeDef", {"Company": "10", "VoucherType": "BPV"})
    days = {"DateFrom": f"{TODAY.year}-01-01", "DateUntil": f"{TODAY.year}-12-31", "Objstate": "Open"}
    made.erp.sim.insert(
        "AccountingPeriod", {"Company": "10", "AccountingYear": TODAY.year, "AccountingPeriod": 1, **days}
    )
    made.sync()
    later(made)
    assert len(ours(made)) == 3
    return made


def bill(town: Town, number: str) -> str:
    return str(next(row["id"] for row in town.ap.sim.dump("bills") if row["invoice"]["invoiceNumber"] == number))


def pay(town: Town, *numbers: str, amounts: tuple[str, ...] = (), **fields: Any) -> str:
    fields.setdefault("process_date", TODAY.isoformat())
    return town.ap.sim.pay([bill(town, number) for number in numbers], list(amounts) or None, **fields)


def later(town: Town) -> None:
    """Half an hour passes, then everything is synced."""
    with tenant_scope(town.tenant_id):
        for state in MirrorState.objects.all():
            state.whole_at -= timedelta(days=30)  # the stand-in's clock lies a few days behind
            state.save()
    town.sync()


def stands(sim: Simulator) -> Stands:
    """How every bill stands in the AP tool's own tables."""
    words = {"PARTIAL": "PARTLY_PAID"}
    return {
        row["id"]: (str(words.get(row["paymentStatus"], row["paymentStatus"])).lower(), Decimal(str(row["dueAmount"])))
        for row in sim.dump("bills")
    }


def parts(sim: Simulator) -> list[Part]:
    """What each payment pays of which bill there."""
    return sorted(
        (row["id"], part["billId"], Decimal(str(part["amount"])), row.get("singleStatus") or row["status"],
         row["processDate"])
        for row in sim.dump("payments") for part in row["billPayments"]
    )  # fmt: skip


def theirs(town: Town) -> Stands:
    return stands(town.ap.sim)


def ours(town: Town) -> Stands:
    """What we know of the same."""
    with tenant_scope(town.tenant_id):
        rows = MirrorRecord.objects.filter(connection=town.integration.ap_id, entity=Entity.INVOICE, kind="bill")
        return {row.target_id: (str(row.standing), row.open_amount or Decimal(0)) for row in rows}


def same_parts(town: Town) -> None:
    """What each payment pays of which bill, its state and its date are as they stand there."""
    with tenant_scope(town.tenant_id):
        rows = PaymentPart.objects.order_by("payment", "place")
        kept = [(row.payment, row.invoice, row.amount, row.state_word, row.dated.isoformat()) for row in rows]
    assert sorted(kept) == parts(town.ap.sim)


def listed(town: Town) -> dict[tuple[str, str], tuple[str, Decimal]]:
    """The settlement list: (payment, invoice number) -> state and amount."""
    with tenant_scope(town.tenant_id):
        return {(row.payment, row.number): (row.state, row.amount) for row in Settlement.objects.all()}


def held(town: Town) -> list[str]:
    with tenant_scope(town.tenant_id):
        return sorted(ReviewItem.objects.filter(status="open").values_list("code", flat=True))


def reasons(town: Town) -> dict[str, tuple[str, str]]:
    with tenant_scope(town.tenant_id):
        rows = OutboxItem.objects.filter(flow__entity=Entity.PAYMENT, variant="")
        return {row.source_key: (row.state, row.reason) for row in rows}


def writes(town: Town) -> list[Any]:
    """What was written to the ERP's books and records."""
    return [each for each in town.erp.sim.ledger() if each["method"] != "GET" and "token" not in each["path"]]


def settle(town: Town, number: int) -> None:
    """AP settles the invoice in the ERP."""
    place = {"Company": "10", "Identity": "S1", "LedgerItemSeriesId": "SI", "LedgerItemId": f"N{number}"}
    town.erp.sim.edit("SupplierLedgerItem", place | {"InstallmentId": 1}, OpenAmount=0)
    paid = {"Objstate": "PaidPosted", "OpenAmount": 0, "OpenAmountCurr": 0}
    town.erp.sim.edit("ManSuppInvoice", {"Company": "10", "InvoiceId": number}, **paid)


def propose(town: Town, number: str, amount: int) -> None:
    place = {"Company": "10", "ProposalId": 7}
    town.erp.sim.insert("PaymentProposal", place | {"Objstate": "Acknowledged"})
    item = {"Identity": "S1", "LedgerItemSeriesId": "SI", "LedgerItemId": number, "Currency": "USD"}
    town.erp.sim.insert("ProposalItem", place | item | {"CurrAmount": amount})
