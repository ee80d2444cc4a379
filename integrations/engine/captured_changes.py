"""A captured invoice that is in the books already: what changed since is for a person; nothing is written again."""

from integrations.engine import fingerprint as hashing
from integrations.engine.asking import Answers, answered, digest, hold, subject
from integrations.engine.books import Books
from integrations.engine.captured import supplier_of
from integrations.engine.captured_draft import origin_of
from integrations.engine.decisions import Decision, Link, Nothing, Out
from integrations.engine.drafts import BookedInvoiceDraft, UnproposeDraft
from integrations.engine.errors import Choice, Problem
from integrations.engine.mapping import Rules
from integrations.engine.proposed import about_to_be_paid
from integrations.engine.records import Gone, Invoice, InvoiceState, TargetRecord

_ACCEPT = Choice("accept", "The books are right as they are", "override")


def decide_booked(
    source: Invoice, link: Link, target: TargetRecord | None, rules: Rules, books: Books, answers: Answers
) -> Decision:
    """Unchanged: nothing. Void, changed, gone from the books, or about to be paid there as well: a person."""
    if target is None or not target.active:
        words = f"Invoice {source.number} is cancelled or no longer in the books, but approved in the AP tool."
        return _asked("cancelled_in_books", words, (source.key, link.target_id, "books"), answers)
    if (proposal := _proposal(link, rules, answers)) is not None:
        return proposal
    unchanged = link.schema == hashing.VERSION and link.fingerprint == hashing.fingerprint(source)
    if unchanged:
        return Nothing()
    if source.state in (InvoiceState.CANCELLED, InvoiceState.UNKNOWN, InvoiceState.PRELIMINARY):
        words = (
            f"Invoice {source.number} is “{source.state_word or source.state}” in the AP tool, but it is in the books "
            f"as {link.target_id}. Cancel or credit it in the ERP."
        )
        return _asked("voided_after_booking", words, (source.key, source.state_word), answers)
    sent = link.sent
    if not isinstance(sent, BookedInvoiceDraft):
        differing = ["it changed in the AP tool, and somebody else entered it in the books"]
        if link.schema != hashing.VERSION:
            return Nothing(rebaseline=True)
    else:
        differing = _differing(source, sent, books)
    if not differing:
        return Nothing(rebaseline=True)
    words = f"Invoice {source.number} changed after it was booked: {'; '.join(differing)}. Correct the books."
    return _asked("changed_after_booking", words, (source.key, digest(differing)), answers)


def _proposal(link: Link, rules: Rules, answers: Answers) -> Decision | None:
    """What is paid in the AP tool must not be paid by the ERP."""
    sent = link.sent
    if not isinstance(sent, BookedInvoiceDraft):
        return None
    state = rules.proposals.get((sent.vendor, sent.number))
    if state is None or sent.net + sent.tax <= 0:
        return None
    draft = UnproposeDraft(company=sent.company, vendor=sent.vendor, series=sent.series, number=sent.number)
    return about_to_be_paid(draft, link.target_id, state, answers)


def decide_booked_gone(source: Gone, link: Link | None, answers: Answers) -> Decision:
    """Removed from the AP tool: nothing to do before it was booked, for a person afterwards."""
    if link is None:
        return Out(reason="gone", message="It is no longer in the AP tool.")
    words = f"{source.key} was removed from the AP tool, but it is in the books as {link.target_id}. Find out why."
    return _asked("removed_after_booking", words, (source.key, "gone"), answers)


def _asked(code: str, words: str, about: tuple[str, ...], answers: Answers) -> Decision:
    asked = Problem(code, words, field="record", urgent=True, choices=(_ACCEPT,), subject=subject(*about))
    return Nothing(rebaseline=True) if answered(answers, asked) else hold(asked)


def _differing(source: Invoice, sent: BookedInvoiceDraft, books: Books) -> list[str]:
    """In words, what is not as it was booked; coding is compared as it was captured."""
    now = {
        "supplier": supplier_of(source.vendor_key, books) or source.vendor_key,
        "number": source.number,
        "invoice date": source.invoice_date,
        "due date": source.due_date,
        "currency": source.currency,
        "amount": source.gross,
        "PO number": source.po_number,
    }
    then = {
        "supplier": sent.vendor,
        "number": sent.number,
        "invoice date": sent.invoice_date,
        "due date": sent.due_date,
        "currency": sent.currency,
        "amount": sent.net + sent.tax,
        "PO number": sent.po_number,
    }
    found = [f"{name} was {then[name] or 'none'}, is {now[name] or 'none'}" for name in now if now[name] != then[name]]
    booked = [(line.source_keys, line.net, line.origin) for line in sent.lines]
    rows = [((row.key,), row.amount, origin_of(row)) for row in source.postings or () if row.amount]
    taxed = {key for keys, _, _ in booked for key in keys}
    if [row for row in rows if row[0][0] in taxed] != booked or _more(source, taxed, sent):
        found.append("its lines are coded or split otherwise")
    return found


def _more(source: Invoice, known: set[str], sent: BookedInvoiceDraft) -> bool:
    """Whether there are distributions beyond those that were booked and those that were its tax."""
    others = [row for row in source.postings or () if row.key not in known]
    return sum(row.amount for row in others) != (sent.tax if others else 0)
