"""A slice of a flow: poll, then push, until there is nothing left or its time is up."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db.models import Min, QuerySet
from django.utils import timezone

from integrations.engine.errors import ConnectionBroken, Retryable
from integrations.engine.mapping import Rules
from integrations.engine.policy import Policy
from integrations.engine.ports import Item
from integrations.engine.push import push
from integrations.engine.records import Entity
from integrations.engine.resolve import resolve
from integrations.models import Flow, OutboxItem, SyncRun, WriteIntent
from integrations.runner import connecting, mirroring
from integrations.runner.reading import Reading, read, sweep, sweep_waits
from integrations.runner.runs import open_run, stop, unfinished
from integrations.store import FlowStore, rulebook
from integrations.store.frame import Frame
from integrations.store.lease import Lease
from integrations.store.resolving import FlowResolver, Patience
from integrations.store.settings import take_force, today
from integrations.systems import registry
from tenants.scope import tenant_scope

BATCH = 300
GATES = (Entity.VENDOR, Entity.GL_ACCOUNT)  # their first whole run comes before any invoice
_BROKEN_WAIT = 900.0
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a slice ended: `due_in` None when nothing is left now, else the seconds until it goes on."""

    due_in: float | None = None
    error: str = ""
    message: str = ""


def run_slice(lease: Lease, *, seconds: float) -> Outcome:
    """Work on the flow for about `seconds`; trouble of a connection ends the slice with the wait it asks for."""
    until = time.monotonic() + seconds
    with tenant_scope(lease.tenant_id):
        flow = _flow(lease.flow_id)
        if flow is not None and take_force(flow.integration_id, today()):
            flow = _flow(lease.flow_id)
        polling = flow is not None and (lease.poll_due or unfinished(flow, SyncRun.Kind.POLL) is not None)
    if flow is None or not flow.enabled:
        return Outcome()
    try:
        return _work(lease, flow, lambda: time.monotonic() >= until, polling=polling)
    except Retryable as error:
        return Outcome(due_in=error.after or 5.0, error=error.code, message=error.message)


def _work(lease: Lease, flow: Flow, time_is_up: Callable[[], bool], *, polling: bool) -> Outcome:
    """Read, then write; what is left of the slice goes to a sweep, which nobody waits for."""
    reading = read(lease, flow, time_is_up) if polling else Reading.DONE
    if reading is Reading.MORE:
        return Outcome(due_in=0.0)
    outcome = _push(lease, flow, time_is_up)
    if reading is Reading.FULL and outcome.due_in is None:
        return Outcome(due_in=0.0)
    if reading is Reading.FULL or outcome.due_in == 0.0 or outcome.error not in ("", "gate"):
        return outcome
    if not sweep_waits(lease, flow):
        return outcome
    if not sweep(lease, flow, time_is_up):
        return Outcome(due_in=0.0)
    with tenant_scope(lease.tenant_id):
        return outcome if outcome.due_in is not None else _later(flow)


def _flow(flow_id: int) -> Flow | None:
    found: Flow | None = Flow.objects.select_related("integration__erp", "integration__ap").filter(pk=flow_id).first()
    return found


def _push(lease: Lease, flow: Flow, time_is_up: Callable[[], bool]) -> Outcome:
    """Carry ready items until there are none, or time is up."""
    with tenant_scope(lease.tenant_id):
        ready, gate = _ready(flow).exists() or _looks(flow, timezone.now()).exists(), _closed_gate(flow)
        ready = ready or unfinished(flow, SyncRun.Kind.PUSH) is not None  # left open by a lost worker
        if not ready and not gate:
            _complete_once(flow)
            return _later(flow)
    if gate:
        log.info("waits_for_first_run", flow=flow.pk, of=gate)
        return Outcome(due_in=2.0, error="gate", message=f"Waits for the first complete {gate} run.")
    run = open_run(lease, flow, SyncRun.Kind.PUSH)
    store = FlowStore(lease, flow, run, patience=patience_of(flow))
    try:
        target = connecting.client(lease.tenant_id, flow.target.pk)
        rules, policy, store.rules_version = _rules(lease, flow, target)
        _resolve(lease, flow, run, store, target)
        while batch := store.claim(BATCH):
            push(batch, _for_batch(lease, flow, rules, batch), policy, target, store)
            if time_is_up():
                return Outcome(due_in=0.0)
        if (wait := _under_way(lease, flow)) is not None:
            return Outcome(due_in=wait)
    except ConnectionBroken as error:
        stop(lease, store, flow.target, error)
        return Outcome(due_in=_BROKEN_WAIT, error=error.code, message=error.message)
    store.finish(SyncRun.Status.DONE)
    connecting.note_ok(lease.tenant_id, flow.target.pk)
    with tenant_scope(lease.tenant_id):
        _complete_once(flow)
        return _later(flow)


def _resolve(lease: Lease, flow: Flow, run: SyncRun, store: FlowStore, target: Any) -> None:
    """Look up the writes whose answer was lost, as far as their time has come."""
    store.abandon()
    resolver = FlowResolver(Frame(lease, flow, run), patience_of(flow), store.rules_version)
    if lost := resolver.due(BATCH):
        resolve(lost, target, resolver)


def _under_way(lease: Lease, flow: Flow) -> float | None:
    """Seconds until what a lost worker sent may be looked up, None when there is nothing: so long its run is open."""
    with tenant_scope(lease.tenant_id):
        rows = WriteIntent.objects.filter(item__flow=flow, settled_at=None, look_at=None)
        at = rows.aggregate(at=Min("send_by"))["at"]
    return None if at is None else max(0.5, (at - timezone.now()).total_seconds())


def patience_of(flow: Flow) -> Patience:
    """How long a lost answer is left alone before it is looked up; a connection may set its system's `search_lag`."""
    declared = registry.get(flow.target.system).limits.search_lag
    lag = float(flow.target.settings.get("search_lag") or declared)
    return Patience(deadline=float(settings.REQUEST_DEADLINE), lag=lag)


def _rules(lease: Lease, flow: Flow, target: Any) -> tuple[Rules, Policy, str]:
    """Rules as of now, pinned for this slice; what we know of the target is listed again when it is minutes old."""
    mirroring.refresh(lease, flow, target)
    with tenant_scope(lease.tenant_id):
        integration = flow.integration
        rules = rulebook.load_rules(integration, flow.inbound)
        return rules, rulebook.policy_of(integration), rulebook.version(integration)


def _for_batch(lease: Lease, flow: Flow, rules: Rules, batch: Sequence[Item]) -> Rules:
    with tenant_scope(lease.tenant_id):
        return rulebook.for_batch(rules, flow.integration, flow.inbound, batch)


def _ready(flow: Flow) -> "QuerySet[OutboxItem]":
    rows: QuerySet[OutboxItem] = OutboxItem.objects.filter(flow=flow, state=OutboxItem.State.READY)
    return rows


def _looks(flow: Flow, until: datetime | None = None) -> "QuerySet[WriteIntent]":
    """Lost answers that wait to be looked up (by `until`)."""
    rows: QuerySet[WriteIntent] = WriteIntent.objects.filter(item__flow=flow, settled_at=None, look_at__isnull=False)
    return rows if until is None else rows.filter(look_at__lte=until)


def _closed_gate(flow: Flow) -> str:
    """The entity whose first whole run this invoice flow still waits for; "" when it may go."""
    if flow.entity != Entity.INVOICE:
        return ""
    waiting = Flow.objects.filter(
        integration_id=flow.integration_id, entity__in=GATES, inbound=flow.inbound, enabled=True, first_complete_at=None
    )
    return waiting.values_list("entity", flat=True).first() or ""


def _complete_once(flow: Flow) -> None:
    if flow.first_complete_at is None and not _ready(flow).exists():
        Flow.objects.filter(pk=flow.pk, first_complete_at=None).update(first_complete_at=timezone.now())


def _later(flow: Flow) -> Outcome:
    """Done for now, or due again when the first postponed item is, or the first lost answer can be looked up."""
    times = [_ready(flow).aggregate(at=Min("not_before"))["at"], _looks(flow).aggregate(at=Min("look_at"))["at"]]
    waits = [max(0.0, (at - timezone.now()).total_seconds()) for at in times if at is not None]
    return Outcome(due_in=min(waits, default=None))
