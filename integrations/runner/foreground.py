"""A sync in the foreground: the flows of an integration one after another, until nothing is left."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Sum
from django.utils import timezone

from integrations.engine.records import MARKS, Entity
from integrations.models import Flow, Integration, OutboxItem, SyncRun
from integrations.runner import connecting
from integrations.runner.reading import backfill
from integrations.runner.slices import Outcome, run_slice
from integrations.store import replaying, sweeping
from integrations.store.counting import exact
from integrations.store.lease import Lease, LeaseLost, claim, poll_now, release, take_over
from tenants.scope import Actor, tenant_scope

ORDER = (
    *(Entity.GL_ACCOUNT, Entity.DIMENSION, Entity.TAX_CODE, Entity.PAYMENT_TERM, Entity.ACCOUNTING_PERIOD),
    *(Entity.VENDOR, Entity.PURCHASE_ORDER, Entity.INVOICE_IMAGE, Entity.INVOICE, Entity.PAYMENT, *MARKS),
)
FOLLOWING = (Entity.INVOICE_IMAGE,)  # is processed there for minutes, which nobody waits for: the schedule goes on
DATED = (Entity.INVOICE, Entity.PAYMENT)  # what a window of days can be asked of
_ROUNDS = 3
_TAKEN_OVER = Outcome(error="lease_lost", message="Another worker took this flow over.")

Tell = Callable[[str, int], None]
Window = tuple[date, date]  # from, to, both included
_STUCK = 20.0  # seconds of trouble without any progress, after which a sync is given up
_PATIENCE = 120.0  # seconds to wait for another holder of the lease, or in one wait that a system asks for


@dataclass(slots=True)
class FlowReport:
    """What a sync did for one flow, and where its records stand: counts, and amounts per currency as exact text.

    `sweep` counts what a sweep read; what it staged the polls had missed. `note` is what somebody should look at.
    """

    entity: str  # "new_vendor" for vendors that people made on the other side
    balanced: bool = True
    failed: bool = False
    read: int = 0
    poll: dict[str, int] = field(default_factory=dict)
    sweep: dict[str, int] = field(default_factory=dict)
    push: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    standing: dict[str, int] = field(default_factory=dict)
    amounts: dict[str, dict[str, str]] = field(default_factory=dict)
    error: str = ""
    note: str = ""


def sync(
    tenant_id: UUID,
    integration_id: int,
    entities: Sequence[str] = (),
    tell: Tell | None = None,
    window: Window | None = None,
) -> list[FlowReport]:
    """Read and carry every flow (or those of `entities`) now; `tell(entity, records done)` shows progress.

    With a `window` dated records are read from the start and those of these days staged (a backfill). A flow whose
    lease another worker holds is waited for. Reports come in the order the flows ran.
    """
    connecting.begin_if_quiet()
    flows = chosen(tenant_id, integration_id, entities)
    return _Sync(tenant_id, flows, tell or _silent, window).run()


def sweep(
    tenant_id: UUID, integration_id: int, entities: Sequence[str] = (), tell: Tell | None = None
) -> list[FlowReport]:
    """As `sync`, reading everything anew as well, whenever that was done last."""
    flows = chosen(tenant_id, integration_id, entities)
    with tenant_scope(tenant_id):
        sweeping.ask_for([flow.pk for flow in flows])
    return sync(tenant_id, integration_id, entities, tell)


def replay(
    tenant_id: UUID, integration_id: int, entities: Sequence[str] = (), key: str = "", tell: Tell | None = None
) -> tuple[int, list[FlowReport]]:
    """Decide stored records again without reading their source; (how many were made ready, reports)."""
    connecting.begin_if_quiet()
    flows = chosen(tenant_id, integration_id, entities)
    with tenant_scope(tenant_id, actor=Actor("command", "replay")):
        ready = replaying.replay([flow.pk for flow in flows], key)
    return ready, _Sync(tenant_id, flows, tell or _silent, reads=False).run()


def chosen(tenant_id: UUID, integration_id: int, entities: Sequence[str] = ()) -> list[Flow]:
    """The flows that are switched on (of these entities), in the order they are run."""
    with tenant_scope(tenant_id):
        rows = Flow.objects.select_related("integration__erp", "integration__ap")
        flows = [
            flow
            for flow in rows.filter(integration_id=integration_id, enabled=True)
            if not entities or flow.entity in entities
        ]
    return sorted(flows, key=lambda flow: ORDER.index(Entity(flow.entity)) if flow.entity in ORDER else len(ORDER))


def _silent(_entity: str, _done: int) -> None:
    """Shows no progress."""


class _Sync:
    """One sync of some flows of a tenant, and what its runs said."""

    def __init__(
        self, tenant_id: UUID, flows: Sequence[Flow], tell: Tell, window: Window | None = None, *, reads: bool = True
    ) -> None:
        self._tenant, self._flows, self._tell, self._window, self._reads = tenant_id, flows, tell, window, reads
        with tenant_scope(tenant_id):
            newest = SyncRun.objects.filter(flow__in=flows).order_by("flow", "-id").distinct("flow")
            before: dict[int, int] = dict(newest.values_list("flow", "id"))
        self._before = {flow.pk: before.get(flow.pk, 0) for flow in flows}

    def run(self) -> list[FlowReport]:
        """Each flow once; then again those that a later one gave something to do, a vendor in one more currency say."""
        ended = {flow.pk: self._flow(flow) for flow in self._flows}
        for _ in range(_ROUNDS):
            for flow in self._flows:
                if ended[flow.pk].due_in is None and self._has_ready(flow):
                    ended[flow.pk] = self._carry(flow, self._take(flow))
        with tenant_scope(self._tenant):
            return [_report(flow, self._before[flow.pk], ended[flow.pk]) for flow in self._flows]

    def _flow(self, flow: Flow) -> Outcome:
        window = self._window if flow.entity in DATED else None
        if self._reads and window is None:
            poll_now(flow.pk)
        lease = self._take(flow)
        if window is not None:
            try:
                backfill(lease, flow, *window)
            except LeaseLost:
                return _TAKEN_OVER
        return self._carry(flow, lease, reads=self._reads and window is None)

    def _carry(self, flow: Flow, held: Lease, *, reads: bool = False) -> Outcome:
        lease: Lease | None = held
        outcome, done, since = Outcome(due_in=0.0), -1, time.monotonic()
        patience = 0.0 if flow.entity in FOLLOWING else _PATIENCE
        while lease is not None and outcome.due_in is not None and outcome.due_in <= patience:
            if outcome.error and time.monotonic() - since > _STUCK:  # whoever runs it sees why; the schedule goes on
                break
            time.sleep(outcome.due_in)
            lease = take_over(lease.flow_id, lease.fence)
            if lease is not None:
                # one sync reads the source once, however long the writing takes
                outcome = _slice(replace(lease, poll_due=reads and not self._has_polled(flow)))
                before, done = done, self._done(flow)
                since = time.monotonic() if done > before or not outcome.error else since
                self._tell(flow.entity, done)
        if lease is not None:
            release(lease, due_in=outcome.due_in)
        return outcome

    def _take(self, flow: Flow) -> Lease:
        until = time.monotonic() + _PATIENCE
        while (lease := claim(flow.pk)) is None:
            if time.monotonic() > until:
                raise TimeoutError(f"Another worker holds the {flow.entity} flow. Try again when its run has ended.")
            time.sleep(0.5)
        return lease

    def _has_ready(self, flow: Flow) -> bool:
        with tenant_scope(self._tenant):
            ready = OutboxItem.objects.filter(flow=flow, state=OutboxItem.State.READY, not_before__lte=timezone.now())
            return flow.integration.active and bool(ready.exists())

    def _has_polled(self, flow: Flow) -> bool:
        with tenant_scope(self._tenant):
            ended = SyncRun.objects.filter(flow=flow, pk__gt=self._before[flow.pk], kind=SyncRun.Kind.POLL)
            return bool(ended.exclude(status=SyncRun.Status.RUNNING).exists())

    def _done(self, flow: Flow) -> int:
        with tenant_scope(self._tenant):
            runs = SyncRun.objects.filter(flow=flow, pk__gt=self._before[flow.pk])
            return runs.aggregate(done=Sum("taken"))["done"] or 0


def _slice(lease: Lease) -> Outcome:
    try:
        return run_slice(lease, seconds=5.0)
    except LeaseLost:
        return _TAKEN_OVER


def _name(flow: Flow) -> str:
    """The entity; vendors that come from the other side have a flow beside that of the suppliers, and a name."""
    return "new_vendor" if flow.inbound and flow.entity == Entity.VENDOR else str(flow.entity)


def _report(flow: Flow, before: int, outcome: Outcome) -> FlowReport:
    report = FlowReport(entity=_name(flow), error=outcome.error)
    for run in SyncRun.objects.filter(flow=flow, pk__gt=before):
        side: dict[str, int] = getattr(report, run.kind)
        report.read += run.taken if run.kind != SyncRun.Kind.PUSH else 0
        report.note = report.note or (run.error_message if run.status == SyncRun.Status.DONE else "")
        report.error = report.error or (run.error_code if run.status == SyncRun.Status.FAILED else "")
        for name, count in run.counts.items():
            side[name] = side.get(name, 0) + count
        for name, count in run.reasons.items():
            report.reasons[name] = report.reasons.get(name, 0) + count
        report.balanced &= bool(run.balanced)
        report.failed |= run.status == SyncRun.Status.FAILED
    report.standing, report.amounts = _standing(flow)
    report.failed |= bool(report.push.get("failed")) or (outcome.due_in is not None and flow.entity not in FOLLOWING)
    return report


def _standing(flow: Flow) -> tuple[dict[str, int], dict[str, dict[str, str]]]:
    counts: dict[str, int] = {}
    sums: dict[str, dict[str, str]] = {}
    rows: Any = OutboxItem.objects.filter(flow=flow).values("state", "source__currency")
    for row in rows.annotate(count=Count("id"), amount=Sum("source__amount")):
        counts[row["state"]] = counts.get(row["state"], 0) + row["count"]
        if row["amount"] is not None:
            sums.setdefault(row["state"], {})[row["source__currency"]] = exact(row["amount"])
    return counts, sums


def find(tenant_id: UUID, name: str) -> Integration:
    """The integration of this name or number; raises Integration.DoesNotExist."""
    with tenant_scope(tenant_id):
        rows = Integration.objects.filter(pk=int(name)) if name.isdigit() else Integration.objects.filter(name=name)
        found: Integration = rows.get()
        return found
