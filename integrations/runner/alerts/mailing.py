"""Alerts by e-mail: everything that is due for one member in one letter, as it stands when the letter leaves.

The letter is a row of the mail queue in the same transaction, so it leaves exactly once (`tenants/mail.py`).
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from integrations.models import Alert, AlertChannel, AlertDelivery
from integrations.runner.alerts.wording import headline
from integrations.transport.redact import one_line
from tenants.models import Membership, Tenant

MOST = 1000  # messages at a look
_Status = AlertDelivery.Status


def send_due(now: datetime) -> None:
    """Write the letters that are due; in the tenant's scope, right after the look that found `now` standing."""
    rows = AlertDelivery.objects.select_for_update(of=("self",), skip_locked=True)
    rows = rows.filter(status=_Status.WAITING, next_at__lte=now, channel__user__isnull=False)
    by_channel: dict[int, list[AlertDelivery]] = defaultdict(list)
    for row in rows.select_related("channel__user", "alert").order_by("id")[:MOST]:
        by_channel[row.channel_id].append(row)
    active = Membership.objects.filter(user__is_active=True)
    members = set(active.values_list("user_id", flat=True)) if by_channel else set()
    for deliveries in by_channel.values():
        channel = deliveries[0].channel
        wanted = channel.enabled and channel.user_id in members
        news = _news(deliveries, now) if wanted else []
        with transaction.atomic():
            if news:
                letter(channel, news, now)
            _note(news, _Status.SENT, now)
        if not wanted:
            _note(deliveries, _Status.DROPPED, now)


def letter(channel: AlertChannel, news: Sequence[AlertDelivery], now: datetime) -> None:
    """Queue one letter about these messages."""
    assert channel.user is not None  # noqa: S101 - only members' channels come here
    house, today = Tenant.objects.get(), now.astimezone(ZoneInfo(channel.time_zone)).date()
    lines = [
        {
            "headline": f"{'Over: ' if each.type == 'alert.ended' else ''}{headline(each.alert, today)}",
            "url": f"{settings.PUBLIC_URL}{each.alert.path}",
            "again": each.type == "alert.reminded",
        }
        for each in news
        if each.alert is not None
    ]
    more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
    words = {
        "house": house.name,
        "lines": lines,
        "settings": f"{settings.PUBLIC_URL}{reverse('web:alerts')}",
    }
    mail = EmailMultiAlternatives(
        f"{one_line(house.name)}: {lines[0]['headline']}{more}",
        render_to_string("integrations/email/alerts.txt", words),
        None,
        [channel.user.email],
    )
    mail.attach_alternative(render_to_string("integrations/email/alerts.html", words), "text/html")
    mail.send()


def _news(deliveries: Sequence[AlertDelivery], now: datetime) -> list[AlertDelivery]:
    """What is still worth telling, the most pressing first. What is over before it was told is dropped; what did not
    stand at this look waits for the next one.
    """
    found: list[tuple[Alert, AlertDelivery]] = []
    over: list[AlertDelivery] = []
    for each in deliveries:
        alert = each.alert
        if alert is None:
            over.append(each)
        elif each.type == "alert.ended":
            told = alert.deliveries.filter(channel=each.channel, status=_Status.SENT).exists()
            if told:
                found.append((alert, each))
            else:
                over.append(each)
        elif alert.ended_at is not None:
            over.append(each)
        elif alert.last_seen >= now:
            found.append((alert, each))
    _note(over, _Status.DROPPED, now)
    found.sort(key=lambda pair: (not pair[0].urgent, pair[0].earliest_due or date.max, pair[1].pk))
    return [each for _, each in found]


def _note(rows: Sequence[AlertDelivery], status: str, now: datetime) -> None:
    for row in rows:
        row.status, row.attempts = status, row.attempts + (status == _Status.SENT)
        row.sent_at = now if status == _Status.SENT else None
        row.save(update_fields=["status", "attempts", "sent_at"])
