"""ReviewItem: a record that a person must look at, with every reason at once. Answer: what a person decided.

Comment: what people tell each other about a record.
"""

import uuid
from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Abs, Coalesce

from integrations.models.flow import Flow
from integrations.models.sync import OutboxItem
from tenants.models import TenantOwned


class ReviewItem(TenantOwned):
    """Open exactly while its item is held.

    `problems` is a list of {code, message, field, value, urgent, subject, choices: [{key, label, act}], sides: [{field,
    ledger, agreed, target}]}. What the queue is narrowed and sorted by is copied from its record when it is opened or
    asked anew: `named` is what the first problem waits for (account 4471), `pay_by` the earlier of the due date and the
    last day of a discount.
    """

    NEVER = date.max  # to be paid by no day

    class Status(models.TextChoices):
        """Whether somebody still has to act."""

        OPEN = "open", "Open"
        RESOLVED = "resolved", "Resolved"

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    item = models.ForeignKey(OutboxItem, models.CASCADE, related_name="reviews", db_constraint=False, db_index=False)
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    code = models.CharField(max_length=60)  # of the first problem
    named = models.CharField(max_length=120, blank=True, db_default="")
    flow = models.ForeignKey(Flow, models.CASCADE, related_name="reviews", db_constraint=False, db_index=False)
    party = models.CharField(max_length=120, blank=True, db_default="")
    amount = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    currency = models.CharField(max_length=10, blank=True, db_default="")
    discount_by = models.DateField(null=True)
    pay_by = models.DateField(default=NEVER, db_default=NEVER)
    calm = models.GeneratedField(
        expression=models.Case(models.When(urgent=True, then=0), default=1),
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )
    risk = models.GeneratedField(  # the more money, the smaller: every order of the queue rises
        expression=-Abs(Coalesce("amount", models.Value(0, models.DecimalField()))),
        output_field=models.DecimalField(max_digits=24, decimal_places=6),
        db_persist=True,
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_constraint=False, db_index=False
    )
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
        indexes = [
            models.Index("tenant", "status", "code", name="review_open"),
            models.Index("tenant", "item", name="review_item"),
            models.Index(fields=["tenant", "risk", "id"], name="review_amount", condition=models.Q(status="open")),
            models.Index(
                fields=["tenant", "calm", "pay_by", "risk", "id"],
                include=["code", "named", "flow", "currency", "amount", "party", "urgent", "assignee", "opened_at"],
                name="review_risk",
                condition=models.Q(status="open"),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding:
            self.take_record()
        super().save(*args, **kwargs)

    def take_record(self) -> None:
        """Copy what the queue is narrowed and sorted by from the record."""
        source = self.item.source
        self.flow_id, self.party = self.item.flow_id, source.party
        self.amount, self.currency = source.amount, source.currency
        self.pay_by = min(source.due_date or self.NEVER, self.discount_by or self.NEVER)


class Comment(TenantOwned):
    """What somebody says about a record, for colleagues and auditors. Written once: never changed, never deleted."""

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    item = models.ForeignKey(OutboxItem, models.PROTECT, related_name="comments", db_constraint=False, db_index=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    text = models.TextField()
    made_at = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "uuid"], name="comment_uuid")]
        indexes = [models.Index("tenant", "item", "id", name="comment_item")]

    def __str__(self) -> str:
        return self.text[:40]


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
