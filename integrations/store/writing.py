"""Intents before the IO, links and audit after it."""

import json
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from hashlib import blake2b

import msgspec
from django.db import IntegrityError

from integrations.engine import fingerprint as hashing
from integrations.engine.decisions import Create, LinkTo, Writing
from integrations.engine.errors import Problem
from integrations.engine.ports import Item, Write
from integrations.engine.records import Draft, Entity, InvoiceDraft, Receipt
from integrations.models import RecordLink
from integrations.store import sql
from integrations.store.blockers import free
from integrations.store.frame import Frame
from integrations.store.parking import STATES, Parked, park
from integrations.store.sealing import hashed_draft, sealed_draft

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
        variants=[d.variant if isinstance(d, Create) else (i.link.variant if i.link else "") for i, d in wanted],
        digests=[digest(d.draft) for _, d in wanted],
        drafts=[_encode(sealed_draft(d.draft)).decode() for _, d in wanted],
        fingerprints=[hashing.fingerprint(i.source) for i, _ in wanted],
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


def settle(frame: Frame, done: Sequence[tuple[Item, Write, Receipt]], rules_version: str) -> None:
    """Links, states and one audit entry per record, inside the open commit. IntegrityError: one link cannot be made."""
    outcome = "updated" if done[0][1].target_id else "created"
    close_intents(frame, [write for _, write, _ in done], outcome)
    linked = frame.rows(
        sql.LINKS,
        intents=[write.intent for _, write, _ in done],
        target_ids=[receipt.target_id for _, _, receipt in done],
        versions=[receipt.version for _, _, receipt in done],
        echoes=[json.dumps(receipt.echo) for _, _, receipt in done],
    )
    if len(linked) != len(done):
        raise IntegrityError("a link of this record points to another target record")
    park(frame, [_settled(*each, outcome) for each in done])
    free(frame.integration.pk, frame.flow.entity, [row[0] for row in linked])
    for item, write, receipt in done:
        refs = {
            "intent": write.intent,
            "target": receipt.target_id,
            "target_version": receipt.version,
            "rules": rules_version,
            "digest": digest(write.draft),
        }
        frame.audit(outcome, item, refs=refs)


def adopt(frame: Frame, there: Sequence[tuple[Item, LinkTo]]) -> None:
    """Link records that somebody else has made; two sources that claim the same one are both left to a person."""
    claims = Counter(decision.target_id for _, decision in there)
    alone = [(item, decision) for item, decision in there if claims[decision.target_id] == 1]
    words = "Another record claims the same record on the other side. Compare the two, then link one of them."
    conflict = (Problem("link_conflict", words, field="link"),)
    park(frame, [Parked(item, STATES.HELD, "held", conflict) for item, d in there if claims[d.target_id] > 1])
    RecordLink.objects.bulk_create(
        RecordLink(
            integration=frame.integration,
            entity=frame.flow.entity,
            inbound=frame.flow.inbound,
            source_key=item.source_key,
            variant=decision.variant,
            target_connection=frame.flow.target,
            target_id=decision.target_id,
            fingerprint=hashing.fingerprint(item.source),
            schema=hashing.VERSION,
            why=list(decision.why),
            linked_at=frame.now(),
        )
        for item, decision in alone
    )
    park(frame, [Parked(item, STATES.DONE, "linked") for item, _ in alone])
    free(frame.integration.pk, frame.flow.entity, [item.source_key for item, _ in alone])
    for item, decision in alone:
        frame.audit("linked", item, refs={"target": decision.target_id, "why": list(decision.why)})


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
    return blake2b(_encode(hashed_draft(draft)), digest_size=16).hexdigest()


def _settled(item: Item, write: Write, receipt: Receipt, outcome: str) -> Parked:
    """Done, unless the other side echoes another amount than was sent."""
    echoed = receipt.echo.get("amount")
    if isinstance(write.draft, InvoiceDraft) and echoed is not None and Decimal(echoed) != write.draft.total:
        sent = f"{write.draft.total} {write.draft.currency}"
        words = f"{sent} was sent, but the other side stored {echoed}. Correct it there."
        return Parked(item, STATES.HELD, outcome, (Problem("amount_differs", words, field="total", urgent=True),))
    return Parked(item, STATES.DONE, outcome)
