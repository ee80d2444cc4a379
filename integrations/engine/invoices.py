"""What becomes of an invoice that was never sent: a bill, a credit, a link, or why not yet.

The business rules and their numbers are described in docs/ap-rules.md.
"""

import msgspec

from integrations.engine.asking import Answers, hold
from integrations.engine.credits import may_apply
from integrations.engine.decisions import Create, Decision, Hold, LinkTo, Out, Wait, Want
from integrations.engine.doubles import check
from integrations.engine.drafting import draft_bill, natural_key
from integrations.engine.errors import Problem
from integrations.engine.images import without_image
from integrations.engine.mapping import Rules
from integrations.engine.matching import match
from integrations.engine.partly import Partly, partly_paid
from integrations.engine.policy import Policy
from integrations.engine.records import Entity, Invoice
from integrations.engine.scope import held_back, out_of_scope
from integrations.engine.shares import instalment
from integrations.engine.waiting import waits


def decide_unsent(source: Invoice, rules: Rules, policy: Policy, variant: str, answers: Answers) -> Decision:
    """Create the bill or credit, wait, hold, or out. `variant` is the instalment that this record is about."""
    part = instalment(source, variant) if variant else source
    if part is None:
        return Out(reason="instalment_gone", message=f"The invoice has no instalment {variant} any more.")
    return (
        out_of_scope(part, rules, policy)
        or held_back(part, policy)
        or _in_instalments(part, policy)
        or waits(part, rules, policy, answers)
        or _about_to_be_paid(source, rules)
        or _send(source, part, rules, policy, variant, answers)
    )


def _in_instalments(source: Invoice, policy: Policy) -> Decision | None:
    """Several instalments: a person decides, or each becomes a bill of its own."""
    items = source.ledger_items or ()
    if len(items) < 2:
        return None
    if policy.instalments == "hold":
        words = f"It is due in {len(items)} instalments. Decide in the settings how instalments are sent."
        return hold(Problem("instalments", words, field="ledger_items", blocker=("setting", "instalments")))
    wants = tuple(Want(entity=Entity.INVOICE, key=source.key, variant=str(item.instalment)) for item in items)
    return Out(reason="instalments", message=f"Sent as {len(items)} bills, one for each instalment.", wants=wants)


def _about_to_be_paid(source: Invoice, rules: Rules) -> Hold | None:
    state = rules.proposals.get((source.vendor_key, source.number))
    if state is None:
        return None
    words = (
        f"The ERP is about to pay this: it is in a payment proposal ({state or 'open'}). Take it out of the proposal, "
        "or leave it to the ERP."
    )
    return hold(Problem("in_payment_proposal", words, field="number", value=source.number))


def _send(source: Invoice, part: Invoice, rules: Rules, policy: Policy, variant: str, answers: Answers) -> Decision:
    how = partly_paid(part, policy, answers)
    if not isinstance(how, Partly):
        return how
    if variant and how.open_only is not None:
        words = f"Instalment {variant} is partly paid in the ERP. Pay the rest there, or handle it by hand."
        return hold(Problem("instalment_partly_paid", words, field="ledger_items", value=variant))
    drafted = draft_bill(source, rules, policy, variant=variant, open_only=how.open_only, answers=answers)
    matched = match(source, rules, policy, answers)
    if drafted.draft is None:
        return Hold(problems=(*drafted.problems, *(() if matched.waits else matched.problems)))
    checked = check(source, drafted.draft, rules, policy, answers)
    if isinstance(checked.instead, LinkTo):
        return msgspec.structs.replace(checked.instead, variant=variant)
    if checked.instead is not None:
        return checked.instead
    if matched.problems:
        return Wait(problems=matched.problems) if matched.waits else Hold(problems=matched.problems)
    if incomplete := without_image(source, drafted.draft, rules, policy, answers):
        return incomplete
    return Create(
        draft=drafted.draft,
        natural_key=natural_key(drafted.draft),
        variant=variant,
        why=(*drafted.why, *matched.why),
        notes=(*drafted.notes, *checked.notes, *matched.notes),
        again=how.record or may_apply(source, drafted.draft, rules, policy),
    )
