"""A supplier that is on the other side already: changes on either side, and when it goes out of use."""

from collections.abc import Sequence

import msgspec

from integrations.engine import fingerprint as hashing
from integrations.engine.asking import ACCEPT, ARCHIVE, KEEP, Answers, answered, hold, subject
from integrations.engine.decisions import Decision, Hold, Link, Nothing, Update
from integrations.engine.drafts import VendorDraft
from integrations.engine.drift import Difference, between, drift, in_words, named
from integrations.engine.errors import Choice, Problem
from integrations.engine.mapping import Rules
from integrations.engine.policy import Policy
from integrations.engine.records import Entity, TargetRecord, Vendor
from integrations.engine.stopped import archive, missing
from integrations.engine.vendors import DraftedVendor, draft_vendor, not_a_vendor, vendor_key

_OURS_AGAIN = Choice("update", "Write the ERP's values again", "payee")
_SEND = Choice("send", "Send the change", "payee")
_THEIRS = {"email"}  # of what an echo may show, the target's own: where remittance advice goes
_PAYEE = {"name", "address", "email", "tax_id"}


def decide_linked_vendor(
    source: Vendor,
    link: Link,
    target: TargetRecord | None,
    rules: Rules,
    policy: Policy,
    variant: str,
    answers: Answers,
) -> Decision:
    """Both sides are compared with how they stood; a change of payee takes two people."""
    if out := not_a_vendor(source, policy):
        return out
    if target is None:
        return missing(source.name, link.target_id)
    if not source.active:
        return _out_of_use(source, link, target, answers)
    if not target.active:
        words = "It was archived on the other side. Restore it there, or unlink it here."
        return hold(Problem("archived_on_target", words, field="link", value=target.target_id))
    drafted = draft_vendor(source, rules, variant or link.variant, policy.company)
    draft = drafted.draft
    if draft is None:
        return Hold(problems=drafted.problems) if _changed(source, link) else Nothing()
    sent = link.sent if isinstance(link.sent, VendorDraft) else None
    if target.connected and sent is not None:
        draft = msgspec.structs.replace(draft, address=sent.address)  # on a network the address is the vendor's own
    if sent is not None and not draft.payment_term:
        draft = msgspec.structs.replace(draft, payment_term=sent.payment_term)  # a term is never taken away
    ours = between(sent, draft) if sent and _changed(source, link) else []
    if theirs := _drift(link, target):
        return _drifted(source, target, theirs, ours, _update(drafted, draft, target), answers)
    if not _changed(source, link):
        return Nothing(echo=target.echo) if not link.echo and target.echo else Nothing()
    if link.schema != hashing.VERSION and not (ours and sent):
        return Nothing(rebaseline=True)
    if sent is None:
        words = f"Supplier {source.name} changed in the ERP, and somebody else made its vendor. Compare the two."
        return _payee_change(target, words, source.key, _update(drafted, draft, target), answers)
    return _refresh(source, target, ours, _update(drafted, draft, target), policy, answers)


def _changed(source: Vendor, link: Link) -> bool:
    return link.schema != hashing.VERSION or link.fingerprint != hashing.fingerprint(source)


def _out_of_use(source: Vendor, link: Link, target: TargetRecord, answers: Answers) -> Decision:
    """Inactive in the ERP: archived by two people, once nothing is open with it; nothing is deleted."""
    if not target.active:
        return Nothing(rebaseline=True)
    words = f"{source.name} is inactive in the ERP. Archive its vendor once it has no open bills."
    about = subject(target.target_id)
    asked = Problem("inactive_in_source", words, field="active", choices=(ARCHIVE, KEEP), subject=about)
    match answered(answers, asked):
        case ARCHIVE.key:
            return archive(link, target, Entity.VENDOR, "inactive in the ERP")
        case KEEP.key:
            return Nothing(rebaseline=True)
    return hold(asked)


def _drift(link: Link, target: TargetRecord) -> list[Difference]:
    """Fields the ERP owns that somebody changed on the other side; a network vendor's address is its own."""
    address = {name for name in target.echo if name.startswith("address.")} if target.connected else set()
    return drift(link.echo, target.echo, _THEIRS | address)


def _drifted(
    source: Vendor,
    target: TargetRecord,
    theirs: Sequence[Difference],
    ours: Sequence[Difference],
    update: Update,
    answers: Answers,
) -> Decision:
    words = f"Vendor {source.name} was changed on the other side: {in_words(theirs)}."
    if ours:
        words += f" It changed in the ERP as well: {in_words(ours)}."
    code = "changed_on_both" if ours else "changed_on_target"
    about, fields = subject(target.target_id, named([*theirs, *ours])), ", ".join(each.field for each in theirs)
    asked = Problem(code, words, field=fields, choices=(ACCEPT, _OURS_AGAIN), subject=about)
    match answered(answers, asked):
        case ACCEPT.key:
            return Nothing(rebaseline=True, echo=target.echo)
        case _OURS_AGAIN.key:
            return update
    return hold(asked)


def _refresh(
    source: Vendor,
    target: TargetRecord,
    ours: Sequence[Difference],
    update: Update,
    policy: Policy,
    answers: Answers,
) -> Decision:
    """Nothing that we send changed; or only what is no payee; or a change of payee, which is released by people."""
    fields = {each.field for each in ours}
    if not fields:
        return Nothing(rebaseline=True)
    if not fields & _PAYEE or (fields <= {"address"} and policy.remit_hold == "one_person"):
        return update
    words = f"Supplier {source.name} changed in the ERP: {in_words(ours)}. Check with the supplier, then send it."
    return _payee_change(target, words, named(ours), update, answers)


def _payee_change(target: TargetRecord, words: str, what: str, update: Update, answers: Answers) -> Decision:
    about = subject(target.target_id, what)
    asked = Problem("payee_change", words, field="vendor", choices=(_SEND, KEEP), subject=about)
    match answered(answers, asked):
        case _SEND.key:
            return update
        case KEEP.key:
            return Nothing(rebaseline=True)
    return hold(asked)


def _update(drafted: DraftedVendor, draft: VendorDraft, target: TargetRecord) -> Update:
    return Update(
        draft=draft,
        natural_key=vendor_key(draft),
        target_id=target.target_id,
        version=target.version,
        why=drafted.why,
        notes=drafted.notes,
    )
