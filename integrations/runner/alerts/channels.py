"""Who is told, where and when."""

from collections import defaultdict
from datetime import datetime

from django.db.models import Min, Q

from integrations.models import Alert, AlertChannel, AlertDelivery
from integrations.runner.alerts.owners import IGNORES_QUIET, owner_roles
from integrations.runner.alerts.timing import next_telling
from tenants.models import Membership, Role, Tenant

AT_A_LOOK = 5  # endpoints of one tenant that are posted to at once


class Audience:
    """The tenant's members with their choices, and its endpoints; looked up once, in the tenant's scope."""

    def __init__(self) -> None:
        self._roles: dict[int, set[str]] = defaultdict(set)
        for user_id, role in Membership.objects.filter(user__is_active=True).values_list("user_id", "role"):
            self._roles[user_id].add(role)
        channels = list(AlertChannel.objects.filter(Q(user__in=self._roles) | Q(user=None)))
        missing = set(self._roles) - {channel.user_id for channel in channels}
        if missing:
            make_for(missing)
            channels = list(AlertChannel.objects.filter(Q(user__in=self._roles) | Q(user=None)))
        self._channels = [channel for channel in channels if channel.enabled]

    def of(self, alert: Alert) -> list[AlertChannel]:
        """The channels that want this alert: members whose work it is (else the owners), and every endpoint."""
        wanted = set(owner_roles(alert))
        holders = {user for user, roles in self._roles.items() if roles & wanted}
        holders = holders or {user for user, roles in self._roles.items() if Role.OWNER in roles}
        return [
            channel
            for channel in self._channels
            if alert.kind in channel.kinds and (channel.user_id is None or channel.user_id in holders)
        ]


def make_for(users: set[int]) -> None:
    """Members who never chose get everything that is their work, at once."""
    zone = Tenant.objects.get().time_zone
    rows = [AlertChannel(user_id=user, time_zone=zone) for user in sorted(users)]
    AlertChannel.objects.bulk_create(rows, ignore_conflicts=True)


def mine(user_id: int) -> AlertChannel:
    """The e-mail choices of a member; what was never chosen is not stored yet."""
    found: AlertChannel | None = AlertChannel.objects.filter(user_id=user_id).first()
    return found or AlertChannel(user_id=user_id, time_zone=Tenant.objects.get().time_zone)


def due(channel: AlertChannel, alert: Alert, now: datetime) -> datetime:
    """When a message about the alert may leave on this channel.

    Endpoints are told at once. What may cost money does not wait for a digest, and what may be paid twice not even for
    the end of quiet hours.
    """
    if channel.user_id is None or alert.code in IGNORES_QUIET:
        return now
    rhythm = AlertChannel.Rhythm.NOW if alert.urgent else channel.rhythm
    return next_telling(rhythm, channel.daily_at, channel.time_zone, channel.quiet, now)


def with_work(now: datetime) -> list[int]:
    """Endpoints with messages due that nobody is posting to, longest waiting first."""
    rows = AlertDelivery.objects.filter(status=AlertDelivery.Status.WAITING, next_at__lte=now)
    rows = rows.filter(channel__user=None, channel__enabled=True)
    rows = rows.filter(Q(channel__busy_until=None) | Q(channel__busy_until__lte=now))
    found = rows.values("channel_id").annotate(since=Min("next_at")).order_by("since", "channel_id")
    return [row["channel_id"] for row in found[:AT_A_LOOK]]
