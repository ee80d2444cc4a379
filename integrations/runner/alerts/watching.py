"""Compares what stands with what was told, tenant by tenant. Any number of them at once is harmless."""

import json
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import close_old_connections, connection
from django.utils import timezone

from integrations.engine.money import plain
from integrations.models import Alert, AlertChannel, AlertDelivery, AlertKind, DueFlow
from integrations.runner.alerts import channels, mailing
from integrations.runner.alerts.causes import Cause, standing
from integrations.runner.alerts.deciding import Size, to_tell
from tenants.models import Tenant
from tenants.scope import current_tenant, tenant_scope

KEPT = timedelta(days=90)
GONE_AFTER = timedelta(minutes=10)  # not seen for so long is over; records that are decided again come back sooner
_AT_ONCE = 500
log = structlog.get_logger(__name__)


def tenants() -> list[UUID]:
    """Those that have something connected: nothing can have happened to the others."""
    return list(DueFlow.objects.order_by("tenant_id").values_list("tenant_id", flat=True).distinct())


def look(tenant_id: UUID, now: datetime | None = None) -> list[int]:
    """One look at a tenant: note what began, grew and ended, tell it, and name the endpoints that have messages due.

    Somebody else looking at the same tenant at this moment makes it do nothing.
    """
    with tenant_scope(tenant_id):
        at = now or timezone.now()
        if not _alone() or Tenant.objects.get().deleted_at is not None:
            return []
        compare(standing(at), at)
        mailing.send_due(at)
        _forget_old(at)
        return channels.with_work(at)


def look_safely(tenant_id: UUID) -> list[int]:
    """As `look`; what goes wrong at one tenant is logged and keeps nobody from looking at the next."""
    try:
        return look(tenant_id)
    except Exception:
        log.exception("alerts_not_looked_at", tenant=str(tenant_id))
        close_old_connections()
        return []


def compare(causes: Iterable[Cause], now: datetime) -> None:
    """Bring the open alerts up to these causes and tell what is to be told; in the tenant's scope."""
    found = {cause.key[:400]: cause for cause in causes}
    open_ = {alert.key: alert for alert in Alert.objects.filter(ended_at=None).select_related("integration")}
    if not found and not open_:
        return
    audience = channels.Audience()
    for key, cause in found.items():
        alert, steady = _kept(open_.get(key), cause, now)
        _tell(alert, audience, steady=steady, now=now)
    for key, alert in open_.items():
        if key not in found and now - alert.last_seen >= GONE_AFTER:
            _end(alert, audience, now)


def _alone() -> bool:
    """Whether nobody else looks at this tenant now; held until the scope ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"alerts:{current_tenant()}"])
        return bool(cursor.fetchone()[0])


def _kept(alert: Alert | None, cause: Cause, now: datetime) -> tuple[Alert, bool]:
    """The alert of this cause as it is now, and whether it is as large as it was."""
    values: dict[str, Any] = {
        "text": cause.text,
        "path": cause.path[:500],
        "count": cause.count,
        "amounts": {c: plain(amount, c) for c, amount in cause.amounts.items()},
        "earliest_due": cause.earliest_due,
        "urgent": cause.urgent,
    }
    if alert is None:
        made = Alert(kind=cause.kind, key=cause.key[:400], code=cause.code, integration_id=cause.integration_id)
        made.entity, made.subject, made.first_seen, made.last_seen = cause.entity, cause.subject, now, now
        for name, value in values.items():
            setattr(made, name, value)
        made.save()
        return made, False
    steady = alert.count == cause.count
    for name, value in values.items():
        setattr(alert, name, value)
    alert.last_seen = now
    alert.save(update_fields=[*values, "last_seen"])
    return alert, steady


def _tell(alert: Alert, audience: "channels.Audience", *, steady: bool, now: datetime) -> None:
    size, told = _size(alert.count, alert.amounts), None
    if alert.told_at is not None:
        told = _size(alert.told.get("count", 0), alert.told.get("amounts", {}))
    steady = steady or alert.kind != AlertKind.HELD  # only heaps of records grow while one looks
    event = to_tell(size, told, alert.told_at, alert.first_seen, urgent=alert.urgent, steady=steady, now=now)
    if event:
        alert.told, alert.told_at = {"count": alert.count, "amounts": alert.amounts}, now
        alert.save(update_fields=["told", "told_at"])
        deliver(alert, event, audience.of(alert), now)


def _end(alert: Alert, audience: "channels.Audience", now: datetime) -> None:
    alert.ended_at = now
    alert.save(update_fields=["ended_at"])
    if alert.told_at is not None:
        deliver(alert, "alert.ended", [channel for channel in audience.of(alert) if channel.over], now)


def _size(count: int, amounts: dict[str, str]) -> Size:
    return Size(count, {currency: Decimal(amount) for currency, amount in amounts.items()})


def deliver(alert: Alert, event: str, to: Iterable[AlertChannel], now: datetime) -> None:
    """A message about the alert on each of these channels, due when the channel wants it."""
    message, body = uuid.uuid4(), json.dumps(payload(alert, event, now), ensure_ascii=False)
    waiting = set(
        AlertDelivery.objects.filter(alert=alert, status="waiting", channel__user__isnull=False).values_list(
            "channel_id", flat=True
        )
    )
    AlertDelivery.objects.bulk_create(
        AlertDelivery(
            channel=channel, alert=alert, event=message, type=event, body="" if channel.user_id else body,
            next_at=channels.due(channel, alert, now), made_at=now,
        )
        for channel in to
        if channel.pk not in waiting  # mail that waits says how things stand when it leaves
    )  # fmt: skip


def payload(alert: Alert, event: str, now: datetime) -> dict[str, Any]:
    """What an endpoint is told: see docs/alerts.md."""
    return {
        "type": event,
        "timestamp": now.isoformat().replace("+00:00", "Z"),
        "data": {
            "id": str(alert.uuid),
            "kind": alert.kind,
            "code": alert.code,
            "integration": str(alert.integration.uuid) if alert.integration else None,
            "entity": alert.entity,
            "subject": alert.subject,
            "text": alert.text,
            "count": alert.count,
            "amounts": alert.amounts,
            "earliest_due": alert.earliest_due.isoformat() if alert.earliest_due else None,
            "urgent": alert.urgent,
            "first_seen": alert.first_seen.isoformat().replace("+00:00", "Z"),
            "url": f"{settings.PUBLIC_URL}{alert.path}",
        },
    }


def _forget_old(now: datetime) -> None:
    old = AlertDelivery.objects.filter(made_at__lt=now - KEPT).order_by("made_at").values_list("pk", flat=True)
    AlertDelivery.objects.filter(pk__in=list(old[:_AT_ONCE])).delete()
    ended = Alert.objects.filter(ended_at__lt=now - KEPT).values_list("pk", flat=True)
    Alert.objects.filter(pk__in=list(ended[:_AT_ONCE])).delete()
