"""Who may do what: the table of roles, as data.

MAKER proposes and CHECKER approves, never the same person; YES does it alone; SCOPED is an API key within its scopes.
"""

from collections.abc import Iterable
from enum import StrEnum

from tenants.models import Role

API_KEY = "api_key"


class Act(StrEnum):
    READ = "read"  # and export, verify
    CONNECT = "connect"  # connections, secrets, profiles, schedules
    SETTINGS = "settings"  # policies of an integration
    MAP = "map"  # mappings
    WORK = "work"  # retry, map as a proposal, link, comment, assign
    IGNORE = "ignore"  # up to the integration's ignore_limit
    OVERRIDE = "override"  # ignore above it, duplicate override, unlink, archive, undo, re-post
    PAYEE = "payee"  # payee hold, reversal voucher, vendor into the ERP
    MEMBERS = "members"  # members, roles, API keys
    UNCHECK = "uncheck"  # switch maker/checker off


class Right(StrEnum):
    YES = "yes"
    MAKER = "maker"
    CHECKER = "checker"
    SCOPED = "scoped"


RIGHTS: dict[Act, dict[str, Right]] = {
    Act.READ: dict.fromkeys(Role.values, Right.YES) | {API_KEY: Right.SCOPED},
    Act.CONNECT: {Role.OWNER: Right.MAKER, Role.INTEGRATOR: Right.MAKER, Role.CONTROLLER: Right.CHECKER},
    Act.SETTINGS: {Role.INTEGRATOR: Right.MAKER, Role.CONTROLLER: Right.CHECKER, API_KEY: Right.MAKER},
    Act.MAP: {
        Role.INTEGRATOR: Right.MAKER,
        Role.CONTROLLER: Right.CHECKER,
        Role.CLERK: Right.MAKER,
        API_KEY: Right.MAKER,
    },
    Act.WORK: {
        Role.INTEGRATOR: Right.YES,
        Role.CONTROLLER: Right.YES,
        Role.CLERK: Right.YES,
        API_KEY: Right.SCOPED,
    },
    Act.IGNORE: {Role.CONTROLLER: Right.YES, Role.CLERK: Right.YES},
    Act.OVERRIDE: {Role.CONTROLLER: Right.CHECKER, Role.CLERK: Right.MAKER},
    Act.PAYEE: {Role.CONTROLLER: Right.CHECKER, Role.CLERK: Right.MAKER},
    Act.MEMBERS: {Role.OWNER: Right.MAKER, Role.CONTROLLER: Right.CHECKER},
    Act.UNCHECK: {Role.OWNER: Right.MAKER, Role.CONTROLLER: Right.CHECKER},
}


def may(role: str, act: Act) -> Right | None:
    """What `role` (or "api_key") may do of `act`; None: nothing."""
    return RIGHTS[act].get(role)


def rights(roles: Iterable[str], act: Act) -> frozenset[Right]:
    """All that a person with these roles may do of `act`. MAKER and CHECKER together: a conflict the page shows."""
    return frozenset(right for role in roles if (right := may(role, act)) is not None)
