"""WebhookSubscription, WebhookEvent and Hint: what a system tells us by itself, and what is read because of it."""

from django.db import models

from integrations.models.connection import Connection
from integrations.models.flow import Flow
from tenants.credentials import SealedField
from tenants.models import TenantOwned


class WebhookSubscription(TenantOwned):
    """A connection's standing order for events, and the address that only its system knows.

    `secrets` seals `token` (the last part of the address; `token_digest` finds it), `key` and, until `old_key_until`,
    `old_key`. `rekey`: the key there may not be the one we know. `refused` counts wrong signatures since the last look.
    `parting`: how often it was tried to take it away, for the connection is to be deleted; None: it is kept.
    """

    class State(models.TextChoices):
        """Whether events come."""

        WAITING = "waiting", "Not set up yet"
        ON = "on", "On"
        OFF = "off", "Off"

    connection = models.ForeignKey(
        Connection, models.CASCADE, related_name="subscriptions", db_constraint=False, db_index=False
    )
    token_digest = models.CharField(max_length=64, db_collation="C")
    secrets = SealedField()
    remote_id = models.CharField(max_length=100, blank=True, db_collation="C")
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    why = models.CharField(max_length=40, blank=True)  # a code: what keeps it off, or what was mended last
    message = models.TextField(blank=True)
    rekey = models.BooleanField(default=False)
    key_at = models.DateTimeField(null=True)
    old_key_until = models.DateTimeField(null=True)
    refused = models.PositiveIntegerField(default=0)
    checked_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)  # the last look that found, or put, everything in order
    due_at = models.DateTimeField()
    parting = models.PositiveSmallIntegerField(null=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "connection"], name="webhook_subscription_once"),
            models.UniqueConstraint(fields=["tenant", "token_digest"], name="webhook_subscription_token"),
        ]
        indexes = [models.Index("token_digest", name="webhook_by_token")]  # asked before the tenant is known

    def __str__(self) -> str:
        return f"subscription of connection {self.connection_id}"


class WebhookEvent(TenantOwned):
    """One event, once; kept 180 days. `touches`: [entity, key] of each record to read, the first of them in columns."""

    connection = models.ForeignKey(
        Connection, models.CASCADE, related_name="events", db_constraint=False, db_index=False
    )
    event_id = models.CharField(max_length=100, db_collation="C")
    type = models.CharField(max_length=100, blank=True)
    entity = models.CharField(max_length=20, blank=True)
    key = models.CharField(max_length=100, blank=True, db_collation="C")
    touches = models.JSONField(default=list)
    happened_at = models.DateTimeField(null=True)  # as the system says
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, blank=True)  # read, poll or ignored

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "connection", "event_id"], name="webhook_event_once")]
        indexes = [
            models.Index("tenant", "connection", "received_at", name="webhook_event_latest"),
            models.Index(
                "tenant", "connection", name="webhook_event_waiting", condition=models.Q(processed_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class Hint(TenantOwned):
    """A record that a flow reads before its time: of its source, or (`target`) of the other side, to see what moved."""

    flow = models.ForeignKey(Flow, models.CASCADE, related_name="hints", db_constraint=False, db_index=False)
    target = models.BooleanField(default=False)
    key = models.CharField(max_length=100, db_collation="C")
    at = models.DateTimeField()  # the latest event: whoever has read it deletes only what is as old as that
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "flow", "target", "key"], name="hint_once")]

    def __str__(self) -> str:
        return f"{self.key} of flow {self.flow_id}"
