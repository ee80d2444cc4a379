"""ReviewItem: a record that a person must look at, with every reason at once. Answer: what a person decided."""

import uuid

from django.conf import settings
from django.db import models

from integrations.models.sync import OutboxItem
from tenants.models import TenantOwned


class ReviewItem(TenantOwned):
    """Open exactly while its item is held.

    `problems` is a list of {code, message, field, value, urgent, subject, choices: [{key, label, act}]}.
    """

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


class Answer(TenantOwned):
    """What a person decided of one problem of one record: `choice` is the key of one of the problem's choices.

    It counts while it is approved and the source record (`fingerprint`) and what was asked about (`subject`) stay the
    same. Where the table of roles asks for two people it is proposed first; nobody approves their own. A correction of
    the coding is one that nobody asked for: `was` is what stood there before.
    """

    class Status(models.TextChoices):
        """Whether it counts."""

        PROPOSED = "proposed", "Proposed"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"
        WITHDRAWN = "withdrawn", "Withdrawn"

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    item = models.ForeignKey(OutboxItem, models.CASCADE, related_name="answers", db_constraint=False, db_index=False)
    code = models.CharField(max_length=60)
    subject = models.CharField(max_length=300, blank=True)
    choice = models.CharField(max_length=100)
    was = models.CharField(max_length=120, blank=True, db_default="")
    reason = models.TextField()
    fingerprint = models.CharField(max_length=32)
    status = models.CharField(max_length=9, choices=Status)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_constraint=False, db_index=False
    )
    made_at = models.DateTimeField()
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_constraint=False, db_index=False
    )
    checked_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "uuid"], name="answer_uuid"),
            models.UniqueConstraint(
                fields=["tenant", "item", "code", "subject", "fingerprint"],
                name="answer_one_live",
                condition=models.Q(status__in=["proposed", "approved"]),
            ),
        ]
        indexes = [models.Index("tenant", "status", name="answer_proposed", condition=models.Q(status="proposed"))]

    def __str__(self) -> str:
        return f"{self.code}: {self.choice}"
