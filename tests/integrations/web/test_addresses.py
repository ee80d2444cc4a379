"""Where a connection leads changes with a second person; nothing is sent there before, not even a ping."""

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from audit.log import opened as unsealed
from audit.models import AuditEntry
from integrations.models import Connection, ConnectionChange, PingResult
from integrations.runner import connecting
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import Cast, join, person
from tests.integrations.factories import connect
from tests.integrations.runner.test_configuring import DOCUMENT, SECRETS, apply
from tests.integrations.web.test_connections import ADD, FORM

KEYS = {"dev_key": "typed-developer-key", "password": "typed-password"}


class Ear:
    """A port that hears whether anybody comes, and hangs up."""

    def __init__(self) -> None:
        self.socket, self.calls = socket.create_server(("127.0.0.1", 0)), 0
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                self.socket.accept()[0].close()
                self.calls += 1

    def heard(self) -> bool:
        """Since it was asked last."""
        came, self.calls = self.calls, 0
        return came > 0


@pytest.fixture
def ears(settings: Any) -> Iterator[tuple[Ear, Ear]]:
    """The old address and the new one; connections are no simulators' wherever they lead."""
    found = Ear(), Ear()
    settings.EGRESS_ALLOW_PRIVATE = True
    settings.EGRESS_ALLOWED_HOSTS = [ear.url.removeprefix("http://") for ear in found]
    yield found
    for ear in found:
        ear.socket.close()


@pytest.fixture
def controller(browser_of: Callable[[Role], Client]) -> Client:
    return browser_of(Role.CONTROLLER)


class Wire:
    """A tenant with a connection that is no simulator's."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        with tenant_scope(cast.tenant.pk):
            connect("ap", "Something real", environment="production")

    def scope(self) -> Any:
        return tenant_scope(self.cast.tenant.pk)

    def row(self, name: str = "Payables") -> Connection:
        with self.scope():
            found: Connection = Connection.objects.get(name=name)
            return found

    def change(self) -> ConnectionChange:
        with self.scope():
            found: ConnectionChange = ConnectionChange.objects.latest("id")
            return found

    def decide(self, client: Client, how: str) -> str:
        path = f"/connections/changes/{self.change().uuid}/"
        return client.post(path, {"do": how}, follow=True).content.decode()


def form(url: str, **other: str) -> dict[str, str]:
    return {**FORM, "dev_key": "", "password": "", "environment": "own", "base_url": url, **other}


def opened(owner: Client, controller: Client, cast: Cast, url: str) -> Wire:
    wire = Wire(cast)
    owner.post(ADD, form(url, **KEYS))
    wire.decide(controller, "approve")
    return wire


def ping(client: Client, row: Connection) -> None:
    client.post(f"/connections/{row.uuid}/ping/")


def test_a_new_connection_is_closed_until_a_controller_has_approved_where_it_leads(
    owner: Client, controller: Client, cast: Cast, ears: tuple[Ear, Ear]
) -> None:
    wire = Wire(cast)
    owner.post(ADD, form(ears[0].url, **KEYS))
    row = wire.row()
    assert row.closed
    ping(owner, row)
    answer = owner.post(f"/api/v1/connections/{row.uuid}/ping/", content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "address_unapproved")
    assert not connecting.ping(row.pk, cast.tenant.pk).green
    assert not ears[0].heard()
    page = controller.get(f"/connections/{row.uuid}/").content.decode()
    assert "Waits for a controller" in page
    assert ears[0].url in page
    wire.decide(controller, "reject")
    assert wire.row().closed  # for good, until it is proposed anew
    owner.post(f"/connections/{row.uuid}/edit/", form(ears[0].url))
    wire.decide(controller, "approve")
    assert not wire.row().closed
    ping(owner, row)
    assert ears[0].heard()


def test_a_changed_host_hears_nothing_before_it_is_approved_and_the_old_one_goes_on(
    owner: Client, controller: Client, cast: Cast, ears: tuple[Ear, Ear]
) -> None:
    wire = opened(owner, controller, cast, ears[0].url)
    owner.post(f"/connections/{wire.row().uuid}/edit/", form(ears[1].url, change_reason="They moved"))
    assert wire.row().settings["base_url"] == ears[0].url
    ping(owner, wire.row())
    assert ears[0].heard()
    assert not ears[1].heard()
    page = controller.get(f"/connections/{wire.row().uuid}/").content.decode()
    assert all(text in page for text in (ears[0].url, ears[1].url, "They moved", cast.owner.email))
    assert "Where Payables leads waits for a controller" in controller.get("/").content.decode()
    assert "Payables" in controller.get("/settings/").content.decode()
    assert "and not the one who proposed it" in wire.decide(owner, "approve")
    wire.decide(controller, "approve")
    assert wire.row().settings["base_url"] == ears[1].url
    ping(owner, wire.row())
    assert ears[1].heard()
    with wire.scope():
        done = set(AuditEntry.objects.values_list("action", flat=True))
        said = str([unsealed(entry) for entry in AuditEntry.objects.all()])
    assert {"connection_change_proposed", "connection_change_approved"} <= done
    assert ears[1].url in said
    assert KEYS["password"] not in said


def test_secrets_alone_are_replaced_at_once_and_never_together_with_a_proposal(
    owner: Client, controller: Client, cast: Cast, ears: tuple[Ear, Ear]
) -> None:
    wire = opened(owner, controller, cast, ears[0].url)
    path = f"/connections/{wire.row().uuid}/edit/"
    answer = owner.post(path, form(ears[1].url, password="for-the-new-one"))
    assert answer.status_code == 400
    assert "replace the secrets once it is approved" in answer.content.decode()
    assert "for-the-new-one" not in answer.content.decode()
    owner.post(path, form(ears[0].url, password="replaced", max_lines="50"))
    with wire.scope():
        row = Connection.objects.get(name="Payables")
        assert row.secrets.reveal()["password"] == "replaced"
        assert row.settings["max_lines"] == "50"
        assert not ConnectionChange.objects.filter(status="proposed").exists()
        assert "replaced" not in str(list(ConnectionChange.objects.values()))


def test_what_was_changed_since_is_not_approved(
    owner: Client, controller: Client, cast: Cast, ears: tuple[Ear, Ear]
) -> None:
    wire = opened(owner, controller, cast, ears[0].url)
    path = f"/connections/{wire.row().uuid}/edit/"
    owner.post(path, form(ears[1].url, max_lines="60"))
    owner.post(path, form(ears[0].url, max_lines="70"))  # leads nowhere else: at once
    assert "was changed meanwhile" in wire.decide(controller, "approve")
    assert "waits already" in owner.post(path, form(ears[1].url)).content.decode()
    wire.decide(owner, "withdraw")
    assert wire.change().status == "withdrawn"
    assert wire.row().settings["max_lines"] == "70"


def test_another_address_for_a_closed_connection_replaces_the_proposal(
    owner: Client, controller: Client, cast: Cast, ears: tuple[Ear, Ear]
) -> None:
    wire = Wire(cast)
    owner.post(ADD, form(ears[0].url, **KEYS))
    first = wire.change()
    owner.post(f"/connections/{wire.row().uuid}/edit/", form(ears[1].url, password="another"))
    controller.post(f"/connections/changes/{first.uuid}/", {"do": "approve"})
    assert wire.row().closed
    wire.decide(controller, "approve")
    assert not wire.row().closed
    ping(owner, wire.row())
    assert ears[1].heard()
    assert not ears[0].heard()


def test_a_document_proposes_says_that_it_waits_and_proposes_nothing_twice(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    apply(cast, DOCUMENT, tmp_path)  # nobody else is there yet
    join(person(), cast.tenant, Role.CONTROLLER)
    moved = DOCUMENT.replace("acme.ifs.cloud", "elsewhere.ifs.cloud")
    monkeypatch.setenv("ERP_SECRET", "for-elsewhere")
    assert "waits for a controller" in apply(cast, moved, tmp_path)
    assert "Nothing to change" in apply(cast, moved, tmp_path)
    with tenant_scope(cast.tenant.pk):
        row = Connection.objects.get(name="ERP")
        assert row.settings["base_url"] == "https://acme.ifs.cloud"
        assert row.secrets.reveal()["client_secret"] == "ifs-secret-1"
        assert ConnectionChange.objects.get(status="proposed").new == {"base_url": "https://elsewhere.ifs.cloud"}


def test_a_ping_by_command_reaches_no_unapproved_address(
    owner: Client, controller: Client, cast: Cast, ears: tuple[Ear, Ear]
) -> None:
    wire = Wire(cast)
    owner.post(ADD, form(ears[0].url, **KEYS))
    with pytest.raises(CommandError, match="Something is missing"):
        call_command("ping", wire.row().name, tenant=cast.tenant.slug)
    assert not ears[0].heard()
    with wire.scope():
        assert not PingResult.objects.filter(green=True).exists()
