"""Events as rows, handed to the flows that read what they are about; subscriptions and their keys.

All but `tenant_of`, `waiting` and `due` in the open scope.
"""

import hashlib
import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from django.db import connection as database
from django.db.models import Max, Q

from integrations.models import Connection, Flow, Hint, WebhookEvent, WebhookSubscription
from tenants.credentials import Sealed
from tenants.scope import current_tenant

KEPT = timedelta(days=180)
AT_ONCE = 1000  # events of one connection handed on in one go
DOUBT = timedelta(minutes=15)  # as in hooks_due(): after wrong signatures the key is doubted, not more often
BUSY = timedelta(seconds=5)  # a second click is the same wish
_TRIES = 3  # of reading a record early; after that the next poll reads it
_LONGEST_TOKEN = 100

_HINT = """
    INSERT INTO integrations_hint AS h (tenant_id, flow_id, target, key, at, tries)
    SELECT %(tenant)s, %(flow)s, %(target)s, k, clock_timestamp(), 0 FROM unnest(%(keys)s::text[]) k
    ON CONFLICT (tenant_id, flow_id, target, key) DO UPDATE SET at = excluded.at, tries = 0
"""
_TAKE = """
    UPDATE integrations_hint SET tries = tries + 1
    WHERE tenant_id = %(tenant)s AND id IN (
        SELECT id FROM integrations_hint WHERE tenant_id = %(tenant)s AND flow_id = %(flow)s ORDER BY id LIMIT 500)
    RETURNING target, key, at
"""
_READ = """
    DELETE FROM integrations_hint h USING unnest(%(keys)s::text[], %(times)s::timestamptz[]) AS r(key, at)
    WHERE h.tenant_id = %(tenant)s AND h.flow_id = %(flow)s AND h.target = %(target)s AND h.key = r.key AND h.at <= r.at
"""


class Keyed(Protocol):
    """A subscription, or what of it was read."""

    @property
    def secrets(self) -> Sealed: ...

    @property
    def old_key_until(self) -> datetime | None: ...


def tenant_of(token: str) -> UUID | None:
    """Whose address ends with this token; outside any scope."""
    if not (0 < len(token) <= _LONGEST_TOKEN and token.isascii() and token.isprintable()):
        return None
    with database.cursor() as cursor:
        cursor.execute("SELECT hook_tenant(%s)", [digest_of(token)])
        found: UUID | None = cursor.fetchone()[0]
    return found


def waiting() -> list[tuple[UUID, int]]:
    """(tenant, connection) of those with events that nobody has handed on yet; outside any scope."""
    with database.cursor() as cursor:
        cursor.execute("SELECT tenant_id, connection_id FROM hooks_waiting()")
        return list(cursor.fetchall())


def due(systems: Sequence[str]) -> list[tuple[UUID, int]]:
    """(tenant, connection) of those of these systems whose subscription is to be looked at; outside any scope."""
    with database.cursor() as cursor:
        cursor.execute("SELECT tenant_id, connection_id FROM hooks_due(%s::varchar[])", [list(systems)])
        return list(cursor.fetchall())


def digest_of(token: str) -> str:
    """What finds a token; the token itself is sealed."""
    return hashlib.sha256(token.encode()).hexdigest()


def of_connection(connection: Connection, now: datetime) -> WebhookSubscription:
    """The connection's subscription; made, with an address of its own, the first time."""
    row: WebhookSubscription | None = WebhookSubscription.objects.filter(connection=connection).first()
    if row is not None:
        return row
    token = secrets.token_urlsafe(32)
    made: WebhookSubscription = WebhookSubscription.objects.create(
        connection=connection, token_digest=digest_of(token), secrets=Sealed({"token": token}), due_at=now
    )
    return made


def begin(row: WebhookSubscription, now: datetime, until: datetime, *, asked: bool) -> bool:
    """Whether it is ours to look at now: it is due, or a person asks and nobody is at it; due again at `until`."""
    rows = WebhookSubscription.objects.filter(pk=row.pk)
    doubted = Q(refused__gt=0, checked_at__lt=now - DOUBT)
    chosen = rows.exclude(checked_at__gt=now - BUSY) if asked else rows.filter(Q(due_at__lte=now) | doubted)
    return bool(chosen.update(due_at=until, checked_at=now))


def change(row: WebhookSubscription, **fields: Any) -> None:
    """Write these fields of it, whatever else was changed meanwhile."""
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=[*fields])


def new_key(row: WebhookSubscription, key: str, now: datetime, *, old_until: datetime) -> None:
    """Events are signed with this key from now on, and may bear the old one until then."""
    old = row.secrets.reveal().get("key", "")
    sealed = row.secrets.with_values({"key": key, "old_key": old})
    change(row, secrets=sealed, key_at=now, old_key_until=old_until if old else None, rekey=False)


def keys_of(row: Keyed, now: datetime) -> list[str]:
    """The keys that events may be signed with now; for a while after a renewal also the old one."""
    known = row.secrets.reveal()
    old = known.get("old_key") if row.old_key_until and now < row.old_key_until else None
    return [key for key in (known.get("key"), old) if key]


def latest(connection_id: int) -> datetime | None:
    """When the last event came."""
    found: datetime | None = WebhookEvent.objects.filter(connection=connection_id).aggregate(at=Max("received_at"))[
        "at"
    ]
    return found


def forget_old(connection_id: int, now: datetime) -> None:
    """Drop what is kept long enough."""
    WebhookEvent.objects.filter(connection=connection_id, received_at__lt=now - KEPT).delete()


def take_waiting(connection_id: int) -> list[WebhookEvent]:
    """Events that nobody has handed on yet, oldest first; ours until the scope ends."""
    rows = WebhookEvent.objects.select_for_update(skip_locked=True).filter(connection=connection_id, processed_at=None)
    return list(rows.order_by("id")[:AT_ONCE])


def handed_on(events: Iterable[WebhookEvent], outcome: str, now: datetime) -> None:
    """What became of them: read, poll or ignored."""
    chosen = [event.pk for event in events]
    WebhookEvent.objects.filter(pk__in=chosen).update(processed_at=now, outcome=outcome)


def flows_of(connection_id: int) -> list[Flow]:
    """The flows at work that read or write this connection."""
    rows = Flow.objects.filter(enabled=True).select_related("integration__erp", "integration__ap")
    return list(rows.filter(Q(integration__ap=connection_id) | Q(integration__erp=connection_id)).order_by("pk"))


def hint(flow: Flow, keys: Collection[str], *, target: bool) -> None:
    """The flow reads these records at its next slice."""
    _run(_HINT, flow, target=target, keys=sorted(keys))


def take_hints(flow: Flow) -> list[tuple[bool, str, datetime]]:
    """(of the target, key, time) of what to read early; each try is counted beforehand, and there are few."""
    if not Hint.objects.filter(flow=flow).exists():
        return []
    Hint.objects.filter(flow=flow, tries__gte=_TRIES).delete()
    with database.cursor() as cursor:
        cursor.execute(_TAKE, {"tenant": current_tenant(), "flow": flow.pk})
        return list(cursor.fetchall())


def has_read(flow: Flow, hints: Iterable[tuple[bool, str, datetime]], *, target: bool) -> None:
    """These were read; what came since the read began stays."""
    chosen = [(key, at) for of_target, key, at in hints if of_target is target]
    _run(_READ, flow, target=target, keys=[key for key, _ in chosen], times=[at for _, at in chosen])


def has_hints(flow_id: int) -> bool:
    """Whether something is still to be read early."""
    return bool(Hint.objects.filter(flow=flow_id, flow__enabled=True).exists())


def _run(statement: str, flow: Flow, **names: Any) -> None:
    with database.cursor() as cursor:
        cursor.execute(statement, {"tenant": current_tenant(), "flow": flow.pk, **names})
