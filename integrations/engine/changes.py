"""A changed invoice against the bill that was sent: what differs, and whether it is written, asked or only noted."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

import msgspec

from integrations.engine import fingerprint as hashing
from integrations.engine.asking import KEEP, UPDATE, UPDATE_APPROVED, Answers, answered, hold, subject
from integrations.engine.decisions import Decision, Hold, Link, Nothing, Update, Wait
from integrations.engine.drafting import Drafted, draft_bill, natural_key
from integrations.engine.drafts import InvoiceDraft
from integrations.engine.drift import Difference, between, in_words, named
from integrations.engine.errors import Choice, Problem
from integrations.engine.mapping import Rules
from integrations.engine.matching import Matched, match
from integrations.engine.policy import Policy
from integrations.engine.records import Invoice
from integrations.engine.stopped import MOVING
from integrations.engine.targets import Approval, TargetRecord

_PAYEE = {"vendor_id", "currency", "credit"}
_HEAD = {"total", "number", "invoice_date"}
_TEXT = {"po_number", "description", "line_text"}


def compare(
    source: Invoice,
    link: Link,
    target: TargetRecord,
    rules: Rules,
    policy: Policy,
    variant: str,
    answers: Answers,
) -> Decision:
    """Section 5.1 to 5.3: payee never, amounts while nobody has acted, text as long as no money moves."""
    sent = link.sent if isinstance(link.sent, InvoiceDraft) else None
    drafted = draft_bill(source, rules, policy, variant=variant, sent=sent, answers=answers)
    if drafted.draft is None:
        return Hold(problems=drafted.problems)
    before = sent or as_adopted(drafted.draft, link.echo)
    found = between(before, drafted.draft)
    if link.schema != hashing.VERSION and not _weighty(found, before, drafted.draft):
        return Nothing(rebaseline=True)  # our own hashing changed, the invoice did not
    if not found:
        return Nothing(rebaseline=True)
    theirs = sent is None or as_adopted(sent, link.echo) != sent  # made by somebody else, or edited and accepted
    decision = _Change(source, target, policy, answers, found).decide(drafted, before, theirs=theirs)
    if isinstance(decision, Update) and _more(found, before, drafted.draft):
        return _matched(decision, match(source, rules, policy, answers))
    return decision


def _more(found: Sequence[Difference], before: InvoiceDraft, after: InvoiceDraft) -> bool:
    """Whether it bills more than before, or of another order."""
    return after.total > before.total or any(each.field == "po_number" for each in found)


def _matched(update: Update, with_orders: Matched) -> Decision:
    """A bill that grows is matched with its orders like a new one."""
    if with_orders.problems:
        return Wait(problems=with_orders.problems) if with_orders.waits else Hold(problems=with_orders.problems)
    why, notes = (*update.why, *with_orders.why), (*update.notes, *with_orders.notes)
    return msgspec.structs.replace(update, why=why, notes=notes)


class _Change:
    """The table of what a change does, by how far the bill has come."""

    def __init__(
        self, source: Invoice, target: TargetRecord, policy: Policy, answers: Answers, found: Sequence[Difference]
    ) -> None:
        self.source, self.target, self.policy, self.answers, self.found = source, target, policy, answers, found
        self.fields = {each.field for each in found}
        self.acted = target.approval in (Approval.ACTED, Approval.DENIED)

    def decide(self, drafted: Drafted, before: InvoiceDraft, *, theirs: bool) -> Decision:
        """Write it, ask, or note it."""
        draft = drafted.draft
        if draft is None:
            return Hold(problems=drafted.problems)
        earlier = draft.due_date < before.due_date
        payee, head = bool(self.fields & _PAYEE), bool(self.fields & _HEAD) or earlier
        if self.target.standing in MOVING:
            return self._moving(payee=payee, head=head)
        if payee:
            return self._ask("payee_or_currency_changed", "Payee and currency of a bill are never changed.", (KEEP,))
        update = Update(
            draft=draft,
            natural_key=natural_key(draft),
            target_id=self.target.target_id,
            version=self.target.version,
            why=drafted.why,
            notes=drafted.notes,
        )
        if theirs:
            words = "Somebody else made or edited this bill."
            return self._ask("adopted_changed", words, (UPDATE_APPROVED, KEEP), update)
        if self.acted and (head or not self._recoded()):
            what = "An approver has denied it." if self.target.approval is Approval.DENIED else "An approver has acted."
            return self._ask("changed_after_approval", what, (UPDATE_APPROVED, KEEP), update)
        if head and self.policy.amount_change == "hold":
            return self._ask("amount_changed", "Amounts and dates are released by a person.", (UPDATE, KEEP), update)
        return update

    def _recoded(self) -> bool:
        """Whether what differs may be written although an approver has acted."""
        return self.policy.recode_after_approval or self.fields <= _TEXT

    def _moving(self, *, payee: bool, head: bool) -> Decision:
        """Its money moves: nothing is written; what matters is urgent, the rest a note."""
        if payee or head:
            words = f"Its payment is {self.target.standing.replace('_', ' ')} on the other side: nothing is written."
            return self._ask("changed_after_payment", words, (KEEP,), urgent=True)
        words = f"Changed in the ERP while its money moves; not written. {in_words(self.found)}."
        return Nothing(rebaseline=True, notes=(Problem("changed_after_payment", words),))

    def _ask(
        self,
        code: str,
        why: str,
        choices: tuple[Choice, ...],
        update: Update | None = None,
        *,
        urgent: bool = False,
    ) -> Decision:
        words = f"Invoice {self.source.number} changed in the ERP after it was sent. {in_words(self.found)}. {why}"
        about = subject(self.target.target_id, self.target.standing, self.target.approval, named(self.found))
        fields = ", ".join(sorted(self.fields))
        asked = Problem(code, words, field=fields, urgent=urgent, choices=choices, subject=about)
        match answered(self.answers, asked):
            case KEEP.key:
                return Nothing(rebaseline=True)
            case UPDATE.key if update is not None:
                return update
        return hold(asked)


def _weighty(found: Sequence[Difference], before: InvoiceDraft, after: InvoiceDraft) -> bool:
    """Whether anything but coding and text differs."""
    return bool({each.field for each in found} & (_PAYEE | _HEAD)) or before.due_date != after.due_date


def as_adopted(draft: InvoiceDraft, echo: dict[str, str]) -> InvoiceDraft:
    """The bill as somebody else made it, as far as its echo says; coding and text are taken as they are there."""
    known: dict[str, object] = {
        "vendor_id": echo.get("vendor_id"),
        "number": echo.get("number"),
        "invoice_date": _day(echo.get("date")),
        "due_date": _day(echo.get("due_date")),
        "currency": echo.get("currency"),
        "total": _amount(echo.get("amount")),
    }
    return msgspec.structs.replace(draft, **{name: value for name, value in known.items() if value})


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _amount(text: str | None) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None
