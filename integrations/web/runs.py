"""Runs: what each read, did and left, and whether it adds up."""

from decimal import Decimal
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, render

from integrations.models import SyncRun
from integrations.web.gate import page
from integrations.web.paging import page_of
from integrations.web.schedules import system_label
from integrations.web.words import carried, in_order, listed, outcome

VERBS = {SyncRun.Kind.POLL: "Read", SyncRun.Kind.SWEEP: "Read anew"}
FLOW = "flow__integration__erp", "flow__integration__ap"


@page()
def runs(request: HttpRequest) -> HttpResponseBase:
    rows = SyncRun.objects.select_related(*FLOW)
    state, kind = request.GET.get("state", ""), request.GET.get("kind", "")
    if state == "attention":
        rows = rows.filter(balanced=False) | rows.filter(status=SyncRun.Status.FAILED)
    if kind in SyncRun.Kind.values:
        rows = rows.filter(kind=kind)
    context = {
        "page": page_of(rows, request),
        "state": state,
        "kind": kind,
        "kinds": SyncRun.Kind.choices,
        "wrong": SyncRun.objects.filter(balanced=False)[:100].count(),
    }
    return render(request, "integrations/runs.html", context)


@page()
def run(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    found = get_object_or_404(SyncRun.objects.select_related(*FLOW), uuid=uuid)
    parts = in_order(found.counts)
    left = found.taken - sum(count for _, count in parts)
    return render(
        request,
        "integrations/run.html",
        {
            "run": found,
            "parts": [(outcome(name, found.kind), count) for name, count in parts],
            "left": left,
            "live": found.status == SyncRun.Status.RUNNING,
            "sentence": sentence(found),
            "source": system_label(found.flow.source.system),
            "target": system_label(found.flow.target.system),
            "reasons": reasons(found),
            "amounts": [
                (o, {c: Decimal(a) for c, a in found.amounts[o].items()}) for o, _ in parts if o in found.amounts
            ],
        },
    )


def reasons(run: SyncRun) -> list[tuple[str, str, int]]:
    """(code, outcome, count), most records first; they are stored as "outcome:code"."""
    found = [(name.rpartition(":")[2], name.rpartition(":")[0], count) for name, count in run.reasons.items()]
    return sorted(found, key=lambda row: (-row[2], row[0]))


def sentence(run: SyncRun) -> str:
    """What the run did, in one sentence with numbers."""
    things = carried(run.flow, run.taken)
    verb = VERBS.get(SyncRun.Kind(run.kind), "Took up")
    parts = [f"{count:,} {outcome(name, run.kind)}" for name, count in in_order(run.counts)]
    if run.status == SyncRun.Status.RUNNING:
        return f"{verb} {run.taken:,} {things} so far."
    if run.kind == SyncRun.Kind.SWEEP and run.taken and not run.counts.get("staged"):
        return f"Read all {run.taken:,} {things} anew: the ordinary runs had missed nothing."
    if not run.taken:
        return "There was nothing new to do."
    return f"{verb} {run.taken:,} {things}: {listed(parts)}."
