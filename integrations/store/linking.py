"""Links that people make and take back: nothing is written to the other side. The next run compares both."""

from collections.abc import Iterable

from django.db.models import Q
from django.utils import timezone

from integrations.engine import fingerprint as hashing
from integrations.engine.errors import Choice, Problem
from integrations.engine.ports import Item
from integrations.engine.records import Entity
from integrations.models import Answer, Flow, MirrorRecord, OutboxItem, RecordLink, ReviewItem
from integrations.store import images, newcomers
from integrations.store.blockers import free
from integrations.store.counting import exact
from integrations.store.parking import Parked
from integrations.store.questions import STATES, Refused, close_review, make_ready, move, tell
from tenants.scope import open_scope

UNLINK, UNLINKED = "unlink", "unlinked"  # what a person did; what the record is held for since
_ANEW = ("create", "Send it as a new record", "override")
_WORDS = "Its link to {target} was taken back. It is sent as a new record, or linked to another one, only by a person."


def found_on_target(item: OutboxItem, target_id: str) -> MirrorRecord:
    """The record of the other side as we last listed it, if this item may be linked to it. Raises Refused."""
    flow = item.flow
    if newcomers.is_of(flow):
        found = newcomers.suppliers(flow, Q(source_key=target_id))
        if not found:
            raise Refused("unknown", "The ERP has no such supplier, or it was not read yet. Check its number.")
        return found[0]
    rows = MirrorRecord.objects.filter(connection=flow.target, entity=flow.entity, target_id=target_id)
    row: MirrorRecord | None = rows.first()
    if row is None:
        raise Refused("unknown", "The other side has no such record, or it was not listed yet. Check the id.")
    if not row.active:
        raise Refused("unknown", "That record is archived on the other side. Restore it there, then link it.")
    taken = RecordLink.objects.filter(target_connection=flow.target, entity=flow.entity, target_id=target_id)
    other = taken.exclude(source_key=item.source_key).first()
    if other is not None and flow.entity != Entity.VENDOR:
        raise Refused("taken", f"That record is linked to {other.source_key} already. Take that link back first.")
    return row


def make_link(item: OutboxItem, row: MirrorRecord, reason: str, by: int | None) -> RecordLink:
    """Link the item to `row` in place of what it was linked to; it is compared with the next run."""
    flow = item.flow
    place = {
        "integration": flow.integration,
        "entity": flow.entity,
        "inbound": flow.inbound,
        "source_key": item.source_key,
        "variant": _variant(item, row),
    }
    old = RecordLink.objects.filter(**place).first()
    RecordLink.objects.filter(**place).delete()
    made: RecordLink = RecordLink.objects.create(
        **place,
        target_connection=flow.target,
        target_id=row.target_id,
        fingerprint=item.source.fingerprint,
        schema=hashing.VERSION,
        echo=_echo(row),
        made_by=RecordLink.MadeBy.PERSON,
        why=["linked by a person"],
        linked_at=timezone.now(),
    )
    make_ready(item, by, "linked")
    newcomers.linked(flow, {item.source_key: row.target_id})
    free(flow.integration_id, flow.entity, [item.source_key])
    images.wake(flow, [item.source_key])
    refs = {"target": row.target_id, "was": old.target_id if old else "", "by": "person"}
    tell("linked", item, refs, {"reason": reason})
    return made


def item_of(link: RecordLink) -> OutboxItem:
    """The item whose link this is: of its own variant, else the record's first. Raises Refused."""
    flow = Flow.objects.filter(integration=link.integration_id, entity=link.entity, inbound=link.inbound).first()
    items = {i.variant: i for i in OutboxItem.objects.filter(flow=flow, source_key=link.source_key)}
    found: OutboxItem | None = items.get(link.variant) or items.get("")
    if found is None:
        raise Refused("unknown", "The record of this link is not kept any more.")
    return found


def take_back(item: OutboxItem, target_id: str, reason: str, by: int | None) -> None:
    """Remove the link; the item is held until a person says what becomes of it. Raises Refused."""
    flow = item.flow
    links = RecordLink.objects.filter(
        integration=flow.integration, entity=flow.entity, inbound=flow.inbound, source_key=item.source_key
    )
    if not links.filter(target_id=target_id).delete()[0]:
        raise Refused("closed", "This link is not there any more: somebody else was faster.")
    close_review(item, by, UNLINKED)
    words = _WORDS.format(target=target_id)
    move(item, STATES.HELD, reason=UNLINKED, message=words)
    problem = {"code": UNLINKED, "message": words, "field": "link", "value": target_id, "urgent": False}
    choice = dict(zip(("key", "label", "act"), _ANEW, strict=True))
    ReviewItem.objects.create(
        item=item,
        code=UNLINKED,
        problems=[{**problem, "subject": "", "once": False, "blocker": None, "choices": [choice]}],
        opened_at=timezone.now(),
    )
    tell("unlinked", item, {"target": target_id}, {"reason": reason, "actor": open_scope().actor.label})


def taken_back(item_ids: Iterable[int]) -> set[int]:
    """Those whose link was taken back, and of which nobody has said since that they may be sent anew."""
    rows = Answer.objects.filter(item_id__in=list(item_ids), code__in=[UNLINK, UNLINKED])
    told = rows.filter(status=Answer.Status.APPROVED).order_by("id").values_list("item_id", "code")
    last: dict[int, str] = dict(told)
    return {item for item, code in last.items() if code == UNLINK}


def still_unlinked(item: Item) -> Parked:
    """The item held as unlinked: whatever a run decides, it is not sent again by itself."""
    words = "Its link was taken back. It is sent as a new record, or linked to another one, only by a person."
    problem = Problem(UNLINKED, words, field="link", choices=(Choice(*_ANEW),))
    return Parked(item, STATES.HELD, "held", (problem,))


def _variant(item: OutboxItem, row: MirrorRecord) -> str:
    if item.flow.entity == Entity.VENDOR and not item.flow.inbound:
        return item.variant or row.currency or item.source.currency
    return item.variant


def _echo(row: MirrorRecord) -> dict[str, str]:
    """How it stood when it was linked, as far as a listing says."""
    shown = {
        "number": row.number,
        "vendor_id": row.vendor_id,
        "currency": row.currency,
        "amount": exact(row.amount) if row.amount is not None else "",
        "date": row.dated.isoformat() if row.dated else "",
    }
    return {name: value for name, value in shown.items() if value}
