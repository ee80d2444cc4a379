"""One flow: when it runs, in words and as its next times; run it now, pause it, resume it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from audit.log import record
from integrations import runner
from integrations.models import Flow
from integrations.runner.schedule import next_times
from integrations.runner.scheduling import Schedule, set_schedule, switch
from integrations.web.gate import may, page, place_of
from integrations.web.rhythm import in_words, quiet_words
from integrations.web.schedule_form import ScheduleForm, zones
from integrations.web.schedules import flow_views
from integrations.web.words import carried
from tenants.permissions import Act

JOINED = "integration__erp", "integration__ap"


@page("POST", write=Act.READ)
def flow(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """Run now, pause or resume one flow."""
    found = get_object_or_404(Flow.objects.select_related(*JOINED), uuid=uuid)
    back = redirect("web:integration", found.integration.uuid)
    act = request.POST.get("do", "")
    needed = (Act.CONNECT, Act.WORK) if act == "run" else (Act.CONNECT,)
    if request.method != "POST":
        return back
    if not any(may(request, each) for each in needed):
        messages.error(request, "Your role does not allow this.")
        return back
    things = carried(found).capitalize()
    if act == "run" and found.enabled:
        runner.run_soon(found.pk)
        record("flow_run_asked", subject=f"flow:{found.pk}")
        messages.success(request, f"{things} are due now; the run starts within seconds.")
    elif act in ("pause", "resume"):
        switch(found, on=act == "resume")
        words = "are on again" if act == "resume" else "are paused: nothing is read or written until you resume them"
        messages.success(request, f"{things} {words}.")
    return back


@page("POST", write=Act.CONNECT)
def schedule(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """When it runs. A GET with values shows what they would mean; nothing is saved by it."""
    found = get_object_or_404(Flow.objects.select_related(*JOINED), uuid=uuid)
    asked = request.POST if request.method == "POST" else request.GET if "rhythm" in request.GET else None
    form = ScheduleForm(asked, initial=ScheduleForm.of(found, place_of(request).time_zone))
    valid = asked is not None and form.is_valid()
    if valid and request.method == "POST":
        changed = set_schedule(found, form.wanted, timezone.now())
        words = f"{carried(found).capitalize()} run {in_words(found.schedule)}."
        messages.success(request, words if changed else f"Nothing was changed: {words}")
        return redirect("web:integration", found.integration.uuid)
    shown = form.wanted if valid else Schedule(found.schedule, found.time_zone, found.blackouts)
    context = {
        "view": flow_views([found])[0],
        "integration": found.integration,
        "form": form,
        "zones": zones(),
        "words": in_words(shown.cron),
        "zone": shown.time_zone,
        "rests": [quiet_words(window) for window in shown.blackouts],
        "next": [
            timezone.localtime(at) for at in next_times(shown.cron, shown.time_zone, timezone.now(), shown.blackouts)
        ],
        "tried": valid,
        "may_change": may(request, Act.CONNECT),
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "integrations/schedule.html", context, status=status)
