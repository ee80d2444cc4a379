"""Two people for what matters: who may do an act alone, who proposes it, who approves.

Makers propose and checkers approve, never their own. While every connection is a simulator, or nobody else could
approve, the maker does it alone, and the page says so: a one-person trial must work.
"""

from enum import StrEnum

from integrations.models import Connection
from tenants.access import Place
from tenants.models import Membership, Role
from tenants.permissions import Act, Right, may


class Ruling(StrEnum):
    """What a person may do of an act now."""

    ALONE = "alone"
    PROPOSE = "propose"
    NO = "no"


def ruling(place: Place, act: Act) -> Ruling:
    """What the person at `place` may do of `act`; inside the tenant's scope."""
    mine = place.may(act)
    if Right.YES in mine:
        return Ruling.ALONE
    if Right.MAKER not in mine:
        return Ruling.NO
    return Ruling.PROPOSE if needs_second(act, place.person) else Ruling.ALONE


def may_approve(place: Place, act: Act, made_by: int | None) -> bool:
    """Whether the person at `place` approves what `made_by` proposed: a checker, and somebody else."""
    return Right.CHECKER in place.may(act) and place.person is not None and place.person != made_by


def may_confirm(place: Place, act: Act) -> bool:
    """Whether the person at `place` has the last word on `act`: a checker, or a maker whom nobody has to check."""
    return Right.CHECKER in place.may(act) or ruling(place, act) is Ruling.ALONE


def needs_second(act: Act, maker: int | None) -> bool:
    """Whether `act` takes a second person here, when the user `maker` (or a key they made) makes it."""
    if rehearsal():
        return False
    checkers = [role for role in Role.values if may(role, act) is Right.CHECKER]
    others = Membership.objects.filter(role__in=checkers)
    return bool(others.exclude(user_id=maker).exists())


def rehearsal() -> bool:
    """Whether the tenant has connections, all of them to simulators: nothing here is real."""
    kinds = set(Connection.objects.values_list("environment", flat=True))
    return kinds == {"simulator"}
