"""Payments of bills that were sent: whether one concerns us, and what of it the ERP is told without a voucher."""

from decimal import Decimal

from integrations.engine.asking import Answers, answered, hold, subject
from integrations.engine.books import Books
from integrations.engine.decisions import Decision, Link, Nothing, Out
from integrations.engine.drafts import PAID_IN_ERP
from integrations.engine.errors import Choice, Problem
from integrations.engine.payment_amounts import held_back
from integrations.engine.policy import Policy
from integrations.engine.records import Payment, PaymentState
from integrations.engine.reversals import DEAD, unknown_state
from integrations.engine.targets import TargetRecord

OFFLINE = "offline"  # the method of a payment that was made elsewhere and only noted in the AP tool
_GONE = (PaymentState.ISSUED, PaymentState.CLEARED)  # the money went out: it stands on the list that AP settles from
_ACCEPT = Choice("accept", "The ERP is right as it is", "override")


def is_noted_by_us(source: Payment) -> bool:
    """What the ERP paid and we noted on the bill: it must not come back as a payment of the AP tool."""
    return source.method == OFFLINE and source.noted.startswith(PAID_IN_ERP)


def followed(source: Payment, link: Link | None, books: Books, policy: Policy, answers: Answers) -> Decision | None:
    """What becomes of it without a voucher; None: it is booked, or watched, like any other payment."""
    if is_noted_by_us(source):
        return Out(reason="paid_in_erp", message="The ERP paid it; it is only noted on the bill.")
    if link is not None:
        return None
    if not any(each.key in books.invoices for each in source.invoices):
        return Out(reason="not_sent_by_us", message="It pays no bill that was sent from here.")
    if source.state is PaymentState.UNKNOWN:
        return hold(unknown_state(source))
    if policy.read_back == "voucher":
        return None
    if source.state in _GONE and (wrong := held_back(source)) is not None:
        return wrong
    told = "State and date stand on the invoice." if policy.read_back == "field" else "The ERP is told nothing of it."
    return _settled(source, books, answers) or Out(reason="not_read_back", message=f"{told} AP settles it by hand.")


def _settled(source: Payment, books: Books, answers: Answers) -> Decision | None:
    """Void, but people have settled its invoice in the ERP: nothing of ours takes that back."""
    if source.state not in DEAD or source.key not in books.issued:
        return None
    standing = [held for each in source.invoices if (held := books.standing.get(books.invoices.get(each.key, "")))]
    over = [held for held in standing if _paid(held) > books.alive.get(held.target_id, Decimal(0))]
    if not over:
        return None
    numbers = ", ".join(f"{held.number} ({_paid(held)} {held.currency})" for held in over)
    words = (
        f"The payment became “{source.state_word or source.state}”, but the ERP shows as paid: {numbers}. Take that "
        "back in the ERP, or find out who paid."
    )
    about = subject(*(held.target_id for held in over), source.state)
    asked = Problem("void_but_settled", words, field="state", urgent=True, choices=(_ACCEPT,), subject=about)
    return Nothing() if answered(answers, asked) else hold(asked)


def _paid(held: TargetRecord) -> Decimal:
    return abs(held.paid or Decimal(0))
