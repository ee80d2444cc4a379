"""A connection that is deleted takes its subscription along: else the system would go on sending to nobody.

The wish is a row. A worker takes the subscription away there, outside any transaction, then the connection goes. After
MOST tries without success it is left to a person, who deletes the subscription there and the connection here.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from audit.log import record as audit
from integrations.engine.errors import SyncError
from integrations.models import Connection, Integration, WebhookSubscription
from integrations.runner import connecting
from integrations.store import hooks as store
from integrations.systems import registry
from tenants.scope import Actor, tenant_scope

MOST = 4
AGAIN = timedelta(minutes=15)


def prefix(connection: Connection) -> str:
    """How the addresses begin to which this connection's system sends."""
    return f"{settings.PUBLIC_URL}/hooks/{connection.system}/"


def address(connection: Connection, token: str) -> str:
    """Where its system sends events."""
    return f"{prefix(connection)}{token}/"


def used(connection: Connection) -> bool:
    """Whether an integration uses it: its records are evidence, and it stays."""
    return bool(Integration.objects.filter(Q(erp=connection) | Q(ap=connection)).exists())


def given_up(row: WebhookSubscription) -> bool:
    """Whether only a person can still take it away there."""
    return row.parting is not None and row.parting >= MOST


def part(connection: Connection, now: datetime) -> bool:
    """Delete the connection now (True), or once its subscription is taken away. In the open scope, its row locked."""
    row = WebhookSubscription.objects.filter(connection=connection).first()
    known = row is not None and (row.remote_id or row.why == "lost") and connection.system in registry.systems()
    if row is None or not known or given_up(row):
        _delete(connection)
        return True
    if row.parting is None:
        words = f"{registry.get(connection.system).label} is asked to give up our webhook; then the connection is gone."
        store.change(row, parting=0, message=words, due_at=now)
        audit("connection_delete_asked", subject=f"connection:{connection.pk}", detail={"name": connection.name})
    return False


def take_away(
    tenant_id: UUID, connection: Connection, row: WebhookSubscription, url: str, *, actor: Actor | None
) -> None:
    """Have nothing sent to `url` any more and delete the connection, or count the try.

    Outside any scope. Raises nothing of the system's.
    """
    trouble = _trouble(tenant_id, connection, {url, row.remote_id}, person=actor is not None)
    now = timezone.now()
    with tenant_scope(tenant_id, actor=actor):
        found = Connection.objects.select_for_update().filter(pk=connection.pk).first()
        if found is None:
            return
        if used(found):  # joined meanwhile: it stays, and hears again
            store.change(row, parting=None, due_at=now)
        elif trouble:
            _count(found, row, trouble, now)
        else:
            _delete(found)


def _trouble(tenant_id: UUID, connection: Connection, ours: Collection[str], *, person: bool) -> str:
    """Why one with such an id or address is still there; "" once none is."""
    try:
        admin = connecting.client(tenant_id, connection.pk, person=person).hooks
        for each in admin.all():
            if each.url in ours or each.id in ours:
                admin.delete(each.id)
    except SyncError as error:
        return error.message
    return ""


def _count(connection: Connection, row: WebhookSubscription, trouble: str, now: datetime) -> None:
    store.change(row, parting=(row.parting or 0) + 1, due_at=now + AGAIN)
    label = registry.get(connection.system).label
    if given_up(row):
        words = (
            f"{label} still sends to us, and we could not end that: {trouble} Delete the webhook {row.remote_id} in "
            f"{label}, then delete this connection once more."
        )
        audit("hooks_left_behind", subject=f"connection:{connection.pk}", refs={"remote": row.remote_id})
    else:
        words = f"{label} could not be asked yet to give up our webhook: {trouble} It is asked again in some minutes."
    store.change(row, message=words)


def _delete(connection: Connection) -> None:
    audit("connection_deleted", subject=f"connection:{connection.pk}", detail={"name": connection.name})
    connection.delete()
