"""Runs as rows: opened once, carried through slices, ended with what stopped them."""

from django.utils import timezone

from integrations.engine.errors import ConnectionBroken
from integrations.engine.records import Entity
from integrations.models import Connection, Flow, SyncRun
from integrations.runner import connecting
from integrations.store import FlowStore
from integrations.store.lease import Lease
from integrations.systems import registry
from tenants.scope import tenant_scope


def open_run(lease: Lease, flow: Flow, kind: str) -> SyncRun:
    """The flow's unfinished run of this kind, or a new one: a run spans slices."""
    with tenant_scope(lease.tenant_id):
        run = unfinished(flow, kind) or SyncRun.objects.create(flow=flow, kind=kind, started_at=timezone.now())
        run.slices += 1
        run.save(update_fields=["slices"])
        return run


def unfinished(flow: Flow, kind: str) -> SyncRun | None:
    """The run of this kind that a slice left open; in the tenant's scope."""
    found: SyncRun | None = SyncRun.objects.filter(flow=flow, kind=kind, status=SyncRun.Status.RUNNING).first()
    return found


def stop(lease: Lease, store: FlowStore, connection: Connection, error: ConnectionBroken) -> None:
    """End the run as failed and say on the connection what a person must mend."""
    store.finish(SyncRun.Status.FAILED, error.code, error.message)
    connecting.note_broken(lease.tenant_id, connection.pk, error)


def target_takes(flow: Flow) -> bool:
    """Whether records of this flow are written; else they are only kept for mapping."""
    return Entity(flow.entity) in registry.get(flow.target.system).writes


def is_read(flow: Flow) -> bool:
    """Whether this flow's records are read from its source; marks are made here, of what has arrived."""
    return Entity(flow.entity) in registry.get(flow.source.system).reads
