"""Connection: one tenant's encrypted credentials and settings for one System; changes of where it leads."""

import uuid

from django.db import models

from integrations.models.proposal import Proposal
from tenants.credentials import SealedField
from tenants.models import TenantOwned


class Connection(TenantOwned):
    """`settings` holds what may be shown; `secrets` is sealed and write-only: revealed in runner and ping only.

    `secrets` is a mapping of setting name to value; `secrets_set` remembers when and by whom each was set. While it is
    `closed` nothing is sent: it is new, and nobody has approved yet where it leads.
    """

    class Status(models.TextChoices):
        """What the last contact with the system said."""

        NEW = "new", "Not tried yet"
        OK = "ok", "Works"
        BROKEN = "broken", "Needs you"

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80)
    system = models.CharField(max_length=40)  # key of a registered system; no choices: a new system needs no migration
    environment = models.CharField(max_length=20, default="production")  # production, sandbox, simulator
    settings = models.JSONField(default=dict)
    secrets = SealedField()
    secrets_set = models.JSONField(default=dict)  # name -> {"at": iso time, "by": person}
    closed = models.BooleanField(default=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.NEW)
    status_code = models.CharField(max_length=60, blank=True)
    status_message = models.TextField(blank=True)
    status_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="connection_name"),
            models.UniqueConstraint(fields=["tenant", "uuid"], name="connection_uuid"),
        ]

    def __str__(self) -> str:
        return self.name


class PingResult(TenantOwned):
    """The answer of one ping: checks as a list of {name, verdict, why, advice}."""

    connection = models.ForeignKey(
        Connection, models.CASCADE, related_name="pings", db_constraint=False, db_index=False
    )
    at = models.DateTimeField()
    seconds = models.FloatField()
    green = models.BooleanField()
    checks = models.JSONField(default=list)

    class Meta(TenantOwned.Meta):
        indexes = [models.Index("tenant", "connection", models.F("at").desc(), name="ping_latest")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {'green' if self.green else 'red'}"


class ConnectionChange(Proposal):
    """A proposed, approved or past change of where a connection leads: host, company or API profile.

    `old` and `new` are the settings that change, by name, never secrets; they change together. `opens`: the connection
    is new, and `new` is where it leads; there was nothing before.
    """

    connection = models.ForeignKey(
        Connection, models.CASCADE, related_name="changes", db_constraint=False, db_index=False
    )
    opens = models.BooleanField(default=False)
    old = models.JSONField(default=dict)
    new = models.JSONField(default=dict)
    reason = models.TextField(blank=True)

    class Meta(Proposal.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(fields=["tenant", "uuid"], name="connection_change_uuid"),
            models.UniqueConstraint(
                fields=["tenant", "connection"],
                name="connection_change_one_proposed",
                condition=models.Q(status="proposed"),
            ),
        ]
        indexes = [models.Index("tenant", "connection", models.F("made_at").desc(), name="connection_change_latest")]

    def __str__(self) -> str:
        return ", ".join(self.new)
