"""The part of a connection's page that says whether its system tells us of changes by itself."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from integrations.models import Connection, WebhookSubscription
from integrations.runner import subscribing
from integrations.store import hooks as store
from integrations.systems import registry
from integrations.web.gate import page, place_of
from tenants.permissions import Act
from tenants.web.middleware import io_view


def shown(connection: Connection) -> dict[str, Any] | None:
    """What the part shows: the subscription (None before the first look) and when the last event came.

    None for a system that tells nothing by itself.
    """
    if not _tells(connection):
        return None
    row = WebhookSubscription.objects.filter(connection=connection).first()
    return {"row": row, "last": store.latest(connection.pk) if row else None}


@page("POST", write=Act.CONNECT)
@io_view
def look(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """Look at the subscription now; no scope is open while the system is asked."""
    place = place_of(request)
    with place.scope():
        found = get_object_or_404(Connection, uuid=uuid)
    if request.method == "POST" and _tells(found):
        subscribing.look_after(place.tenant_id, found.pk, actor=place.actor)
        with place.scope():
            row = WebhookSubscription.objects.filter(connection=found).first()
        if row is None:
            messages.success(request, f"{found.name} is deleted.")
            return redirect("web:connections")
        tell = messages.success if row.state == WebhookSubscription.State.ON else messages.warning
        tell(request, row.message)
    return redirect("web:connection", uuid)


def _tells(connection: Connection) -> bool:
    system = registry.systems().get(connection.system)
    return system is not None and system.hooks is not None
