"""Two people for what matters: who may do an act alone, who proposes it, who approves.

Makers propose and checkers approve, never their own. While every connection is a simulator, or nobody else could
approve, the maker does it alone, and the page says so: a one-person trial must work. A tenant may also switch the
second person off (`switching`); that alone still takes two.
"""

from enum import StrEnum
from typing import NamedTuple

from django.db.models import Exists, QuerySet

from integrations.models import CheckSwitch, Connection
from tenants.access import Place
from tenants.models import Membership, Role, Tenant
from tenants.permissions import Act, Right, may


class Ruling(StrEnum):
    """What a person may do of an act now."""

    ALONE = "alone"
    PROPOSE = "propose"
    NO = "no"


class Why(StrEnum):
    """Why nobody has to look at what somebody decides."""

    SIMULATORS = "simulators"
    SWITCHED_OFF = "switched_off"
    NOBODY_ELSE = "nobody_else"


def ruling(place: Place, act: Act, *, real: bool = False) -> Ruling:
    """What the person at `place` may do of `act`; in the tenant's scope. `real`: it concerns no simulator."""
    mine = place.may(act)
    if Right.YES in mine:
        return Ruling.ALONE
    if Right.MAKER not in mine:
        return Ruling.NO
    return Ruling.PROPOSE if needs_second(act, place.person, real=real) else Ruling.ALONE


def may_approve(place: Place, act: Act, made_by: int | None) -> bool:
    """Whether the person at `place` approves what `made_by` proposed: a checker, and somebody else."""
    return Right.CHECKER in place.may(act) and place.person is not None and place.person != made_by


def may_confirm(place: Place, act: Act) -> bool:
    """Whether the person at `place` has the last word on `act`: a checker, or a maker whom nobody has to check."""
    return Right.CHECKER in place.may(act) or ruling(place, act) is Ruling.ALONE


def needs_second(act: Act, maker: int | None, *, real: bool = False) -> bool:
    """Whether `act` takes a second person here, when the user `maker` (or a key they made) makes it."""
    return why_alone(act, maker, real=real) is None


def why_alone(act: Act, maker: int | None, *, real: bool = False) -> Why | None:
    """Why `act` takes no second person when `maker` makes it; None: it takes one. One query."""
    standing = _standing(act, maker)
    if standing.connected and not (standing.real or real):
        return Why.SIMULATORS
    if standing.off and act is not Act.UNCHECK:
        return Why.SWITCHED_OFF
    return None if standing.others else Why.NOBODY_ELSE


def switched_off() -> CheckSwitch | None:
    """The switch by which the second person is off; None: it is not switched off."""
    last: CheckSwitch | None = _switches().select_related("made_by", "checked_by").first()
    return last if last is not None and last.off else None


def rehearsal() -> bool:
    """Whether the tenant has connections, all of them to simulators: nothing here is real."""
    kinds = set(Connection.objects.values_list("environment", flat=True))
    return kinds == {"simulator"}


class _Standing(NamedTuple):
    connected: bool
    real: bool  # one of the connections is no simulator
    off: bool | None
    others: bool  # somebody else could approve


def _standing(act: Act, maker: int | None) -> _Standing:
    checkers = [role for role in Role.values if may(role, act) is Right.CHECKER]
    rows = Tenant.objects.annotate(
        connected=Exists(Connection.objects.all()),
        real=Exists(Connection.objects.exclude(environment="simulator")),
        off=_switches().values("off")[:1],
        others=Exists(Membership.objects.filter(role__in=checkers).exclude(user_id=maker)),
    )
    return _Standing(*rows.values_list("connected", "real", "off", "others").get())


def _switches() -> QuerySet[CheckSwitch]:
    rows: QuerySet[CheckSwitch] = CheckSwitch.objects.filter(status=CheckSwitch.Status.APPROVED)
    return rows.order_by("-checked_at", "-id")
