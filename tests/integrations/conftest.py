"""A flow of a fresh tenant with its lease, and pages to stage."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from integrations.engine.ports import Page
from integrations.engine.records import Entity
from integrations.models import Connection, Flow, Integration, OutboxItem, SyncRun
from integrations.runner.setup import Wanted, add_flow
from integrations.store import FlowStore, lease
from tenants.credentials import Sealed
from tenants.scope import tenant_scope
from tests.factories import Cast


@dataclass
class Bench:
    """One flow with a held lease; `store(kind)` opens a run on it."""

    tenant_id: UUID
    flow: Flow
    lease: lease.Lease

    def store(self, kind: str = "push") -> FlowStore:
        with tenant_scope(self.tenant_id):
            run = SyncRun.objects.create(flow=self.flow, kind=kind, started_at=timezone.now())
        return FlowStore(self.lease, self.flow, run)

    def items(self, **where: Any) -> list[OutboxItem]:
        with tenant_scope(self.tenant_id):
            return list(OutboxItem.objects.filter(flow=self.flow, **where).order_by("source_key"))


def page(*records: Any, cursor: str = "1", more: bool = False) -> Page:
    """One page as a source delivers it."""
    return Page(records=records, cursor=cursor, more=more, read=len(records))


def make_flow(tenant_id: UUID, entity: Entity) -> Flow:
    """A flow between two new connections; nothing behind them."""
    with tenant_scope(tenant_id):
        erp, ap = (Connection.objects.create(name=name, system=name, secrets=Sealed({})) for name in ("ifs", "bill"))
        integration = Integration.objects.create(name="one", erp=erp, ap=ap, company="10")
        flow = add_flow(integration, Wanted(entity))
        found: Flow = Flow.objects.select_related("integration__erp", "integration__ap").get(pk=flow.pk)
        return found


@pytest.fixture
def bench(cast: Cast) -> Bench:
    """An invoice flow whose lease we hold."""
    flow = make_flow(cast.tenant.pk, Entity.INVOICE)
    held = lease.claim(flow.pk)
    assert held is not None
    return Bench(cast.tenant.pk, flow, held)
