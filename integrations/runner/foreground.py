"""A sync in the foreground: the flows of an integration one after another, until nothing is left."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.db.models import Count, Sum

from integrations.engine.records import Entity
from integrations.models import Flow, Integration, OutboxItem, SyncRun
from integrations.runner import connecting
from integrations.runner.slices import Outcome, run_slice
from integrations.store.flowstore import exact
from integrations.store.lease import Lease, LeaseLost, claim, poll_now, release, take_over
from tenants.scope import tenant_scope

ORDER = (Entity.GL_ACCOUNT, Entity.DIMENSION, Entity.TAX_CODE, Entity.VENDOR, Entity.INVOICE)
_PATIENCE = 120.0  # seconds to wait for another holder of the lease, or in one wait that a system asks for


@dataclass(slots=True)
class FlowReport:
    """What a sync did for one flow, and where its records stand: counts, and amounts per currency as exact text."""

    entity: str
    balanced: bool = True
    failed: bool = False
    read: int = 0
    poll: dict[str, int] = field(default_factory=dict)
    push: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    standing: dict[str, int] = field(default_factory=dict)
    amounts: dict[str, dict[str, str]] = field(default_factory=dict)
    error: str = ""


def sync(
    tenant_id: UUID, integration_id: int, entities: Sequence[str] = (), tell: Callable[[str, int], None] | None = None
) -> list[FlowReport]:
    """Read and carry every flow (or those of `entities`) now; `tell(entity, records done)` shows progress.

    A flow whose lease another worker holds is waited for. Reports come in the order the flows ran.
    """
    connecting.begin_if_quiet()
    with tenant_scope(tenant_id):
        flows = list(Flow.objects.filter(integration_id=integration_id, enabled=True))
    chosen = [flow for flow in flows if not entities or flow.entity in entities]
    chosen.sort(key=lambda flow: ORDER.index(Entity(flow.entity)) if flow.entity in ORDER else len(ORDER))
    return [_sync_flow(tenant_id, flow, tell or _silent) for flow in chosen]


def _silent(_entity: str, _done: int) -> None:
    """Shows no progress."""


def _sync_flow(tenant_id: UUID, flow: Flow, tell: Callable[[str, int], None]) -> FlowReport:
    with tenant_scope(tenant_id):
        before = SyncRun.objects.filter(flow=flow).order_by("-id").values_list("id", flat=True).first() or 0
    poll_now(flow.pk)
    lease: Lease | None = _take(flow)
    outcome = Outcome(due_in=0.0)
    while lease is not None and outcome.due_in is not None and outcome.due_in <= _PATIENCE:
        time.sleep(outcome.due_in)
        lease = take_over(lease.flow_id, lease.fence)
        if lease is not None:
            # one sync reads the source once, however long the writing takes
            outcome = _slice(replace(lease, poll_due=not _has_polled(tenant_id, flow, before)))
            tell(flow.entity, _done(tenant_id, flow, before))
    if lease is not None:
        release(lease, due_in=outcome.due_in)
    return _report(tenant_id, flow, before, outcome)


def _take(flow: Flow) -> Lease:
    until = time.monotonic() + _PATIENCE
    while (lease := claim(flow.pk)) is None:
        if time.monotonic() > until:
            raise TimeoutError(f"Another worker holds the {flow.entity} flow. Try again when its run has ended.")
        time.sleep(0.5)
    return lease


def _slice(lease: Lease) -> Outcome:
    try:
        return run_slice(lease, seconds=5.0)
    except LeaseLost:
        return Outcome(error="lease_lost", message="Another worker took this flow over.")


def _has_polled(tenant_id: UUID, flow: Flow, before: int) -> bool:
    with tenant_scope(tenant_id):
        ended = SyncRun.objects.filter(flow=flow, pk__gt=before, kind=SyncRun.Kind.POLL)
        return bool(ended.exclude(status=SyncRun.Status.RUNNING).exists())


def _done(tenant_id: UUID, flow: Flow, before: int) -> int:
    with tenant_scope(tenant_id):
        return SyncRun.objects.filter(flow=flow, pk__gt=before).aggregate(done=Sum("taken"))["done"] or 0


def _report(tenant_id: UUID, flow: Flow, before: int, outcome: Outcome) -> FlowReport:
    report = FlowReport(entity=flow.entity, error=outcome.error)
    with tenant_scope(tenant_id):
        for run in SyncRun.objects.filter(flow=flow, pk__gt=before):
            side = report.poll if run.kind == SyncRun.Kind.POLL else report.push
            report.read += run.taken if run.kind == SyncRun.Kind.POLL else 0
            for name, count in run.counts.items():
                side[name] = side.get(name, 0) + count
            for name, count in run.reasons.items():
                report.reasons[name] = report.reasons.get(name, 0) + count
            report.balanced &= bool(run.balanced)
            report.failed |= run.status == SyncRun.Status.FAILED
        report.standing, report.amounts = _standing(flow)
    report.failed |= bool(report.push.get("failed")) or outcome.due_in is not None
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
