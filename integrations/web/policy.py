"""The settings of an integration: every one with its meaning, its value, who changed it and why, and what waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from integrations.engine.policy import Policy
from integrations.engine.settings import BY_NAME, in_words
from integrations.engine.spec import Spec
from integrations.models import Integration, SettingChange
from integrations.runner import concerning, settings
from integrations.store import controls
from integrations.store.checking import Ruling, may_approve, ruling
from integrations.store.settings import today
from integrations.web.gate import page, place_of
from integrations.web.setting_fields import SettingsForm
from tenants.permissions import Act

Status = SettingChange.Status


@dataclass(frozen=True, slots=True)
class Row:
    """A setting as the page shows it. `last` is the change that made it so; None: never changed."""

    spec: Spec
    value: str
    default: str
    changed: bool
    last: SettingChange | None


@page()
def policy(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """The settings of what flows here, by group; on top what waits for a second person, and what is off or missing."""
    found = get_object_or_404(Integration.objects.select_related("erp", "ap"), uuid=uuid)
    changes = _changes(found)
    now = settings.in_force(found, today())
    rows = _rows(concerning.concerning(found), now, changes)
    place = place_of(request)
    waiting = [change for change in changes if change.status == Status.PROPOSED]
    groups = dict.fromkeys(row.spec.group for row in rows)
    context = {
        "integration": found,
        "groups": [(name, [row for row in rows if row.spec.group == name]) for name in groups],
        "waiting": [
            (c, may_approve(place, Act.SETTINGS, c.made_by_id), c.made_by_id == request.user.pk) for c in waiting
        ],
        "upcoming": [c for c in changes if c.status == Status.APPROVED and c.version is None],
        "off": controls.switched_off(found, today()),
        "missing": concerning.missing(found),
        "answer": answer(rows, len(waiting)),
        "may_change": ruling(place, Act.SETTINGS) is not Ruling.NO,
    }
    return render(request, "integrations/policy.html", context)


def answer(rows: Sequence[Row], waiting: int) -> str:
    """How far the settings are from the product's own, in one sentence."""
    changed = sum(row.changed for row in rows)
    words = "Every setting stands as delivered" if not changed else f"{changed} of {len(rows)} settings are your own"
    ends = "" if not waiting else f"; {waiting} change{' waits' if waiting == 1 else 's wait'} for a controller"
    return f"{words}{ends}."


def _changes(found: Integration) -> list[SettingChange]:
    """The history, newest first."""
    rows = SettingChange.objects.filter(integration=found).select_related("made_by", "checked_by")
    return list(rows.order_by("-made_at", "-id"))


def _rows(specs: Sequence[Spec], now: Policy, changes: Sequence[SettingChange]) -> list[Row]:
    values = settings.shown(now)
    last: dict[str, SettingChange] = {}
    for change in changes:
        if change.version is not None:
            last.setdefault(change.name, change)
    return [_row(spec, values[spec.name], last.get(spec.name)) for spec in specs]


def _row(spec: Spec, value: Any, last: SettingChange | None) -> Row:
    default = spec.default
    return Row(spec, in_words(spec, value), in_words(spec, default), _listed(value) != _listed(default), last)


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple | list) else value


class Change(SettingsForm):
    """One setting, with the reason and the day from which it counts."""

    reason = forms.CharField(
        label="Why",
        max_length=2000,
        help_text="Kept with the change; auditors read it.",
        error_messages={"required": "Say why: the reason is kept with the change."},
    )
    effective_from = forms.DateField(
        label="From",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Empty: from now on. Nothing that was decided before is decided again in hindsight.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields([*self.values, "reason", "effective_from"])


@page("POST", write=Act.SETTINGS)
def change(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """The setting of the query's `name` with its history; POST proposes another value."""
    found = get_object_or_404(Integration, uuid=uuid)
    name = request.GET.get("name", "")
    spec = BY_NAME.get(name)
    if spec is None:
        return redirect("web:integration-settings", uuid)
    now = settings.in_force(found, today())
    form = Change(request.POST or None, names=[name], values=settings.shown(now))
    if request.method == "POST" and form.is_valid() and _propose(request, found, form, spec):
        return redirect("web:integration-settings", uuid)
    changes = _changes(found)
    standing = ruling(place_of(request), Act.SETTINGS)
    context = {
        "integration": found,
        "form": form,
        "row": _rows([spec], now, changes)[0],
        "history": [each for each in changes if each.name == name],
        "may_change": standing is not Ruling.NO,
        "alone": standing is Ruling.ALONE,
    }
    return render(request, "integrations/policy_change.html", context, status=400 if request.method == "POST" else 200)


def _propose(request: HttpRequest, found: Integration, form: Change, spec: Spec) -> bool:
    data = form.cleaned_data
    value = form.changed.get(spec.name, form.values[spec.name])
    try:
        made = settings.propose(place_of(request), found, spec.name, value, data["reason"], data["effective_from"])
    except settings.Refused as refused:
        form.add_error(spec.name, str(refused))
        return False
    if made.status == Status.PROPOSED:
        messages.success(request, f"{spec.label}: proposed. It counts once a controller approves it.")
    else:
        messages.success(request, f"{spec.label}: {in_words(spec, made.new)} from {made.effective_from:%-d %B %Y} on.")
    return True


@page("POST", write=Act.READ)
def decide(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """Approve, reject or withdraw a proposed change; whoever may not is told why."""
    found = get_object_or_404(SettingChange.objects.select_related("integration"), uuid=uuid)
    act = {"approve": settings.approve, "reject": settings.reject, "withdraw": settings.withdraw}.get(
        request.POST.get("do", "")
    )
    if request.method == "POST" and act is not None:
        try:
            done = act(place_of(request), found)
        except settings.Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, f"{_label(found.name)}: {done.get_status_display().lower()}.")
    return redirect("web:integration-settings", found.integration.uuid)


def _label(name: str) -> str:
    spec = BY_NAME.get(name)
    return spec.label if spec else name
