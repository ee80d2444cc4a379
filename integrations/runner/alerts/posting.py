"""Posts signed messages to the tenant's endpoints: guarded as every outgoing request, tried again over three days."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from audit.log import record as audit
from integrations.engine.errors import SyncError
from integrations.models import AlertChannel, AlertDelivery
from integrations.runner import connecting
from integrations.runner.alerts.signing import signed
from integrations.transport.answer import Answer
from integrations.transport.body import Caps
from integrations.transport.client import ApiClient
from tenants.scope import tenant_scope

# https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#deliverability-and-reliability
GAPS = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, *(hours * 3600 for hours in (2, 5, 10, 14, 20, 24)))
)  # fmt: skip
DEADLINE = 10.0  # seconds in total for one try: a slow endpoint holds up no worker for longer
_LEASE, _WORK = timedelta(minutes=2), timedelta(seconds=20)
_LONGEST_REST = timedelta(minutes=30)
_HOPELESS = timedelta(days=2)  # without one success, when a message is given up
_CAPS = Caps(wire=64 * 1024, decoded=64 * 1024)
NO_ANSWER = "It could not be reached, or did not answer within 10 seconds."
_UNREADABLE = {"tls": "Its certificate does not prove who it is.", "too_large": "Its answer is too large to read."}
_Status = AlertDelivery.Status


class _Unlimited:
    """An endpoint tells us its limits by what it answers; nobody shares them with us."""

    def slot(self, *, cost: int = 1) -> AbstractContextManager[None]:
        return nullcontext()

    def login(self) -> None:
        """Nobody signs in."""

    def close_for(self, seconds: float) -> None:
        """The message waits anyway."""


@dataclass(frozen=True, slots=True)
class Try:
    """One message on its way, read before the request so that no transaction is open during it."""

    delivery_id: int
    event: UUID
    body: bytes
    url: str
    secrets: tuple[str, ...]


def post_due(channel_id: int, tenant_id: UUID) -> int:
    """Post what is due on this endpoint, oldest first, until something fails or 20 s have passed; how many arrived.

    One poster at a time: the endpoint is leased. A message that failed is due again later, and the endpoint rests.
    """
    started = timezone.now()
    with tenant_scope(tenant_id):
        free = AlertChannel.objects.filter(pk=channel_id, user=None, enabled=True).exclude(busy_until__gt=started)
        if not free.update(busy_until=started + _LEASE):
            return 0
    arrived = 0
    while timezone.now() - started < _WORK and (one := _next(channel_id, tenant_id)) is not None:
        status, error = _post(one)
        if not _settled(one, tenant_id, channel_id, status, error):
            return arrived
        arrived += 1
    with tenant_scope(tenant_id):
        AlertChannel.objects.filter(pk=channel_id).update(busy_until=None)
    return arrived


def _next(channel_id: int, tenant_id: UUID) -> Try | None:
    """The next message that is due, its try counted and its next one fixed before anything is sent."""
    now = timezone.now()
    with tenant_scope(tenant_id):
        rows = AlertDelivery.objects.select_for_update(of=("self",)).select_related("channel")
        row = rows.filter(channel_id=channel_id, status=_Status.WAITING, next_at__lte=now).order_by("id").first()
        if row is None or row.channel.secrets is None:
            return None
        row.next_at = now + GAPS[min(row.attempts, len(GAPS) - 1)]
        row.attempts += 1
        row.save(update_fields=["next_at", "attempts"])
        kept, channel = row.channel.secrets.reveal(), row.channel
        old = kept.get("before") if channel.old_until and channel.old_until > now else None
        secrets = tuple(secret for secret in (kept["now"], old) if secret)
        return Try(row.pk, row.event, row.body.encode(), channel.url, secrets)


def _post(one: Try) -> tuple[int | None, str]:
    """(status, what went wrong): "" when it was taken. Nothing of the answer but its status is kept."""
    seen: list[int] = []

    def note(answer: Answer, _is_write: bool) -> None:
        seen.append(answer.status)

    try:
        client = ApiClient(
            one.url,
            kit=connecting.kit(deadline=DEADLINE),
            budget=_Unlimited(),
            classify=note,
            caps=_CAPS,
            secrets=one.secrets,
        )
    except SyncError as error:  # the operator's rules have changed since it was entered
        return None, error.message[:200]
    try:
        headers = {"Content-Type": "application/json", **signed(one.event, one.body, one.secrets, timezone.now())}
        client.send("POST", one.url, content=one.body, headers=headers)
    except SyncError as error:
        if not seen:
            return None, _UNREADABLE.get(error.code, NO_ANSWER)
    finally:
        client.close()
    status = seen[-1]
    if 200 <= status < 300:
        return status, ""
    if 300 <= status < 400:
        return status, f"It answered {status}: redirects are not followed. Enter the final address."
    return status, f"It answered {status}."


def _settled(one: Try, tenant_id: UUID, channel_id: int, status: int | None, error: str) -> bool:
    """Keep what came of a try; whether it arrived."""
    now = timezone.now()
    with tenant_scope(tenant_id):
        row = AlertDelivery.objects.select_for_update().get(pk=one.delivery_id)
        channel = AlertChannel.objects.select_for_update().get(pk=channel_id)
        row.answer_code, row.error = status, error
        if not error:
            row.status, row.sent_at, channel.failing_since = _Status.SENT, now, None
        else:
            channel.failing_since = channel.failing_since or now
            channel.busy_until = min(row.next_at, now + _LONGEST_REST)
            if row.attempts > len(GAPS):
                row.status = _Status.FAILED
            _give_up(channel, row, now)
        row.save(update_fields=["answer_code", "error", "status", "sent_at"])
        channel.save(update_fields=["failing_since", "busy_until", "enabled", "off_why"])
    return not error


def _give_up(channel: AlertChannel, row: AlertDelivery, now: datetime) -> None:
    """Switch the endpoint off when it says that it is gone, or took nothing for days; people are told by an alert."""
    gone = row.answer_code == 410
    hopeless = row.status == _Status.FAILED and channel.failing_since and now - channel.failing_since >= _HOPELESS
    if channel.enabled and (gone or hopeless):
        channel.enabled = False
        channel.off_why = "it said that it is gone (410)" if gone else "it took nothing for three days"
        audit("alert_endpoint_off", subject=f"alert_channel:{channel.pk}", refs={"why": channel.off_why})
