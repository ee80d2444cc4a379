"""Connection: one tenant's encrypted credentials and settings for one System."""

import uuid

from django.db import models

from tenants.credentials import SealedField
from tenants.models import TenantOwned


class Connection(TenantOwned):
    """`settings` holds what may be shown; `secrets` is sealed and write-only: revealed in runner and ping only.

    `secrets` is a mapping of setting name to value; `secrets_set` remembers when and by whom each was set.
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
