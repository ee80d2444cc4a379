"""ReviewItem: a record that a person must look at, with every reason at once."""

import uuid

from django.conf import settings
from django.db import models

from integrations.models.sync import OutboxItem
from tenants.models import TenantOwned


class ReviewItem(TenantOwned):
    """Open exactly while its item is held. `problems` is a list of {code, message, field, value, urgent}."""

    class Status(models.TextChoices):
        """Whether somebody still has to act."""

        OPEN = "open", "Open"
        RESOLVED = "resolved", "Resolved"

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    item = models.ForeignKey(OutboxItem, models.CASCADE, related_name="reviews", db_constraint=False, db_index=False)
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    code = models.CharField(max_length=60)  # of the first problem
    problems = models.JSONField(default=list)
    answer = models.TextField(blank=True)  # what the other side answered, redacted
    urgent = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, db_constraint=False, db_index=False
    )
    resolution = models.CharField(max_length=40, blank=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "uuid"], name="review_uuid"),
            models.UniqueConstraint(
                fields=["tenant", "item"], name="review_one_open", condition=models.Q(status="open")
            ),
        ]
        indexes = [models.Index("tenant", "status", "code", name="review_open")]

    def __str__(self) -> str:
        return self.code
