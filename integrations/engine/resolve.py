"""What became of a write whose answer was lost: looked up live, twice, one search lag apart; never guessed.

Found and ours: linked. Absent in both look-ups: it may be written again. Anything else: a person, with the evidence.
A keyed write needs no proof, since doing it again completes what is there. What was taken as a job is asked for.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from integrations.engine.drafts import InvoiceDraft, Receipt, VendorDraft
from integrations.engine.errors import Rejected
from integrations.engine.landed import landed
from integrations.engine.ports import ResolverStore, Target, Write
from integrations.engine.records import Entity
from integrations.engine.targets import TargetRecord

LOOKS = 2
ASKS = 33  # for a job's result: after 5, 10, 20, 40 and then every 60 seconds, half an hour in all
_SKEW = timedelta(minutes=15)  # between our clock and the target's


class Uncertain(msgspec.Struct, frozen=True, kw_only=True):
    """A write that may or may not have been processed; `looks` live look-ups have already found nothing."""

    write: Write
    sent_after: datetime  # when its intent was committed, UTC
    looks: int = 0
    job: str = ""


def resolve(pending: Sequence[Uncertain], target: Target, store: ResolverStore) -> None:
    """Settle, release or hold each; one live read serves all of one entity. Retryable is left to the caller."""
    for job in sorted({each.job for each in pending if each.job}):
        _ask(job, [each for each in pending if each.job == job], target, store)
    lost = [each for each in pending if not each.job]
    for each in lost:
        if each.write.entity in target.keyed:
            store.absent(each.write)
    unproven = [each for each in lost if each.write.entity not in target.keyed]
    for entity in sorted({each.write.entity for each in unproven}):
        mine = [each for each in unproven if each.write.entity == entity]
        if creates := [each for each in mine if not each.write.target_id]:
            _resolve_creates(entity, creates, target, store)
        if changes := [each for each in mine if each.write.target_id]:
            _resolve_changes(entity, changes, target, store)


def _ask(job: str, mine: Sequence[Uncertain], target: Target, store: ResolverStore) -> None:
    """What the job made of each record; what it does not answer for is as good as lost."""
    writes = [each.write for each in mine]
    try:
        written = target.result(job, writes)
    except Rejected as error:  # the job failed as a whole
        written = [error] * len(writes)
    if written is None:
        asked = mine[0].looks
        if asked < ASKS:
            store.ask_later(writes, min(60.0, 5.0 * 2**asked))
        else:
            store.unconfirmed(writes)
        return
    for write, what in zip(writes, written, strict=True):
        if isinstance(what, Receipt):
            store.found(write, what, [])
        elif isinstance(what, Rejected):
            store.refused(write, what)
        else:
            store.absent(write)


def _resolve_creates(entity: Entity, mine: Sequence[Uncertain], target: Target, store: ResolverStore) -> None:
    """By the natural key, in a list of what was created since the oldest of them was sent."""
    since = min(each.sent_after for each in mine) - _SKEW
    listed = list(target.look_up(entity, created_since=since.isoformat()))
    taken = store.linked(entity, [record.target_id for record in listed])
    for each in mine:
        _conclude(each, listed, taken, store)


def _resolve_changes(entity: Entity, mine: Sequence[Uncertain], target: Target, store: ResolverStore) -> None:
    """By the record itself: whether it is as the write would have left it."""
    standing = target.standing(entity, sorted({each.write.target_id for each in mine}))
    for each in mine:
        record = standing.get(each.write.target_id)
        done = landed(each.write, record, target)
        evidence = [_evidence(record, linked=True)] if record else []
        if record is None or done is None:
            store.hold_uncertain(each.write, evidence)
        elif done:
            receipt = Receipt(target_id=record.target_id, version=record.version, echo=record.echo)
            store.found(each.write, receipt, evidence)
        else:
            _not_yet(each, store)


def _conclude(each: Uncertain, listed: Sequence[TargetRecord], taken: set[str], store: ResolverStore) -> None:
    alike = [record for record in listed if _same_key(each.write, record)]
    ours = [record for record in alike if record.target_id not in taken and _agrees(each.write, record)]
    evidence = [_evidence(record, record.target_id in taken) for record in alike]
    if len(alike) == 1 and len(ours) == 1:
        taken.add(ours[0].target_id)
        receipt = Receipt(target_id=ours[0].target_id, version=ours[0].version, echo=ours[0].echo)
        store.found(each.write, receipt, evidence)
    elif alike or any(record.kind == "unreadable" for record in listed):
        store.hold_uncertain(each.write, evidence)
    else:
        _not_yet(each, store)


def _not_yet(each: Uncertain, store: ResolverStore) -> None:
    """Nothing was found: believed the second time."""
    if each.looks + 1 >= LOOKS:
        store.absent(each.write)
    else:
        store.look_again(each.write)


def _same_key(write: Write, record: TargetRecord) -> bool:
    """Whether `record` may be what was written: the natural key alone, whatever else it says."""
    draft = write.draft
    if isinstance(draft, InvoiceDraft):
        same = record.vendor_id == draft.vendor_id and _plain(record.number) == _plain(draft.number)
        return same and (record.kind == "credit") == draft.credit
    if not isinstance(draft, VendorDraft):
        return False  # nothing else is created
    return _plain(record.number) == _plain(draft.number) and record.currency in ("", draft.currency)


def _agrees(write: Write, record: TargetRecord) -> bool:
    draft = write.draft
    if isinstance(draft, InvoiceDraft):
        return (record.amount, record.date) == (draft.total, draft.invoice_date) and record.currency in (
            "",
            draft.currency,
        )
    return record.active


def _plain(number: str) -> str:
    return number.strip().casefold()


def _evidence(record: TargetRecord, linked: bool) -> dict[str, str]:
    """What was found, for the record's page."""
    shown: Iterable[tuple[str, object]] = (
        ("id", record.target_id),
        ("number", record.number),
        ("amount", record.amount),
        ("currency", record.currency),
        ("date", record.date),
        ("linked to another record", "yes" if linked else "no"),
    )
    return {name: str(value) for name, value in shown if value is not None}
