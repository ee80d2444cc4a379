"""A payment that is in the books: watched for changes, and taken back by a mirror voucher that people release."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from integrations.engine import fingerprint as hashing
from integrations.engine.asking import KEEP, Answers, answered, digest, hold, subject
from integrations.engine.books import Books, Voucher
from integrations.engine.decisions import Create, Decision, Link, Nothing, Out, Want
from integrations.engine.drafts import VoucherDraft, VoucherRow
from integrations.engine.errors import Choice, Problem
from integrations.engine.ledger import no_open_day
from integrations.engine.mapping import Rules
from integrations.engine.payment_invoices import paid_supplier
from integrations.engine.policy import Policy
from integrations.engine.records import Entity, Payment, PaymentState
from integrations.engine.targets import TargetRecord
from integrations.engine.vouchers import natural_key, paid_by_invoice, text_of

REVERSAL = "reversal"  # the variant of a payment that is the voucher which takes it back
DEAD = (PaymentState.VOIDED, PaymentState.FAILED)  # no money has gone out, or it came back
RELEASE = Choice("release", "Book the reversal", "payee")
_ACCEPT = Choice("accept", "Leave the voucher as it is", "override")


def unknown_state(source: Payment, *, urgent: bool = False) -> Problem:
    """A word that nobody has described."""
    word = source.state_word or "none"
    words = (
        f"The payment's status is “{word}”, which nobody has described. Add it to the connection's table of statuses."
    )
    return Problem("unknown_payment_state", words, field="state", value=word, urgent=urgent)


def decide_posted(source: Payment, link: Link, target: TargetRecord | None, books: Books, answers: Answers) -> Decision:
    """Its voucher stands: agree, ask for its reversal, or ask a person. The voucher itself is never changed."""
    there = target is not None and target.active
    if source.state in DEAD and there and not isinstance(link.sent, VoucherDraft):
        return _not_ours(source, link, answers)
    if source.state in DEAD:
        open_still = there and source.key not in books.reversed
        wants = (Want(entity=Entity.PAYMENT, key=source.key, variant=REVERSAL),) if open_still else ()
        return Nothing(rebaseline=True, wants=wants)
    if not there:
        words = f"Its voucher ({link.target_id}) is cancelled or gone in the ERP. Find out why, then unlink it here."
        return hold(Problem("voucher_gone", words, field="link", value=link.target_id, urgent=True))
    if source.key in books.reversed:
        return _came_back(source, link, answers)
    if link.schema == hashing.VERSION and link.fingerprint == hashing.fingerprint(source):
        return Nothing()
    if source.state is PaymentState.UNKNOWN:
        return hold(unknown_state(source, urgent=True))
    return _changed(source, link, target, books, answers) or Nothing(rebaseline=True)


def _not_ours(source: Payment, link: Link, answers: Answers) -> Decision:
    """Nobody knows the rows of a voucher that a person entered and linked: a person reverses it as well."""
    words = (
        f"The payment became “{source.state_word or source.state}” after a person linked it to voucher "
        f"{link.target_id}. Reverse that voucher in the ERP by hand."
    )
    about = subject(link.target_id, source.state)
    asked = Problem("reverse_by_hand", words, field="state", urgent=True, choices=(_ACCEPT,), subject=about)
    return Nothing(rebaseline=True) if answered(answers, asked) else hold(asked)


def _came_back(source: Payment, link: Link, answers: Answers) -> Decision:
    """Void first, alive again: its reversal is in the books."""
    words = (
        f"The payment is “{source.state_word or source.state}” again, but voucher {link.target_id} was reversed. Find "
        "out whether the money went out, and book it in the ERP by hand."
    )
    about = subject(link.target_id, source.state)
    asked = Problem("payment_came_back", words, field="state", urgent=True, choices=(_ACCEPT,), subject=about)
    return Nothing(rebaseline=True) if answered(answers, asked) else hold(asked)


def _changed(
    source: Payment, link: Link, target: TargetRecord | None, books: Books, answers: Answers
) -> Decision | None:
    """Who was paid how much of what must be what was booked; how far the payment has come may change."""
    found = _differences(source, link, target, books)
    if not found:
        return None
    words = (
        f"The payment was changed after it was booked as {link.target_id}: {'; '.join(found)}. Find out which is "
        "right; the voucher is mended in the ERP."
    )
    about = subject(link.target_id, *found)
    asked = Problem("payment_changed", words, field="amount", urgent=True, choices=(_ACCEPT,), subject=about)
    return Nothing(rebaseline=True) if answered(answers, asked) else hold(asked)


def _differences(source: Payment, link: Link, target: TargetRecord | None, books: Books) -> list[str]:
    """In words, what was booked and what it says now."""
    sent = link.sent
    if not isinstance(sent, VoucherDraft):  # a voucher that a person entered and linked: its total is all we know
        known = target is not None and target.amount is not None and abs(target.amount) != source.amount
        return [f"{target.amount} became {source.amount}"] if known and target is not None else []
    found: list[str] = []
    if (sent.amount, sent.currency) != (source.amount, source.currency):
        found.append(f"{sent.amount} {sent.currency} became {source.amount} {source.currency}")
    vendor = paid_supplier(source, books)
    if vendor and vendor != sent.rows[0].vendor:
        found.append(f"supplier {sent.rows[0].vendor} became {vendor}")
    before, now = paid_by_invoice(sent), _paid_now(source, books)
    for number in sorted(before.keys() | now.keys()):
        was, now_is = before.get(number, Decimal(0)), now.get(number, Decimal(0))
        if was != now_is:
            found.append(f"of invoice {number} {was} became {now_is}")
    return found


def _paid_now(source: Payment, books: Books) -> Mapping[str, Decimal]:
    """By the number that the books know the invoice by."""
    nets: dict[str, Decimal] = {}
    for item in source.invoices:
        held = books.standing.get(books.invoices.get(item.key, ""))
        number = held.number if held else item.number or item.key
        nets[number] = nets.get(number, Decimal(0)) + item.net
    return nets


def decide_reversal(
    source: Payment, link: Link | None, books: Books, rules: Rules, policy: Policy, answers: Answers
) -> Decision:
    """Prepared while the payment is void; a controller releases it. Once it is booked nothing more is done."""
    if link is not None:
        return Nothing(rebaseline=True)
    original = books.vouchers.get(source.key)
    if source.state not in DEAD:
        return Out(reason="not_voided", message="The payment is not void any more: its voucher stays.")
    if original is None:
        return Out(reason="never_booked", message="The payment has no voucher: there is nothing to take back.")
    day = _day(source, original.draft, rules.today)
    booked_on = books.first_open_day(day)
    if booked_on is None:
        return hold(no_open_day(day))
    draft = _mirror(source, original, booked_on, policy)
    asked = _prepared(source, original, draft)
    match answered(answers, asked):
        case RELEASE.key:
            why = (f"takes back voucher {original.target_id}", f"the payment is {source.state_word or source.state}")
            return Create(draft=draft, natural_key=natural_key(draft), variant=REVERSAL, why=why)
        case KEEP.key:
            return Out(reason="not_reversed", message="A person decided that the voucher stays as it is.")
    return hold(asked)


def _day(source: Payment, booked: VoucherDraft, today: date | None) -> date:
    """When it became void, as far as that is known; never before the voucher that is taken back."""
    changed = source.modified.date() if source.modified else None
    return max(source.cleared_on or changed or today or booked.dated, booked.dated)


def _mirror(source: Payment, original: Voucher, day: date, policy: Policy) -> VoucherDraft:
    """The same accounts and amounts on the other sides; or on the same sides with the sign turned, marked as such."""
    booked = original.draft
    key = f"{booked.external_id}R"
    words = (key, "reverses", source.key, original.target_id, source.method, source.trace, source.vendor_name)
    text = text_of(words, list(dict.fromkeys(row.number for row in booked.rows)))
    correction = policy.reversal == "correction_flag"
    rows = tuple(
        msgspec.structs.replace(row, amount=-row.amount, domestic=-row.domestic, text=text, correction=correction)
        for row in booked.rows
    )
    return msgspec.structs.replace(booked, dated=day, text=text, external_id=key, rows=rows)


def _prepared(source: Payment, original: Voucher, draft: VoucherDraft) -> Problem:
    word = source.state_word or source.state
    words = (
        f"The payment became “{word}”{f' ({source.why})' if source.why else ''} after it was booked as voucher "
        f"{original.target_id}. Its reversal on {draft.dated} is prepared: {_in_words(draft.rows)}."
    )
    about = subject(original.target_id, digest((row.account, row.amount, row.correction) for row in draft.rows))
    choices = (RELEASE, KEEP)
    return Problem("reversal_prepared", words, field="state", value=word, urgent=True, choices=choices, subject=about)


def _in_words(rows: Sequence[VoucherRow]) -> str:
    return "; ".join(_row(row) for row in rows)


def _row(row: VoucherRow) -> str:
    """As a clerk reads it: a correction stays on its side, with a minus."""
    debit = (row.amount or row.domestic) > 0
    if row.correction:
        return f"{'credit' if debit else 'debit'} {row.account} -{abs(row.amount)} {row.currency}"
    return f"{'debit' if debit else 'credit'} {row.account} {abs(row.amount)} {row.currency}"
