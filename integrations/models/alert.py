"""Alert: one cause people should know of. AlertChannel: a way to tell it. AlertDelivery: each time it was told."""

import uuid

from django.conf import settings
from django.db import models

from integrations.models.flow import Integration
from tenants.credentials import SealedField
from tenants.models import TenantOwned


class AlertKind(models.TextChoices):
    """What it is about; people choose by it what they are told."""

    MONEY = "money", "Records that may cost money now"
    HELD = "held", "Records that need a person"
    CONNECTION = "connection", "Connections that do not work"
    RUN = "run", "Runs that failed or do not add up"
    LATE = "late", "Flows that are late"
    PROPOSAL = "proposal", "Proposals that wait for a second person"
    HOOK = "hook", "Event subscriptions that were given up"
    ENDPOINT = "endpoint", "Webhook endpoints of yours that were switched off"


def every_kind() -> list[str]:
    """All kinds: what is told unless somebody chooses."""
    return list(AlertKind.values)


class Alert(TenantOwned):
    """A cause while it lasts, however many records it holds up. At most one open for each `key`.

    `text` is a sentence without its end; `amounts` are exact texts by currency; `told` is what was last told of it
    ({"count", "amounts"}), at `told_at`.
    """

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=AlertKind)
    key = models.CharField(max_length=400, db_collation="C")
    code = models.CharField(max_length=60)
    integration = models.ForeignKey(
        Integration, models.CASCADE, null=True, related_name="alerts", db_constraint=False, db_index=False
    )
    entity = models.CharField(max_length=30, blank=True)  # "invoice", or "invoice:in" for what comes into the ledger
    subject = models.CharField(max_length=200, blank=True, db_collation="C")  # what it names: an account, a setting
    text = models.TextField()
    path = models.CharField(max_length=500)  # of the page where it is worked off
    count = models.PositiveIntegerField(default=1)
    amounts = models.JSONField(default=dict)
    earliest_due = models.DateField(null=True)
    urgent = models.BooleanField(default=False)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    told = models.JSONField(default=dict)
    told_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "uuid"], name="alert_uuid"),
            models.UniqueConstraint(
                fields=["tenant", "key"], name="alert_one_open", condition=models.Q(ended_at__isnull=True)
            ),
        ]
        indexes = [models.Index("tenant", "ended_at", name="alert_ended")]

    def __str__(self) -> str:
        return self.text


class AlertChannel(TenantOwned):
    """A member's e-mail with their choices (`user` is set), or an endpoint of the tenant's that gets signed webhooks.

    `secrets` holds `now` and, until `old_until`, `before`: both sign. `off_why` says why the product switched an
    endpoint off. `quiet` are windows as a flow's blackouts are, in `time_zone`.
    """

    class Rhythm(models.TextChoices):
        """How often mail comes."""

        NOW = "now", "At once"
        HOURLY = "hourly", "Once an hour"
        DAILY = "daily", "Once a day"

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+", db_constraint=False, db_index=False
    )
    enabled = models.BooleanField(default=True)
    kinds = models.JSONField(default=every_kind)
    over = models.BooleanField(default=False)  # also told when it is over
    rhythm = models.CharField(max_length=6, choices=Rhythm, default=Rhythm.NOW)
    daily_at = models.CharField(max_length=5, default="08:00")
    time_zone = models.CharField(max_length=64, default="UTC")
    quiet = models.JSONField(default=list)
    name = models.CharField(max_length=80, blank=True)
    url = models.CharField(max_length=500, blank=True)
    secrets = SealedField(null=True)
    secret_at = models.DateTimeField(null=True)
    old_until = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    busy_until = models.DateTimeField(null=True)  # somebody is posting, or it rests after a failure
    off_why = models.CharField(max_length=200, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_constraint=False, db_index=False
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "uuid"], name="alert_channel_uuid"),
            models.UniqueConstraint(
                fields=["tenant", "user"], name="alert_channel_one_each", condition=models.Q(user__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def standing(self) -> str:
        """on, failing, off, or given_up."""
        if not self.enabled:
            return "given_up" if self.off_why else "off"
        return "failing" if self.failing_since else "on"


class AlertDelivery(TenantOwned):
    """One message on one channel. `body` is what an endpoint gets, byte for byte, each time it is tried."""

    class Status(models.TextChoices):
        """What came of it."""

        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        FAILED = "failed", "Given up"
        DROPPED = "dropped", "Not needed any more"

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    channel = models.ForeignKey(
        AlertChannel, models.CASCADE, related_name="deliveries", db_constraint=False, db_index=False
    )
    alert = models.ForeignKey(
        Alert, models.CASCADE, null=True, related_name="deliveries", db_constraint=False, db_index=False
    )
    event = models.UUIDField()  # of the message: the same on every channel and with every try
    type = models.CharField(max_length=20)  # alert.raised, alert.grown, alert.reminded, alert.ended, test
    body = models.TextField(blank=True)
    status = models.CharField(max_length=7, choices=Status, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    answer_code = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "uuid"], name="alert_delivery_uuid"),
            models.UniqueConstraint(fields=["tenant", "channel", "event"], name="alert_delivery_once"),
        ]
        indexes = [
            models.Index("tenant", "next_at", name="alert_delivery_due", condition=models.Q(status="waiting")),
            models.Index("tenant", "alert", name="alert_delivery_of"),
            models.Index("tenant", "made_at", name="alert_delivery_old"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event}"
