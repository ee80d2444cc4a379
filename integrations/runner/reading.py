"""Reads a flow's source and stages what changed, page by page, until the scan ends or time is up."""

from collections.abc import Callable

from django.utils import timezone

from integrations.engine.errors import ConnectionBroken
from integrations.engine.poll import poll
from integrations.engine.ports import Scope
from integrations.engine.records import Entity
from integrations.models import Flow, SyncRun
from integrations.runner import connecting
from integrations.runner.runs import open_run, stop, target_takes
from integrations.runner.schedule import next_time
from integrations.store import FlowStore
from integrations.store.lease import Lease, polled


def read(lease: Lease, flow: Flow, time_is_up: Callable[[], bool]) -> bool:
    """Stage what changed; True when the scan came to its end (or cannot go on until a person acts)."""
    due = target_takes(flow)
    store = FlowStore(lease, flow, open_run(lease, flow, SyncRun.Kind.POLL), due=due)
    next_at = next_time(flow.schedule, flow.time_zone, timezone.now(), flow.blackouts)
    try:
        source = connecting.client(lease.tenant_id, flow.source.pk)
        sweeping = store.sweep_due()
        scope = Scope(company=flow.integration.company, known=None if sweeping else store.versions)
        complete = poll(source, Entity(flow.entity), scope, store, time_is_up)
    except ConnectionBroken as error:
        stop(lease, store, flow.source, error)
        polled(lease, next_at=next_at)
        return True
    if complete:
        if sweeping:
            store.swept()
        store.finish(SyncRun.Status.DONE)
        polled(lease, next_at=next_at)
        connecting.note_ok(lease.tenant_id, flow.source.pk)
    return complete
