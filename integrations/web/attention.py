"""What to look at first: money that may be lost, what stands still, what waits for somebody, what was mended."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Min, Q, Sum
from django.urls import reverse
from django.utils.formats import date_format

from integrations.models import (
    ApiKey,
    Blocker,
    Connection,
    ConnectionChange,
    Integration,
    Plan,
    ReviewItem,
    SettingChange,
    Settlement,
    SyncRun,
)
from integrations.store import answers
from integrations.store.settlements import sums
from integrations.web.schedules import FlowView
from integrations.web.tags import said
from integrations.web.words import reason

_RECENT = timedelta(days=7)
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Call:
    """One line of it. `grave`: while it stands, the page does not say that all is well."""

    tone: str
    icon: str
    text: str
    url: str
    link: str
    grave: bool = False


def calls(connections: list[Connection], views: list[FlowView], now: datetime) -> list[Call]:
    """Everything that calls for attention, the most pressing first."""
    return [
        *_urgent(),
        *_broken(connections, views),
        *_runs(now),
        *_proposals(),
        *_blocked(),
        *_inactive(),
        *_unsettled(),
        *_repairs(now),
    ]


def _urgent() -> Iterator[Call]:
    """What may cost money now, by reason."""
    rows = ReviewItem.objects.filter(status=ReviewItem.Status.OPEN, urgent=True)
    found: dict[str, tuple[int, dict[str, Decimal]]] = {}
    grouped = rows.values_list("code", "currency").annotate(Count("id"), Sum("amount"))
    for code, currency, count, amount in grouped.order_by():
        total, sums = found.get(code, (0, {}))
        found[code] = total + count, sums | ({currency: amount} if amount is not None else {})
    for code, (count, sums) in sorted(found.items(), key=lambda each: -each[1][0]):
        money = f" ({said(sums)})" if sums else ""
        records = "1 record" if count == 1 else f"{count:,} records"
        url = f"{reverse('web:review')}?urgent=on&code={code}"
        yield Call("bad", "hand", f"{reason(code)}: {records}{money}.", url, "Look now", grave=True)


def _broken(connections: list[Connection], views: list[FlowView]) -> Iterator[Call]:
    for row in connections:
        if row.status == Connection.Status.BROKEN:
            url = reverse("web:connection", args=[row.uuid])
            yield Call("bad", "plug", f"{row.name} does not work: {row.status_message}", url, "Mend it", grave=True)
    for view in views:
        if view.state == "stopped":
            url = reverse("web:integration", args=[view.flow.integration.uuid])
            yield Call("bad", "cross", f"{view.title} stands still: {view.flow.paused_reason}", url, "Look", grave=True)


def _runs(now: datetime) -> Iterator[Call]:
    wrong = SyncRun.objects.filter(balanced=False, started_at__gt=now - _RECENT)[:_MOST].count()
    if wrong:
        words = f"{wrong:,} run{' of the last days does' if wrong == 1 else 's of the last days do'} not add up."
        yield Call("bad", "hand", words, f"{reverse('web:runs')}?state=attention", "See which", grave=True)


def _proposals() -> Iterator[Call]:
    waiting = answers.proposals()[:_MOST].count()
    if waiting:
        words = f"{waiting:,} proposal{' waits' if waiting == 1 else 's wait'} for a second person."
        yield Call("wait", "people", words, reverse("web:proposals"), "Decide")
    proposed = SettingChange.objects.filter(status=SettingChange.Status.PROPOSED)
    for uuid, name, count in proposed.values_list("integration__uuid", "integration__name").annotate(Count("id")):
        one = count == 1
        words = f"{count:,} setting{'' if one else 's'} of {name} wait{'s' if one else ''} for a controller."
        yield Call("wait", "gear", words, reverse("web:integration-settings", args=[uuid]), "Decide")
    changes = ConnectionChange.objects.filter(status=ConnectionChange.Status.PROPOSED)
    for uuid, name in changes.values_list("connection__uuid", "connection__name").order_by("id")[:_MOST]:
        url = reverse("web:connection", args=[uuid])
        yield Call("wait", "plug", f"Where {name} leads waits for a controller.", url, "Decide")
    keys = ApiKey.objects.filter(checked_at=None, revoked_at=None).count()
    if keys:
        words = f"{keys:,} API key{' waits' if keys == 1 else 's wait'} for approval."
        yield Call("wait", "key", words, f"{reverse('web:settings')}#keys", "Decide")


def _blocked() -> Iterator[Call]:
    """Accounts, values, suppliers and settings that records wait for."""
    missing = Blocker.objects.order_by().values("integration", "kind", "key").distinct()[:_MOST].count()
    if missing:
        words = "1 missing thing holds records up." if missing == 1 else f"{missing:,} missing things hold records up."
        yield Call("wait", "map", words, reverse("web:blocking"), "See what blocks")


def _inactive() -> Iterator[Call]:
    """Integrations that write nothing yet, and how far their plan is."""
    plans = {plan.integration_id: plan for plan in Plan.objects.filter(~Q(status=Plan.Status.APPLIED)).order_by("id")}
    for row in Integration.objects.order_by("name"):
        plan = plans.get(row.pk)
        url = reverse("web:integration-plan", args=[row.uuid])
        ready = plan is not None and plan.status == Plan.Status.READY
        if not row.active:
            words = f"{row.name}: nothing is written yet" + ("; its plan is ready to be applied." if ready else ".")
            yield Call("wait", "pause", words, url, "To the plan", grave=True)
        elif ready:
            yield Call("wait", "list", f"{row.name}: a plan is ready to be applied.", url, "To the plan")


def _unsettled() -> Iterator[Call]:
    """What was paid and stands open in the ledger: somebody settles it from the list."""
    rows = Settlement.objects.filter(state=Settlement.State.PAID)
    count, amounts = sums(rows, invoices=True).get("paid", (0, {}))
    if count:
        oldest = rows.aggregate(day=Min("dated"))["day"]
        since = f", {'' if count == 1 else 'the oldest '}since {date_format(oldest, 'j F Y')}" if oldest else ""
        words = f"{count:,} invoice{'' if count == 1 else 's'} paid, still open in the ledger: {said(amounts)}{since}."
        yield Call("wait", "list", words, f"{reverse('web:settlements')}?state=paid", "Settlement list")


def _repairs(now: datetime) -> Iterator[Call]:
    """What the ordinary runs had missed and the sweep found."""
    sweeps = SyncRun.objects.filter(kind=SyncRun.Kind.SWEEP, started_at__gt=now - _RECENT, counts__staged__gt=0)
    found = sum(run.counts.get("staged", 0) for run in sweeps.order_by("-id")[:50])
    if found:
        records = "1 record" if found == 1 else f"{found:,} records"
        words = f"The sweep repaired {records} that the ordinary runs had missed."
        yield Call("look", "repeat", words, f"{reverse('web:runs')}?kind=sweep", "See the sweeps")
