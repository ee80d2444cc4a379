"""Plans: what a run would do, with counts and amounts; apply exactly that; what came of each line."""

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from integrations import tasks
from integrations.models import Integration, Plan, PlanLine
from integrations.runner.concerning import missing
from integrations.store import plans as store
from integrations.web import exports
from integrations.web.gate import may, page, place_of
from integrations.web.paging import page_of
from integrations.web.plan_totals import STILL_OPEN, by_entity, groups, promise, summed
from integrations.web.setup_pages import may_confirm
from integrations.web.setup_steps import steps
from integrations.web.words import PLAN_KINDS, carried
from tenants.permissions import Act
from tenants.web.middleware import io_view

Status = Plan.Status
UNDER_WAY = (Status.MAKING, Status.APPLYING)
COLUMNS = (
    *("Kind of record", "Number", "Party", "Party name", "Amount", "Currency", "Due"),
    *("What happens", "Code", "Why", "Result", "Result in words", "Source key", "Record"),
)


@page("POST", write=Act.CONNECT)
def plan(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """The newest plan of an integration; POST has a new one made."""
    found = get_object_or_404(Integration.objects.select_related("erp", "ap"), uuid=uuid)
    if request.method == "POST":
        try:
            made = store.start(found, place_of(request).person)
        except store.PlanRefused as refused:
            messages.warning(request, str(refused))
        else:
            transaction.on_commit(partial(tasks.make_plan.delay, made.pk, str(made.tenant_id)))
        return redirect("web:integration-plan", uuid)
    newest = Plan.objects.filter(integration=found).order_by("-made_at", "-id").first()
    if newest is not None:
        return _show(request, found, newest)
    context = {"integration": found, "steps": steps(found, "plan"), "may_change": may(request, Act.CONNECT)}
    context |= {"may_confirm": may_confirm(request), "missing": missing(found)}
    return render(request, "integrations/plan_none.html", context)


@page()
def one(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """A plan with its totals, and the lines of one group when one is opened."""
    found = get_object_or_404(Plan.objects.select_related("integration__erp", "integration__ap", "made_by"), uuid=uuid)
    return _show(request, found.integration, found)


def _show(request: HttpRequest, integration: Integration, found: Plan) -> HttpResponseBase:
    sums = [] if found.status == Status.MAKING else groups(found)
    rows, chosen = _narrowed(request, found)
    still_open = [group for group in sums if group.code in STILL_OPEN and group.entity == "invoice"]
    context = {
        "integration": integration,
        "plan": found,
        "live": found.status in UNDER_WAY,
        "steps": () if integration.active else steps(integration, "plan"),
        "entities": by_entity(sums),
        "answer": answer(found, sums),
        "promise": promise(sums),
        "still_open": still_open,
        "open_amounts": summed(still_open),
        "refused": sum(group.refused for group in sums),
        "chosen": chosen,
        "page": page_of(rows, request) if chosen else None,
        "may_confirm": may_confirm(request),
        "missing": () if chosen else missing(integration),
        "others": Plan.objects.filter(integration=integration).exclude(pk=found.pk).order_by("-made_at")[:5],
        "may_change": may(request, Act.CONNECT),
    }
    return render(request, "integrations/plan.html", context)


def answer(found: Plan, sums: list[Any]) -> str:
    """What the plan says, or how far it is, in one sentence."""
    if found.status == Status.MAKING:
        return "The plan is being made: everything is read and decided; nothing is written."
    if found.status == Status.FAILED:
        return found.message or "The plan could not be made. Make it again."
    words = promise(sums)
    if found.status == Status.APPLYING:
        return f"Being applied: {words}."
    if found.status == Status.APPLIED:
        refused = sum(group.refused for group in sums)
        done = sum(group.results.get(PlanLine.Result.DONE, 0) for group in sums)
        return f"Applied: {done:,} done as planned, {refused:,} refused because they had changed or did not go through."
    return f"Applying it would {words}." if words else "Nothing would be written: both sides agree as far as is known."


def _narrowed(request: HttpRequest, found: Plan) -> tuple["QuerySet[PlanLine]", dict[str, str]]:
    """The lines of the group that was asked for, and what was asked; nothing asked: every line."""
    rows = PlanLine.objects.filter(plan=found).select_related("item__source", "item__flow")
    asked = {name: request.GET.get(name, "") for name in ("entity", "kind", "code", "result")}
    chosen = {name: value for name, value in asked.items() if value and "\0" not in value}
    if "code" in request.GET and chosen:
        chosen.setdefault("code", "")
    if entity := chosen.get("entity"):
        rows = rows.filter(item__flow__entity=entity)
    if kind := chosen.get("kind"):
        rows = rows.filter(kind=kind)
    if "code" in chosen:
        rows = rows.filter(code=chosen["code"])
    if chosen.get("result") == "refused":
        rows = rows.filter(Q(result=PlanLine.Result.CHANGED) | Q(result=PlanLine.Result.FAILED))
    return rows, chosen


@page("POST", write=Act.CONNECT)
def apply(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """Do exactly what the plan says. Two people at once: the second is told."""
    found = get_object_or_404(Plan.objects.select_related("integration"), uuid=uuid)
    if request.method != "POST":
        return redirect("web:plan", uuid)
    try:
        store.start_applying(found)
    except store.PlanRefused as refused:
        messages.warning(request, str(refused))
    else:
        transaction.on_commit(partial(tasks.apply_plan.delay, found.pk, str(found.tenant_id)))
        messages.success(
            request, "The plan is being applied. What has changed since it was made is refused, line by line."
        )
    return redirect("web:plan", uuid)


@page()
@io_view
def export(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """The lines as CSV."""
    place = place_of(request)
    with place.scope():
        found = get_object_or_404(Plan, uuid=uuid)
    name = f"plan-{found.made_at:%Y-%m-%d}.csv"
    return exports.download(place, name, COLUMNS, lambda: _narrowed(request, found)[0], _cells)


def _cells(line: PlanLine) -> tuple[Any, ...]:
    source = line.item.source
    return (
        carried(line.item.flow, 1),
        source.number,
        source.party,
        source.party_name,
        line.amount,
        line.currency,
        source.due_date,
        PLAN_KINDS.get(line.kind, line.kind),
        line.code,
        line.message,
        line.get_result_display(),
        line.result_message,
        line.item.source_key,
        line.item.uuid,
    )
