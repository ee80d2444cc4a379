import io
import logging
import uuid
from collections.abc import Iterator

import pytest
import redis
import structlog
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from audit.log import record
from integrations.models import Connection
from tenants.credentials import Sealed
from tenants.mail import deliver
from tenants.models import OutgoingEmail, User
from tenants.scope import tenant_scope
from tests.defences.planted import findings
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
    return [secret, password, factor, letter]


def test_planted_secrets_are_found_nowhere(cast: Cast, logged: io.StringIO) -> None:
    secrets = plant(cast)
    assert logged.getvalue().count("\n") == 4
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
