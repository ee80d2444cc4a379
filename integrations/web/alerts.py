"""What a member is told and how; what stands now; every message and what came of it."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_time

from audit.log import record as audit
from integrations.models import Alert, AlertChannel, AlertDelivery, AlertKind
from integrations.runner.alerts import channels, endpoints
from integrations.runner.alerts.wording import headline
from integrations.runner.schedule import problems
from integrations.web.filters import Narrowing
from integrations.web.gate import page, place_of
from integrations.web.paging import page_of
from integrations.web.schedule_form import WindowsForm, zones
from tenants.models import Membership
from tenants.permissions import Act

SHOWN = 50  # open alerts on the page


class ChoicesForm(WindowsForm):
    """What one member gets by e-mail."""

    enabled = forms.BooleanField(label="E-mail me", required=False)
    kinds = forms.MultipleChoiceField(
        label="About", choices=AlertKind.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    rhythm = forms.ChoiceField(label="How often", choices=AlertChannel.Rhythm.choices)
    daily_at = forms.TimeField(
        label="Once a day at", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    time_zone = forms.CharField(
        label="Time zone",
        max_length=64,
        help_text="The zone of the hours here, such as America/Chicago.",
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off", "spellcheck": "false"}),
    )
    over = forms.BooleanField(label="Also tell me when it is over", required=False)

    @classmethod
    def of(cls, channel: AlertChannel) -> dict[str, Any]:
        """The values it starts with."""
        first = {name: getattr(channel, name) for name in ("enabled", "kinds", "rhythm", "time_zone", "over")}
        return first | {"daily_at": parse_time(channel.daily_at)} | cls.first_windows(channel.quiet)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["quiet"] = self.wanted_windows(data)
        at = data.get("daily_at")
        data["daily_at"] = f"{at:%H:%M}" if at else "08:00"
        found = problems("* * * * *", str(data.get("time_zone") or ""), data["quiet"])
        if "time_zone" in found:
            self.add_error("time_zone", found["time_zone"])
        return data

    def put_into(self, channel: AlertChannel) -> None:
        """Keep what was chosen."""
        for name in ("enabled", "kinds", "rhythm", "daily_at", "time_zone", "quiet", "over"):
            setattr(channel, name, self.cleaned_data[name])
        channel.save()


@page("POST", write=Act.READ)
def alerts(request: HttpRequest) -> HttpResponseBase:
    """What stands now, what I am told, and the organisation's endpoints; POST keeps my choices."""
    person = place_of(request).person
    member = person is not None and Membership.objects.filter(user_id=person).exists()
    channel = channels.mine(person) if person is not None and member else None
    form = ChoicesForm(request.POST or None, initial=ChoicesForm.of(channel)) if channel else None
    if request.method == "POST" and form is not None and channel is not None and form.is_valid():
        form.put_into(channel)
        refs = {"kinds": channel.kinds, "enabled": channel.enabled, "rhythm": channel.rhythm}
        audit("alert_choices_changed", subject=f"user:{person}", refs=refs)
        messages.success(request, "Kept. It counts from the next message on.")
        return redirect("web:alerts")
    today, open_ = timezone.localdate(), Alert.objects.filter(ended_at=None)
    rows = list(open_.order_by("-urgent", "earliest_due", "id")[:SHOWN])
    context = {
        "form": form,
        "zones": zones(),
        "alerts": [(row, headline(row, today)) for row in rows],
        "answer": answer(open_.count(), open_.filter(urgent=True).count()),
        "endpoints": [(row, shown_url(row.url)) for row in AlertChannel.objects.filter(user=None).order_by("id")],
        "may_change": endpoints.may_change(place_of(request)),
    }
    return render(request, "integrations/alerts.html", context, status=400 if request.method == "POST" else 200)


def answer(count: int, urgent: int) -> str:
    """What stands now, in one sentence."""
    if not count:
        return "Nothing stands that people have to be told of."
    words = f"{count:,} {'cause stands' if count == 1 else 'causes stand'}"
    return f"{words}; {urgent:,} may cost money now." if urgent else f"{words}."


def shown_url(url: str) -> str:
    """An endpoint's address without its query, which may hold a secret of the receiver's."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}" + ("?…" if parts.query else "")


class Filters(Narrowing):
    """What the log is narrowed by."""

    channel = forms.UUIDField(required=False, widget=forms.HiddenInput)
    status = forms.ChoiceField(
        label="State", required=False, choices=[("", "Any state"), *AlertDelivery.Status.choices]
    )

    def said(self, name: str, value: Any) -> str:
        if name == "status":
            return str(AlertDelivery.Status(value).label)
        row = AlertChannel.objects.filter(uuid=value).select_related("user").first()
        return (row.user.email if row.user else row.name) if row else "unknown"


@page()
def log(request: HttpRequest) -> HttpResponseBase:
    """Every message of the last 90 days, newest first."""
    filters = Filters(request.GET)
    rows: Any = AlertDelivery.objects.select_related("channel__user", "alert")
    if channel := filters.chosen.get("channel"):
        rows = rows.filter(channel__uuid=channel)
    if status := filters.chosen.get("status"):
        rows = rows.filter(status=status)
    found, today = page_of(rows, request), timezone.localdate()
    context = {
        "page": found,
        "rows": [(row, headline(row.alert, today) if row.alert else "A test") for row in found.rows],
        "chips": filters.chips,
        "filters": filters,
        "may_change": endpoints.may_change(place_of(request)),
    }
    return render(request, "integrations/alert_log.html", context)


@page("POST", write=Act.CONNECT)
def resend(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """Send one message to its endpoint again."""
    found = get_object_or_404(AlertDelivery.objects.select_related("channel"), uuid=uuid)
    if request.method == "POST":
        try:
            endpoints.resend(place_of(request), found, timezone.now())
        except endpoints.Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, "It is sent again within a minute.")
    return redirect("web:alert-log")
