"""What payments do to bills that were sent: the bills are read anew, and their invoices are marked in the ERP."""

from collections.abc import Callable

from integrations.engine.errors import ConnectionBroken
from integrations.engine.records import Entity
from integrations.models import Flow
from integrations.runner import connecting
from integrations.store import books, mirror, paid_marks, payment_parts
from integrations.store.lease import Lease, prove
from integrations.store.rulebook import policy_of
from tenants.scope import tenant_scope

_AT_ONCE = 200  # bills read in one go


def follow(lease: Lease, flow: Flow, time_is_up: Callable[[], bool]) -> None:
    """Read every bill whose payments moved, or that was linked since; what is not reached now is read the next time.

    A bill's own change stamp need not move when it is paid. Raises Retryable; a connection that is broken stops it.
    """
    with tenant_scope(lease.tenant_id):
        if not books.bills_are_ours(flow.integration):
            payment_parts.nothing_to_read(flow)
            return
        payment_parts.wake_linked(flow)
        parts = payment_parts.unread(flow, _AT_ONCE)
    while parts:
        bills = list(dict.fromkeys(part.invoice for part in parts))
        try:
            client = connecting.client(lease.tenant_id, flow.source.pk)
            found = list(client.standing(Entity.INVOICE, bills).values())
        except ConnectionBroken as error:
            connecting.note_broken(lease.tenant_id, flow.source.pk, error)
            return
        with tenant_scope(lease.tenant_id):
            prove(lease)
            mirror.merge(flow.source.pk, Entity.INVOICE, found)
            paid_marks.mark(flow.integration, policy_of(flow.integration), bills)
            payment_parts.bills_read(parts)
            parts = [] if time_is_up() else payment_parts.unread(flow, _AT_ONCE)
