"""Whose work it is to end a cause."""

from integrations.engine.reasons import reason_of
from integrations.models import Alert, AlertKind
from tenants.models import Role
from tenants.permissions import Act, Right, may

# The one alert that quiet hours do not delay (ap-rules 1.10).
IGNORES_QUIET = frozenset({"may_be_paid_twice", "paid_elsewhere"})
_PLUMBERS = (Role.INTEGRATOR, Role.OWNER)
_APPROVED_BY = {
    "answers": Act.OVERRIDE,
    "settings": Act.SETTINGS,
    "mappings": Act.MAP,
    "keys": Act.MEMBERS,
    "switches": Act.UNCHECK,
}


def owner_roles(alert: Alert) -> tuple[str, ...]:
    """The roles that work on it. What a controller decides a clerk proposes: both are told."""
    if alert.kind in (AlertKind.HELD, AlertKind.MONEY):
        owner = reason_of(alert.code).owner
        return (owner, Role.CLERK) if owner == Role.CONTROLLER else (owner,)
    if alert.kind == AlertKind.PROPOSAL:
        act = _APPROVED_BY.get(alert.code, Act.OVERRIDE)
        return tuple(role for role in Role.values if may(role, act) is Right.CHECKER)
    return _PLUMBERS
