"""MappingPreview: what a set of mapping changes would do to the records of the last months; it writes nothing."""

import uuid

from django.conf import settings
from django.db import models

from integrations.models.mapping_set import MappingSet
from integrations.models.sync import OutboxItem
from tenants.models import TenantOwned


class MappingPreview(TenantOwned):
    """One look, at one time. `totals` are counts and amounts by kind, and accounts before and after, as exact text."""

    class Status(models.TextChoices):
        """How far it is."""

        MAKING = "making", "Being made"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    set = models.ForeignKey(MappingSet, models.CASCADE, related_name="previews", db_constraint=False, db_index=False)
    status = models.CharField(max_length=7, choices=Status, default=Status.MAKING)
    since = models.DateField()  # records dated before this day are left out
    totals = models.JSONField(default=dict)
    message = models.TextField(blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_constraint=False, db_index=False
    )
    made_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "uuid"], name="mapping_preview_uuid")]
        indexes = [models.Index("tenant", "set", name="mapping_preview_set")]

    def __str__(self) -> str:
        return f"Preview of {self.made_at:%Y-%m-%d %H:%M}"


class PreviewLine(TenantOwned):
    """A record that would come out otherwise: `before` and `after` are its coding, or why it is held, in words."""

    class Kind(models.TextChoices):
        """What would change."""

        RECODED = "recoded", "Coded otherwise"
        FREED = "freed", "Held, would go"
        STOPPED = "stopped", "Would be held"
        POSTED = "posted", "Posted: stays, would be coded otherwise"
        POSTED_HELD = "posted_held", "Posted: stays, would be held"

    preview = models.ForeignKey(
        MappingPreview, models.CASCADE, related_name="lines", db_constraint=False, db_index=False
    )
    item = models.ForeignKey(OutboxItem, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    kind = models.CharField(max_length=11, choices=Kind)
    amount = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    currency = models.CharField(max_length=10, blank=True)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "preview", "item"], name="preview_line_once")]
        indexes = [models.Index("tenant", "preview", "kind", models.F("id").desc(), name="preview_line_kind")]

    def __str__(self) -> str:
        return self.kind
