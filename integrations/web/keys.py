"""API keys on the settings page: made, shown once, approved by a second person, revoked."""

from datetime import datetime, time
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from integrations.models import ApiKey
from integrations.store import access
from integrations.store.checking import may_approve
from integrations.web.gate import page, place_of
from tenants.permissions import Act, Right

SCOPES = {
    "read": "Read everything",
    "retry": "Have held records decided again",
    "map": "Propose mappings",
    "settings": "Propose settings",
}


class KeyForm(forms.Form):
    """A new key."""

    name = forms.CharField(label="What uses it", max_length=80, help_text="The program and where it runs.")
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        choices=list(SCOPES.items()),
        initial=["read"],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose what the key may do."},
    )
    expires = forms.DateField(
        label="Ends on",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Empty: it works until somebody revokes it.",
    )


def shown(request: HttpRequest) -> dict[str, Any]:
    """What the settings page shows of keys: (key, state, whether this person approves, whether they revoke)."""
    place, now = place_of(request), timezone.now()
    mine = place.may(Act.MEMBERS)
    rows = ApiKey.objects.select_related("made_by", "checked_by").order_by("revoked_at", "-made_at", "-id")[:100]
    return {
        "keys": [
            (
                key,
                access.state_of(key, now),
                not key.checked_at and not key.revoked_at and may_approve(place, Act.MEMBERS, key.made_by_id),
                not key.revoked_at and bool(mine),
                [SCOPES.get(scope, scope) for scope in key.scopes],
            )
            for key in rows
        ],
        "may_make": Right.MAKER in mine,
    }


@page("POST", write=Act.READ)
def make(request: HttpRequest) -> HttpResponseBase:
    """The form, and after it the key itself: this once."""
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        end = timezone.make_aware(datetime.combine(data["expires"], time.min)) if data["expires"] else None
        try:
            key, text = access.make(place_of(request), data["name"], data["scopes"], end)
        except access.Refused as refused:
            form.add_error(None, str(refused))
        else:
            context = {"key": key, "text": text, "waits": access.state_of(key, timezone.now()) == "waiting"}
            return render(request, "integrations/key_made.html", context)
    status = 400 if request.method == "POST" else 200
    return render(request, "integrations/key_form.html", {"form": form}, status=status)


@page("POST", write=Act.READ)
def decide(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """Approve or revoke a key."""
    found = get_object_or_404(ApiKey, uuid=uuid)
    act = {"approve": access.approve, "revoke": access.revoke}.get(request.POST.get("do", ""))
    if request.method == "POST" and act is not None:
        try:
            act(place_of(request), found)
        except access.Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, f"{found.name}: {'approved' if act is access.approve else 'revoked for good'}.")
    return redirect("web:settings")
