"""What people should know of now, read from the rows: a few aggregates over what is open, none over everything."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode

from django.db import connection
from django.urls import reverse

from integrations.engine.reasons import reason_of
from integrations.models import (
    AlertChannel,
    AlertKind,
    Answer,
    ApiKey,
    CheckSwitch,
    Connection,
    ConnectionChange,
    DueFlow,
    Flow,
    MappingSet,
    SettingChange,
    SyncRun,
    WebhookSubscription,
)
from integrations.store.sweeping import TOO_MANY
from tenants.scope import current_tenant

NAMED = 10  # causes of one code that are told apart by what they name; more are one
LATE = timedelta(minutes=30)
RECENT = timedelta(days=1)


@dataclass(slots=True)
class Cause:
    """One cause. `text` is a sentence without its end; `subject` is what it names, when it names something."""

    kind: str
    code: str
    text: str
    path: str
    integration_id: int | None = None
    entity: str = ""
    subject: str = ""
    count: int = 1
    amounts: dict[str, Decimal] = field(default_factory=dict)
    earliest_due: date | None = None
    urgent: bool = False

    @property
    def key(self) -> str:
        """What makes it this cause and no other."""
        return "|".join((self.kind, self.code, str(self.integration_id or ""), self.entity, self.subject))

    def add(self, count: int, currency: str, amount: Decimal | None, due: date | None) -> None:
        """Further records of it; currencies are kept apart."""
        self.count += count
        if amount is not None:
            self.amounts[currency] = self.amounts.get(currency, Decimal(0)) + amount
        if due is not None and (self.earliest_due is None or due < self.earliest_due):
            self.earliest_due = due


def standing(now: datetime) -> list[Cause]:
    """Every cause that stands now; in the tenant's scope."""
    flows = list(Flow.objects.select_related("integration"))
    broken = list(Connection.objects.filter(status=Connection.Status.BROKEN))
    return [
        *_held(flows),
        *(_of_connection(row) for row in broken),
        *_runs(flows, {row.pk for row in broken}, now),
        *_late(flows, now),
        *_proposals(),
        *_hooks(),
        *_endpoints(),
    ]


_HELD = """
    SELECT i.flow_id, r.code, r.urgent, coalesce(r.problems #>> '{0,blocker,1}', ''), s.currency,
           count(*), sum(s.amount), min(s.due_date),
           min(r.problems #>> '{0,message}'), max(r.problems #>> '{0,message}')
    FROM integrations_reviewitem r
    JOIN integrations_outboxitem i ON i.tenant_id = r.tenant_id AND i.id = r.item_id
    JOIN integrations_sourcerecord s ON s.tenant_id = i.tenant_id AND s.id = i.source_id
    WHERE r.tenant_id = %s AND r.status = 'open'
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
"""


def _held(flows: Iterable[Flow]) -> Iterator[Cause]:
    """Open review items by flow, code and what the first reason names."""
    known = {flow.pk: flow for flow in flows}
    found: dict[tuple[int, str, bool], dict[str, Cause]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [current_tenant()])
        for flow_id, code, urgent, what, currency, count, amount, due, message, other in cursor.fetchall():
            if flow_id in known:
                group = found.setdefault((flow_id, code, urgent), {})
                first = _of_records(known[flow_id], code, urgent, what, message or "")
                cause = group.setdefault(what, first)
                if message != other or first.text != cause.text:  # each speaks of its own record
                    cause.text = reason_of(code).title
                cause.add(count, currency, amount, due)
    for group in found.values():
        yield from group.values() if len(group) <= NAMED else [_together(list(group.values()))]


def _of_records(flow: Flow, code: str, urgent: bool, what: str, message: str) -> Cause:
    entity = f"{flow.entity}:in" if flow.inbound else flow.entity
    query = {"code": code, "entity": entity, "integration": str(flow.integration.uuid)}
    query |= {"urgent": "on"} if urgent else {}
    return Cause(
        kind=AlertKind.MONEY if urgent else AlertKind.HELD,
        code=code,
        text=_first_sentence(message) or reason_of(code).title,
        path=f"{reverse('web:review')}?{urlencode(query)}",
        integration_id=flow.integration_id,
        entity=entity,
        subject=what[:200],
        count=0,
        urgent=urgent,
    )


def _together(causes: list[Cause]) -> Cause:
    """Causes of one code as one."""
    whole = causes[0]
    for each in causes[1:]:
        whole.add(each.count, "", None, each.earliest_due)
        for currency, amount in each.amounts.items():
            whole.add(0, currency, amount, None)
    whole.subject, whole.text = "", f"{reason_of(whole.code).title} ({len(causes):,} different ones)"
    return whole


_NEXT = re.compile(r"\.\s+(?![a-z])")  # no sentence begins small: "Nowhere Ltd. is not set up" is one


def _first_sentence(message: str) -> str:
    return _NEXT.split(message, maxsplit=1)[0].rstrip(".").strip()[:300]


def _of_connection(row: Connection) -> Cause:
    return Cause(
        AlertKind.CONNECTION,
        row.status_code[:60] or "broken",
        f"{row.name} does not work: {_first_sentence(row.status_message)}",
        reverse("web:connection", args=[row.uuid]),
        subject=str(row.uuid),
    )


# The last few runs of each flow, found by its index, however many there are.
_RUNS = """
    SELECT f.id, r.uuid, r.kind, r.status, r.balanced, r.error_code, r.error_message
    FROM integrations_flow f CROSS JOIN LATERAL (
        SELECT * FROM integrations_syncrun r WHERE r.tenant_id = f.tenant_id AND r.flow_id = f.id
        AND r.started_at > %s ORDER BY r.started_at DESC LIMIT 30
    ) r WHERE f.tenant_id = %s AND r.status <> 'running' ORDER BY f.id, r.started_at DESC
"""


def _runs(flows: Iterable[Flow], broken: set[int], now: datetime) -> Iterator[Cause]:
    """Flows whose last run of a kind failed, and runs of the last day that do not add up."""
    known = {flow.pk: flow for flow in flows}
    with connection.cursor() as cursor:
        cursor.execute(_RUNS, [now - RECENT, current_tenant()])
        rows = cursor.fetchall()
    last: set[tuple[int, str]] = set()
    wrong: dict[int, Cause] = {}
    for flow_id, uuid, kind, status, balanced, code, message in rows:
        if flow_id not in known:
            continue
        flow, path = known[flow_id], reverse("web:run", args=[uuid])
        newest = (flow_id, kind) not in last
        last.add((flow_id, kind))
        if newest and status == SyncRun.Status.FAILED and not broken & _ends(flow):
            name, what = ("sweep_stopped", "A sweep stopped") if code == TOO_MANY else ("run_failed", "A run failed")
            yield _of_flow(AlertKind.RUN, name, flow, f"{what}: {_first_sentence(message)}", path, kind)
        elif balanced is False:
            cause = wrong.setdefault(flow_id, _of_flow(AlertKind.RUN, "unbalanced_run", flow, "", path, count=0))
            cause.count += 1
    for cause in wrong.values():
        one = cause.count == 1
        cause.text = f"{cause.count:,} run{'' if one else 's'} of the last day {'does' if one else 'do'} not add up"
        yield cause


def _ends(flow: Flow) -> set[int]:
    return {flow.integration.erp_id, flow.integration.ap_id}


def _of_flow(kind: str, code: str, flow: Flow, text: str, path: str, what: str = "", count: int = 1) -> Cause:
    subject = f"{flow.uuid} {what}".strip()
    entity = f"{flow.entity}:in" if flow.inbound else flow.entity
    return Cause(kind, code, text, path, flow.integration_id, entity, subject, count)


def _late(flows: Iterable[Flow], now: datetime) -> Iterator[Cause]:
    """Flows that nobody serves though they have long been due."""
    known = {flow.pk: flow for flow in flows}
    rows = DueFlow.objects.filter(tenant_id=current_tenant(), enabled=True, due_at__lt=now - LATE)
    for row in rows.exclude(lease_until__gt=now):
        if flow := known.get(row.flow_id):
            path = reverse("web:integration", args=[flow.integration.uuid])
            words = f"due since {row.due_at:%d %b, %H:%M} UTC, and nobody has served it"
            yield _of_flow(AlertKind.LATE, "late", flow, f"A flow is late: {words}", path)


def _proposals() -> Iterator[Cause]:
    """What waits for a second person, by kind."""
    waiting = (
        ("answers", "answer waits", "answers wait", Answer.objects.filter(status="proposed"), "proposals"),
        ("settings", "setting waits", "settings wait", SettingChange.objects.filter(status="proposed"), "integrations"),
        (
            "mappings",
            "set of rules waits",
            "sets of rules wait",
            MappingSet.objects.filter(status="proposed"),
            "mappings",
        ),
        (
            "connections",
            "connection change waits",
            "connection changes wait",
            ConnectionChange.objects.filter(status="proposed"),
            "settings",
        ),
        ("keys", "API key waits", "API keys wait", ApiKey.objects.filter(checked_at=None, revoked_at=None), "settings"),
        ("switches", "switch waits", "switches wait", CheckSwitch.objects.filter(status="proposed"), "second-person"),
    )
    for code, one, many, rows, where in waiting:
        if count := rows[:1000].count():
            text = f"{count:,} {one if count == 1 else many} for a second person"
            yield Cause(AlertKind.PROPOSAL, code, text, reverse(f"web:{where}"), count=count)


def _hooks() -> Iterator[Cause]:
    """Subscriptions that worked once and do not any more; what never worked is said on the connection's page."""
    rows = WebhookSubscription.objects.filter(state=WebhookSubscription.State.OFF, verified_at__isnull=False)
    for row in rows.select_related("connection"):
        text = f"No events come from {row.connection.name} any more, changes are only polled"
        path = reverse("web:connection", args=[row.connection.uuid])
        yield Cause(AlertKind.HOOK, row.why or "off", text, path, subject=str(row.connection.uuid))


def _endpoints() -> Iterator[Cause]:
    for row in AlertChannel.objects.filter(user=None, enabled=False).exclude(off_why=""):
        text = f"The webhook endpoint {row.name} was switched off: {row.off_why}"
        path = reverse("web:alert-endpoint", args=[row.uuid])
        yield Cause(AlertKind.ENDPOINT, "endpoint_off", text, path, subject=str(row.uuid))
