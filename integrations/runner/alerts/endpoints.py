"""The tenant's webhook endpoints: added, changed, tried, given a new secret, taken away; all audited, in its scope.

A secret is handed out once, when it is made. Raises Refused, whose text is a sentence for the person.
"""

import json
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from django.utils import timezone

from audit.log import record as audit
from integrations.engine.errors import SyncError
from integrations.models import AlertChannel, AlertDelivery, AlertKind
from integrations.runner import connecting
from integrations.runner.alerts.signing import new_secret
from integrations.store.checking import Ruling, ruling
from tenants.access import Place
from tenants.credentials import Sealed
from tenants.permissions import Act

MOST = 10
OVERLAP = timedelta(hours=24)  # in which the replaced secret signs too
_LONGEST_URL = 500
_Status = AlertDelivery.Status


class Refused(ValueError):
    """This cannot be done; `code` is stable, the text says why."""

    def __init__(self, message: str, code: str = "refused", field: str = "") -> None:
        super().__init__(message)
        self.code, self.field = code, field


def may_change(place: Place) -> bool:
    """Whether the person looks after endpoints: those who look after connections."""
    return ruling(place, Act.CONNECT) is not Ruling.NO


def add(place: Place, name: str, url: str, kinds: Collection[str], *, over: bool = True) -> tuple[AlertChannel, str]:
    """A new endpoint and its secret."""
    _must(place)
    if AlertChannel.objects.filter(user=None).count() >= MOST:
        raise Refused(f"There are {MOST} endpoints already: take one away first.", "too_many")
    secret, now = new_secret(), timezone.now()
    row = AlertChannel(secrets=Sealed({"now": secret}), secret_at=now, made_by_id=place.person)
    _fill(row, name, url, kinds, over)
    row.save()
    _note("alert_endpoint_added", row, url=True)
    return row, secret


def change(
    place: Place, row: AlertChannel, name: str, url: str, kinds: Collection[str], *, over: bool, enabled: bool
) -> None:
    """Other values; switching it on again forgets its failures."""
    _must(place)
    _fill(row, name, url, kinds, over)
    if enabled and not row.enabled:
        row.off_why, row.failing_since, row.busy_until = "", None, None
    elif not enabled:
        row.off_why = ""
    row.enabled = enabled
    row.save(update_fields=["name", "url", "kinds", "over", "enabled", "off_why", "failing_since", "busy_until"])
    _note("alert_endpoint_changed", row, url=True)


def renew_secret(place: Place, row: AlertChannel) -> str:
    """A new secret; the one before it signs beside it for a day, so that receivers can change over."""
    _must(place)
    now, secret = timezone.now(), new_secret()
    before = row.secrets.reveal()["now"] if row.secrets else secret
    row.secrets, row.secret_at, row.old_until = Sealed({"now": secret, "before": before}), now, now + OVERLAP
    row.save(update_fields=["secrets", "secret_at", "old_until"])
    _note("alert_endpoint_secret_renewed", row)
    return secret


def remove(place: Place, row: AlertChannel) -> None:
    """Take it away, with its log and its secret."""
    _must(place)
    _note("alert_endpoint_removed", row, url=True)
    row.delete()


def send_test(place: Place, row: AlertChannel) -> AlertDelivery:
    """A message of type `test`; it leaves within a minute."""
    _must(place)
    _must_work(row)
    now, event = timezone.now(), uuid.uuid4()
    body = {
        "type": "test",
        "timestamp": now.isoformat().replace("+00:00", "Z"),
        "data": {"text": "This is a test.", "endpoint": str(row.uuid)},
    }
    made: AlertDelivery = AlertDelivery.objects.create(
        channel=row, event=event, type="test", body=json.dumps(body), next_at=now, made_at=now
    )
    _note("alert_endpoint_tested", row)
    return made


def resend(place: Place, delivery: AlertDelivery, now: datetime) -> None:
    """Send a message to its endpoint again, with the id it had: a receiver that has it knows it."""
    _must(place)
    if delivery.channel.user_id is not None:
        raise Refused("Mail is not sent again: what still stands is told again after a day.")
    _must_work(delivery.channel)
    again = AlertDelivery.objects.filter(pk=delivery.pk).exclude(status=_Status.WAITING)
    if not again.update(status=_Status.WAITING, attempts=0, next_at=now, sent_at=None, error=""):
        raise Refused("It is waiting to be sent already.", "taken")
    AlertChannel.objects.filter(pk=delivery.channel_id, failing_since__isnull=False).update(busy_until=None)
    _note("alert_resent", delivery.channel, delivery=delivery.pk)


def _fill(row: AlertChannel, name: str, url: str, kinds: Collection[str], over: bool) -> None:
    name, chosen = name.strip(), [kind for kind in AlertKind.values if kind in kinds]
    if not (0 < len(name) <= 80 and name.isprintable()):
        raise Refused("Give it a name of at most 80 letters: who listens there.", field="name")
    if not chosen or set(kinds) - set(AlertKind.values):
        raise Refused(f"Choose what it is told: {', '.join(AlertKind.values)}.", field="kinds")
    if len(url) > _LONGEST_URL or "#" in url or "/../" in f"{url}/":
        raise Refused(f"Enter an https address of at most {_LONGEST_URL} letters, without # and /../.", field="url")
    try:
        connecting.egress().check(url)
    except SyncError as error:
        raise Refused(error.message, "egress_refused", field="url") from None
    row.name, row.url, row.kinds, row.over = name, url, chosen, over


def _must(place: Place) -> None:
    if not may_change(place):
        raise Refused("Owners and integrators look after endpoints. Ask one of them.", "not_allowed")


def _must_work(row: AlertChannel) -> None:
    if not row.enabled:
        raise Refused("This endpoint is switched off: switch it on first.")


def _note(action: str, row: AlertChannel, *, url: bool = False, **refs: object) -> None:
    detail = {"name": row.name} | ({"url": row.url} if url else {})
    audit(action, subject=f"alert_channel:{row.pk}", refs={"kinds": row.kinds, **refs}, detail=detail)
