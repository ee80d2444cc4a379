"""The one pure decision: what should exist on the other side. Poll, button, replay, plan and backfill only call it."""

from integrations.engine import fingerprint as hashing
from integrations.engine.decisions import Decision, Hold, Link, Nothing, Out
from integrations.engine.errors import Problem
from integrations.engine.invoices import decide_invoice
from integrations.engine.mapping import Rules
from integrations.engine.policy import Policy
from integrations.engine.records import AnyRecord, Invoice, TargetRecord, Unreadable, Vendor
from integrations.engine.vendors import decide_vendor


def decide(
    source: AnyRecord | Unreadable,
    link: Link | None,
    target: TargetRecord | None,
    rules: Rules,
    policy: Policy,
) -> Decision:
    """What to do about `source`, given what we know of both sides. Pure: same input, same answer.

    `link` is the record's own (None: never sent), `target` the linked record as last read (None: not read). An
    unchanged source is Nothing whatever the rules say, so that a change of mapping never touches what was posted.
    """
    if isinstance(source, Unreadable):
        return Hold(problems=(Problem(source.code, source.message, field="record", value=source.key),))
    if link is not None and link.schema == hashing.VERSION and link.fingerprint == hashing.fingerprint(source):
        return Nothing()
    if link is not None and target is not None and not target.active:
        words = "It was archived on the other side. Restore it there, or unlink it here."
        return Hold(problems=(Problem("archived_on_target", words, field="link", value=target.target_id),))
    if isinstance(source, Invoice):
        return decide_invoice(source, link, rules, policy)
    if isinstance(source, Vendor):
        return decide_vendor(source, link, rules, policy)
    return Out(reason="reference", message="Kept here for mapping; it is not written to the other side.")
