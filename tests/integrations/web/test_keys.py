"""API keys: shown once, useless until a second person approves, revoked for good."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from integrations.models import ApiKey, Connection
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.integrations.factories import Desk

SENT = {"name": "Month-end report", "scopes": ["read"]}


@pytest.fixture
def real(desk: Desk) -> Desk:
    """Nothing is a simulator."""
    with tenant_scope(desk.tenant_id):
        Connection.objects.update(environment="production")
    return desk


def key_of(desk: Desk) -> ApiKey:
    with tenant_scope(desk.tenant_id):
        found: ApiKey = ApiKey.objects.get()
        return found


def status_of(text: str) -> int:
    return (
        Client(SERVER_NAME="127.0.0.1").get("/api/v1/status/", headers={"Authorization": f"Api-Key {text}"}).status_code
    )


def test_a_key_is_shown_once_and_works_when_approved(
    owner: Client, browser_of: Callable[[Role], Client], real: Desk
) -> None:
    controller = browser_of(Role.CONTROLLER)
    made = owner.post("/settings/keys/", SENT)
    text = re.search(r'data-copy="([^"]+)"', made.content.decode())
    assert text
    assert "no-store" in made.headers["Cache-Control"]
    assert text[1] not in owner.get("/settings/").content.decode()
    assert status_of(text[1]) == 401
    controller.post(f"/settings/keys/{key_of(real).uuid}/", {"do": "approve"})
    assert status_of(text[1]) == 200
    owner.post(f"/settings/keys/{key_of(real).uuid}/", {"do": "revoke"})
    assert status_of(text[1]) == 401


def test_nobody_approves_their_own_key(owner: Client, browser_of: Callable[[Role], Client], real: Desk) -> None:
    browser_of(Role.CONTROLLER)
    owner.post("/settings/keys/", SENT)
    assert "Approve" not in owner.get("/settings/").content.decode()
    answer = owner.post(f"/settings/keys/{key_of(real).uuid}/", {"do": "approve"}, follow=True)
    assert "A controller approves this" in answer.content.decode()


def test_a_clerk_makes_no_key(clerk: Client, desk: Desk) -> None:
    assert "Only an owner makes API keys." in clerk.post("/settings/keys/", SENT).content.decode()
    assert "Make an API key" not in clerk.get("/settings/").content.decode()
