"""Members and their roles: who lets whom in."""

import uuid
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from tenants.models import Invitation, Membership, Role
from tests.defences.stranger import ask
from tests.defences.trials.trial import (
    CONTROLLER,
    OWNER,
    Trial,
    scope_of,
)
from tests.factories import person
from tests.integrations.factories import Desk


def _invite(client: Client, desk: Desk) -> bool:
    email = f"{uuid.uuid4().hex[:8]}@example.test"
    ask(client, "post", "/settings/members/invite/", {"email": email, "role": "clerk"})
    with scope_of(desk):
        return bool(Invitation.objects.filter(email=email).exists())


def _take_role(client: Client, desk: Desk) -> bool:
    user = person()
    with scope_of(desk):
        row = Membership.objects.create(user=user, role=Role.AUDITOR)
    ask(client, "post", f"/settings/members/{row.pk}/take-role/")
    with scope_of(desk):
        return not Membership.objects.filter(pk=row.pk).exists()


def _take_own_role(client: Client, desk: Desk) -> bool:
    """Nobody changes their own role."""
    user_id = int(client.session.get("_auth_user_id", desk.user.pk))  # of a key: whoever made it
    with scope_of(desk):
        row = Membership.objects.filter(user_id=user_id).latest("pk")
    ask(client, "post", f"/settings/members/{row.pk}/take-role/")
    with scope_of(desk):
        return not Membership.objects.filter(pk=row.pk).exists()


def _invitation(desk: Desk) -> Invitation:
    with scope_of(desk):
        made: Invitation = Invitation.objects.create(
            email=f"{uuid.uuid4().hex[:8]}@example.test", role=Role.CONTROLLER, digest=uuid.uuid4().bytes * 2,
            invited_by=desk.user, expires=timezone.now() + timedelta(days=1),
        )  # fmt: skip
    return made


def _approve(client: Client, desk: Desk) -> bool:
    row = _invitation(desk)
    ask(client, "post", f"/settings/invitations/{row.pk}/approve/")
    with scope_of(desk):
        return Invitation.objects.get(pk=row.pk).checked_by_id is not None


def _revoke(client: Client, desk: Desk) -> bool:
    row = _invitation(desk)
    ask(client, "post", f"/settings/invitations/{row.pk}/revoke/")
    with scope_of(desk):
        return Invitation.objects.get(pk=row.pk).revoked is not None


TRIALS = (
    Trial("invite a member", frozenset({OWNER}), _invite),
    Trial("withdraw an invitation", frozenset({OWNER}), _revoke),
    Trial("approve a controller", frozenset({CONTROLLER}), _approve),
    Trial("take a role away", frozenset({OWNER}), _take_role),
    Trial("take the own role away", frozenset(), _take_own_role),
)
