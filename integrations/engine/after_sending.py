"""What a change after sending does to the bill: by the ERP's state first, then by what differs and how far it is.

Decided on a fresh read of the bill; the table is section 5 of docs/ap-rules.md.
"""

from integrations.engine import fingerprint as hashing
from integrations.engine.asking import ACCEPT, Answers, answered, hold, subject
from integrations.engine.changes import compare
from integrations.engine.credits import apply
from integrations.engine.decisions import Decision, Hold, Link, Nothing
from integrations.engine.drift import drift, in_words, named
from integrations.engine.errors import Problem
from integrations.engine.mapping import Rules
from integrations.engine.policy import Policy
from integrations.engine.records import Invoice, InvoiceState
from integrations.engine.reposting import repost
from integrations.engine.scope import unknown_state
from integrations.engine.shares import instalment
from integrations.engine.stopped import blocked_after, cancelled, missing, paid_elsewhere, paid_twice, went_back
from integrations.engine.targets import Standing, TargetRecord


def decide_sent(
    source: Invoice,
    link: Link,
    target: TargetRecord | None,
    rules: Rules,
    policy: Policy,
    variant: str,
    answers: Answers,
) -> Decision:
    """Agree, update, or ask. Nothing is ever written because of a change of rules alone."""
    if target is None:
        return missing(source.number, link.target_id)
    part = instalment(source, variant) if variant else source
    if part is None:
        words = f"The ERP no longer has instalment {variant} of this invoice. Check its bill."
        return hold(Problem("instalment_gone", words, field="ledger_items", value=variant, urgent=True))
    if part.state is InvoiceState.CANCELLED:
        return cancelled(part, link, target, policy, answers)
    twice = _about_to_be_paid(source, target, rules, answers)
    if part.state in (InvoiceState.PAID, InvoiceState.PARTLY_PAID):
        if isinstance(twice, Hold) and target.standing is not Standing.UNPAID:
            return twice
        return paid_elsewhere(part, link, target, policy, answers)
    if part.state is InvoiceState.UNKNOWN:
        return hold(unknown_state(part))
    if not target.active:
        words = "It was archived on the other side. Restore it there, or unlink it here."
        return hold(Problem("archived_on_target", words, field="link", value=target.target_id))
    if part.state is InvoiceState.PRELIMINARY:
        return went_back(part, target, answers)
    unpaid = target.standing is not Standing.PAID
    vendor = rules.vendors.get(source.vendor_key)
    if unpaid and (source.blocked or (vendor is not None and vendor.blocked)):
        return blocked_after(part, target, answers)
    if twice is not None:
        return twice
    if part.state not in policy.release_states:
        return Nothing()
    return _drifted(target, link, answers) or _changed(source, link, target, rules, policy, variant, answers)


def _about_to_be_paid(source: Invoice, target: TargetRecord, rules: Rules, answers: Answers) -> Decision | None:
    """The ERP is about to pay what is sent: paid or not, it must not pay it as well. None: it is not."""
    if not target.active or (source.vendor_key, source.number) not in rules.proposals:
        return None
    return paid_twice(source, target, rules, answers)


def _drifted(target: TargetRecord, link: Link, answers: Answers) -> Decision | None:
    """What somebody changed on the other side is never overwritten: accept it, or mend it there."""
    if not (found := drift(link.echo, target.echo)):
        return None
    words = f"It was changed on the other side after it was sent. {in_words(found)}."
    about = subject(target.target_id, named(found))
    fields = ", ".join(each.field for each in found)
    asked = Problem("changed_on_target", words, field=fields, choices=(ACCEPT,), subject=about)
    return Nothing(echo=target.echo) if answered(answers, asked) else hold(asked)


def _changed(
    source: Invoice,
    link: Link,
    target: TargetRecord,
    rules: Rules,
    policy: Policy,
    variant: str,
    answers: Answers,
) -> Decision:
    """An unchanged source posts nothing by itself, whatever the rules say; a changed one is compared field by field."""
    same = link.schema == hashing.VERSION and link.fingerprint == hashing.fingerprint(source)
    if not same:
        return compare(source, link, target, rules, policy, variant, answers)
    if not link.echo and target.echo:
        return Nothing(echo=target.echo)  # adopted before anybody had read it: from now on it is watched
    anew = repost(source, link, target, rules, policy, variant, answers)
    return anew or apply(source, link, target, rules, policy) or Nothing()
