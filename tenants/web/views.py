"""Pages about people: choosing a tenant, members, invitations."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tenants import members
from tenants.access import Place, places_of
from tenants.models import Invitation, Membership, Role, User
from tenants.permissions import Act, Right
from tenants.web.forms import INVITED_KEY, InvitationForm
from tenants.web.middleware import SESSION_KEY, global_view


@global_view
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """The tenants a person belongs to; POST chooses one for this session."""
    places = places_of(_user(request))
    if request.method == "POST":
        chosen = next((place for place in places if str(place.tenant_id) == request.POST.get("tenant")), None)
        if chosen is not None:
            request.session[SESSION_KEY] = str(chosen.tenant_id)
            return redirect("/")
    return render(request, "tenants/choose.html", {"places": places})


@require_safe
def member_list(request: HttpRequest) -> HttpResponse:
    """Members with their roles, open invitations, and for an owner the form to invite."""
    return _members_page(request, InvitationForm())


@require_POST
def invite(request: HttpRequest) -> HttpResponse:
    """Invite an address to a role."""
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return _members_page(request, form, status=400)
    email, role = form.cleaned_data["email"], Role(form.cleaned_data["role"])
    return _attempt(
        request,
        lambda: members.invite(_place(request), _user(request), email, role, timezone.now()),
        f"{email} is invited. The link works for {members.LIFETIME.days} days.",
    )


@require_POST
def approve_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    """The second person's yes."""
    invitation = get_object_or_404(Invitation, pk=pk)
    return _attempt(request, lambda: members.approve(_place(request), _user(request), invitation), "Approved.")


@require_POST
def revoke_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw an invitation."""
    invitation = get_object_or_404(Invitation, pk=pk)
    return _attempt(
        request, lambda: members.revoke(_place(request), invitation, timezone.now()), "The invitation is withdrawn."
    )


@require_POST
def take_role(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one role from one member."""
    membership = get_object_or_404(Membership, pk=pk)
    return _attempt(
        request,
        lambda: members.take_away(_place(request), _user(request), membership),
        "The role is taken away; that person has to sign in again.",
    )


@global_view
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """What one is invited to; POST accepts."""
    found = members.invitation_for(token, timezone.now())
    if found is None:
        return render(request, "tenants/invitation.html", {"gone": True}, status=404)
    request.session[INVITED_KEY] = token
    refused = ""
    if request.method == "POST" and not request.user.is_authenticated:
        return redirect_to_login(request.path)
    if request.method == "POST":
        try:
            tenant = members.accept(token, _user(request), timezone.now())
        except members.Refused as error:
            refused = str(error)
        else:
            request.session.pop(INVITED_KEY, None)
            request.session[SESSION_KEY] = str(tenant.pk)
            return redirect("/")
    tenant, offered = found
    return render(request, "tenants/invitation.html", {"tenant": tenant, "invitation": offered, "refused": refused})


def _members_page(request: HttpRequest, form: InvitationForm, status: int = 200) -> HttpResponse:
    place = _place(request)
    rights = place.may(Act.MEMBERS)
    offers = Invitation.objects.filter(accepted=None, revoked=None, expires__gt=timezone.now()).order_by("email")
    return render(
        request,
        "tenants/members.html",
        {
            "form": form,
            "members": Membership.objects.select_related("user").order_by("user__email", "role"),
            "invitations": [(offer, members.needs_check(offer)) for offer in offers],
            "may_make": Right.MAKER in rights,
            "may_check": Right.CHECKER in rights,
        },
        status=status,
    )


def _attempt(request: HttpRequest, act: Callable[[], Any], done: str) -> HttpResponse:
    try:
        act()
    except members.Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("tenants:members")


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _place(request: HttpRequest) -> Place:
    return cast(Place, request.place)  # type: ignore[attr-defined]
