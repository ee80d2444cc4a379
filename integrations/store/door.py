"""An event at our door, in as few statements as can be: whose address, with which keys, kept once.

The scope is read anew for every event, so that a renewed key, a deleted tenant or connection counts at once. What is
remembered between events cannot become wrong: whose address a digest is, and what sealed bytes hold.
"""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

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


class Remembered(Generic[K, V]):
    """What was found for a key, for some seconds, of so many keys; None is asked again. Shows nothing of itself."""

    def __init__(self, seconds: float, most: int) -> None:
        self._seconds, self._most = seconds, most
        self._found: dict[K, tuple[float, V]] = {}

    def get(self, key: K, find: Callable[[], V]) -> V:
        now = time.monotonic()
        kept = self._found.get(key)
        if kept is not None and now < kept[0]:
            return kept[1]
        found = find()
        if found is not None:
            self._drop(now)
            self._found[key] = now + self._seconds, found
        return found

    def _drop(self, now: float) -> None:
        """What is too old; everything when there is too much. Others may be at it meanwhile."""
        for key, (until, _) in list(self._found.items()):
            if until <= now:
                self._found.pop(key, None)
        if len(self._found) >= self._most:
            self._found.clear()


_tenants: Remembered[str, UUID | None] = Remembered(seconds=600, most=1000)
_opened: Remembered[tuple[UUID, bytes], Sealed] = Remembered(seconds=60, most=100)


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
    return _tenants.get(hooks.digest_of(token), lambda: hooks.tenant_of(token))


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

    return _opened.get((current_tenant(), stored), reveal)
