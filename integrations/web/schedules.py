"""When a flow runs and how it stands, in plain words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.timesince import timeuntil

from integrations.models import DueFlow, Flow, SyncRun
from integrations.systems import registry
from integrations.web.rhythm import in_words, quiet_words
from integrations.web.words import carried
from tenants.scope import current_tenant


def system_label(key: str) -> str:
    """The name people know the system by; the key where the system is no longer installed."""
    system = registry.systems().get(key)
    return system.label if system else key


@dataclass(frozen=True, slots=True)
class FlowView:
    """A flow as a page shows it. `state` is on, running, paused or stopped."""

    flow: Flow
    due_at: datetime | None
    running: bool
    last: SyncRun | None

    @property
    def title(self) -> str:
        """Invoices from A to B, by the names of the systems."""
        return f"{carried(self.flow).capitalize()} from {self.from_label} to {self.to_label}"

    @property
    def from_label(self) -> str:
        """The system that is read."""
        return system_label(self.flow.source.system)

    @property
    def to_label(self) -> str:
        """The system that is written."""
        return system_label(self.flow.target.system)

    @property
    def writes(self) -> bool:
        """Whether its records go to the target; otherwise they are read for mapping only."""
        target = registry.systems().get(self.flow.target.system)
        return target is not None and self.flow.entity in target.writes

    @property
    def state(self) -> str:
        if self.running:
            return "running"
        if not self.flow.enabled:
            return "stopped" if self.flow.paused_reason else "paused"
        return "on"

    @property
    def rests(self) -> list[str]:
        """The hours in which it rests, in words."""
        return [quiet_words(window) for window in self.flow.blackouts]

    @property
    def next_words(self) -> str:
        """When it runs next, as a sentence without its end."""
        if not self.flow.enabled:
            return "Does not run until it is resumed"
        if self.running:
            return "Running now"
        rhythm = in_words(self.flow.schedule)
        if self.due_at is None:
            return f"Not scheduled yet ({rhythm})"
        if self.due_at <= timezone.now():
            return f"Due now ({rhythm})"
        if self.due_at <= timezone.now() + timedelta(minutes=1):
            return f"Within a minute ({rhythm})"
        return f"In {timeuntil(self.due_at, depth=1)} ({rhythm})".replace("\xa0", " ")


def flow_views(flows: Iterable[Flow]) -> list[FlowView]:
    """The flows with their next and last runs; two queries. The flows come with integration and connections."""
    flows = list(flows)
    ids = [flow.pk for flow in flows]
    due = {row.flow_id: row for row in DueFlow.objects.filter(tenant_id=current_tenant(), flow_id__in=ids)}
    latest = SyncRun.objects.filter(flow__in=ids).order_by("flow_id", "-started_at").distinct("flow_id")
    last = {run.flow_id: run for run in latest}
    now = timezone.now()
    views = []
    for flow in flows:
        row = due.get(flow.pk)
        running = row is not None and row.lease_until is not None and row.lease_until > now
        views.append(FlowView(flow, row.poll_at if row else None, running, last.get(flow.pk)))
    return views
