"""What other rules would make of a record: its coded lines, or why there are none, beside what comes out now."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum

import msgspec

from integrations.engine.asking import NONE, Answers
from integrations.engine.captured_draft import draft_booked
from integrations.engine.decisions import Act, Create, Decision, Hold, LinkTo, Update, Wait
from integrations.engine.drafting import Drafted, draft_bill
from integrations.engine.drafts import BookedInvoiceDraft, BookedLine, Draft, DraftLine, InvoiceDraft
from integrations.engine.errors import Problem
from integrations.engine.mapping import Rules
from integrations.engine.policy import Policy
from integrations.engine.records import Invoice
from integrations.engine.shares import instalment


class Change(StrEnum):
    """What other rules change about a record; what was posted is never touched by them."""

    RECODED = "recoded"  # goes out, coded otherwise
    FREED = "freed"  # is held, and would go
    STOPPED = "stopped"  # goes out, and would be held
    POSTED = "posted"  # was posted, and would have been coded otherwise
    POSTED_HELD = "posted_held"  # was posted, and would have been held


class Coded(msgspec.Struct, frozen=True):
    """A line on an account with its dimensions (kind, value), all as the target names them; credits are negative."""

    amount: Decimal
    account: str
    dimensions: tuple[tuple[str, str], ...] = ()


class Came(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a record: it goes with these lines, it is held for these reasons, or neither."""

    goes: bool = False
    lines: tuple[Coded, ...] = ()
    held: tuple[Problem, ...] = ()

    def same(self, other: "Came") -> bool:
        """Whether both go with the same coding, or neither goes."""
        return self.goes == other.goes and bool(self.held) == bool(other.held) and coding(self) == coding(other)


def coding(came: Came) -> Counter[Coded]:
    """The lines whatever their order."""
    return Counter(came.lines)


def came_of(decision: Decision) -> Came:
    """What a decision makes of its record."""
    match decision:
        case Create(draft=draft) | Update(draft=draft):
            return as_sent(draft)
        case LinkTo() | Act():
            return Came(goes=True)
        case Hold(problems=problems) | Wait(problems=problems):
            return Came(held=problems)
    return Came()


def as_sent(draft: Draft | None) -> Came:
    """What went out with this draft."""
    match draft:
        case InvoiceDraft(lines=lines, credit=credit):
            return Came(goes=True, lines=_bill_lines(lines, credit=credit))
        case BookedInvoiceDraft(lines=lines):
            return Came(goes=True, lines=_booked_lines(lines))
    return Came(goes=True)


def once_more(
    source: Invoice, sent: Draft | None, rules: Rules, policy: Policy, variant: str = "", answers: Answers = NONE
) -> Came:
    """What would come of a posted invoice if it were posted by these rules; the rest of it as it was then."""
    match sent:
        case InvoiceDraft():
            drafted = bill_anew(source, sent, rules, policy, variant, answers)
            return Came(held=drafted.problems) if drafted.draft is None else as_sent(drafted.draft)
        case BookedInvoiceDraft() if rules.books is not None:
            books = msgspec.structs.replace(rules.books, periods=())  # it was booked while its period was open
            booked = draft_booked(source, sent.vendor, rules.vendors.get(sent.vendor), rules, policy, books, answers)
            return Came(held=booked.problems) if booked.draft is None else as_sent(booked.draft)
    return as_sent(sent)


def bill_anew(
    source: Invoice, sent: InvoiceDraft, rules: Rules, policy: Policy, variant: str, answers: Answers
) -> Drafted:
    """The posted bill with the coding that these rules, and what people corrected, give it; nothing else moves."""
    if variant and instalment(source, variant) is None:
        return Drafted(problems=(Problem("instalment_gone", f"Instalment {variant} is gone in the ERP."),))
    drafted = draft_bill(source, rules, policy, variant=variant, answers=answers)
    if drafted.draft is not None and drafted.draft.total != sent.total and not variant:
        part = -sent.total if sent.credit else sent.total
        drafted = draft_bill(source, rules, policy, open_only=part, answers=answers)
    if drafted.draft is None:
        return drafted
    return msgspec.structs.replace(drafted, draft=msgspec.structs.replace(sent, lines=drafted.draft.lines))


def change(before: Came, after: Came, posted: Came | None = None) -> Change | None:
    """What differs between the rules in force and others; `posted` is what was sent, if the record was."""
    if before.same(after):
        return None
    if posted is not None:
        if after.held:
            return Change.POSTED_HELD
        return None if coding(posted) == coding(after) else Change.POSTED
    if before.goes and after.goes:
        return Change.RECODED
    if after.goes and before.held:
        return Change.FREED
    return Change.STOPPED if before.goes and after.held else None


def _bill_lines(lines: Sequence[DraftLine], *, credit: bool) -> tuple[Coded, ...]:
    return tuple(Coded(-line.amount if credit else line.amount, line.account, _values(line)) for line in lines)


def _booked_lines(lines: Sequence[BookedLine]) -> tuple[Coded, ...]:
    return tuple(Coded(line.net, line.account, _values(line)) for line in lines)


def _values(line: DraftLine | BookedLine) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(line.dimensions.items()))
