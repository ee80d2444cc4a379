"""Members and invitations: who comes in, with which role, and who leaves. All inside the tenant's scope."""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import send_mail
from django.db import connection
from django.db.models import F, Q
from django.template.loader import render_to_string

from audit.log import record
from tenants.access import Place, actor_of
from tenants.models import Invitation, Membership, Role, Tenant, User
from tenants.permissions import Act, Right
from tenants.scope import tenant_scope

LIFETIME = timedelta(days=7)


class Refused(Exception):
    """A rule forbids it; the message says which, for the person who asked."""


def invite(place: Place, inviter: User, email: str, role: Role, now: datetime) -> Invitation:
    """Offer `role` to `email` by a letter with a link: seven days, one use, this address only.

    A controller's role also needs a second person's approval, as soon as the tenant has another controller.
    """
    _must_make(place)
    email = email.strip().lower()
    if email == inviter.email:
        raise Refused("Nobody changes their own role: another owner can.")
    token = secrets.token_urlsafe(32)
    Invitation.objects.filter(email=email, role=role, accepted=None, revoked=None).update(revoked=now)
    invitation: Invitation = Invitation.objects.create(
        email=email, role=role, digest=digest_of(token), invited_by=inviter, created=now, expires=now + LIFETIME
    )
    record(
        "member.invited",
        subject=f"invitation:{invitation.pk}",
        refs={"role": role, "needs_second_person": needs_check(invitation)},
        detail={"email": email},
    )
    _send(place, inviter, invitation, token)
    return invitation


def needs_check(invitation: Invitation) -> bool:
    """Whether a controller has still to approve it before it can be accepted."""
    if invitation.role != Role.CONTROLLER or invitation.checked_by_id is not None:
        return False
    others = Membership.objects.filter(role=Role.CONTROLLER).exclude(user_id=invitation.invited_by_id)
    return bool(others.exists())


def approve(place: Place, checker: User, invitation: Invitation) -> None:
    """A controller, not the one who invited, lets the invitation be accepted."""
    if Right.CHECKER not in place.may(Act.MEMBERS):
        raise Refused("A controller approves this.")
    if invitation.invited_by_id == checker.pk or invitation.email == checker.email:
        raise Refused("The second person must be another one.")
    invitation.checked_by = checker
    invitation.save(update_fields=["checked_by"])
    refs = {"role": invitation.role, "made_by": invitation.invited_by_id or 0, "checked_by": checker.pk}
    record("member.invitation_approved", subject=f"invitation:{invitation.pk}", refs=refs)


def revoke(place: Place, invitation: Invitation, now: datetime) -> None:
    """Make the link useless."""
    _must_make(place)
    Invitation.objects.filter(pk=invitation.pk, accepted=None).update(revoked=now)
    record("member.invitation_revoked", subject=f"invitation:{invitation.pk}")


def invitation_for(token: str, now: datetime) -> tuple[Tenant, Invitation] | None:
    """The open invitation behind a link and its tenant; None for a wrong, used, revoked or expired one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT invitation_tenant(%s)", [digest_of(token)])
        row: tuple[UUID | None] = cursor.fetchone()
    if row[0] is None:
        return None
    with tenant_scope(row[0]):
        invitation = Invitation.objects.get(digest=digest_of(token))
        return (Tenant.objects.get(), invitation) if invitation.open_at(now) else None


def accept(token: str, user: User, now: datetime) -> Tenant:
    """Make `user` a member. Refused unless the address is the invited one and verified, and the link still good."""
    found = invitation_for(token, now)
    if found is None:
        raise Refused("This invitation is used, withdrawn or expired: ask for a new one.")
    tenant, invitation = found
    verified = EmailAddress.objects.filter(user=user, email__iexact=invitation.email, verified=True).exists()
    if not verified:
        raise Refused("This invitation is for another address: sign in with the address it was sent to.")
    with tenant_scope(tenant.pk, actor=actor_of(user)):
        locked = Invitation.objects.select_for_update().get(pk=invitation.pk)
        if not locked.open_at(now):
            raise Refused("This invitation is used, withdrawn or expired: ask for a new one.")
        if needs_check(locked):
            raise Refused("A controller has to approve this role first: try again later.")
        locked.accepted = now
        locked.save(update_fields=["accepted"])
        Membership.objects.get_or_create(user=user, role=locked.role)
        record("member.joined", subject=f"user:{user.pk}", refs={"role": locked.role, "invitation": locked.pk})
    return tenant


def take_away(place: Place, by: User, membership: Membership) -> None:
    """Take a role from a member; all the member's sessions end. Nobody takes away an own role.

    Of two owners who take it from each other at once one stays: the other is none any more when their turn comes.
    """
    _must_make(place)
    if membership.user_id == by.pk:
        raise Refused("Nobody changes their own role: another owner can.")
    owners_and_it = Membership.objects.filter(Q(role=Role.OWNER) | Q(pk=membership.pk))
    found = list(owners_and_it.select_for_update().order_by("pk"))
    if by.pk not in [each.user_id for each in found if each.role == Role.OWNER]:
        raise Refused("Only an owner looks after members.")
    if membership not in found:
        raise Refused("Somebody has taken this role away already.")
    membership.delete()
    User.objects.filter(pk=membership.user_id).update(session_epoch=F("session_epoch") + 1)
    record("member.role_taken", subject=f"user:{membership.user_id}", refs={"role": membership.role})


def digest_of(token: str) -> bytes:
    """What is kept of a link."""
    return hashlib.sha256(token.encode()).digest()


def _must_make(place: Place) -> None:
    if Right.MAKER not in place.may(Act.MEMBERS):
        raise Refused("Only an owner looks after members.")


def _send(place: Place, inviter: User, invitation: Invitation, token: str) -> None:
    letter = {
        "tenant": place.name,
        "inviter": inviter.get_full_name(),
        "role": invitation.get_role_display(),
        "link": f"{settings.PUBLIC_URL}/invitations/{token}/",
        "expires": invitation.expires,
    }
    send_mail(
        f"{place.name} invites you to ml-connector".replace("\n", " ").replace("\r", " "),
        render_to_string("tenants/email/invitation.txt", letter),
        None,
        [invitation.email],
    )
