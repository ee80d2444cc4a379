"""Somebody at work in the demo: whenever payments are listed, bills were paid meanwhile and payments moved on."""

from datetime import UTC, date, datetime
from decimal import Decimal

from integrations.systems.bill.simulator.call import World
from integrations.systems.bill.simulator.payments import make, set_status
from integrations.systems.bill.simulator.rows import Row

_WAY = ("SCHEDULED", "FUNDING_STARTED", "PROCESSED", "SENT", "CLEARED")
_AT_ONCE = 12  # bills that are paid in one go
_DESK = "00602DEMOTREASURY001"


def step(world: World, organization: str) -> None:
    """Every payment that moves takes a step (each ninth is voided on its way), then the oldest open bills are paid."""
    today = datetime.fromtimestamp(world.rows.now() / 1000, UTC).date()
    with world.rows.transaction():
        paid = [body for _, _, body in world.rows.dump("payments", 0, 100_000)]
        for number, body in enumerate(paid):
            word = body.get("singleStatus")
            row = world.rows.get(organization, "payments", body["id"])
            if row is not None and word in _WAY[:-1]:
                after = _WAY[_WAY.index(word) + 1]
                set_status(world, row, "VOIDED" if number % 9 == 8 and after == "SENT" else after)
        bills = [body for _, _, body in world.rows.dump("bills", 0, 100_000) if _is_open(body)]
        for number, body in enumerate(bills[:_AT_ONCE], len(paid)):
            row = world.rows.get(organization, "bills", body["id"])
            if row is not None:
                _pay(world, row, number, today)


def _is_open(body: dict[str, object]) -> bool:
    """To be paid, and nobody has begun to."""
    untouched = not (body["paidAmount"] or body["scheduledAmount"] or body["creditAmount"])
    return untouched and not body["archived"] and body["paymentStatus"] == "UNPAID"


def _pay(world: World, bill: Row, number: int, today: date) -> None:
    """The whole bill; of each fifth only a half, and each seventh by a check that was written elsewhere."""
    due = Decimal(bill.body["dueAmount"])
    amount = (due / 2).quantize(Decimal("0.01")) if number % 5 == 4 else due
    kind = "OFFLINE" if number % 7 == 6 else ("ACH", "CHECK", "ACH")[number % 3]
    make(
        world, bill.organization, [(bill, amount)], single_status=_WAY[number % len(_WAY)],
        process_date=today.isoformat(), disbursement_type=kind, user=_DESK, transactionNumber=f"P{number + 1:05d}",
    )  # fmt: skip
