"""A captured invoice that is in the books already: what changed since is for a person; nothing is written again."""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal

from integrations.engine import fingerprint as hashing
from integrations.engine.asking import Answers, answered, digest, hold, subject
from integrations.engine.books import Books
from integrations.engine.captured import supplier_of, unknown_state
from integrations.engine.captured_draft import origin_of
from integrations.engine.decisions import Decision, Link, Nothing, Out
from integrations.engine.drafts import BookedInvoiceDraft, UnproposeDraft
from integrations.engine.duplicates import plain_number
from integrations.engine.errors import Choice, Problem
from integrations.engine.mapping import Rules
from integrations.engine.policy import Policy
from integrations.engine.proposed import about_to_be_paid
from integrations.engine.records import Gone, Invoice, InvoiceState
from integrations.engine.targets import TargetRecord

_ACCEPT = Choice("accept", "The books are right as they are", "override")


def decide_booked(
    source: Invoice,
    link: Link,
    target: TargetRecord | None,
    rules: Rules,
    policy: Policy,
    books: Books,
    answers: Answers,
) -> Decision:
    """Unchanged: nothing. Void, changed, gone from the books, or about to be paid there as well: a person."""
    if target is None or not target.active:
        if source.state is InvoiceState.CANCELLED:
            return Nothing(rebaseline=True)  # void on both sides
        words = f"Invoice {source.number} is cancelled or no longer in the books, but not void in the AP tool."
        return _asked("cancelled_in_books", words, (source.key, link.target_id, "books"), answers)
    if (proposal := _proposal(link, target, rules, policy, answers)) is not None:
        return proposal
    if link.schema == hashing.VERSION and link.fingerprint == hashing.fingerprint(source):
        return Nothing()
    if source.state is InvoiceState.UNKNOWN:
        return hold(unknown_state(source))
    if source.state in (InvoiceState.CANCELLED, InvoiceState.PRELIMINARY):
        words = (
            f"Invoice {source.number} is “{source.state_word or source.state}” in the AP tool, but it is in the books "
            f"as {link.target_id}. Cancel or credit it in the ERP."
        )
        return _asked("voided_after_booking", words, (source.key, source.state_word), answers)
    if isinstance(link.sent, BookedInvoiceDraft):
        differing = _differing(source, link.sent, books)
    else:
        differing = _differing_adopted(source, target, books)
    if not differing:
        return Nothing(rebaseline=True)
    words = f"Invoice {source.number} changed after it was booked: {'; '.join(differing)}. Correct the books."
    return _asked("changed_after_booking", words, (source.key, digest(differing)), answers)


def _proposal(link: Link, target: TargetRecord, rules: Rules, policy: Policy, answers: Answers) -> Decision | None:
    """What is paid in the AP tool must not be paid by the ERP, whoever entered it there."""
    sent = link.sent
    if isinstance(sent, BookedInvoiceDraft):
        vendor, series, number, gross = sent.vendor, sent.series, sent.number, sent.net + sent.tax
    else:
        vendor, series, number = target.vendor_id, target.echo.get("series", policy.series), target.number
        gross = Decimal(1) if target.amount is None else target.amount  # not known: as if it could be paid
    state = rules.proposals.get((vendor, number))
    if state is None or gross <= 0:
        return None
    draft = UnproposeDraft(company=policy.company, vendor=vendor, series=series, number=number)
    return about_to_be_paid(draft, link.target_id, state, answers)


def decide_booked_gone(source: Gone, link: Link | None, target: TargetRecord | None, answers: Answers) -> Decision:
    """Removed from the AP tool: for a person once it was booked, unless it is cancelled in the books as well."""
    if link is None:
        return Out(reason="gone", message="It is no longer in the AP tool.")
    if target is not None and not target.active:
        return Nothing()
    words = f"{source.key} was removed from the AP tool, but it is in the books as {link.target_id}. Find out why."
    return _asked("removed_after_booking", words, (source.key, "gone"), answers)


def _asked(code: str, words: str, about: tuple[str, ...], answers: Answers) -> Decision:
    asked = Problem(code, words, field="record", urgent=True, choices=(_ACCEPT,), subject=subject(*about))
    return Nothing(rebaseline=True) if answered(answers, asked) else hold(asked)


def _differing(source: Invoice, sent: BookedInvoiceDraft, books: Books) -> list[str]:
    """In words, what is not as it was booked; coding is compared as it was captured."""
    found = _said(
        {
            "company": (sent.company, source.company or sent.company),
            "supplier": (sent.vendor, _supplier(source, books)),
            "number": (sent.number, source.number),
            "invoice date": (sent.invoice_date, source.invoice_date),
            "due date": (sent.due_date, source.due_date),
            "currency": (sent.currency, source.currency),
            "amount": (sent.net + sent.tax, source.gross),
            "tax": (sent.tax, source.tax if sent.tax else sent.tax),  # part of the cost: it is in the amount
            "PO number": (sent.po_number, source.po_number),
        }
    )
    return [*found, "its lines are coded or split otherwise"] if _coded_otherwise(source, sent) else found


def _differing_adopted(source: Invoice, target: TargetRecord, books: Books) -> list[str]:
    """The same of one that somebody else entered in the books: compared with what stands there."""
    entered = abs(target.amount or 0)
    return _said(
        {
            "supplier": (target.vendor_id, _supplier(source, books) if target.vendor_id else ""),
            "number": (plain_number(target.number), plain_number(source.number) if target.number else ""),
            "invoice date": (target.date, source.invoice_date if target.date else None),
            "currency": (target.currency, source.currency if target.currency else ""),
            "amount": (entered, abs(source.gross or 0) if target.amount is not None else entered),
        }
    )


def _said(facts: Mapping[str, tuple[object, object]]) -> list[str]:
    return [f"{name} was {then or 'none'}, is {now or 'none'}" for name, (then, now) in facts.items() if then != now]


def _supplier(source: Invoice, books: Books) -> str:
    return supplier_of(source.vendor_key, books) or source.vendor_key


def _coded_otherwise(source: Invoice, sent: BookedInvoiceDraft) -> bool:
    """Whether it has other lines than were booked, in whatever order; what is left must be its tax exactly."""
    now = Counter((row.amount, origin_of(row), row.po_line) for row in source.postings or () if row.amount)
    then = Counter((line.net, line.origin, line.po_line) for line in sent.lines)
    more = [amount for amount, _, _ in (now - then).elements()]
    return bool(then - now) or (bool(more) and (not sent.tax or sum(more) != sent.tax))
