"""What becomes of a payment in the books: a voucher, or why not yet; once booked, it is watched.

The rules are described in docs/ap-rules.md, "Payments into the books".
"""

from decimal import Decimal

import msgspec

from integrations.engine.asking import CREATE_ANYWAY, Answers, about, answered, hold
from integrations.engine.books import Books, Voucher
from integrations.engine.captured import of_company
from integrations.engine.decisions import Create, Decision, Hold, Link, Out, Wait
from integrations.engine.drafts import VoucherDraft
from integrations.engine.errors import Problem
from integrations.engine.mapping import Rules
from integrations.engine.payment_amounts import held_back
from integrations.engine.payment_invoices import about_to_be_paid, as_held, not_booked, paid_supplier
from integrations.engine.policy import Policy
from integrations.engine.read_back import OFFLINE, followed
from integrations.engine.records import AnyRecord, Gone, Payment, PaymentState, Unreadable
from integrations.engine.reversals import decide_posted, decide_reversal, unknown_state
from integrations.engine.targets import TargetRecord
from integrations.engine.vouchers import draft_voucher, natural_key


def decide_payment(
    source: Payment,
    link: Link | None,
    target: TargetRecord | None,
    rules: Rules,
    policy: Policy,
    variant: str,
    answers: Answers,
) -> Decision:
    """Book it, wait, hold, or out; `variant` "reversal" is the voucher that takes the first one back."""
    books = rules.books
    if books is None:
        return Out(reason="reference", message="Kept here for comparison; it is not written to the other side.")
    if variant:
        return decide_reversal(source, link, books, rules, policy, answers)
    if books.ours and (told := followed(source, link, books, policy, answers)) is not None:
        return told
    if link is not None:
        return decide_posted(source, link, target, books, answers)
    return (
        of_company(source.company, policy, books)
        or _before_start(source, policy)
        or _not_yet(source, rules, policy)
        or held_back(source)
        or not_booked(source, books, rules)
        or _book(source, books, rules, policy, answers)
    )


def counted(rules: Rules, source: AnyRecord | Unreadable | Gone, decision: Decision) -> Rules:
    """The rules for the next record of the batch: what this one is about to pay is neither open nor new any more."""
    books = rules.books
    if books is None or not isinstance(source, Payment) or not isinstance(decision, Create) or decision.variant:
        return rules
    if not isinstance(decision.draft, VoucherDraft):
        return rules
    paid = dict(books.paid)
    for each in source.invoices:
        target_id = books.invoices[each.key]
        paid[target_id] = paid.get(target_id, Decimal(0)) + each.net + each.discount
    vouchers = {**books.vouchers, source.key: Voucher(target_id="", draft=decision.draft)}
    return rules.with_books(msgspec.structs.replace(books, paid=paid, vouchers=vouchers))


def _before_start(source: Payment, policy: Policy) -> Out | None:
    if policy.start_date and source.dated and source.dated < policy.start_date:
        return Out(reason="before_start", message=f"Paid before the start date {policy.start_date}.")
    return None


def _not_yet(source: Payment, rules: Rules, policy: Policy) -> Decision | None:
    """Booked when the tenant says so; a virtual card is money only once the supplier has drawn it.

    What was paid elsewhere and is only noted in the AP tool counts from its date on.
    """
    offline = source.method == OFFLINE
    if offline and source.dated and rules.today and source.dated > rules.today:
        words = f"It is noted for {source.dated} and booked then."
        return Wait(problems=(Problem("noted_ahead", words, field="dated", value=source.dated.isoformat()),))
    cleared_only = not offline and (policy.post_at == "cleared" or source.method == "virtual_card")
    match source.state:
        case PaymentState.UNKNOWN:
            return hold(unknown_state(source))
        case PaymentState.VOIDED:
            return Out(reason="voided", message="Voided before it was booked: there is nothing to book.")
        case PaymentState.FAILED:
            words = (
                f"The payment failed: {source.why or source.state_word or 'no reason is given'}. It may still go on."
            )
            return Wait(problems=(Problem("payment_failed", words, field="state", value=source.state_word),))
        case PaymentState.CLEARED:
            return None
        case PaymentState.ISSUED if not cleared_only:
            return None
    words = f"It is booked once it is {'cleared' if cleared_only else 'issued'}; today it is “{_word(source)}”."
    return Wait(problems=(Problem("not_issued", words, field="state", value=_word(source)),))


def _word(source: Payment) -> str:
    return source.state_word or source.state


def _book(source: Payment, books: Books, rules: Rules, policy: Policy, answers: Answers) -> Decision:
    paid = as_held(source, books)
    if isinstance(paid, Hold):
        return paid
    if (asked := about_to_be_paid(source, paid, rules, policy, answers)) is not None:
        return asked
    draft = draft_voucher(source, paid_supplier(source, books) or paid[0].held.vendor_id, paid, books, policy)
    if isinstance(draft, Hold):
        return draft
    if (double := _booked_before(source, books, answers)) is not None:
        return double
    return Create(draft=draft, natural_key=natural_key(draft), why=_why(draft), notes=_notes(source, draft))


def _booked_before(source: Payment, books: Books, answers: Answers) -> Hold | None:
    """The same transaction under another payment's key."""
    same = [
        voucher
        for key, voucher in books.vouchers.items()
        if key != source.key
        if any(row.transaction_id == source.transaction_id for row in voucher.draft.rows)
    ]
    if not same:
        return None
    asked = Problem(
        "possible_duplicate_payment",
        f"Transaction {source.transaction_id} is booked already for payment {same[0].draft.external_id} "
        f"({same[0].target_id or 'in this run'}). Find out whether this is the same payment.",
        field="transaction_id",
        value=source.transaction_id,
        urgent=True,
        choices=(CREATE_ANYWAY,),
        subject=about(voucher.draft.external_id for voucher in same),
    )
    return None if answered(answers, asked) else hold(asked)


def _why(draft: VoucherDraft) -> tuple[str, ...]:
    return tuple(
        f"{row.account}: {row.amount} {row.currency} ({row.domestic}), invoice {row.number}" for row in draft.rows
    )


def _notes(source: Payment, draft: VoucherDraft) -> tuple[Problem, ...]:
    """What differs from the payment as it was made, and what it stands for."""
    found: list[Problem] = []
    if source.dated != draft.dated:
        words = f"Paid on {source.dated}, whose period is closed: booked on {draft.dated}, the first open day."
        found.append(Problem("redated", words, field="dated", value=draft.dated.isoformat()))
    if source.replaces:
        words = f"It reissues payment {source.replaces}, which is reversed by itself; the two are never netted."
        found.append(Problem("reissue", words, field="replaces", value=source.replaces))
    return tuple(found)
