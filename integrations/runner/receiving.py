"""An event at our door: whose address, signed by whom; stored before it is answered, looked at later.

The rows are the queue: the dispatcher hands them to the flows, so nothing here needs Redis or a worker.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from django.utils import timezone

from integrations.models import WebhookEvent
from integrations.store import door
from integrations.store.hooks import keys_of
from integrations.systems import registry
from integrations.systems.base import HookEvent, Hooks
from tenants.scope import tenant_scope


def receive(system: str, token: str, body: bytes, headers: Mapping[str, str]) -> bool:
    """Store the event, once. False: unknown address, wrong signature or somebody else's event, all alike.

    Raises DatabaseError when it could not be stored: the sender tries again.
    """
    declared = registry.systems().get(system)
    tenant_id = door.tenant_of(token) if declared and declared.hooks else None
    if declared is None or declared.hooks is None or tenant_id is None:
        return False
    now = timezone.now()
    with tenant_scope(tenant_id):
        address = door.at_address(token, system)
        if address is None:
            return False
        event = _accepted(declared.hooks, address, body, headers, keys_of(address, now))
        if event is None:
            door.count_refused(address)
            return False
        door.keep([as_row(address.connection, event, now, body)])
    return True


def as_row(connection_id: int, event: HookEvent, now: datetime, body: bytes = b"") -> WebhookEvent:
    """The event as it is kept; one that does not say which one it is, is known by its very bytes."""
    touches = [[entity.value, key] for entity, key in event.touches]
    entity, key = touches[0] if touches else ("", "")
    return WebhookEvent(
        connection_id=connection_id,
        event_id=event.id or f"sha256:{hashlib.sha256(body).hexdigest()}",
        type=event.type,
        entity=entity,
        key=key,
        touches=touches,
        happened_at=event.at,
        received_at=now,
    )


def _accepted(
    hooks: Hooks, address: door.Address, body: bytes, headers: Mapping[str, str], keys: list[str]
) -> HookEvent | None:
    """The event, if it is signed and this connection's; one that names no organization touches nothing anyway."""
    if not hooks.verify(body, headers, keys):
        return None
    event = hooks.parse(body)
    ours = hooks.organization(address.settings)
    return event if event.organization in ("", ours) else None
