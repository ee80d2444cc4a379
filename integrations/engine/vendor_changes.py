"""A supplier that is on the other side already: changes on either side, and when it goes out of use."""

from collections.abc import Sequence

import msgspec

from integrations.engine import fingerprint as hashing
from integrations.engine.asking import ACCEPT, ARCHIVE, KEEP, LINK, Answers, answered, hold, link_to, subject
from integrations.engine.decisions import Decision, Hold, Link, LinkTo, Nothing, Update
from integrations.engine.drafts import VendorDraft
from integrations.engine.drift import Difference, between, drift, in_words, named
from integrations.engine.errors import Choice, Problem
from integrations.engine.mapping import Rules
from integrations.engine.policy import Policy
from integrations.engine.records import Entity, Vendor
from integrations.engine.stopped import archive, missing
from integrations.engine.targets import TargetRecord
from integrations.engine.vendor_sides import PAYEE, as_wholes, details, edited, fields_of, not_watched, sides
from integrations.engine.vendors import DraftedVendor, draft_vendor, not_a_vendor, shown_vendor, vendor_key

_OURS_AGAIN = Choice("update", "Write the ERP's values again", "payee")
_ACCEPT_PAYEE = Choice(ACCEPT.key, ACCEPT.label, "payee")
_SEND = Choice("send", "Send the change", "payee")
_CHECKED = Choice("checked", "It was checked with the supplier", "payee")


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
        if out.reason != "not_in_company":
            return out
        source = msgspec.structs.replace(source, active=False)  # it was in it when its vendor was made
    if target is None:
        return missing(source.name, link.target_id)
    if not source.active:
        return _out_of_use(source, link, target, answers)
    if not target.active:
        return _archived_there(source, link, target, rules, policy, variant or link.variant, answers)
    if asked := _paid_otherwise(source, link, target, answers):
        return hold(asked)
    return _seen(_compared(source, link, target, rules, policy, variant, answers), link, target)


def _archived_there(
    source: Vendor,
    link: Link,
    target: TargetRecord,
    rules: Rules,
    policy: Policy,
    variant: str,
    answers: Answers,
) -> Decision:
    """Archived, or merged into another vendor, to which it is then linked; bills that were sent keep their payee."""
    if (claimed := rules.claims.get((source.key, variant or source.currency), "")) not in ("", link.target_id):
        return LinkTo(target_id=claimed, variant=link.variant, why=("people said that it is its vendor now",))
    draft = draft_vendor(source, rules, variant, policy.company).draft
    found = rules.guard.vendor(draft, source.tax_key) if draft else None
    others = [each for each in (found.same, *found.suspects) if each] if found else []
    words = (
        f"The vendor of {source.name} was archived on the other side, and the supplier is in use. "
        "Restore it there, or link the vendor that it was merged into."
    )
    choices = tuple(link_to(each.target_id, shown_vendor(each)) for each in others)
    about = subject(target.target_id, *(each.target_id for each in others))
    asked = Problem("archived_on_target", words, field="link", value=target.target_id, choices=choices, subject=about)
    chosen = answered(answers, asked)
    if chosen.startswith(LINK):
        return LinkTo(target_id=chosen.removeprefix(LINK), variant=link.variant, why=("linked by a person",))
    return hold(asked)


def _compared(
    source: Vendor,
    link: Link,
    target: TargetRecord,
    rules: Rules,
    policy: Policy,
    variant: str,
    answers: Answers,
) -> Decision:
    """What the fields come to, each with its owner."""
    drafted = draft_vendor(source, rules, variant or link.variant, policy.company)
    draft = drafted.draft
    if draft is None:
        return Hold(problems=drafted.problems) if _changed(source, link) else Nothing()
    sent = link.sent if isinstance(link.sent, VendorDraft) else None
    if sent is not None:
        draft = _without_theirs(draft, sent, target, policy)
    ours = between(sent, draft) if sent and _changed(source, link) else []
    if theirs := drift(link.echo, target.echo, not_watched(target, policy)):
        asked = _drifted(source, link, draft, target, theirs, ours)
        match answered(answers, asked):
            case ACCEPT.key:
                return Nothing(rebaseline=True, echo=target.echo)
            case _OURS_AGAIN.key:
                return _update(drafted, draft, target, fields_of([*theirs, *ours]) if sent else set())
        return hold(asked)
    if not _changed(source, link):
        return Nothing()
    if link.schema != hashing.VERSION and not (ours and sent):
        return Nothing(rebaseline=True)
    if sent is None:
        words = f"Supplier {source.name} changed in the ERP, and somebody else made its vendor. Compare the two."
        asked = _payee_change(link, draft, target, words, source.key, set(draft.__struct_fields__))
        return _by_people(asked, _update(drafted, draft, target, set()), answers)
    return _refresh(source, link, target, ours, drafted, draft, policy, answers)


def _changed(source: Vendor, link: Link) -> bool:
    return link.schema != hashing.VERSION or link.fingerprint != hashing.fingerprint(source)


def _without_theirs(draft: VendorDraft, sent: VendorDraft, target: TargetRecord, policy: Policy) -> VendorDraft:
    """The draft without a change of what is the target's own; a new e-mail is kept: people may send it."""
    if target.connected or "address" in policy.tool_fields:
        draft = msgspec.structs.replace(draft, address=sent.address)
    if not draft.payment_term or "payment_term" in policy.tool_fields:  # a term is never taken away
        draft = msgspec.structs.replace(draft, payment_term=sent.payment_term)
    return draft


def _seen(decision: Decision, link: Link, target: TargetRecord) -> Decision:
    """Where nothing is left to do, the vendor as it stands is what later changes there are told from."""
    if isinstance(decision, Nothing) and decision.echo is None and target.echo != link.echo and target.echo:
        return msgspec.structs.replace(decision, echo=target.echo)
    return decision


def _paid_otherwise(source: Vendor, link: Link, target: TargetRecord, answers: Answers) -> Problem | None:
    """Bank or payment details changed there, which only the target knows: flagged until two people have checked."""
    found = details(link.echo, target.echo)
    if not found:
        return None
    on = f" on {target.changed_at:%-d %b %Y}" if target.changed_at else ""
    words = (
        f"Bank or payment details of {source.name} were changed on the other side{on}: {in_words(found)}. "
        "Ask the supplier by a number that you know before the next payment."
    )
    about = subject(target.target_id, named(found))
    asked = Problem(
        "payment_details_changed", words, field="payment_details", urgent=True, choices=(_CHECKED,), subject=about
    )
    return None if answered(answers, asked) else asked


def _out_of_use(source: Vendor, link: Link, target: TargetRecord, answers: Answers) -> Decision:
    """Inactive in the ERP: archived by two people, once nothing is open with it; nothing is deleted."""
    if not target.active:
        return Nothing(rebaseline=True)
    gone = "inactive in the ERP" if source.in_company else "not set up for invoices in the company any more"
    words = f"{source.name} is {gone}. Archive its vendor once it has no open bills."
    about = subject(target.target_id)
    asked = Problem("inactive_in_source", words, field="active", choices=(ARCHIVE, KEEP), subject=about)
    match answered(answers, asked):
        case ARCHIVE.key:
            return archive(link, target, Entity.VENDOR, "inactive in the ERP")
        case KEEP.key:
            return Nothing(rebaseline=True)
    return hold(asked)


def _drifted(
    source: Vendor,
    link: Link,
    draft: VendorDraft,
    target: TargetRecord,
    theirs: Sequence[Difference],
    ours: Sequence[Difference],
) -> Problem:
    """Fields of the ERP's that somebody changed there; to accept where money goes takes two people as well."""
    there = as_wholes(theirs, link.echo, target.echo)
    words = f"Vendor {source.name} was changed on the other side: {in_words(there)}."
    if ours:
        words += f" It changed in the ERP as well: {in_words(ours)}."
    fields = fields_of([*theirs, *ours])
    found = sides(fields, draft, link.echo, target.echo)
    return Problem(
        "changed_on_both" if ours else "changed_on_target",
        words,
        field=", ".join(each.field for each in there),
        choices=(_ACCEPT_PAYEE if fields & PAYEE else ACCEPT, _OURS_AGAIN),
        subject=subject(target.target_id, named([*theirs, *ours]), *edited(found)),
        sides=found,
    )


def _refresh(
    source: Vendor,
    link: Link,
    target: TargetRecord,
    ours: Sequence[Difference],
    drafted: DraftedVendor,
    draft: VendorDraft,
    policy: Policy,
    answers: Answers,
) -> Decision:
    """Nothing that we send changed; or only what is no payee; or a change of payee, which is released by people."""
    fields = fields_of(ours)
    if not fields:
        return Nothing(rebaseline=True)
    update = _update(drafted, draft, target, fields)
    if not fields & PAYEE or (fields <= {"address"} and policy.remit_hold == "one_person"):
        return update
    words = f"Supplier {source.name} changed in the ERP: {in_words(ours)}. Check with the supplier, then send it."
    return _by_people(_payee_change(link, draft, target, words, named(ours), fields), update, answers)


def _payee_change(
    link: Link, draft: VendorDraft, target: TargetRecord, words: str, what: str, fields: set[str]
) -> Problem:
    """Where money goes changed in the ERP: it is asked of exactly this change, over what stands there now."""
    found = sides(fields, draft, link.echo, target.echo)
    return Problem(
        "payee_change",
        words,
        field="vendor",
        choices=(_SEND, KEEP),
        subject=subject(target.target_id, what, *edited(found)),
        sides=found,
    )


def _by_people(asked: Problem, update: Update, answers: Answers) -> Decision:
    match answered(answers, asked):
        case _SEND.key:
            return update
        case KEEP.key:
            return Nothing(rebaseline=True)
    return hold(asked)


def _update(drafted: DraftedVendor, draft: VendorDraft, target: TargetRecord, fields: set[str]) -> Update:
    """These fields alone; none named: all."""
    return Update(
        draft=msgspec.structs.replace(draft, only=tuple(sorted(fields))),
        natural_key=vendor_key(draft),
        target_id=target.target_id,
        version=target.version,
        why=drafted.why,
        notes=drafted.notes,
    )
