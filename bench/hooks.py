"""A tenant that hears events, and what is kept of them."""

from typing import Any
from uuid import UUID

from django.utils import timezone

from bench.sender import KEY
from bench.world import make_world
from integrations.models import Integration, WebhookEvent
from integrations.store import hooks as store
from tenants.scope import tenant_scope


def address() -> dict[str, Any]:
    """A tenant whose AP connection hears events: its id and the path they go to."""
    world = make_world("http://127.0.0.1:9")
    with tenant_scope(world.tenant):
        connection = Integration.objects.select_related("ap").get(pk=world.integration).ap
        row = store.of_connection(connection, timezone.now())
        store.new_key(row, KEY, timezone.now(), old_until=timezone.now())
        path = f"/hooks/{connection.system}/{row.secrets.reveal()['token']}/"
    return {"tenant": str(world.tenant), "path": path}


def stored(tenant: str) -> int:
    """Events that are kept."""
    with tenant_scope(UUID(tenant)):
        return int(WebhookEvent.objects.count())
