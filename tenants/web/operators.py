"""Operators: a superuser with a second factor may look into one tenant, for a reason, for an hour, visibly.

An operator looks as an auditor does: nothing can be changed. Each page looked at is an entry in the tenant's audit.
"""

from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from allauth.account.authentication import get_authentication_records
from django.http import HttpRequest

from audit.log import record
from tenants.access import Place
from tenants.models import OperatorAccess, Role, Tenant, User
from tenants.scope import Actor, tenant_scope

SESSION_KEY = "operator_access"
TIME_BOX = timedelta(hours=1)
_SHOWN = 50


def is_operator(request: HttpRequest) -> bool:
    """A superuser who proved a second factor in this session."""
    user = request.user
    if not (user.is_authenticated and user.is_active and user.is_superuser):
        return False
    return any(proof.get("method") == "mfa" for proof in get_authentication_records(request, user))


def enter(request: HttpRequest, tenant_id: UUID, reason: str, now: datetime) -> OperatorAccess:
    """Open the tenant to this operator until `now` + 1 h; the tenant sees who, when and why."""
    operator = cast(User, request.user)
    with tenant_scope(tenant_id, actor=_actor(operator)):
        access = OperatorAccess.objects.create(
            operator=operator, tenant_id=tenant_id, reason=reason, opened=now, expires=now + TIME_BOX
        )
        record("operator.entered", subject=f"access:{access.pk}", detail={"reason": reason, "until": access.expires})
    request.session[SESSION_KEY] = access.pk
    return access


def leave(request: HttpRequest, now: datetime) -> None:
    """End the access of this session; the tenant sees that too."""
    access = open_access(request, now)
    request.session.pop(SESSION_KEY, None)
    if access is not None:
        with tenant_scope(access.tenant_id, actor=_actor(access.operator)):
            record("operator.left", subject=f"access:{access.pk}")


def entries() -> list[OperatorAccess]:
    """The last accesses of all operators, newest first."""
    return list(OperatorAccess.objects.select_related("operator").order_by("-opened", "-id")[:_SHOWN])


def place_of_operator(request: HttpRequest, now: datetime) -> Place | None:
    """The tenant the operator entered, while the access lasts; notes the page in the tenant's audit."""
    if not is_operator(request):
        return None
    operator = cast(User, request.user)
    access = open_access(request, now)
    if access is None:
        request.session.pop(SESSION_KEY, None)
        return None
    with tenant_scope(access.tenant_id, actor=_actor(operator)):
        record("operator.looked", subject=f"access:{access.pk}", detail={"path": request.path, "how": request.method})
        tenant = Tenant.objects.get()
    roles, actor = (Role.AUDITOR,), _actor(operator)
    return Place(tenant.pk, tenant.name, tenant.slug, tenant.time_zone, roles, actor, until=access.expires)


def open_access(request: HttpRequest, now: datetime) -> OperatorAccess | None:
    """What this session's operator has entered and not left, while it lasts."""
    number, operator = request.session.get(SESSION_KEY), cast(User, request.user)
    rows = OperatorAccess.objects.select_related("operator")
    return rows.filter(pk=number, operator=operator, expires__gt=now).first() if number is not None else None


def _actor(operator: User) -> Actor:
    return Actor("operator", str(operator.pk), operator.email)
