"""A sent invoice that the ERP no longer wants paid by us: cancelled, paid, blocked, taken back, or gone.

Nothing is archived or recorded by itself but where the tenant chose it: money may already be moving.
"""

from decimal import Decimal

from integrations.engine import fingerprint as hashing
from integrations.engine.asking import ARCHIVE, KEEP, RECORD_PAYMENT, Answers, answered, hold, subject
from integrations.engine.decisions import Act, Decision, Hold, Link, Nothing
from integrations.engine.drafts import PAID_IN_ERP, ArchiveDraft, InvoiceDraft, PaidDraft
from integrations.engine.errors import Choice, Problem
from integrations.engine.mapping import Rules
from integrations.engine.partly import whole_and_recorded
from integrations.engine.policy import Policy
from integrations.engine.records import Entity, Invoice, InvoiceState
from integrations.engine.shares import open_amount
from integrations.engine.targets import Approval, Standing, TargetRecord

_ZERO = Decimal(0)
MOVING = (Standing.SCHEDULED, Standing.PARTLY_PAID, Standing.PAID, Standing.UNKNOWN)  # unknown is never written to


def missing(number: str, target_id: str) -> Hold:
    """The linked record cannot be found any more."""
    words = f"The record of {number} ({target_id}) is not on the other side any more. Find out why, then unlink it."
    return hold(Problem("missing_on_target", words, field="link", value=target_id))


def cancelled(source: Invoice, link: Link, target: TargetRecord, policy: Policy, answers: Answers) -> Decision:
    """Archive the unpaid bill, by a person unless the tenant chose it; a payment is stopped or recovered by people."""
    if not target.active:
        return Nothing(rebaseline=True)
    name = f"Invoice {source.number} ({source.vendor_name}) was cancelled in the ERP after it was sent."
    if target.standing in MOVING:
        what = {
            Standing.SCHEDULED: "Its payment is scheduled: cancel it on the other side before it is processed.",
            Standing.UNKNOWN: "Whether it is being paid could not be read: look at the bill.",
        }.get(target.standing, "It is paid: recover the money from the supplier.")
        asked = _problem("cancelled_after_sending", f"{name} {what}", target, (KEEP,), urgent=True)
        return Nothing(rebaseline=True) if answered(answers, asked) else hold(asked)
    asked = _problem("cancelled_after_sending", f"{name} Archive its bill.", target, (ARCHIVE, KEEP), urgent=True)
    chosen = answered(answers, asked)
    if chosen == KEEP.key:
        return Nothing(rebaseline=True)
    if chosen == ARCHIVE.key or (policy.auto_archive and target.approval is Approval.NONE):
        return archive(link, target, Entity.INVOICE, "cancelled in the ERP")
    return hold(asked)


def archive(link: Link, target: TargetRecord, entity: Entity, why: str) -> Act:
    """Take the linked record out of use on the target."""
    sent = link.sent
    credit = sent.credit if isinstance(sent, InvoiceDraft) else target.kind == "credit"
    return Act(
        draft=ArchiveDraft(entity=entity, credit=credit, name=target.name if entity is Entity.VENDOR else ""),
        natural_key=f"archive|{target.target_id}",
        target_id=target.target_id,
        version=target.version,
        why=(why,),
    )


def paid_elsewhere(source: Invoice, link: Link, target: TargetRecord, policy: Policy, answers: Answers) -> Decision:
    """Paid in the ERP: agreed where it is our own payment read back; else it may be paid twice."""
    total = _sent_total(link, target)
    left = _ZERO if source.state is InvoiceState.PAID else open_amount(source)
    if total is None or left is None:
        words = f"{_name(source)} was paid in part in the ERP, and how much could not be read. Compare both sides."
        return hold(Problem("paid_elsewhere", words, field="state", urgent=True))
    there, here = max(_ZERO, total - abs(left)), target.paid or _ZERO
    if not target.active or target.standing is Standing.PAID or there <= here:
        return Nothing(rebaseline=True)
    if target.standing in MOVING:
        return _twice(source, target, there, answers)
    if _credit(link, target):
        return _offset(source, link, target, answers)
    draft = _payment(source, link, target, there - here)
    unchanged = link.fingerprint == hashing.fingerprint(source)
    if unchanged and source.state is InvoiceState.PARTLY_PAID and whole_and_recorded(source, policy, answers):
        return draft
    words = f"{_name(source)} was paid in the ERP after it was sent: {there} {source.currency}. Record the payment."
    asked = _problem("paid_elsewhere", words, target, (RECORD_PAYMENT, KEEP), str(there), urgent=True)
    match answered(answers, asked):
        case RECORD_PAYMENT.key:
            return draft
        case KEEP.key:
            return Nothing(rebaseline=True)
    return hold(asked)


def _twice(source: Invoice, target: TargetRecord, there: Decimal, answers: Answers) -> Decision:
    """Both sides pay."""
    what = {
        Standing.SCHEDULED: "its payment is scheduled on the other side: cancel it before it is processed",
        Standing.PARTLY_PAID: f"{target.paid} was paid on the other side as well",
    }.get(target.standing, "whether it is being paid on the other side could not be read")
    words = f"{_name(source)} was paid in the ERP ({there} {source.currency}), and {what}. It must not be paid twice."
    asked = _problem("paid_twice", words, target, (KEEP,), str(there), urgent=True)
    return Nothing(rebaseline=True) if answered(answers, asked) else hold(asked)


def _offset(source: Invoice, link: Link, target: TargetRecord, answers: Answers) -> Decision:
    """A credit that the ERP has offset, and that is still to be used on the other side."""
    words = f"Credit {source.number} was offset in the ERP after it was sent. It must not be used a second time."
    choices = (ARCHIVE, KEEP) if not target.paid else (KEEP,)
    asked = _problem("offset_elsewhere", words, target, choices, urgent=True)
    match answered(answers, asked):
        case ARCHIVE.key:
            return archive(link, target, Entity.INVOICE, "offset in the ERP")
        case KEEP.key:
            return Nothing(rebaseline=True)
    return hold(asked)


def _payment(source: Invoice, link: Link, target: TargetRecord, amount: Decimal) -> Act | Hold:
    """Note the payment with the day of the ERP's last change, which the payment was."""
    sent = link.sent if isinstance(link.sent, InvoiceDraft) else None
    paid_on = source.modified.date() if source.modified else source.voucher_date or source.invoice_date
    if paid_on is None:
        words = f"{_name(source)} was paid in the ERP, and no day of it is known. Record the payment by hand."
        return hold(Problem("paid_elsewhere", words, field="state", urgent=True))
    draft = PaidDraft(
        vendor_id=sent.vendor_id if sent else target.vendor_id,
        bill_id=target.target_id,
        amount=amount,
        currency=source.currency,
        paid_on=paid_on,
        description=f"{PAID_IN_ERP} {source.number}",
    )
    key = f"paid|{target.target_id}|{(target.paid or _ZERO) + amount}"
    why = f"{amount} {source.currency} paid in the ERP"
    return Act(draft=draft, natural_key=key, target_id=target.target_id, version=target.version, why=(why,))


def went_back(source: Invoice, target: TargetRecord, answers: Answers) -> Decision:
    """Released once, and not any more."""
    words = f"{_name(source)} went back to “{source.state_word}” after it was sent. Check it in the ERP."
    asked = _problem("went_back", words, target, (KEEP,), urgent=target.standing in MOVING)
    return Nothing(rebaseline=True) if answered(answers, asked) else hold(asked)


def blocked_after(source: Invoice, target: TargetRecord, answers: Answers) -> Decision:
    """Blocked in the ERP, and not paid yet."""
    words = f"{_name(source)} is blocked in the ERP. Stop it on the other side as well."
    asked = _problem("blocked_after_sending", words, target, (KEEP,), urgent=True)
    return Nothing(rebaseline=True) if answered(answers, asked) else hold(asked)


def paid_twice(source: Invoice, target: TargetRecord, rules: Rules, answers: Answers) -> Decision:
    """The ERP is about to pay what is paid here, or will be."""
    state = rules.proposals[(source.vendor_key, source.number)]
    out = "take it out of the proposal"
    how = {
        Standing.UNPAID: f"its bill is not paid yet. It may be paid twice: {out}, or stop the bill",
        Standing.SCHEDULED: f"its bill's payment is scheduled. It may be paid twice: {out}, or cancel that payment",
        Standing.PARTLY_PAID: f"{target.paid} of its bill is paid. It may be paid twice: {out}",
        Standing.PAID: f"its bill is paid already. It is paid twice unless you {out}",
    }.get(target.standing, f"whether its bill is being paid could not be read. It may be paid twice: {out}")
    words = f"{_name(source)} is in a payment proposal of the ERP ({state or 'open'}), and {how}."
    asked = _problem("may_be_paid_twice", words, target, (KEEP,), state, urgent=True)
    return Nothing() if answered(answers, asked) else hold(asked)


def _problem(
    code: str, words: str, target: TargetRecord, choices: tuple[Choice, ...], *more: str, urgent: bool = False
) -> Problem:
    """Asked about this record as far as its money has moved: once that moves on, it is asked again."""
    about = subject(target.target_id, target.standing, *more)
    return Problem(code, words, field="state", urgent=urgent, choices=choices, subject=about)


def _sent_total(link: Link, target: TargetRecord) -> Decimal | None:
    return link.sent.total if isinstance(link.sent, InvoiceDraft) else target.amount


def _credit(link: Link, target: TargetRecord) -> bool:
    return link.sent.credit if isinstance(link.sent, InvoiceDraft) else target.kind == "credit"


def _name(source: Invoice) -> str:
    return f"Invoice {source.number} ({source.vendor_name})"
