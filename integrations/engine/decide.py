"""The one pure decision: what should exist on the other side. Poll, button, replay, plan and backfill only call it."""

from collections.abc import Mapping

from integrations.engine import fingerprint as hashing
from integrations.engine.after_sending import decide_sent
from integrations.engine.asking import NONE, Answers, hold
from integrations.engine.captured import decide_captured
from integrations.engine.captured_changes import decide_booked, decide_booked_gone
from integrations.engine.codes import decide_code, decide_code_gone
from integrations.engine.decisions import Act, Decision, Link, Nothing, Out
from integrations.engine.drafts import MarkDraft
from integrations.engine.errors import Problem
from integrations.engine.gone import decide_gone
from integrations.engine.images import decide_image
from integrations.engine.invoices import decide_unsent
from integrations.engine.mapping import Rules
from integrations.engine.newcomers import decide_newcomer, newcomer_gone
from integrations.engine.orders import decide_order, decide_order_gone
from integrations.engine.payments import decide_payment
from integrations.engine.policy import Policy
from integrations.engine.records import (
    AnyRecord,
    Dimension,
    Entity,
    GLAccount,
    Gone,
    Invoice,
    InvoiceImage,
    PaidMark,
    Payment,
    PurchaseOrder,
    SentMark,
    Unreadable,
    Vendor,
)
from integrations.engine.targets import TargetRecord
from integrations.engine.vendor_changes import decide_linked_vendor
from integrations.engine.vendors import decide_new_vendor


def decide(
    source: AnyRecord | Unreadable | Gone,
    link: Link | None,
    target: TargetRecord | None,
    rules: Rules,
    policy: Policy,
    *,
    variant: str = "",
    answers: Answers = NONE,
) -> Decision:
    """What to do about `source`, given what we know of both sides. Pure: same input, same answer.

    `link` is the record's own (None: never sent), `target` a fresh read of the linked record (None: it is not there),
    `variant` the further currency or the instalment it is about, `answers` what people decided of this very content.
    An unchanged source is never written again, whatever the rules say: a change of mapping touches nothing posted.
    """
    match source:
        case Unreadable():
            return hold(Problem(source.code, source.message, field="record", value=source.key))
        case Gone():
            return _gone(source, link, target, rules, answers)
        case SentMark():
            return _mark(source, {source.field: source.value}, f"sent as {source.value}", link)
        case PaidMark():
            return _mark(source, source.fields, "the state of its payments", link)
        case Invoice() if rules.books is not None:
            if link is None:
                return decide_captured(source, rules, policy, rules.books, answers)
            return decide_booked(source, link, target, rules, policy, rules.books, answers)
        case Invoice() if link is None:
            return decide_unsent(source, rules, policy, variant, answers)
        case Invoice() if link is not None:
            return decide_sent(source, link, target, rules, policy, variant, answers)
        case Vendor() if rules.newcomers is not None:
            return decide_newcomer(source, link, rules.newcomers, policy.company, answers)
        case InvoiceImage():
            return decide_image(source, link, rules, policy, variant)
        case Vendor() if link is None:
            return decide_new_vendor(source, rules, policy, variant, answers)
        case Vendor() if link is not None:
            return decide_linked_vendor(source, link, target, rules, policy, variant, answers)
        case GLAccount() | Dimension():
            return decide_code(source, link, rules)
        case PurchaseOrder() if rules.writes:
            return decide_order(source, link, rules, policy)
        case PurchaseOrder():
            return Out(reason="reference", message="Kept here: invoices are matched with it. It is not written.")
        case Payment():
            return decide_payment(source, link, target, rules, policy, variant, answers)
    return Out(reason="reference", message="Kept here for mapping; it is not written to the other side.")


def _gone(source: Gone, link: Link | None, target: TargetRecord | None, rules: Rules, answers: Answers) -> Decision:
    match source.last:
        case Vendor() if rules.newcomers is not None:
            return newcomer_gone(link)
        case GLAccount() | Dimension():
            return decide_code_gone(source, link, rules)
        case PurchaseOrder():
            return decide_order_gone(source, link)
        case InvoiceImage():  # nothing is ever taken from a bill
            return Nothing() if link else Out(reason="gone", message="It is no longer in the ERP.")
        case Invoice() | Payment() if rules.books is not None:
            return decide_booked_gone(source, link, target, answers)
    return decide_gone(source, link, target, answers)


def _mark(source: SentMark | PaidMark, fields: Mapping[str, str | None], why: str, link: Link | None) -> Decision:
    """Write the mark back once; again only when what it says has changed."""
    if link is not None and link.fingerprint == hashing.fingerprint(source):
        return Nothing()
    draft = MarkDraft(entity=Entity.INVOICE, key=source.key, fields=dict(fields))
    if link is not None and link.sent == draft:
        return Nothing(rebaseline=True)
    key = f"mark|{source.key}|{'+'.join(fields)}"
    return Act(draft=draft, natural_key=key, target_id=source.key, why=(why,))
