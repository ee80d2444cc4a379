"""People with roles in windows of their own, over a tenant whose connections are not simulators."""

from dataclasses import dataclass

from django.test import Client
from playwright.sync_api import Page

from integrations.models import Connection
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import Cast, join, person, signed_in
from tests.integrations.factories import Desk


@dataclass(frozen=True)
class People:
    """Session cookies by role, made before the browser starts its event loop."""

    sessions: dict[str, str]

    @classmethod
    def make(cls, cast: Cast, desk: Desk, *roles: Role) -> "People":
        """One new member for each role; nothing connected is a simulator, so that two people are needed."""
        with tenant_scope(desk.tenant_id):
            Connection.objects.update(environment="production")
        return cls({role: session_of(member(cast, role)) for role in roles})

    def sit_down(self, window: Page, role: Role, site: str) -> None:
        """This person takes the window over."""
        window.context.clear_cookies()
        window.context.add_cookies([{"name": "ml_session", "value": self.sessions[role], "url": site}])


def member(cast: Cast, role: Role) -> Client:
    """A new member's browser."""
    user = person()
    join(user, cast.tenant, role)
    return signed_in(user)


def session_of(client: Client) -> str:
    """The session's cookie."""
    return str(client.cookies["ml_session"].value)
