"""What a reconciliation must know of the flows: how long a record may be on its way, and why nothing is carried."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from cronsim import CronSimError

from integrations.engine.agreement import Part
from integrations.engine.records import Entity
from integrations.models import Connection, Flow, Integration, SyncRun
from integrations.runner.schedule import next_times
from integrations.store.reconciling import Moving

SLACK = timedelta(minutes=15)  # of a cycle: until what was read is written, and seen on the other side
_PARTS = {
    (Entity.INVOICE, False): Part.INVOICES,
    (Entity.INVOICE, True): Part.CAPTURED,
    (Entity.PAYMENT, True): Part.PAYMENTS,
}


def moving(integration: Integration, now: datetime) -> Mapping[Part, Moving]:
    """How each part's records move; in the open scope."""
    flows = list(Flow.objects.filter(integration=integration).select_related("integration__erp", "integration__ap"))
    first = any(flow.enabled and flow.first_complete_at is None and flow.entity == Entity.VENDOR for flow in flows)
    return {
        part: _moving(flow, now, waits_for_others=first)
        for flow in flows
        if (part := _PARTS.get((Entity(flow.entity), flow.inbound)))
    }


def _moving(flow: Flow, now: datetime, *, waits_for_others: bool) -> Moving:
    pushes = SyncRun.objects.filter(flow=flow, kind=SyncRun.Kind.PUSH)
    last = pushes.order_by("-started_at").first()
    failed = last is not None and last.status == SyncRun.Status.FAILED
    stopped = "flow_paused" if not flow.enabled else "not_active" if not flow.integration.active else ""
    broken = Connection.Status.BROKEN in (flow.source.status, flow.target.status)
    stopped = stopped or ("connection_broken" if broken else "")
    stopped = stopped or (last.error_code or "run_failed" if last is not None and failed else "")
    stopped = stopped or ("first_run" if waits_for_others else "")
    return Moving(_cycle(flow, now), stopped, last is not None and last.status == SyncRun.Status.RUNNING)


def _cycle(flow: Flow, now: datetime) -> timedelta:
    try:
        times = next_times(flow.schedule, flow.time_zone, now, flow.blackouts, 2)
    except CronSimError:
        times = []
    return (times[1] - times[0] if len(times) > 1 else timedelta(days=1)) + SLACK
