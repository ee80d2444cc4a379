"""Set-up after the company is chosen: from when, who pays, what flows. Each step saves, and can be gone back to."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from audit.log import record
from integrations.engine.errors import ConnectionBroken
from integrations.engine.records import MARKS
from integrations.models import Flow, Integration, SettingChange
from integrations.runner import settings, setup
from integrations.runner.scheduling import Schedule, set_schedule, switch
from integrations.runner.setup import Wanted
from integrations.store.checking import Ruling, ruling
from integrations.store.settings import today
from integrations.systems import registry
from integrations.web.gate import page, place_of
from integrations.web.schedule_form import ScheduleForm, zones
from integrations.web.setting_fields import SettingsForm
from integrations.web.setup_steps import TITLES, after, asked, steps
from integrations.web.words import listed, noun
from tenants.permissions import Act, Right

REASON = "Set-up"


@page("POST", read=Act.CONNECT, write=Act.CONNECT)
def step(request: HttpRequest, uuid: UUID, key: str) -> HttpResponseBase:
    """From when, who pays, how it is entered in the books: settings, asked for in their place."""
    found = get_object_or_404(Integration.objects.select_related("erp", "ap"), uuid=uuid)
    values = settings.shown(settings.in_force(found, today()))
    names = asked(found, key)
    if not names:  # nothing that it carries is asked about here
        return redirect("web:integration-plan", found.uuid)
    form = SettingsForm(request.POST or None, names=names, values=values)
    if request.method == "POST" and form.is_valid() and _ask(request, found, form):
        return redirect(after(found, key))
    waiting = SettingChange.objects.filter(integration=found, name__in=names, status=SettingChange.Status.PROPOSED)
    context = {
        "integration": found,
        "form": form,
        "title": TITLES[key],
        "key": key,
        "steps": steps(found, key),
        "waiting": waiting.select_related("made_by"),
        "alone": ruling(place_of(request), Act.SETTINGS) is Ruling.ALONE,
    }
    return render(request, "integrations/setup_step.html", context, status=400 if request.method == "POST" else 200)


def _ask(request: HttpRequest, found: Integration, form: SettingsForm) -> bool:
    """Propose what was changed; False, with the form saying why, when one is refused."""
    proposed = []
    for name, value in form.changed.items():
        try:
            change = settings.propose(place_of(request), found, name, value, REASON)
        except settings.Refused as refused:
            form.add_error(name, str(refused))
            continue
        if change.status == SettingChange.Status.PROPOSED:
            proposed.append(form.fields[name].label or name)
    if proposed:
        messages.warning(request, f"A controller confirms it: {listed([str(label) for label in proposed])}.")
    return not form.errors


def box_of(flow: Wanted | Flow) -> str:
    """The value of a flow's box: its entity, and whether it comes in."""
    return f"{flow.entity}:in" if flow.inbound else str(flow.entity)


class FlowsForm(ScheduleForm):
    """Which flows, and one schedule for them."""

    entities = forms.MultipleChoiceField(
        label="What flows",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one flow."},
    )

    def __init__(self, *args: Any, possible: list[Wanted], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["entities"]
        boxes = [wanted for wanted in possible if wanted.entity not in MARKS]
        chosen.choices = [(box_of(each), _label(each)) for each in boxes]


def _label(flow: Wanted) -> str:
    """What the box says."""
    words = noun(flow.entity, inbound=flow.inbound).capitalize()
    return f"{words}, into the ledger" if flow.inbound else words


@page("POST", read=Act.CONNECT, write=Act.CONNECT)
def flows(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """Which flows, and when they run."""
    found = get_object_or_404(Integration.objects.select_related("erp", "ap"), uuid=uuid)
    try:
        possible = setup.possible(registry.get(found.erp.system), registry.get(found.ap.system))
    except ConnectionBroken as error:
        messages.error(request, error.message)
        return redirect("web:integration", uuid)
    made = list(Flow.objects.filter(integration=found).order_by("id"))
    usual = made[-1] if made else Flow(schedule="*/5 * * * *", time_zone=place_of(request).time_zone)
    initial = {
        **ScheduleForm.of(usual, place_of(request).time_zone),
        "entities": [box_of(f) for f in made if f.enabled] or [box_of(w) for w in possible],
    }
    form = FlowsForm(request.POST or None, possible=possible, initial=initial)
    if request.method == "POST" and form.is_valid():
        _set_flows(found, possible, set(form.cleaned_data["entities"]), form.wanted)
        return redirect(after(found, "flows"))
    context = {
        "integration": found,
        "form": form,
        "title": TITLES["flows"],
        "steps": steps(found, "flows"),
        "zones": zones(),
    }
    return render(request, "integrations/setup_flows.html", context, status=400 if request.method == "POST" else 200)


def _set_flows(found: Integration, possible: list[Wanted], chosen: set[str], wanted: Schedule) -> None:
    """Make the flows that are missing, switch the others on or off, and give all of them the schedule."""
    made = {(flow.entity, flow.inbound): flow for flow in Flow.objects.filter(integration=found)}
    for each in possible:
        # marks have no box of their own: they go back where invoices go
        on = box_of(each) in chosen or (each.entity in MARKS and "invoice" in chosen)
        flow = made.get((each.entity.value, each.inbound))
        if flow is None and on:
            flow = setup.add_flow(found, each)
        if flow is not None:
            switch(flow, on=on)
            set_schedule(flow, wanted, timezone.now())


@page("POST", write=Act.READ)
def currencies(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """A controller confirms that the base currencies differ; whoever may do it alone where there is no other."""
    found = get_object_or_404(Integration.objects.select_for_update(), uuid=uuid)
    if request.method == "POST":
        if not may_confirm(request):
            messages.error(request, "A controller confirms that the base currencies differ. Ask one.")
        elif found.currencies_open:
            found.currencies_confirmed = True
            found.save(update_fields=["currencies_confirmed"])
            both = {"company": found.company_currency, "target": found.target_currency}
            record("currencies_confirmed", subject=f"integration:{found.pk}", refs=both)
            messages.success(request, "Confirmed: the base currencies differ, and invoices keep their own.")
    return redirect("web:integration-plan", uuid)


def may_confirm(request: HttpRequest) -> bool:
    """A controller, or the integrator where nobody else could."""
    place = place_of(request)
    return Right.CHECKER in place.may(Act.SETTINGS) or ruling(place, Act.SETTINGS) is Ruling.ALONE
