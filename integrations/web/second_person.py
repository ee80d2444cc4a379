"""The second person of a tenant: whether what matters takes two people here, since when not, and switching it."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from integrations.models import CheckSwitch
from integrations.store import checking, switching
from integrations.store.checking import may_approve
from integrations.store.controls import second_person as control
from integrations.web.gate import page, place_of
from tenants.permissions import Act, Right

_MOST = 50  # past switches that are shown
_DONE: dict[str, str] = {
    CheckSwitch.Status.PROPOSED: "Proposed. It counts once a controller confirms it.",
    CheckSwitch.Status.APPROVED: "In force from now on.",
    CheckSwitch.Status.REJECTED: "Rejected: nothing changes.",
    CheckSwitch.Status.WITHDRAWN: "Withdrawn: nothing changes.",
}


class SwitchForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label="Why",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Kept for good, and printed on every reconciliation statement while the second person is off.",
        error_messages={"required": "Say why: the reason is kept, and printed on statements."},
    )


@page("POST", write=Act.UNCHECK)
def second_person(request: HttpRequest) -> HttpResponseBase:
    """How it stands, what waits, the history; POST proposes the other way."""
    place, form = place_of(request), SwitchForm(request.POST or None)
    off = checking.switched_off() is not None
    if request.method == "POST" and form.is_valid():
        try:
            asked = switching.propose(place, not off, form.cleaned_data["reason"])
        except switching.Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _DONE[asked.status])
            return redirect("web:second-person")
    waiting = switching.proposed()
    makes = Right.MAKER in place.may(Act.UNCHECK)
    needless = makes and not off and checking.why_alone(Act.UNCHECK, place.person) is not None  # it is off anyway
    context: dict[str, Any] = {
        "form": form,
        "off": off,
        "control": control(),
        "waiting": waiting,
        "may_approve": waiting is not None and may_approve(place, Act.UNCHECK, waiting.made_by_id),
        "own": waiting is not None and waiting.made_by_id == request.user.pk,
        "may_ask": makes and waiting is None and (form.is_bound or not needless),
        "needless": needless,
        "history": _history(),
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "integrations/second_person.html", context, status=status)


@page("POST", write=Act.READ)
def decide(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """Confirm, reject or withdraw what is proposed; whoever may not is told why."""
    asked = get_object_or_404(CheckSwitch, uuid=uuid)
    act = {"approve": switching.approve, "reject": switching.reject, "withdraw": switching.withdraw}.get(
        request.POST.get("do", "")
    )
    if request.method == "POST" and act is not None:
        try:
            messages.success(request, _DONE[act(place_of(request), asked).status])
        except switching.Refused as refused:
            messages.error(request, str(refused))
    return redirect("web:second-person")


def _history() -> list[CheckSwitch]:
    rows = CheckSwitch.objects.select_related("made_by", "checked_by").order_by("-made_at", "-id")
    return list(rows[:_MOST])
