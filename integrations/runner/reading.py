"""Reads a flow's source: what changed since the last time; and once a day, by a sweep, everything anew.

Trouble of the source ends the run, Retryable is left to the caller.
"""

from collections.abc import Callable
from datetime import date
from enum import Enum, auto
from typing import Any

from django.utils import timezone

from integrations.engine.errors import ConnectionBroken, Retryable
from integrations.engine.poll import poll
from integrations.engine.ports import Scope
from integrations.engine.records import Entity
from integrations.models import Flow, OutboxItem, SyncRun
from integrations.runner import connecting
from integrations.runner.runs import open_run, stop, target_takes, unfinished
from integrations.runner.schedule import next_time
from integrations.store import FlowStore, supplied, sweeping
from integrations.store.lease import Lease, polled
from integrations.store.sweeping import SweepStore
from integrations.store.window import WindowStore
from tenants.scope import tenant_scope

ENOUGH = 50_000  # ready items: reading waits until they are fewer
_LOOKED_UP = 20  # missing records in one go

TimeIsUp = Callable[[], bool]


class Reading(Enum):
    """How far reading has come in this slice."""

    DONE = auto()  # to the end, or as far as it goes until a person mends the connection
    MORE = auto()
    FULL = auto()  # it goes on when there are fewer ready items


def read(lease: Lease, flow: Flow, time_is_up: TimeIsUp) -> Reading:
    """Stage what changed since the last time."""
    with tenant_scope(lease.tenant_id):
        if _is_full(flow):
            return Reading.FULL
    run = open_run(lease, flow, SyncRun.Kind.POLL)
    store = FlowStore(lease, flow, run, due=target_takes(flow))
    next_at = next_time(flow.schedule, flow.time_zone, timezone.now(), flow.blackouts)
    try:
        source = connecting.client(lease.tenant_id, flow.source.pk)
        scope = scope_of(flow, store)
        complete = poll(source, Entity(flow.entity), scope, store, time_is_up)
    except ConnectionBroken as error:
        if _may_lack(flow, error):
            store.finish(SyncRun.Status.DONE, error.code, error.message)
        else:
            stop(lease, store, flow.source, error)
        polled(lease, next_at=next_at, began=run.started_at)
        return Reading.DONE
    if not complete:
        return Reading.MORE
    store.finish(SyncRun.Status.DONE)
    polled(lease, next_at=next_at, began=run.started_at)
    with tenant_scope(lease.tenant_id):
        sweeping.first_scan_counts(flow, timezone.now())
        if flow.entity == Entity.INVOICE_IMAGE:
            supplied.wake(flow, "image")
    connecting.note_ok(lease.tenant_id, flow.source.pk)
    return Reading.DONE


def scope_of(flow: Flow, store: FlowStore | None = None) -> Scope:
    """What of the source is read: the company; of an AP tool what came since the start date, or since a month before
    the two were joined. What `store` holds may be left out.
    """
    since = flow.integration.read_since if flow.inbound else None
    return Scope(company=flow.integration.company, since=since, known=store.versions if store else None)


def backfill(lease: Lease, flow: Flow, since: date, until: date) -> None:
    """Read the source from its start and stage what is dated from `since` to `until`; no cursor moves.

    In one go: only for a person who waits for it.
    """
    with tenant_scope(lease.tenant_id):
        run = SyncRun.objects.create(flow=flow, kind=SyncRun.Kind.POLL, started_at=timezone.now(), slices=1)
    store = WindowStore(lease, flow, run, due=target_takes(flow))
    store.since, store.until = since, until
    try:
        source = connecting.client(lease.tenant_id, flow.source.pk)
        poll(source, Entity(flow.entity), scope_of(flow), store, lambda: False)
    except ConnectionBroken as error:
        stop(lease, store, flow.source, error)
    except Retryable as error:
        store.finish(SyncRun.Status.FAILED, error.code, error.message)
    else:
        store.finish(SyncRun.Status.DONE)


def sweep_waits(lease: Lease, flow: Flow) -> bool:
    """Whether a sweep is due or under way."""
    with tenant_scope(lease.tenant_id):
        return unfinished(flow, SyncRun.Kind.SWEEP) is not None or sweeping.is_due(flow, timezone.now())


def sweep(lease: Lease, flow: Flow, time_is_up: TimeIsUp) -> bool:
    """Read everything anew, then look up by key what was not seen. True when it is done (or was given up)."""
    with tenant_scope(lease.tenant_id):
        if unfinished(flow, SyncRun.Kind.SWEEP) is None:
            sweeping.begin(flow)
    store = SweepStore(lease, flow, open_run(lease, flow, SyncRun.Kind.SWEEP), due=target_takes(flow))
    scope = scope_of(flow)
    try:
        source = connecting.client(lease.tenant_id, flow.source.pk)
        if not store.is_scanned:
            if not poll(source, Entity(flow.entity), scope, store, time_is_up):
                return False
            store.scanned()
        if why := store.distrust():
            store.swept()
            store.finish(SyncRun.Status.DONE, sweeping.TOO_MANY, why)
            return True
        if not _look_up(source, Entity(flow.entity), scope, store, time_is_up):
            return False
    except ConnectionBroken as error:
        stop(lease, store, flow.source, error)
        return True
    store.swept()
    store.finish(SyncRun.Status.DONE)
    with tenant_scope(lease.tenant_id):
        supplied.wake_dated(flow)
        if flow.entity == Entity.PURCHASE_ORDER:
            supplied.wake(flow, "order")
    return True


def _look_up(source: Any, entity: Entity, scope: Scope, store: SweepStore, time_is_up: TimeIsUp) -> bool:
    """Read by its key what the sweep did not see: a scan that is filtered, or moved under us, proves no deletion."""
    while keys := store.missing(_LOOKED_UP):
        for key in keys:
            record = source.fetch(entity, key, scope)
            if record is None:
                store.absent(key)
            else:
                store.found(record)
            if time_is_up():
                return False
    return True


def _may_lack(flow: Flow, error: ConnectionBroken) -> bool:
    """Whether a source that does not show these records is no fault: images, and orders only kept to match with."""
    kept = flow.entity == Entity.INVOICE_IMAGE or (flow.entity == Entity.PURCHASE_ORDER and not target_takes(flow))
    return kept and error.code in ("forbidden", "profile")


def _is_full(flow: Flow) -> bool:
    """Whether writing lags so far behind that more need not be read yet. Only what is written can be waited for."""
    if not (flow.integration.active and target_takes(flow)):
        return False
    ready = OutboxItem.objects.filter(flow=flow, state=OutboxItem.State.READY)
    return bool(ready.values("pk")[:ENOUGH].count() >= ENOUGH)
