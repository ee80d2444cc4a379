"""The target's own chart, mirrored: accounts and dimension values that mappings lead to."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from integrations.engine.records import Dimension, Entity, GLAccount
from integrations.models import MirrorRecord
from tenants.scope import current_tenant

_MERGE = """
    INSERT INTO integrations_mirrorrecord AS m (
        tenant_id, connection_id, entity, target_id, kind, number, name, active, seen_at, vendor_id, currency, standing)
    SELECT %s, %s, %s, c.*, '', '', ''
    FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::bool[], %s::timestamptz[]) c
    ON CONFLICT (tenant_id, connection_id, entity, target_id) DO UPDATE SET
        kind = excluded.kind, number = excluded.number, name = excluded.name, active = excluded.active,
        seen_at = excluded.seen_at
"""


def is_fresh(connection_id: int, minutes: int) -> bool:
    """Whether the chart of this connection was mirrored within `minutes`."""
    since = timezone.now() - timedelta(minutes=minutes)
    recent = MirrorRecord.objects.filter(connection_id=connection_id, entity=Entity.GL_ACCOUNT, seen_at__gte=since)
    return bool(recent.exists())


def mirror(connection_id: int, entity: Entity, records: Sequence[GLAccount | Dimension], at: datetime) -> None:
    """Replace what is known of `entity` by a whole listing; what is no longer listed becomes inactive."""
    rows = [_row(record, at) for record in records]
    with connection.cursor() as cursor:
        columns: Iterable[object] = zip(*rows, strict=True) if rows else ([],) * 6
        cursor.execute(_MERGE, [current_tenant(), connection_id, entity, *(list(c) for c in columns)])  # type: ignore[call-overload]
    if rows:  # an empty answer is not a deletion
        MirrorRecord.objects.filter(connection_id=connection_id, entity=entity, seen_at__lt=at).update(active=False)


def _row(record: GLAccount | Dimension, at: datetime) -> tuple[object, ...]:
    if isinstance(record, GLAccount):
        return (record.key, record.kind, record.number, record.name[:200], record.active, at)
    return (record.key, record.kind, record.value, record.name[:200], record.active, at)
