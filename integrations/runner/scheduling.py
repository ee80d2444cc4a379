"""When a flow runs: change its schedule, pause and resume it. In the caller's scope, audited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F
from django.db.models.functions import Least

from audit.log import record
from integrations.models import DueFlow, Flow
from integrations.runner.schedule import next_time
from tenants.scope import current_tenant


@dataclass(frozen=True, slots=True)
class Schedule:
    """A cron expression in its time zone, and the windows in which nothing runs ({days, from, to})."""

    cron: str
    time_zone: str
    blackouts: Sequence[Any] = ()


def set_schedule(flow: Flow, wanted: Schedule, now: datetime) -> bool:
    """Give the flow this schedule; False when it has it already. It must be without `problems`.

    What is ready to be written goes on when it was going to; only the next reading moves.
    """
    old = Schedule(flow.schedule, flow.time_zone, flow.blackouts)
    if (old.cron, old.time_zone, list(old.blackouts)) == (wanted.cron, wanted.time_zone, list(wanted.blackouts)):
        return False
    at = next_time(wanted.cron, wanted.time_zone, now, wanted.blackouts)
    flow.schedule, flow.time_zone, flow.blackouts = wanted.cron, wanted.time_zone, list(wanted.blackouts)
    flow.save(update_fields=["schedule", "time_zone", "blackouts"])
    row = DueFlow.objects.filter(flow_id=flow.pk, tenant_id=current_tenant())
    row.filter(due_at=F("poll_at")).update(poll_at=at, due_at=at)
    row.exclude(poll_at=at).update(poll_at=at, due_at=Least("due_at", at))
    refs = {"old": old.cron, "new": wanted.cron, "zone": wanted.time_zone, "blackouts": list(wanted.blackouts)}
    record("flow_scheduled", subject=f"flow:{flow.pk}", refs=refs)
    return True


def switch(flow: Flow, *, on: bool) -> bool:
    """Pause or resume the flow; False when it stood so already."""
    if flow.enabled == on:
        return False
    flow.enabled, flow.paused_reason = on, ""
    flow.save(update_fields=["enabled", "paused_reason"])
    DueFlow.objects.filter(flow_id=flow.pk, tenant_id=current_tenant()).update(enabled=on)
    record("flow_resumed" if on else "flow_paused", subject=f"flow:{flow.pk}")
    return True
