"""Intents before the IO, links and audit after it."""

import json
from collections.abc import Collection, Sequence
from decimal import Decimal
from hashlib import blake2b

import msgspec
from django.db import IntegrityError

from integrations.engine.decisions import Create, Nothing, Writing
from integrations.engine.drafts import (
    ApplyDraft,
    ArchiveDraft,
    Draft,
    ImageDraft,
    InvoiceDraft,
    MarkDraft,
    PaidDraft,
    Receipt,
    UnproposeDraft,
)
from integrations.engine.errors import Problem, Rejected
from integrations.engine.ports import Item, Write
from integrations.engine.records import Entity
from integrations.models import MirrorRecord
from integrations.store import images, newcomers, sql
from integrations.store.blockers import free
from integrations.store.frame import Frame, print_of
from integrations.store.marking import mark
from integrations.store.parking import STATES, Parked, park
from integrations.store.sealing import hashed_draft, sealed_draft

EFFECTS = {  # what a write may do to the target, and how its link takes it
    "created": sql.LINKS,
    "updated": sql.LINKS,
    "marked": sql.LINKS,
    "attached": sql.ATTACHED,
    **dict.fromkeys(("archived", "recorded", "applied"), sql.LINK_ACTED),
    "unproposed": "",  # done to another record than the one that is linked
}
SEND_WINDOW = 30.0  # seconds between the commit of an intent and its first byte
_encode = msgspec.json.Encoder(order="deterministic").encode


def intend(frame: Frame, wanted: Sequence[tuple[Item, Writing]], rules_version: str) -> dict[int, Write]:
    """One intent per item, inside the open commit; the writes by item id."""
    rows = frame.rows(
        sql.INTENTS,
        rules=rules_version,
        window=SEND_WINDOW,
        items=[i.id for i, _ in wanted],
        revisions=[i.revision for i, _ in wanted],
        natural_keys=[d.natural_key for _, d in wanted],
        targets=["" if isinstance(d, Create) else d.target_id for _, d in wanted],
        versions=["" if isinstance(d, Create) else d.version for _, d in wanted],
        variants=[d.variant if isinstance(d, Create) else (i.link.variant if i.link else i.variant) for i, d in wanted],
        digests=[digest(d.draft) for _, d in wanted],
        drafts=[_encode(sealed_draft(d.draft)).decode() for _, d in wanted],
        fingerprints=[print_of(i.source) for i, _ in wanted],
        whys=[json.dumps(d.why) for _, d in wanted],
    )
    intents = {item: (intent, send_by) for item, intent, send_by in rows}
    return {
        item.id: Write(
            intent=intents[item.id][0],
            entity=Entity(frame.flow.entity),
            draft=decision.draft,
            natural_key=decision.natural_key,
            send_by=intents[item.id][1],
            target_id="" if isinstance(decision, Create) else decision.target_id,
            version="" if isinstance(decision, Create) else decision.version,
        )
        for item, decision in wanted
    }


def close_intents(frame: Frame, writes: Sequence[Write], outcome: str) -> None:
    """The intents have an end; their items may be claimed again."""
    frame.run_sql(sql.SETTLE_INTENTS, intents=[write.intent for write in writes], outcome=outcome)


def refuse(frame: Frame, item: Item, write: Write, error: Rejected) -> None:
    """The other side refuses this one record: held with what it answered, inside the open commit."""
    close_intents(frame, [write], "refused")
    park(frame, [Parked(item, STATES.HELD, "held", error.problems, error.code, error.message, error.detail)])


def settle(
    frame: Frame, done: Sequence[tuple[Item, Write, Receipt]], rules_version: str, again: Collection[int] = ()
) -> None:
    """Links, states and one audit entry per record, inside the open commit; items in `again` are ready at once.

    IntegrityError: one link cannot be made.
    """
    linked: list[str] = []
    for effect, statement in EFFECTS.items():
        mine = [each for each in done if effect_of(each[1]) == effect]
        if mine:
            close_intents(frame, [write for _, write, _ in mine], effect)
            linked += _link(frame, mine, statement) if statement else [item.source_key for item, _, _ in mine]
    if len(linked) != len(done):
        raise IntegrityError("a link of this record points to another target record")
    _take_out_of_mirror(frame, [write.draft for _, write, _ in done])
    park(frame, [_settled(*each, again) for each in done])
    free(frame.integration.pk, frame.flow.entity, linked)
    made = [(i, r) for i, w, r in done if effect_of(w) == "created"]
    mark(frame, [(i.source_key, r.target_id) for i, r in made if not i.variant])
    newcomers.linked(frame.flow, {i.source_key: r.target_id for i, r in made})
    images.wake(frame.flow, [i.source_key for i, _ in made])
    for item, write, receipt in done:
        refs = {
            "intent": write.intent,
            "target": receipt.target_id,
            "target_version": receipt.version,
            "rules": rules_version,
            "digest": digest(write.draft),
        }
        refs |= {"sha256": receipt.echo["sha256"]} if "sha256" in receipt.echo else {}
        frame.audit(effect_of(write), item, refs={**refs, **({"variant": item.variant} if item.variant else {})})


def _take_out_of_mirror(frame: Frame, drafts: Sequence[Draft]) -> None:
    """What was just taken out of a payment proposal is not about to be paid, whatever the last listing said."""
    for draft in drafts:
        if isinstance(draft, UnproposeDraft):
            rows = MirrorRecord.objects.filter(connection=frame.integration.erp_id, entity=Entity.PAYMENT_PROPOSAL)
            rows.filter(vendor_id=draft.vendor, number=draft.number).update(active=False)


def effect_of(write: Write) -> str:
    """What this write does to the target, as intents and audit name it."""
    match write.draft:
        case ArchiveDraft():
            return "archived"
        case UnproposeDraft():
            return "unproposed"
        case PaidDraft():
            return "recorded"
        case ApplyDraft():
            return "applied"
        case MarkDraft():
            return "marked"
        case ImageDraft():
            return "attached"
        case _:
            return "updated" if write.target_id else "created"


def rebaseline(frame: Frame, agreed: Sequence[tuple[Item, Nothing]]) -> None:
    """What counts as agreed from now on: our way of hashing changed, or a person accepted how the target stands."""
    rows = [(i, i.link, d) for i, d in agreed if i.link and (d.rebaseline or d.echo is not None)]
    if not rows:
        return
    frame.run_sql(
        sql.REBASELINE,
        keys=[item.source_key for item, _, _ in rows],
        variants=[link.variant for _, link, _ in rows],
        fingerprints=[print_of(item.source) if d.rebaseline else "" for item, _, d in rows],
        echoes=[None if d.echo is None else json.dumps(d.echo) for _, _, d in rows],
    )
    for item, link, decision in rows:
        if decision.echo is not None:
            refs = {"target": link.target_id, "digest": _hash(decision.echo)}
            frame.audit("accepted", item, refs=refs, detail={"was": link.echo, "is": decision.echo})


def _link(frame: Frame, done: Sequence[tuple[Item, Write, Receipt]], statement: str) -> list[str]:
    found = frame.rows(
        statement,
        intents=[write.intent for _, write, _ in done],
        target_ids=[receipt.target_id for _, _, receipt in done],
        versions=[receipt.version for _, _, receipt in done],
        echoes=[json.dumps(receipt.echo) for _, _, receipt in done],
    )
    return [row[0] for row in found]


def unlinkable(frame: Frame, item: Item, write: Write, receipt: Receipt) -> None:
    """It was written, but the link cannot be stored: nobody may write it again, and a person must see it."""
    words = (
        f"It was created as {receipt.target_id} on the other side, but that record is already linked to another "
        "source record. Compare both before anything is paid."
    )
    close_intents(frame, [write], "conflict")
    park(frame, [Parked(item, STATES.HELD, "held", (Problem("link_conflict", words, field="link", urgent=True),))])


def digest(draft: Draft) -> str:
    """The hash of what was sent, for audit and evidence."""
    return _hash(hashed_draft(draft))


def _settled(item: Item, write: Write, receipt: Receipt, again: Collection[int]) -> Parked:
    """Done, unless it is to be decided once more, or the other side echoes another amount than was sent."""
    outcome = "created" if effect_of(write) in ("created", "attached") else "updated"
    echoed = receipt.echo.get("amount")
    if isinstance(write.draft, InvoiceDraft) and echoed is not None and Decimal(echoed) != write.draft.total:
        sent = f"{write.draft.total} {write.draft.currency}"
        words = f"{sent} was sent, but the other side stored {echoed}. Correct it there."
        return Parked(item, STATES.HELD, outcome, (Problem("amount_differs", words, field="total", urgent=True),))
    return Parked(item, STATES.READY if item.id in again else STATES.DONE, outcome)


def _hash(content: object) -> str:
    return blake2b(_encode(content), digest_size=16).hexdigest()
