"""A desk with records, and looks at it at times a test says."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from integrations.models import Alert, AlertChannel, AlertDelivery
from integrations.runner.alerts import channels, watching
from tenants.models import User
from tenants.scope import tenant_scope
from tests.factories import Cast
from tests.integrations.factories import Desk

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)  # a Wednesday


class Watch:
    """The clock of a test and what came of its looks."""

    def __init__(self, cast: Cast, desk: Desk) -> None:
        self.cast, self.desk, self.now = cast, desk, NOON

    def look(self, after: timedelta = timedelta(minutes=1)) -> list[int]:
        """One look, so much later than the last."""
        self.now += after
        return watching.look(self.cast.tenant.pk, self.now)

    def settle(self) -> None:
        """Two looks: what grew has come to rest."""
        self.look()
        self.look()

    def alerts(self, **where: Any) -> list[Alert]:
        with tenant_scope(self.cast.tenant.pk):
            return list(Alert.objects.filter(**where).order_by("id"))

    def deliveries(self, **where: Any) -> list[AlertDelivery]:
        with tenant_scope(self.cast.tenant.pk):
            return list(AlertDelivery.objects.filter(**where).order_by("id"))

    def choose(self, user: User, **values: Any) -> AlertChannel:
        """Another choice of a member's."""
        with tenant_scope(self.cast.tenant.pk):
            channel = channels.mine(user.pk)
            for name, value in values.items():
                setattr(channel, name, value)
            channel.save()
            return channel

    def letters(self, user: User) -> list[Any]:
        """What this person was sent."""
        return [each for each in mail.outbox if each.to == [user.email]]


@pytest.fixture
def desk(cast: Cast) -> Desk:
    return Desk(cast.tenant.pk, cast.owner)


@pytest.fixture
def watch(cast: Cast, desk: Desk, outbox: None) -> Watch:
    return Watch(cast, desk)


@pytest.fixture
def outbox(settings: Any) -> Iterator[None]:
    """Letters are kept in memory instead of the mail queue."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    yield
    mail.outbox = []
