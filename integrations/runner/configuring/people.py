"""The people of a document: roles of members are set, people who have not signed up yet are invited."""

from collections.abc import Callable, Sequence

from django.db.models import F
from django.utils import timezone

from audit.log import record
from integrations.runner.configuring.change import Change
from integrations.runner.configuring.document import Document, Wrong
from tenants import members
from tenants.access import Place
from tenants.models import Invitation, Membership, Role, Tenant, User
from tenants.scope import open_scope


def users(wanted: Document) -> list[Change]:
    """What would have to change about people. Raises Wrong."""
    found, owners = [], set(Membership.objects.filter(role=Role.OWNER).values_list("user__email", flat=True))
    for part in wanted.users:
        if unknown := sorted(set(part.roles) - set(Role.values)):
            raise Wrong(f"user {part.email}: {', '.join(unknown)} is no role; use {', '.join(Role.values)}.")
        email = part.email.strip().lower()
        owners = owners | {email} if Role.OWNER in part.roles else owners - {email}
        mine = set(Membership.objects.filter(user__email=email).values_list("role", flat=True))
        old, new = sorted(mine | _offered(email)), sorted(set(part.roles))
        if old != new:
            found.append(Change(f"user {email}", ", ".join(old), ", ".join(new), _roles(email, new)))
    if found and not owners:
        raise Wrong("users: nobody would own the tenant any more. Leave one person the role owner.")
    return found


def _offered(email: str) -> set[str]:
    """Roles that wait for the person to come."""
    now = timezone.now()
    rows = Invitation.objects.filter(email=email, accepted=None, revoked=None, expires__gt=now)
    return set(rows.values_list("role", flat=True))


def _roles(email: str, roles: Sequence[str]) -> Callable[[], None]:
    def do() -> None:
        Invitation.objects.filter(email=email, accepted=None).exclude(role__in=roles).update(revoked=timezone.now())
        user = User.objects.filter(email=email).first()
        if user is None:
            _invite(email, sorted(set(roles) - _offered(email)))
            return
        gone = Membership.objects.filter(user=user).exclude(role__in=roles)
        taken = sorted(gone.values_list("role", flat=True))
        gone.delete()
        if taken:  # what a session was allowed it must not keep
            User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
        for role in taken:
            record("member.role_taken", subject=f"user:{user.pk}", refs={"role": role})
        for role in roles:
            _, new = Membership.objects.get_or_create(user=user, role=role)
            if new:
                record("member.joined", subject=f"user:{user.pk}", refs={"role": role})

    return do


def _invite(email: str, roles: Sequence[str]) -> None:
    owner = Membership.objects.filter(role=Role.OWNER).select_related("user").order_by("id").first()
    if owner is None:
        raise Wrong(f"user {email}: nobody has signed up with this address, and there is no owner to invite them.")
    tenant, actor = Tenant.objects.get(), open_scope().actor
    place = Place(tenant.pk, tenant.name, tenant.slug, tenant.time_zone, (Role.OWNER,), actor, person=owner.user_id)
    for role in roles:
        members.invite(place, owner.user, email, Role(role), timezone.now())
