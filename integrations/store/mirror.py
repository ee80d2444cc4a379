"""Vendors and bills as they stand on the target, kept so that nothing is made twice beside what people enter."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db import connection
from django.utils import timezone

from integrations.engine.duplicates import Existing
from integrations.engine.records import Entity
from integrations.engine.targets import Standing, TargetRecord
from integrations.models import MirrorRecord, MirrorState
from integrations.store import drift
from tenants.scope import current_tenant

OVERLAP = timedelta(minutes=15)  # of two listings: clocks differ, and new records show up late
CHUNK = 1000
_LONGEST_ID = 64  # characters, as the columns have

_MERGE = """
    INSERT INTO integrations_mirrorrecord AS m (
        tenant_id, connection_id, entity, target_id, kind, number, name, active, vendor_id, amount, currency, dated,
        postal_code, standing, open_amount, seen_at)
    SELECT %(tenant)s, %(connection)s, %(entity)s, c.*, now()
    FROM unnest(%(ids)s::text[], %(kinds)s::text[], %(numbers)s::text[], %(names)s::text[], %(active)s::bool[],
                %(vendors)s::text[], %(amounts)s::numeric[], %(currencies)s::text[], %(dates)s::date[],
                %(postal_codes)s::text[], %(standings)s::text[], %(open)s::numeric[]) c
    ON CONFLICT (tenant_id, connection_id, entity, target_id) DO UPDATE SET
        kind = excluded.kind, number = excluded.number, name = excluded.name, active = excluded.active,
        vendor_id = excluded.vendor_id, amount = excluded.amount, currency = excluded.currency,
        dated = excluded.dated, seen_at = excluded.seen_at,
        postal_code = coalesce(nullif(excluded.postal_code, ''), m.postal_code),
        standing = coalesce(nullif(excluded.standing, ''), m.standing),
        open_amount = coalesce(excluded.open_amount, m.open_amount)
"""

_STANDING = """
    SELECT m.target_id, m.number, m.name, m.vendor_id, m.amount, m.currency, m.dated, m.kind = 'credit',
           m.postal_code
    FROM integrations_mirrorrecord m
    WHERE m.tenant_id = %(tenant)s AND m.connection_id = %(connection)s AND m.entity = %(entity)s AND m.active
      AND {vendors}
"""
_LINKED = """
    SELECT target_id FROM integrations_recordlink
    WHERE tenant_id = %(tenant)s AND target_connection_id = %(connection)s AND entity = %(entity)s
      AND target_id = ANY(%(ids)s)
"""


def listed_since(connection_id: int, entity: Entity) -> datetime | None:
    """From when on the target must be listed again; None: the whole of it."""
    state = MirrorState.objects.filter(connection_id=connection_id, entity=entity).first()
    return state.whole_at - OVERLAP if state else None


def is_fresh(connection_id: int, entity: Entity, minutes: float) -> bool:
    """Whether the mirror was whole within the last `minutes`."""
    since = timezone.now() - timedelta(minutes=minutes)
    return bool(MirrorState.objects.filter(connection_id=connection_id, entity=entity, whole_at__gte=since).exists())


def chunks(records: Iterator[TargetRecord]) -> Iterator[list[TargetRecord]]:
    """The listing in pieces that fit one short transaction."""
    while piece := list(islice(records, CHUNK)):
        yield piece


def merge(connection_id: int, entity: Entity, records: Sequence[TargetRecord]) -> None:
    """Keep these records as they stand now, and wake what is linked to those that somebody changed.

    Those without an id, or with one that is longer than any, cannot be kept: nothing of ours is linked to them.
    """
    known = {each.target_id: each for each in records if 0 < len(each.target_id) <= _LONGEST_ID}
    rows = list(known.values())
    drift.wake_changed(connection_id, entity, rows)
    _keep(connection_id, entity, rows)


def _keep(connection_id: int, entity: Entity, rows: Sequence[TargetRecord]) -> None:
    names: dict[str, Any] = {"tenant": current_tenant(), "connection": connection_id, "entity": entity}
    columns: dict[str, Any] = {
        "ids": [each.target_id for each in rows],
        "kinds": [each.kind[:40] for each in rows],
        "numbers": [each.number[:120] for each in rows],
        "names": [each.name[:200] for each in rows],
        "active": [each.active for each in rows],
        "vendors": [each.vendor_id[:_LONGEST_ID] for each in rows],
        "amounts": [each.amount for each in rows],
        "currencies": [each.currency[:10] for each in rows],
        "dates": [each.date for each in rows],
        "postal_codes": [each.postal_code[:20] for each in rows],
        "open": [_open(each) for each in rows],
        "standings": ["" if each.standing is Standing.UNKNOWN else each.standing.value for each in rows],
    }
    with connection.cursor() as cursor:
        cursor.execute(_MERGE, {**names, **columns})


def replace_proposals(connection_id: int, records: Sequence[TargetRecord]) -> None:
    """What the ERP is about to pay, whole: what is not listed any more is not about to be paid."""
    rows = MirrorRecord.objects.filter(connection_id=connection_id, entity=Entity.PAYMENT_PROPOSAL)
    before = set(rows.filter(active=True).values_list("vendor_id", "number"))
    merge(connection_id, Entity.PAYMENT_PROPOSAL, records)
    listed = {record.target_id for record in records}
    gone = [row.pk for row in rows.filter(active=True) if row.target_id not in listed]
    rows.filter(pk__in=gone).update(active=False)
    now = set(rows.filter(active=True).values_list("vendor_id", "number"))
    drift.wake_proposed(connection_id, before ^ now)


def whole(connection_id: int, entity: Entity, at: datetime) -> None:
    """Everything that changed before `at` has been listed."""
    MirrorState.objects.update_or_create(connection_id=connection_id, entity=entity, defaults={"whole_at": at})


def not_linked(connection_id: int, entity: Entity, live: Sequence[TargetRecord]) -> list[Existing]:
    """Of records that were just looked up on the target: those that stand and have no source record."""
    names: dict[str, Any] = {"tenant": current_tenant(), "connection": connection_id, "entity": entity}
    standing = [each for each in live if each.active]
    with connection.cursor() as cursor:
        cursor.execute(_LINKED, {**names, "ids": [each.target_id for each in standing]})
        linked = {row[0] for row in cursor.fetchall()}
    return [
        Existing(
            target_id=each.target_id,
            number=each.number,
            name=each.name,
            vendor_id=each.vendor_id,
            amount=None if each.amount is None else abs(each.amount),
            currency=each.currency,
            dated=each.date,
            credit=each.kind == "credit",
            external_id=each.external_id,
        )
        for each in standing
        if each.target_id not in linked
    ]


def note_open(connection_id: int, records: Sequence[TargetRecord]) -> None:
    """How much of these booked invoices is open; what was cancelled in the books is decided again."""
    gone = [each for each in records if not each.active]
    if gone:
        drift.wake_changed(connection_id, Entity.INVOICE, gone)
    _keep(connection_id, Entity.INVOICE, list(records))


def unlinked(connection_id: int, entity: Entity, vendors: Iterable[str] | None = None) -> list[Existing]:
    """What stands on the target without a source record (of these target vendors)."""
    names: dict[str, Any] = {"tenant": current_tenant(), "connection": connection_id, "entity": entity}
    of_vendors = "true" if vendors is None else "m.vendor_id = ANY(%(vendors)s::text[])"
    with connection.cursor() as cursor:
        cursor.execute(_STANDING.format(vendors=of_vendors), {**names, "vendors": sorted(set(vendors or ()))})
        standing = cursor.fetchall()
        cursor.execute(_LINKED, {**names, "ids": [row[0] for row in standing]})
        linked = {row[0] for row in cursor.fetchall()}
        return [
            Existing(
                target_id=row[0],
                number=row[1],
                name=row[2],
                vendor_id=row[3],
                amount=row[4],
                currency=row[5],
                dated=row[6],
                credit=row[7],
                postal_code=row[8],
            )
            for row in standing
            if row[0] not in linked
        ]


def _open(record: TargetRecord) -> Decimal | None:
    return None if record.amount is None or record.paid is None else record.amount - record.paid
