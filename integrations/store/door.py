"""An event at our door, in as few statements as can be: whose address, with which keys, kept once.

The scope is read anew for every event, so that a renewed key, a deleted tenant or connection counts at once. What is
remembered between events cannot become wrong: whose address a digest is, and what sealed bytes hold.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, TypeVar, overload
from uuid import UUID

from cachetools import TTLCache
from django.db import connection as database
from django.db.models import F

from integrations.models import WebhookEvent, WebhookSubscription
from integrations.store import hooks
from tenants.credentials import Sealed
from tenants.scope import current_tenant

K = TypeVar("K")
V = TypeVar("V")
_BOUND = WebhookSubscription._meta.get_field("secrets").bound

_AT = """
    SELECT s.id, s.connection_id, c.settings::text, s.secrets, s.old_key_until
    FROM integrations_webhooksubscription s
    JOIN integrations_connection c ON c.tenant_id = s.tenant_id AND c.id = s.connection_id
    JOIN tenants_tenant t ON t.id = s.tenant_id
    WHERE s.tenant_id = %s AND s.token_digest = %s AND c.system = %s AND t.deleted_at IS NULL
"""
_KEEP = """
    INSERT INTO integrations_webhookevent
        (tenant_id, connection_id, event_id, type, entity, key, touches, happened_at, received_at, outcome)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, '') ON CONFLICT (tenant_id, connection_id, event_id) DO NOTHING
"""


_tenants: TTLCache[str, UUID] = TTLCache(maxsize=1000, ttl=600)
_opened: TTLCache[tuple[UUID, bytes], Sealed] = TTLCache(maxsize=100, ttl=60)
_lock = Lock()  # of both


@dataclass(frozen=True, slots=True)
class Address:
    """The subscription whose address it is; what `hooks.keys_of` asks of one."""

    subscription: int
    connection: int
    settings: dict[str, Any]
    secrets: Sealed
    old_key_until: datetime | None


def tenant_of(token: str) -> UUID | None:
    """Whose address ends with this token, or ended so a while ago; outside any scope."""
    return _remembered(_tenants, hooks.digest_of(token), lambda: hooks.tenant_of(token))


def at_address(token: str, system: str) -> Address | None:
    """None for another system's, a deleted connection's or a deleted tenant's."""
    with database.cursor() as cursor:
        cursor.execute(_AT, [current_tenant(), hooks.digest_of(token), system])
        row = cursor.fetchone()
    if row is None:
        return None
    subscription, connection, settings, secrets, until = row
    return Address(subscription, connection, json.loads(settings), _open(bytes(secrets)), until)


def count_refused(address: Address) -> None:
    """Somebody sent to this address what is not signed with its key."""
    WebhookSubscription.objects.filter(pk=address.subscription).update(refused=F("refused") + 1)


def keep(events: Iterable[WebhookEvent]) -> None:
    """Store them, those that are there already once."""
    with database.cursor() as cursor:
        for event in events:
            cursor.execute(_KEEP, _values(event))


def _values(event: WebhookEvent) -> tuple[Any, ...]:
    about = (event.event_id, event.type, event.entity, event.key, json.dumps(event.touches))
    return (current_tenant(), event.connection_id, *about, event.happened_at, event.received_at)


def _open(stored: bytes) -> Sealed:
    """Sealed bytes, opened once for several events; other bytes after every renewal."""

    def reveal() -> Sealed:
        return Sealed(Sealed.from_store(stored, _BOUND).reveal())

    return _remembered(_opened, (current_tenant(), stored), reveal)


@overload
def _remembered(cache: TTLCache[K, V], key: K, find: Callable[[], V]) -> V: ...
@overload
def _remembered(cache: TTLCache[K, V], key: K, find: Callable[[], V | None]) -> V | None: ...
def _remembered(cache: TTLCache[K, V], key: K, find: Callable[[], V | None]) -> V | None:
    """What was found for a key; nothing found is asked again."""
    with _lock:
        kept = cache.get(key)
    if kept is not None:
        return kept
    found = find()
    if found is not None:
        with _lock:
            cache[key] = found
    return found
