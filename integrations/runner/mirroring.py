"""Keeps what we know of a target young enough to decide by: its chart, and the vendors and bills that stand there."""

from typing import Any

from django.utils import timezone

from integrations.engine.ports import Scope
from integrations.engine.records import Entity
from integrations.models import Connection, Flow
from integrations.runner import booking, connecting
from integrations.store import books, chart, mirror, settlements
from integrations.store.lease import Lease, LeaseLost, take_over
from integrations.systems import registry
from tenants.scope import tenant_scope

MINUTES = 5.0
_CHART = (Entity.GL_ACCOUNT, Entity.DIMENSION)
_INBOUND = (Entity.INVOICE, Entity.PAYMENT)  # what is brought into the books


def refresh(lease: Lease, flow: Flow, target: Any, minutes: float = MINUTES) -> None:
    """List again what is older than `minutes` and what this flow decides by. Raises what the systems raise."""
    entity, system = Entity(flow.entity), registry.get(flow.target.system)
    if flow.inbound:
        if entity in _INBOUND:
            _list_proposals(lease, flow, minutes)
        if entity is Entity.PAYMENT:
            _look_at_settlement(lease, flow, target, minutes)
            _read_accounts(lease, flow, target)
        return
    if entity is Entity.INVOICE:
        with tenant_scope(lease.tenant_id):
            fresh = chart.is_fresh(flow.target.pk, int(minutes))
        if not fresh:
            _list_chart(lease, flow, target)
        _list_proposals(lease, flow, minutes)
    if _is_fresh(lease, flow.target, entity, minutes) or entity not in system.reads:
        return
    with tenant_scope(lease.tenant_id):
        since = mirror.listed_since(flow.target.pk, entity)
    at = timezone.now()
    where = {"updated_since": since.isoformat()} if since else {}
    for piece in mirror.chunks(target.look_up(entity, **where)):
        with tenant_scope(lease.tenant_id):
            mirror.merge(flow.target.pk, entity, piece)
        _renew(lease)
    with tenant_scope(lease.tenant_id):
        mirror.whole(flow.target.pk, entity, at)


def is_stale(lease: Lease, flow: Flow, minutes: float) -> bool:
    """Whether what is known of the target was listed more than `minutes` ago; never listed is not stale but unknown."""
    entity = Entity(flow.entity)
    if flow.inbound:
        with tenant_scope(lease.tenant_id):
            settling = entity is Entity.PAYMENT and bool(books.unsettled(flow.integration))
            due = entity is Entity.PAYMENT and booking.accounts_due(flow)
        return due or (settling and not _is_fresh(lease, flow.target, Entity.PAYMENT, minutes))
    if entity not in registry.get(flow.target.system).reads or entity not in (Entity.VENDOR, Entity.INVOICE):
        return False
    with tenant_scope(lease.tenant_id):
        known = mirror.listed_since(flow.target.pk, entity) is not None
        return known and not mirror.is_fresh(flow.target.pk, entity, minutes)


def _is_fresh(lease: Lease, connection: Connection, entity: Entity, minutes: float) -> bool:
    with tenant_scope(lease.tenant_id):
        return mirror.is_fresh(connection.pk, entity, minutes)


def _list_proposals(lease: Lease, flow: Flow, minutes: float) -> None:
    """What the ERP is about to pay by itself: read whole, since what was taken out of a proposal leaves no trace."""
    entity, source = Entity.PAYMENT_PROPOSAL, flow.integration.erp
    if entity not in registry.get(source.system).reads or _is_fresh(lease, source, entity, minutes):
        return
    at = timezone.now()
    client = connecting.client(lease.tenant_id, source.pk)
    listed = list(client.look_up(entity, company=flow.integration.company))
    _renew(lease)
    with tenant_scope(lease.tenant_id):
        mirror.replace_proposals(source.pk, listed)
        mirror.whole(source.pk, entity, at)


def _look_at_settlement(lease: Lease, flow: Flow, target: Any, minutes: float) -> None:
    """Whether the books have settled what our vouchers paid; the state of it is kept under the flow's own entity."""
    if _is_fresh(lease, flow.target, Entity.PAYMENT, minutes):
        return
    at = timezone.now()
    found = booking.settlement(flow, target)
    _renew(lease)
    with tenant_scope(lease.tenant_id):
        mirror.note_open(flow.target.pk, found)
        mirror.whole(flow.target.pk, Entity.PAYMENT, at)


def _read_accounts(lease: Lease, flow: Flow, target: Any) -> None:
    """Whether settlement and cash accounts of the books are as our lists say, by what has just been seen settled."""
    with tenant_scope(lease.tenant_id):
        settlements.refresh(flow)
    booking.accounts(flow, target)
    _renew(lease)


def _renew(lease: Lease) -> None:
    """A long listing outlives a lease."""
    if take_over(lease.flow_id, lease.fence) is None:
        raise LeaseLost(f"flow {lease.flow_id}: lost while a system was listed")


def _list_chart(lease: Lease, flow: Flow, target: Any) -> None:
    at = timezone.now()
    for entity in _CHART:
        if entity in registry.get(flow.target.system).reads:
            listed = [record for page in target.read(entity, "", Scope()) for record in page.records]
            with tenant_scope(lease.tenant_id):
                chart.mirror(flow.target.pk, entity, listed, at)
