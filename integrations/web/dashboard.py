"""The first page: is everything on both sides that should be? If not, how much money, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from integrations.models import Connection, Flow, Integration, OutboxItem, SyncRun
from integrations.systems import registry
from integrations.web.attention import Call, calls
from integrations.web.figures import Standing, by_entity, standings
from integrations.web.gate import page
from integrations.web.schedules import flow_views
from integrations.web.shell import THEMES
from integrations.web.tags import said
from integrations.web.words import noun
from tenants.web.middleware import global_view

State = OutboxItem.State
# The order in which a person cares.
TILES = (State.HELD, State.UNCERTAIN, State.WAITING, State.READY, State.DONE, State.OUT, State.IGNORED)
RARE = (State.UNCERTAIN, State.IGNORED)  # shown only when there are some


@dataclass(frozen=True, slots=True)
class Tile:
    """One state of one entity on the dashboard, with the address of its records."""

    state: str
    count: int
    amounts: dict[str, object]
    share: float
    start: float
    url: str


@page()
def dashboard(request: HttpRequest) -> HttpResponseBase:
    flows = list(Flow.objects.select_related("integration__erp", "integration__ap").order_by("integration__name", "id"))
    found = standings(flows)
    invoices = by_entity(flows, found).get("invoice", Standing())
    views = flow_views(flows)
    connections = list(Connection.objects.order_by("name"))
    calling = calls(connections, views, timezone.now())
    context = {
        "answer": honest(answer(invoices, noun("invoice", invoices.in_scope)), calling),
        "calls": calling,
        "tiles": tiles(invoices),
        "total": invoices.total,
        # what is only read for mapping is worth a line when it does not run
        "flows": [(view, found[view.flow.pk]) for view in views if view.writes or view.state in ("paused", "stopped")],
        "connections": connections,
        "runs": SyncRun.objects.select_related("flow__integration").order_by("-id")[:5],
        "first_steps": None if views and invoices.total else first_steps(connections, has_flows=bool(views)),
    }
    return render(request, "integrations/dashboard.html", context)


def honest(words: str, calling: Sequence[Call]) -> str:
    """The answer, without a comfort that is not true: something grave stands below it."""
    if not any(call.grave for call in calling):
        return words
    return words.replace(" Nothing needs you.", " See below what stands in the way.")


def answer(standing: Standing, things: str) -> str:
    """The page's answer in one sentence with numbers."""
    held, uncertain = standing.counts.get(State.HELD, 0), standing.counts.get(State.UNCERTAIN, 0)
    waiting = standing.counts.get(State.WAITING, 0) + standing.counts.get(State.READY, 0)
    of = f"of {standing.in_scope:,} {things}"
    if held:
        money = said(standing.amounts.get(State.HELD, {}))
        due = standing.earliest.get(State.HELD)
        due_words = f", earliest due {date_format(due, 'j F Y')}" if due else ""
        verb = "needs" if held == 1 else "need"
        return f"{held:,} {of} {verb} you{': ' if money else ''}{money}{due_words}."
    if uncertain:
        verb = "is" if uncertain == 1 else "are"
        return f"{uncertain:,} {of} {verb} being looked up on the other side. Nothing needs you."
    if waiting:
        return f"{waiting:,} {of} {'is' if waiting == 1 else 'are'} on the way. Nothing needs you."
    if standing.in_scope:
        return f"All {standing.in_scope:,} {things} in scope have arrived. Nothing needs you."
    return "No invoice has been read yet."


def tiles(standing: Standing) -> list[Tile]:
    """Each state with its count, amounts and its share of the bar (0 to 100)."""
    found, start = [], 0.0
    for state in TILES:
        count = standing.counts.get(state, 0)
        if state in RARE and not count:
            continue
        share = 100 * count / standing.total if standing.total else 0.0
        url = f"{reverse('web:records')}?entity=invoice&state={state}"
        found.append(Tile(state, count, dict(standing.amounts.get(state, {})), share, start, url))
        start += share
    return found


def first_steps(connections: list[Connection], *, has_flows: bool) -> list[tuple[str, str, str, bool]]:
    """(title, help, address, done) of the way from nothing to the first record."""
    systems = registry.systems()
    has = {system.role for c in connections if (system := systems.get(c.system))}
    works = bool(connections) and all(c.status == Connection.Status.OK for c in connections)
    joined = Integration.objects.exists()
    add = reverse("web:connection-choose")
    return [
        ("Connect your ledger", "The ERP that holds suppliers and supplier invoices.", add, "erp" in has),
        ("Connect your payables tool", "Where invoices are approved and paid.", add, "ap" in has),
        ("Ping both", "See what each reaches and what is missing.", reverse("web:connections"), works),
        ("Join them", "For one company, from a start date.", reverse("web:integration-add"), joined),
        ("Watch the first run", "It reads everything first, then writes.", reverse("web:runs"), has_flows),
    ]


@global_view
@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember light, dark or "as this device" in a cookie, and go back to the page."""
    target = request.POST.get("next", "/")
    if not (target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None)):
        target = "/"
    response = redirect(target)
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        response.set_cookie(
            "theme", chosen, max_age=365 * 86400, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE, httponly=True
        )
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response
