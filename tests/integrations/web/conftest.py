"""People with roles, their browsers, and a desk with records."""

from collections.abc import Callable

import pytest
from django.test import Client

from tenants.models import Role
from tests.factories import Cast, join, person, signed_in
from tests.integrations.factories import Desk


@pytest.fixture
def desk(cast: Cast) -> Desk:
    """An integration of the cast's tenant."""
    return Desk(cast.tenant.pk, cast.owner)


@pytest.fixture
def owner(cast: Cast) -> Client:
    """The owner's browser."""
    return signed_in(cast.owner)


@pytest.fixture
def clerk(cast: Cast) -> Client:
    """The colleague's browser: a clerk."""
    return signed_in(cast.colleague)


@pytest.fixture
def browser_of(cast: Cast) -> Callable[[Role], Client]:
    """A new member with a role, as a browser."""

    def make(role: Role) -> Client:
        user = person()
        join(user, cast.tenant, role)
        return signed_in(user)

    return make
