"""How far the money and the approval of a bill have moved: amounts before words, and in doubt the further one.

https://developer.bill.com/docs/ap-bills  https://developer.bill.com/docs/single-status-payment-values
"""

from decimal import Decimal

from integrations.engine.targets import Approval, Standing
from integrations.systems.bill import wire
from integrations.systems.bill.records import RowError, money

NOBODY_ACTED = {None, "UNASSIGNED", "ASSIGNED", "UNDEFINED"}
BILL_WORDS = {"UNPAID": Standing.UNPAID, "SCHEDULED": Standing.SCHEDULED, "PAID": Standing.PAID}
CREDIT_WORDS = {
    "NOT_APPLIED": Standing.UNPAID,
    "IN_PROCESS": Standing.SCHEDULED,
    "PARTIALLY_APPLIED": Standing.PARTLY_PAID,
    "FULLY_APPLIED": Standing.PAID,
}


def paid(row: wire.Wire) -> Decimal | None:
    """What is paid or credited of a bill, or applied of a vendor credit; None where that cannot be told."""
    try:
        match row:
            case wire.WireBill():
                return (money(row.paid_amount) or Decimal(0)) + (money(row.credit_amount) or Decimal(0))
            case wire.WireCredit():
                return money(row.applied_amount) or Decimal(0)
    except RowError:
        pass
    return None


def scheduled(row: wire.Wire) -> Decimal | None:
    """What BILL is about to pay of a bill; None where that cannot be told."""
    try:
        return money(row.scheduled_amount) or Decimal(0) if isinstance(row, wire.WireBill) else None
    except RowError:
        return None


def standing(row: wire.Wire) -> Standing:
    """How far the money of a bill (the use of a vendor credit) has moved.

    BILL spells its partial state in several ways, so that amounts decide. UNPAID is said only where the amounts and
    BILL's word agree: everything else keeps our hands off the record.
    """
    if isinstance(row, wire.WireCredit):
        word = CREDIT_WORDS.get(row.status or "", Standing.UNKNOWN)
    elif isinstance(row, wire.WireBill):
        word = _word(row.payment_status or "")
    else:
        return Standing.UNKNOWN
    return _by_amounts(row, word) or word


def _by_amounts(row: wire.WireBill | wire.WireCredit, word: Standing) -> Standing | None:
    done, waiting = paid(row), scheduled(row)
    try:
        total = money(row.amount)
    except RowError:
        total = None
    if done is None or total is None or (waiting is None and isinstance(row, wire.WireBill)):
        return Standing.UNKNOWN
    if done >= total > 0:
        return Standing.PAID
    if waiting:
        return Standing.SCHEDULED
    if done > 0:
        return Standing.PARTLY_PAID if word is not Standing.SCHEDULED else Standing.SCHEDULED
    return None


def _word(status: str) -> Standing:
    if status.startswith("PARTIAL"):
        return Standing.PARTLY_PAID
    return BILL_WORDS.get(status, Standing.UNKNOWN)


def approval(row: wire.Wire) -> Approval:
    """Whether an approver has acted on a bill; a word that nobody knows counts as "somebody has"."""
    if not isinstance(row, wire.WireBill):
        return Approval.NONE
    acts = {approver.status for approver in row.approvers or ()}
    if row.approval_status == "DENIED" or "DENIED" in acts:
        return Approval.DENIED
    if row.approval_status not in NOBODY_ACTED or acts & {"APPROVED", "REROUTED"}:
        return Approval.ACTED
    return Approval.NONE
