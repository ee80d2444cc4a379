"""An act, and a way of doing it that says by the rows whether it was done."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.test import Client

from tenants.models import Role
from tenants.scope import tenant_scope
from tests.defences.table import API_KEY, CONFIGURE, CONNECT, WORK, makes
from tests.integrations.factories import Desk

OWNER, INTEGRATOR, CONTROLLER, CLERK = Role.OWNER, Role.INTEGRATOR, Role.CONTROLLER, Role.CLERK
CONNECTING = makes(CONNECT)
MAPPING = makes(CONFIGURE, "mappings") - {API_KEY}  # as makers; a key has the API only
WORKING = makes(WORK)


@dataclass(frozen=True)
class Trial:
    """An act: who may do it, and a way of doing it that says by the rows whether it was done."""

    name: str
    allowed: frozenset[str]
    attempt: Callable[[Client, Desk], bool]


def scope_of(desk: Desk) -> Any:
    return tenant_scope(desk.tenant_id)
