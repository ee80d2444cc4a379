"""`/operator/`: the list of tenants and the way into one, for operators only."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from tenants.access import tenant_directory
from tenants.web.middleware import global_view
from tenants.web.operators import enter, entries, is_operator, leave, open_access

View = Callable[..., HttpResponse]


def operators_only(view: View) -> View:
    """404 for everybody else: the page does not exist for them. Without second factor: to its set-up or prompt."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_operator(request):
            return view(request, *args, **kwargs)
        if request.user.is_authenticated and request.user.is_superuser:
            return redirect("mfa_index")
        raise Http404

    return global_view(checked)


class EntryForm(forms.Form):
    """Which tenant, and why."""

    tenant = forms.UUIDField()
    reason = forms.CharField(min_length=10, max_length=500, label="Reason", help_text="The tenant reads it.")


@operators_only
@require_safe
def directory(request: HttpRequest) -> HttpResponse:
    """Every tenant by slug, and who looked into which of them last."""
    return _page(request, EntryForm())


@operators_only
@require_POST
def enter_tenant(request: HttpRequest) -> HttpResponse:
    """Open one tenant for an hour."""
    form = EntryForm(request.POST)
    known: dict[UUID, str] = dict(tenant_directory())
    if not form.is_valid() or form.cleaned_data["tenant"] not in known:
        return _page(request, form, status=400)
    enter(request, form.cleaned_data["tenant"], form.cleaned_data["reason"], timezone.now())
    return redirect("/")


@operators_only
@require_POST
def leave_tenant(request: HttpRequest) -> HttpResponse:
    """Close it again."""
    leave(request, timezone.now())
    return redirect("operator")


def _page(request: HttpRequest, form: EntryForm, status: int = 200) -> HttpResponse:
    tenants, now = tenant_directory(), timezone.now()
    slugs, access = dict(tenants), open_access(request, now)
    context = {
        "tenants": tenants,
        "form": form,
        "inside": slugs.get(access.tenant_id, "") if access else "",
        "entries": [(each, slugs.get(each.tenant_id, "deleted"), each.expires > now) for each in entries()],
    }
    return render(request, "operator/directory.html", context, status=status)
