"""A planted secret is found nowhere; and what finds it when a defence is gone."""

import io
import logging
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import redis
import structlog
from allauth.mfa.totp.internal.auth import TOTP
from cryptography.fernet import MultiFernet
from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.db import transaction
from django.forms.widgets import Input, PasswordInput
from django.test import Client, override_settings
from django.utils import timezone

from audit.log import record
from integrations import runner, tasks
from integrations.models import Connection
from integrations.runner import connecting
from integrations.store import access
from tenants.credentials import Sealed
from tenants.keys import Keys
from tenants.mail import deliver
from tenants.models import OutgoingEmail, User
from tenants.scope import tenant_scope
from tests.defences.planted import findings
from tests.defences.rehearsal import Rehearsal, rehearsal
from tests.factories import Cast


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What the application's own handler writes."""
    [handler] = [one for one in logging.getLogger().handlers if type(one) is logging.StreamHandler]
    stream = io.StringIO()
    before = handler.setStream(stream)
    yield stream
    handler.setStream(before)


def plant(cast: Cast) -> list[str]:
    """Secrets wherever the application takes one."""
    secret, password, factor, letter = (f"planted{uuid.uuid4().hex}" for _ in range(4))
    key = api_key(cast)
    with tenant_scope(cast.tenant.pk):
        Connection.objects.create(name="books", system="erp", secrets=Sealed({"client_secret": secret}))
        record("connection.added", detail={"name": "books", "vendor": letter})
    owner = User.objects.get(pk=cast.owner.pk)
    owner.set_password(password)
    owner.save()
    TOTP.activate(owner, factor)
    with override_settings(EMAIL_BACKEND="tenants.mail.QueuedEmail"), transaction.atomic():
        EmailMessage("subject", f"link {letter}", to=["x@example.test"]).send()
    log = logging.getLogger("somewhere")
    log.warning("refused: client_secret=%s&x=1", secret)
    log.warning('answer {"password": "%s"}', password)
    structlog.get_logger("elsewhere").warning("call", authorization=f"Bearer {secret}", body={"token": factor})
    try:
        raise ValueError(f"api_key={secret}")
    except ValueError:
        log.exception("failed")
    log.warning("refused: Authorization: Api-Key %s", key)
    return [secret, password, factor, letter, key.partition(".")[2]]


def api_key(cast: Cast) -> str:
    """A key that a program has used, in its header and, wrongly, in the address."""
    place = cast.place(cast.owner)
    with place.scope():
        _, text = access.make(place, "a program", ["read"])
    client = Client(SERVER_NAME="127.0.0.1", HTTP_AUTHORIZATION=f"Api-Key {text}")
    assert client.get("/api/v1/status/").status_code == 200
    assert text not in client.get("/api/v1/audit/").content.decode()
    return text


def test_planted_secrets_are_found_nowhere(cast: Cast, logged: io.StringIO) -> None:
    secrets = plant(cast)
    assert logged.getvalue().count("\n") >= 5
    assert "[redacted]" in logged.getvalue()
    assert findings(secrets, logged=logged.getvalue()) == []


def test_a_queued_letter_leaves_only_an_id_in_the_broker_and_is_sent_once(cast: Cast) -> None:
    letter = f"planted{uuid.uuid4().hex}"
    with override_settings(EMAIL_BACKEND="tenants.mail.QueuedEmail"), transaction.atomic():
        EmailMessage("subject", letter, to=["x@example.test"]).send()
    row = OutgoingEmail.objects.latest("created")
    assert findings([letter]) == []
    assert deliver(row.pk, timezone.now())
    assert not deliver(row.pk, timezone.now())


@pytest.mark.parametrize("place", ["table", "redis", "log"])
def test_a_secret_in_the_open_is_found(cast: Cast, logged: io.StringIO, place: str) -> None:
    secret = f"planted{uuid.uuid4().hex}"
    if place == "table":
        with tenant_scope(cast.tenant.pk):
            Connection.objects.create(name="leak", system="erp", settings={"x": secret}, secrets=Sealed({}))
    elif place == "redis":
        redis.Redis.from_url(settings.REDIS_URL).set("leak", secret, ex=5)
    else:
        unhooked = logging.StreamHandler(logged)
        logging.getLogger("bare").addHandler(unhooked)
        logging.getLogger("bare").warning("client_secret=%s", secret)
        logging.getLogger("bare").removeHandler(unhooked)
    found = findings([secret], logged=logged.getvalue())
    assert len(found) == 1
    assert found[0].startswith(
        {"table": "table integrations_connection", "redis": "Redis key leak"}.get(place, "the log")
    )


def test_unhooked_redaction_is_found(cast: Cast, logged: io.StringIO) -> None:
    [handler] = [one for one in logging.getLogger().handlers if type(one) is logging.StreamHandler]
    hooked = handler.formatter
    handler.setFormatter(logging.Formatter())
    try:
        secrets = plant(cast)
    finally:
        handler.setFormatter(hooked)
    assert "the log" in findings(secrets, logged=logged.getvalue())


def first_day(made: Rehearsal) -> None:
    """Both connections, their pings right and wrong, a sync by a worker, every page afterwards."""
    erp, ap = made.connect("ifs"), made.connect("bill")
    assert made.ping(erp)
    assert made.ping(ap)
    made.replace(ap, password=made.wrong)
    assert not made.ping(ap)
    made.replace(ap, password=made.token)
    made.join(erp, ap)
    states = made.sync()
    assert states.get("done"), states
    made.look_round()
    made.note_reprs(erp, ap)


@pytest.mark.slow
def test_a_whole_day_of_work_leaves_no_secret_anywhere(cast: Cast, logged: io.StringIO) -> None:
    with rehearsal(cast, "ifs", "bill") as made:
        first_day(made)
    assert len(made.handed_out) >= 3
    assert "serve_flow" in made.heard["Redis traffic"]
    assert "mlc:token:" in made.heard["Redis traffic"]
    assert "request_finished" in logged.getvalue()
    assert findings(made.secrets, logged=logged.getvalue(), heard=made.heard) == []


# Text that HTTP headers cannot carry: libraries like to quote it in what they raise.
ODD = ["line\r\nX-Evil: 1", "quote\u2019", "bell\x07", "\U0001f511"]


@pytest.mark.parametrize("odd", ODD)
def test_a_secret_that_no_header_can_carry_is_not_quoted(cast: Cast, logged: io.StringIO, odd: str) -> None:
    with rehearsal(cast, "bill") as made:
        row = made.connect("bill", dev_key=f"{made.wrong}{odd}{made.wrong}")
        assert not made.ping(row)
        made.look_round()
    assert findings(made.secrets, logged=logged.getvalue(), heard=made.heard) == []


def in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Keys, "encrypt", lambda self, purpose, plain: self.newest(purpose).to_bytes(8, "big") + plain)
    monkeypatch.setattr(Keys, "decrypt", lambda self, sealed: bytes(sealed)[8:])


def tokens_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MultiFernet, "encrypt", lambda self, plain: plain)
    monkeypatch.setattr(MultiFernet, "decrypt", lambda self, sealed: sealed)


def echoing_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PasswordInput, "get_context", Input.get_context)


def telling_reprs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sealed, "__repr__", lambda self: str(self.reveal()))


def telling_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "ping", lambda *given: tell_a_worker(*given))


def tell_a_worker(connection_id: int, tenant_id: Any, *more: Any) -> Any:
    with tenant_scope(tenant_id):
        secret = Connection.objects.get(pk=connection_id).secrets.reveal()["dev_key"]
    tasks.serve_flow.apply_async(args=(secret, 0), queue="nobody-listens", expires=1)
    redis.Redis.from_url(settings.REDIS_URL).delete("ml-celery:nobody-listens")
    return connecting.ping(connection_id, tenant_id, *more)


@pytest.mark.parametrize(
    ("unhook", "found"),
    [
        (in_the_clear, "table integrations_connection"),
        (tokens_in_the_clear, "Redis traffic"),
        (echoing_forms, "POST /connections/add/bill/"),
        (telling_reprs, "repr of tenants.credentials.Sealed"),
        (telling_tasks, "Redis traffic"),
    ],
)
def test_each_defence_that_is_gone_is_found(
    cast: Cast, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch, unhook: Any, found: str
) -> None:
    with rehearsal(cast, "bill") as made:
        unhook(monkeypatch)
        row = made.connect("bill")
        assert made.ping(row)
        with tenant_scope(cast.tenant.pk):
            made.note_reprs(row)
        seen = findings(made.secrets, logged=logged.getvalue(), heard=made.heard)
    assert found in seen


def test_a_secret_packed_into_a_session_or_a_message_is_found(database: None) -> None:
    secret = f"planted{uuid.uuid4().hex}"
    packed = signing.dumps({"typed": [secret] * 9}, compress=True)
    assert secret not in packed
    assert findings([secret], heard={"cookie": packed}) == ["cookie"]
