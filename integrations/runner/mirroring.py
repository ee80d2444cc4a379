"""Keeps what we know of a target young enough to decide by: its chart, and the vendors and bills that stand there."""

from typing import Any

from django.utils import timezone

from integrations.engine.ports import Scope
from integrations.engine.records import Entity
from integrations.models import Flow
from integrations.store import chart, mirror
from integrations.store.lease import Lease, LeaseLost, take_over
from integrations.systems import registry
from tenants.scope import tenant_scope

MINUTES = 5.0
_CHART = (Entity.GL_ACCOUNT, Entity.DIMENSION)


def refresh(lease: Lease, flow: Flow, target: Any) -> None:
    """List again what is older than a few minutes and what this flow decides by. Raises what the target raises."""
    entity = Entity(flow.entity)
    if entity is Entity.INVOICE:
        with tenant_scope(lease.tenant_id):
            fresh = chart.is_fresh(flow.target.pk, int(MINUTES))
        if not fresh:
            _list_chart(lease, flow, target)
    with tenant_scope(lease.tenant_id):
        fresh = mirror.is_fresh(flow.target.pk, entity, MINUTES)
        since = mirror.listed_since(flow.target.pk, entity)
    if not fresh and entity in registry.get(flow.target.system).reads:
        at = timezone.now()
        where = {"updated_since": since.isoformat()} if since else {}
        for piece in mirror.chunks(target.look_up(entity, **where)):
            with tenant_scope(lease.tenant_id):
                mirror.merge(flow.target.pk, entity, piece)
            if take_over(lease.flow_id, lease.fence) is None:  # a long listing outlives a lease: renew it
                raise LeaseLost(f"flow {lease.flow_id}: lost while its target was listed")
        with tenant_scope(lease.tenant_id):
            mirror.whole(flow.target.pk, entity, at)


def _list_chart(lease: Lease, flow: Flow, target: Any) -> None:
    at = timezone.now()
    for entity in _CHART:
        if entity in registry.get(flow.target.system).reads:
            listed = [record for page in target.read(entity, "", Scope()) for record in page.records]
            with tenant_scope(lease.tenant_id):
                chart.mirror(flow.target.pk, entity, listed, at)
