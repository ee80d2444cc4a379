"""The organisation's webhook endpoints: added, changed, tried, given a new secret, taken away."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from integrations import tasks
from integrations.models import AlertChannel, AlertKind
from integrations.models.alert import every_kind
from integrations.runner.alerts import endpoints
from integrations.web.gate import page, place_of
from tenants.permissions import Act
from tenants.scope import current_tenant


class EndpointForm(forms.Form):
    """Where messages go, and which."""

    name = forms.CharField(label="Who listens there", max_length=80, help_text="Such as: our chat.")
    url = forms.CharField(
        label="Address",
        max_length=500,
        help_text="A public https address that takes POST requests. Redirects are not followed.",
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    kinds = forms.MultipleChoiceField(
        label="It is told about", choices=AlertKind.choices, initial=every_kind, widget=forms.CheckboxSelectMultiple
    )
    over = forms.BooleanField(label="Also when it is over", required=False, initial=True)
    enabled = forms.BooleanField(label="On", required=False, initial=True)


def _said(form: EndpointForm, refused: endpoints.Refused) -> None:
    form.add_error(refused.field if refused.field in form.fields else None, str(refused))


@page("POST", read=Act.CONNECT)
def add(request: HttpRequest) -> HttpResponseBase:
    """The form, and after it the secret: this once."""
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            row, secret = endpoints.add(place_of(request), data["name"], data["url"], data["kinds"], over=data["over"])
        except endpoints.Refused as refused:
            _said(form, refused)
        else:
            return render(request, "integrations/alert_secret.html", {"endpoint": row, "secret": secret})
    return _form(request, form, None)


@page("POST", write=Act.CONNECT)
def endpoint(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """One endpoint; POST changes it, or does what `do` says."""
    rows = AlertChannel.objects.select_for_update() if request.method == "POST" else AlertChannel
    row: AlertChannel = get_object_or_404(rows, uuid=uuid, user=None)
    act = ACTS.get(request.POST.get("do", "")) if request.method == "POST" else None
    if act is not None:
        try:
            return act(request, row)
        except endpoints.Refused as refused:
            messages.error(request, str(refused))
            return redirect("web:alert-endpoint", uuid)
    first = {name: getattr(row, name) for name in ("name", "url", "kinds", "over", "enabled")}
    form = EndpointForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        try:
            endpoints.change(place_of(request), row, data.pop("name"), data.pop("url"), data.pop("kinds"), **data)
        except endpoints.Refused as refused:
            _said(form, refused)
            row.refresh_from_db()
        else:
            messages.success(request, f"{row.name} is kept.")
            return redirect("web:alert-endpoint", uuid)
    return _form(request, form, row)


def _form(request: HttpRequest, form: EndpointForm, row: AlertChannel | None) -> HttpResponseBase:
    context: dict[str, Any] = {"form": form, "endpoint": row, "may_change": endpoints.may_change(place_of(request))}
    if row is not None:
        context["rows"] = [
            (each, each.alert.text if each.alert else "A test")
            for each in row.deliveries.select_related("alert").order_by("-id")[:10]
        ]
    return render(request, "integrations/alert_endpoint.html", context, status=400 if request.method == "POST" else 200)


def _renew(request: HttpRequest, row: AlertChannel) -> HttpResponseBase:
    secret = endpoints.renew_secret(place_of(request), row)
    return render(request, "integrations/alert_secret.html", {"endpoint": row, "secret": secret, "renewed": True})


def _test(request: HttpRequest, row: AlertChannel) -> HttpResponseBase:
    endpoints.send_test(place_of(request), row)
    post_soon(row)
    messages.success(request, "A test is on its way. What came of it stands in the log below in a moment.")
    return redirect("web:alert-endpoint", row.uuid)


def _remove(request: HttpRequest, row: AlertChannel) -> HttpResponseBase:
    endpoints.remove(place_of(request), row)
    messages.success(request, f"{row.name} is taken away, with its secret and its log.")
    return redirect("web:alerts")


def post_soon(row: AlertChannel) -> None:
    """Have what is due on it posted now rather than within a minute."""
    transaction.on_commit(partial(tasks.post_alerts.delay, row.pk, str(current_tenant())))


ACTS: dict[str, Callable[[HttpRequest, AlertChannel], HttpResponseBase]] = {
    "renew": _renew,
    "test": _test,
    "remove": _remove,
}
