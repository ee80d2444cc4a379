"""A slice of a flow: poll, then push, until there is nothing left or its time is up."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db.models import Min, QuerySet
from django.utils import timezone

from integrations.engine.errors import ConnectionBroken, Retryable
from integrations.engine.records import Entity
from integrations.models import Flow, OutboxItem, SyncRun, WriteIntent
from integrations.runner import connecting, hinting, mirroring
from integrations.runner.carrying import carry_batch, prepare, resolve_lost
from integrations.runner.following import follow
from integrations.runner.reading import Reading, read, sweep, sweep_waits
from integrations.runner.runs import is_read, open_run, stop, unfinished
from integrations.runner.schedule import next_time
from integrations.store import FlowStore, newcomers, settlements
from integrations.store.lease import Lease, polled
from integrations.store.settings import take_force, today
from integrations.systems import registry
from tenants.scope import tenant_scope

RECHECK_MINUTES = 15.0  # how old what we know of the other side gets while there is nothing to write
GATES = (Entity.VENDOR, Entity.GL_ACCOUNT)  # their first whole run comes before any invoice
BOOKS = (*GATES, Entity.DIMENSION, Entity.ACCOUNTING_PERIOD)  # and these before anything enters the ERP's books
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
        if missing := _not_installed(lease, flow):
            return missing
        return _work(lease, flow, lambda: time.monotonic() >= until, polling=polling)
    except Retryable as error:
        return Outcome(due_in=error.after or 5.0, error=error.code, message=error.message)
    finally:
        _list_settlements(lease, flow)


def _work(lease: Lease, flow: Flow, time_is_up: Callable[[], bool], *, polling: bool) -> Outcome:
    """Read, then write; what is left of the slice goes to a sweep, which nobody waits for."""
    if not is_read(flow):
        now = timezone.now()
        polled(lease, next_at=next_time(flow.schedule, flow.time_zone, now, flow.blackouts), began=now)
        return _push(lease, flow, time_is_up)
    hinting.look(lease, flow)
    reading = read(lease, flow, time_is_up) if polling else Reading.DONE
    if reading is Reading.MORE:
        return Outcome(due_in=0.0)
    if flow.inbound and flow.entity == Entity.PAYMENT:
        follow(lease, flow, time_is_up)
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


def _not_installed(lease: Lease, flow: Flow) -> Outcome | None:
    """The outcome where one of the two systems is not here any more; told on its connection."""
    for connection in (flow.source, flow.target):
        try:
            registry.get(connection.system)
        except ConnectionBroken as error:
            connecting.note_broken(lease.tenant_id, connection.pk, error)
            return Outcome(due_in=_BROKEN_WAIT, error=error.code, message=error.message)
    return None


def _list_settlements(lease: Lease, flow: Flow) -> None:
    """However a slice of payments into the books ended: what it booked is on the settlement list."""
    if flow.inbound and flow.entity == Entity.PAYMENT:
        with tenant_scope(lease.tenant_id):
            settlements.refresh(flow)


def _flow(flow_id: int) -> Flow | None:
    found: Flow | None = Flow.objects.select_related("integration__erp", "integration__ap").filter(pk=flow_id).first()
    return found


def _push(lease: Lease, flow: Flow, time_is_up: Callable[[], bool]) -> Outcome:
    """Carry ready items until there are none, or time is up. While the integration is not active nothing is written."""
    with tenant_scope(lease.tenant_id):
        looks, gate = _looks(flow, timezone.now()).exists(), _closed_gate(flow)
        if not flow.integration.active and not looks:
            return Outcome()
        ready = looks or _ready(flow).exists() or _ignored(flow, timezone.now()).exists()
        ready = ready or unfinished(flow, SyncRun.Kind.PUSH) is not None  # left open by a lost worker
    if gate and flow.integration.active:
        log.info("waits_for_first_run", flow=flow.pk, of=gate)
        return Outcome(due_in=2.0, error="gate", message=f"Waits for the first complete {gate} run.")
    try:
        if not ready and not _look_round(lease, flow):
            with tenant_scope(lease.tenant_id):
                _complete_once(flow)
                return _later(flow)
    except ConnectionBroken as error:
        connecting.note_broken(lease.tenant_id, flow.target.pk, error)
        return Outcome(due_in=_BROKEN_WAIT, error=error.code, message=error.message)
    return _carry(lease, flow, time_is_up)


def _look_round(lease: Lease, flow: Flow) -> bool:
    """With nothing to write, see now and then what people did on the other side; whether that made something ready."""
    if not flow.integration.active or not mirroring.is_stale(lease, flow, RECHECK_MINUTES):
        return False
    mirroring.refresh(lease, flow, connecting.client(lease.tenant_id, flow.target.pk), RECHECK_MINUTES)
    with tenant_scope(lease.tenant_id):
        return _ready(flow).exists()


def _carry(lease: Lease, flow: Flow, time_is_up: Callable[[], bool]) -> Outcome:
    run = open_run(lease, flow, SyncRun.Kind.PUSH)
    try:
        hands = prepare(lease, flow, run)
        resolve_lost(hands)
        while flow.integration.active and (batch := hands.store.claim(hands.batch)):
            carry_batch(hands, batch)
            if time_is_up():
                return Outcome(due_in=0.0)
        if (wait := _under_way(lease, flow)) is not None:
            return Outcome(due_in=wait)
    except ConnectionBroken as error:
        stop(lease, FlowStore(lease, flow, run), flow.target, error)
        return Outcome(due_in=_BROKEN_WAIT, error=error.code, message=error.message)
    hands.store.finish(SyncRun.Status.DONE)
    connecting.note_ok(lease.tenant_id, flow.target.pk)
    with tenant_scope(lease.tenant_id):
        _complete_once(flow)
        return _later(flow)


def _under_way(lease: Lease, flow: Flow) -> float | None:
    """Seconds until what a lost worker sent may be looked up, None when there is nothing: so long its run is open."""
    with tenant_scope(lease.tenant_id):
        rows = WriteIntent.objects.filter(item__flow=flow, settled_at=None, look_at=None)
        at = rows.aggregate(at=Min("send_by"))["at"]
    return None if at is None else max(0.5, (at - timezone.now()).total_seconds())


def _ready(flow: Flow) -> "QuerySet[OutboxItem]":
    rows: QuerySet[OutboxItem] = OutboxItem.objects.filter(flow=flow, state=OutboxItem.State.READY)
    return rows


def _looks(flow: Flow, until: datetime | None = None) -> "QuerySet[WriteIntent]":
    """Lost answers that wait to be looked up (by `until`)."""
    rows: QuerySet[WriteIntent] = WriteIntent.objects.filter(item__flow=flow, settled_at=None, look_at__isnull=False)
    return rows if until is None else rows.filter(look_at__lte=until)


def _ignored(flow: Flow, until: datetime | None = None) -> "QuerySet[OutboxItem]":
    """Records that are left out for a time (that ends by `until`)."""
    ignored = OutboxItem.objects.filter(flow=flow, state=OutboxItem.State.IGNORED)
    rows: QuerySet[OutboxItem] = ignored.filter(until__isnull=False)
    return rows if until is None else rows.filter(until__lte=until)


def _closed_gate(flow: Flow) -> str:
    """The entity whose first whole run this flow still waits for; "" when it may go."""
    if newcomers.is_of(flow):
        before: tuple[Entity, ...] = (Entity.VENDOR,)
    elif flow.entity == Entity.INVOICE or (flow.inbound and flow.entity == Entity.PAYMENT):
        before = BOOKS if flow.inbound else (*GATES, Entity.PURCHASE_ORDER)
    else:
        return ""
    waiting = Flow.objects.filter(
        integration_id=flow.integration_id, entity__in=before, inbound=False, enabled=True, first_complete_at=None
    )
    return waiting.values_list("entity", flat=True).first() or ""


def _complete_once(flow: Flow) -> None:
    if flow.first_complete_at is None and not _ready(flow).exists():
        Flow.objects.filter(pk=flow.pk, first_complete_at=None).update(first_complete_at=timezone.now())


def _later(flow: Flow) -> Outcome:
    """Done for now, or due again when the first postponed item is, or the first lost answer can be looked up."""
    times = [_ready(flow).aggregate(at=Min("not_before"))["at"], _looks(flow).aggregate(at=Min("look_at"))["at"]]
    times.append(_ignored(flow).aggregate(at=Min("until"))["at"])
    waits = [max(0.0, (at - timezone.now()).total_seconds()) for at in times if at is not None]
    return Outcome(due_in=min(waits, default=None))
