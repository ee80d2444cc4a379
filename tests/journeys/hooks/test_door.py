"""Every hostile line about incoming webhooks, sent to a web server as it runs: our door, byte by byte.

What is answered, what is kept, and that whoever sends nonsense holds up nobody.
"""

import importlib
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.db import connections
from django.utils import timezone

from bench import sender
from integrations.models import Connection, WebhookEvent, WebhookSubscription
from integrations.runner import hinting
from integrations.store import hooks as store
from tenants.credentials import Sealed
from tenants.scope import tenant_scope
from tests.factories import Cast
from tests.integrations.runner.town import ORGANIZATION
from tests.journeys.hooks.letters import SENT, Letter, Line, about, speak

RECEIVING, HINTING = "tests.integrations.hooks.test_receiving", "tests.integrations.hooks.test_hinting"
PAYMENTS, SERVED = "tests.integrations.hooks.test_payments", "tests.journeys.hooks.test_hooks"
# Lines that are no single request, and where they are tried.
ELSEWHERE = {
    "W09": f"{RECEIVING}:test_same_event_a_hundred_times_in_a_row_is_one",
    "W10": f"{RECEIVING}:test_same_event_fifty_times_at_once_is_one",
    "W12": f"{HINTING}:test_updated_before_created_and_older_news_change_nothing",
    "W13": f"{PAYMENTS}:test_two_steps_whose_events_come_turned_round_end_at_the_latest",
    "W30": f"{__name__}:test_five_hundred_events_within_a_second_are_kept",
    "W31": f"{SERVED}:test_with_the_database_down_the_sender_tries_again",
    "W32": f"{SERVED}:test_with_redis_down_events_are_stored_and_acted_on_once_it_is_back",
    "W39": f"{RECEIVING}:test_old_key_opens_for_a_while_after_a_renewal",
    "W41": f"{RECEIVING}:test_address_of_a_deleted_connection_or_tenant_is_unknown",
    "W42": f"{HINTING}:test_amount_in_an_event_is_never_believed",
    "W44": f"{HINTING}:test_event_that_came_while_its_record_was_read_is_not_lost",
}
# As they are numbered where they were first written down.
LINES = [1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 13, 14, 15, 16, 18, 19, 21, 22, 24, 26, 27, 28, 30, 31, 32, 34, 36, 37, 39, 41,
         42, 44, 46]  # fmt: skip
CASES = [pytest.param(line, id=f"{name} {line.words}") for name, lines in SENT.items() for line in lines]
pytestmark = [pytest.mark.processes, pytest.mark.slow]


@pytest.fixture(scope="module")
def web(django_db_setup: None) -> Iterator[str]:
    """Our web server on the tests' database."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connections['default'].settings_dict['NAME']}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", url.geturl())
        with sender.served() as (place, _):
            yield place


@dataclass
class Box:
    """A tenant's address for events, and what has come there."""

    tenant: UUID
    row: WebhookSubscription

    @classmethod
    def make(cls, tenant: UUID, key: str) -> "Box":
        about_it = {"organization_id": ORGANIZATION}
        with tenant_scope(tenant):
            made = Connection.objects.create(name="AP", system="bill", settings=about_it, secrets=Sealed({}))
            row = store.of_connection(made, timezone.now())
            store.new_key(row, key, timezone.now(), old_until=timezone.now())
        return cls(tenant, row)

    @property
    def path(self) -> str:
        with tenant_scope(self.tenant):
            return f"/hooks/bill/{self.row.secrets.reveal()['token']}/"

    def events(self) -> list[WebhookEvent]:
        with tenant_scope(self.tenant):
            return list(WebhookEvent.objects.filter(connection=self.row.connection_id))


@pytest.fixture
def box(cast: Cast) -> Box:
    return Box.make(cast.tenant.pk, sender.KEY)


@pytest.fixture
def letter(box: Box, cast: Cast) -> Letter:
    return Letter(box.path, sender.KEY, Box.make(cast.elsewhere.pk, "their-key").path)


@pytest.mark.parametrize("line", CASES)
def test_door_answers_each_line_as_it_should(web: str, box: Box, letter: Letter, line: Line) -> None:
    assert speak(web, line.make(letter), leaves=line.leaves) == list(line.answers)
    assert len(box.events()) == line.kept
    hinting.hand_on()
    assert all(row.processed_at for row in box.events())


@pytest.mark.parametrize("line", [f"W{number:02}" for number in LINES])
def test_every_line_has_its_test(line: str) -> None:
    if line in SENT:
        assert line not in ELSEWHERE
        return
    module, name = ELSEWHERE[line].split(":")
    assert callable(getattr(importlib.import_module(module), name))


def test_five_hundred_events_within_a_second_are_kept(web: str, box: Box) -> None:
    assert sender.ORGANIZATION == ORGANIZATION
    assert sender.send(web, box.path, 500, 1)["answers"] == {"200": 500}
    assert len(box.events()) == 500


def test_senders_who_never_finish_hold_up_nobody(web: str, letter: Letter) -> None:
    """As many as either of the web server's processes can spare; a proxy in front keeps away more of them."""
    head = letter.post(length=False, headers={"content-length": "200000"})
    host, _, port = web.partition(":")
    with ExitStack() as stack:
        for _ in range(7):
            stack.enter_context(socket.create_connection((host, int(port)))).sendall(head)
        time.sleep(0.5)
        began = time.monotonic()
        assert speak(web, letter.post(about())) == [200]
        assert time.monotonic() - began < 5
