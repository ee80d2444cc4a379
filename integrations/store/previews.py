"""Previews of mapping changes as rows, and what one has to load: the records of the last months as they stand."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from django.db.models import Q
from django.utils import timezone

from integrations.engine.ports import Item
from integrations.engine.targets import Standing, TargetRecord
from integrations.models import Flow, MappingPreview, MappingSet, MirrorRecord, OutboxItem, SyncRun
from integrations.store import books, loading, rulebook
from integrations.store.frame import Frame
from integrations.store.lease import Lease
from integrations.store.mapping_tables import Over
from integrations.store.settings import today
from tenants.scope import current_tenant

DAYS = 90
BATCH = 1000
_LOST_AFTER = timedelta(minutes=15)
_STATES = OutboxItem.State
OPEN = (_STATES.READY, _STATES.WAITING, _STATES.HELD)
Status = MappingPreview.Status


class PreviewRefused(ValueError):
    """It cannot be made now; the message says why."""


def start(asked: MappingSet, by: int | None) -> MappingPreview:
    """A preview that is about to be made, in place of the set's last one; in the caller's scope."""
    if asked.status not in (MappingSet.Status.PROPOSED, MappingSet.Status.APPROVED):
        raise PreviewRefused(f"This set was {asked.get_status_display().lower()}: it changes nothing.")
    now = timezone.now()
    MappingSet.objects.select_for_update(of=("self",)).get(pk=asked.pk)
    old = MappingPreview.objects.filter(set=asked)
    if old.filter(status=Status.MAKING, made_at__gt=now - _LOST_AFTER).exists():
        raise PreviewRefused("It is being made already. Wait a moment.")
    old.delete()
    made: MappingPreview = MappingPreview.objects.create(
        set=asked, since=today() - timedelta(days=DAYS), made_by_id=by, made_at=now
    )
    return made


def finish(made: MappingPreview, status: str, totals: Mapping[str, Any], message: str = "") -> None:
    """Store what it found."""
    rows = MappingPreview.objects.filter(pk=made.pk)
    rows.update(status=status, totals=totals, message=message, finished_at=timezone.now())


def sides(asked: MappingSet) -> tuple[Over, Over]:
    """(the rules without the set, the rules with it), to be laid over what is in force."""
    changes = list(asked.changes.all())
    return {each.key: each.old for each in changes}, {each.key: each.new for each in changes}


class Row(msgspec.Struct, frozen=True):
    """What is known of an item beside the item itself."""

    state: str
    amount: Decimal | None
    currency: str


def batch(flow: Flow, since: date, after: int) -> dict[int, Row]:
    """The next items dated `since` or later that are open or posted, by id: a few statements for the whole batch."""
    recent = Q(source__dated__gte=since) | Q(source__dated=None, source__changed_at__date__gte=since)
    rows = OutboxItem.objects.filter(recent, flow=flow, pk__gt=after, state__in=[*OPEN, _STATES.DONE]).order_by("pk")
    names = ("pk", "state", "source__amount", "source__currency")
    return {pk: Row(*known) for pk, *known in rows.values_list(*names)[:BATCH]}


def load(flow: Flow, ids: Sequence[int]) -> list[Item]:
    """The items as a run would claim them, without claiming them; what is linked stands as it was last listed."""
    frame = Frame(Lease(flow.pk, current_tenant(), 0), flow, SyncRun(flow=flow, pk=0))  # proves and stamps nothing
    items = loading.load(frame, ids)
    wanted = [item.link.target_id for item in items if item.link]
    rows = MirrorRecord.objects.filter(connection=flow.target, entity=flow.entity, target_id__in=wanted)
    listed = {row.target_id: row for row in rows}
    return [msgspec.structs.replace(item, target=_standing(item, listed)) for item in items]


def names_of(flow: Flow, rules: Any) -> dict[str, str]:
    """What people call the accounts and values of the flow's target, by id."""
    charts = books.chart(rules.books) if rules.books is not None else rulebook.chart_of(flow.target.pk)
    return {each.target_id: f"{each.number} {each.name}".strip() for chart in charts for each in chart}


def _standing(item: Item, listed: Mapping[str, MirrorRecord]) -> TargetRecord | None:
    if item.link is None:
        return None
    row = listed.get(item.link.target_id)
    return TargetRecord(
        target_id=item.link.target_id,
        version=item.link.version,
        echo=item.link.echo,
        active=row is None or row.active,
        standing=Standing(row.standing) if row and row.standing else Standing.UNPAID,
    )
