"""Connections: the drawn form, write-only secrets, addresses that are refused, ping, delete."""

import re
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEntry
from integrations.management.serving import SimulatorServer
from integrations.models import Connection, PingResult
from integrations.systems import registry
from integrations.systems.bill import simulator
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import Cast, signed_in
from tests.integrations.factories import SECRET, Desk, connect

ADD = "/connections/add/bill/"
FORM = {
    "name": "Payables",
    "environment": "sandbox",
    "organization_id": "00802DEMOORGANIZA001",
    "dev_key": "typed-developer-key",
    "credential_kind": "sync_token",
    "username": "ml-connector",
    "password": "typed-password",
    "max_lines": "100",
    "max_number_length": "100",
}
INSIDE = [
    "http://gateway.example.com",
    "https://127.0.0.1",
    "https://localhost",
    "https://169.254.169.254",
    "https://[::1]",
    "https://[::ffff:127.0.0.1]",
    "https://2130706433",
    "https://0x7f.1",
    "https://0177.0.0.1",
    "https://user:pass@gateway.example.com",
    "https://gateway.example.com:22",
    "https://gateway.example.com:6379",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "gateway",
]


def bare(page: str) -> str:
    """A page without the address that was asked for and the form's token."""
    return re.sub(r'value="[^"]*"', "", page)


def all_rows(cast: Cast) -> list[Connection]:
    with tenant_scope(cast.tenant.pk):
        return list(Connection.objects.order_by("name"))


def secrets_of(cast: Cast, row: Connection) -> dict[str, Any]:
    with tenant_scope(cast.tenant.pk):
        found: dict[str, Any] = Connection.objects.get(pk=row.pk).secrets.reveal()
        return found


def test_the_form_asks_for_what_the_system_declares(owner: Client) -> None:
    page = owner.get(ADD)
    text = page.content.decode()
    system = registry.get("bill")
    assert all(f'name="{setting.name}"' in text for setting in system.settings)
    assert "Manage Developer Keys" in text
    assert page.headers["Cache-Control"].find("no-store") >= 0


def test_every_system_can_be_chosen_and_drawn(owner: Client) -> None:
    page = owner.get("/connections/add/").content.decode()
    for key, system in registry.systems().items():
        assert system.label in page
        assert owner.get(f"/connections/add/{key}/").status_code == 200


def test_saving_seals_the_secrets_and_audits(owner: Client, cast: Cast) -> None:
    assert owner.post(ADD, FORM).status_code == 302
    [row] = all_rows(cast)
    assert secrets_of(cast, row) == {"dev_key": "typed-developer-key", "password": "typed-password"}
    assert "dev_key" not in row.settings
    assert row.environment == "sandbox"
    with tenant_scope(cast.tenant.pk):
        assert AuditEntry.objects.filter(action="connection_added").count() == 1


def test_no_page_echoes_a_secret(owner: Client, cast: Cast) -> None:
    failed = owner.post(ADD, {**FORM, "organization_id": ""})
    owner.post(ADD, FORM)
    [row] = all_rows(cast)
    pages = [failed, owner.get(f"/connections/{row.uuid}/"), owner.get(f"/connections/{row.uuid}/edit/")]
    assert failed.status_code == 400
    assert not [page for page in pages if b"typed-" in page.content]
    assert f"by <bdi>{cast.owner.email}</bdi>" in pages[1].content.decode()


def test_what_was_typed_is_kept_after_an_error(owner: Client) -> None:
    page = owner.post(ADD, {**FORM, "organization_id": "", "username": "kept-name"}).content.decode()
    assert "kept-name" in page
    assert "Organization ID is needed." in page


def test_an_empty_secret_stays_and_a_typed_one_replaces(owner: Client, cast: Cast) -> None:
    owner.post(ADD, FORM)
    [row] = all_rows(cast)
    owner.post(f"/connections/{row.uuid}/edit/", {**FORM, "dev_key": "", "password": "replaced", "name": "Renamed"})
    assert secrets_of(cast, row) == {"dev_key": "typed-developer-key", "password": "replaced"}
    assert all_rows(cast)[0].name == "Renamed"


@pytest.mark.parametrize("url", INSIDE)
def test_an_address_that_points_inside_is_refused_beside_its_field(owner: Client, cast: Cast, url: str) -> None:
    page = owner.post(ADD, {**FORM, "environment": "own", "base_url": url})
    assert page.status_code == 400
    assert 'id="id_base_url_error"' in page.content.decode()
    assert all_rows(cast) == []


@pytest.mark.parametrize("name", ["a\0b", "x" * 81, "   "])
def test_a_name_that_cannot_be_one_is_refused(owner: Client, cast: Cast, name: str) -> None:
    assert owner.post(ADD, {**FORM, "name": name}).status_code == 400
    assert all_rows(cast) == []


def test_the_same_name_twice_is_said_beside_the_field(owner: Client, cast: Cast) -> None:
    owner.post(ADD, FORM)
    assert "Another connection has this name" in owner.post(ADD, FORM).content.decode()
    assert len(all_rows(cast)) == 1


@pytest.mark.parametrize("role", [Role.CLERK, Role.AUDITOR, Role.CONTROLLER])
def test_only_makers_change_connections(browser_of: Callable[[Role], Client], desk: Desk, role: Role) -> None:
    client, row = browser_of(role), desk.integration.ap
    paths = ["/connections/add/", ADD, f"/connections/{row.uuid}/edit/", f"/connections/{row.uuid}/delete/"]
    assert {client.get(path).status_code for path in paths} == {403}
    assert {client.post(path, FORM).status_code for path in paths[1:]} == {403}
    assert client.get(f"/connections/{row.uuid}/").status_code == 200


def test_a_foreign_and_a_missing_connection_look_the_same(desk: Desk, cast: Cast) -> None:
    stranger = signed_in(cast.stranger)
    foreign = stranger.get(f"/connections/{desk.integration.ap.uuid}/")
    missing = stranger.get("/connections/00000000-0000-4000-8000-000000000000/")
    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert bare(foreign.content.decode()) == bare(missing.content.decode())


def test_deleting_says_what_goes_and_is_refused_while_joined(owner: Client, desk: Desk) -> None:
    path = f"/connections/{desk.integration.ap.uuid}/delete/"
    assert "cannot be deleted" in owner.get(path).content.decode()
    assert owner.post(path).status_code == 409


def test_a_free_connection_is_deleted_and_audited(owner: Client, cast: Cast) -> None:
    with tenant_scope(cast.tenant.pk):
        row = connect()
    assert "0 ping results" in owner.get(f"/connections/{row.uuid}/delete/").content.decode()
    owner.post(f"/connections/{row.uuid}/delete/")
    assert all_rows(cast) == []
    with tenant_scope(cast.tenant.pk):
        assert AuditEntry.objects.filter(action="connection_deleted").exists()


def test_a_connection_of_a_system_that_is_gone_can_still_be_seen(owner: Client, cast: Cast) -> None:
    with tenant_scope(cast.tenant.pk):
        row = connect(system="gone")
    assert "no longer installed" in owner.get(f"/connections/{row.uuid}/").content.decode()


@pytest.fixture
def simulator_url(settings: Any) -> Iterator[str]:
    """A payables simulator on a local port that the egress rules allow."""
    server = SimulatorServer(simulator.build({}))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.EGRESS_ALLOW_PRIVATE = True
    settings.EGRESS_ALLOWED_HOSTS = [f"127.0.0.1:{server.port}"]
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    server.server_close()
    thread.join(5)


def ping(client: Client, cast: Cast, url: str, password: str, **headers: str) -> tuple[Any, PingResult]:
    keys = {"dev_key": "demo-dev-key", "password": password}
    client.post(ADD, {**FORM, **keys, "environment": "own", "base_url": url})
    [row] = all_rows(cast)
    response = client.post(f"/connections/{row.uuid}/ping/", headers=headers)
    with tenant_scope(cast.tenant.pk):
        return response, PingResult.objects.get(connection=row)


def test_a_ping_of_what_works_is_green(owner: Client, cast: Cast, simulator_url: str) -> None:
    response, result = ping(owner, cast, simulator_url, "demo-token")
    assert result.green, result.checks
    page = owner.get(response.headers["Location"]).content.decode()
    assert "Everything needed was found" in page
    assert all(check["name"] in page for check in result.checks)


def test_a_wrong_secret_is_red_with_what_to_do(owner: Client, cast: Cast, simulator_url: str) -> None:
    response, result = ping(owner, cast, simulator_url, "wrong-token", **{"HX-Request": "true"})
    page = response.content.decode()
    wrong = next(check for check in result.checks if check["verdict"] == "missing")
    assert not result.green
    assert wrong["advice"]
    assert "Something is missing" in page
    assert 'id="ping"' in page
    assert "wrong-token" not in page


def test_an_auditor_sees_but_does_not_ping(browser_of: Callable[[Role], Client], desk: Desk) -> None:
    row = desk.integration.ap
    auditor = browser_of(Role.AUDITOR)
    assert auditor.post(f"/connections/{row.uuid}/ping/").status_code == 302
    with tenant_scope(desk.tenant_id):
        assert not PingResult.objects.exists()
    assert SECRET.encode() not in auditor.get(f"/connections/{row.uuid}/").content
