"""The page of the second person, and the sentence on every page on which people decide."""

from collections.abc import Callable

import pytest
from django.test import Client

from integrations.models import CheckSwitch, Connection
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import Cast
from tests.integrations.api.conftest import make_key, with_key
from tests.integrations.factories import Desk

PATH = "/settings/second-person/"
SINCE = "One person decides alone here since"


@pytest.fixture
def real(desk: Desk) -> Desk:
    """Nothing is a simulator."""
    with tenant_scope(desk.tenant_id):
        Connection.objects.update(environment="production")
    return desk


@pytest.fixture
def controller(browser_of: Callable[[Role], Client]) -> Client:
    return browser_of(Role.CONTROLLER)


def asked_of(desk: Desk) -> CheckSwitch:
    with tenant_scope(desk.tenant_id):
        found: CheckSwitch = CheckSwitch.objects.latest("id")
        return found


def test_two_people_switch_it_off_and_every_page_says_so(
    owner: Client, controller: Client, clerk: Client, cast: Cast, real: Desk
) -> None:
    assert SINCE not in clerk.get("/mappings/").content.decode()
    owner.post(PATH, {"reason": "We are three people"})
    assert "Waits for a controller" in owner.get(PATH).content.decode()
    controller.post(f"{PATH}{asked_of(real).uuid}/", {"do": "approve"})
    record = real.record("held", code="no_due_date")
    for path in (
        *("/mappings/", "/review/", f"/records/{record.uuid}/", "/settings/", PATH, "/review/proposals/"),
        *(f"/integrations/{real.integration.uuid}/settings/", "/admin/integrations/glmapping/"),
    ):
        page = clerk.get(path).content.decode()
        assert SINCE in page, path
        assert cast.owner.email in page, path
    assert SINCE not in clerk.get("/runs/").content.decode()


def test_the_page_keeps_what_was_typed_when_it_is_refused(owner: Client, controller: Client, desk: Desk) -> None:
    answer = owner.post(PATH, {"reason": "We are three people"})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "Everything connected is a simulator" in page
    assert "We are three people" in page


def test_a_clerk_and_a_controller_propose_nothing(clerk: Client, controller: Client, real: Desk) -> None:
    for client in (clerk, controller):
        assert client.post(PATH, {"reason": "x"}).status_code == 403
        assert "An owner proposes it" in client.get(PATH).content.decode()


def test_somebody_alone_on_simulators_is_told_why(owner: Client, clerk: Client, desk: Desk) -> None:
    assert "everything connected is a simulator" in owner.get("/mappings/").content.decode()
    assert "decide alone" not in owner.get("/runs/").content.decode()


def test_the_api_does_the_same_and_a_key_cannot(owner: Client, controller: Client, cast: Cast, real: Desk) -> None:
    program = with_key(make_key(cast, "read", "settings")[1])
    path, body = "/api/v1/second-person/", {"off": True, "reason": "We are three people"}
    assert owner.get(path).json()["on"] is True
    made = owner.post(path, body, content_type="application/json").json()
    for act in ("approve", "withdraw"):
        refused = program.post(f"{path}{made['id']}/{act}/", {}, content_type="application/json")
        assert refused.status_code in (401, 403)
    assert owner.post(f"{path}{made['id']}/approve/", {}, content_type="application/json").status_code == 403
    done = controller.post(f"{path}{made['id']}/approve/", {}, content_type="application/json").json()
    assert done["status"] == "approved"
    found = owner.get(path).json()
    assert found["on"] is False
    assert "switched off" in found["why_off"]
