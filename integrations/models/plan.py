"""Plan: what a run would do, decided and stored; applying it does exactly that, or says line by line why not."""

import uuid

from django.conf import settings
from django.db import models

from integrations.models.flow import Integration
from integrations.models.sync import OutboxItem
from tenants.models import TenantOwned


class Plan(TenantOwned):
    """One plan of one integration. `totals` are counts and amounts per flow, kind and currency, as exact text."""

    class Status(models.TextChoices):
        """How far it is."""

        MAKING = "making", "Being made"
        READY = "ready", "Ready"
        APPLYING = "applying", "Being applied"
        APPLIED = "applied", "Applied"
        FAILED = "failed", "Failed"

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    integration = models.ForeignKey(
        Integration, models.CASCADE, related_name="plans", db_constraint=False, db_index=False
    )
    status = models.CharField(max_length=8, choices=Status, default=Status.MAKING)
    totals = models.JSONField(default=dict)
    message = models.TextField(blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_constraint=False, db_index=False
    )
    made_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "uuid"], name="plan_uuid")]
        indexes = [models.Index("tenant", "integration", models.F("made_at").desc(), name="plan_latest")]

    def __str__(self) -> str:
        return f"Plan of {self.made_at:%Y-%m-%d %H:%M}"


class PlanLine(TenantOwned):
    """The decision on one record. `digest` is of the whole decision: applied only if the same decision is made again.

    `kind` is create, update, act, link, nothing, wait, hold or out; `code` its first reason.
    """

    class Result(models.TextChoices):
        """What applying did with it."""

        OPEN = "open", "Not applied yet"
        DONE = "done", "Done as planned"
        CHANGED = "changed", "Refused: it changed since the plan was made"
        FAILED = "failed", "Did not go through"

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="lines", db_constraint=False, db_index=False)
    item = models.ForeignKey(OutboxItem, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    kind = models.CharField(max_length=10)
    code = models.CharField(max_length=60, blank=True)
    message = models.TextField(blank=True)
    digest = models.CharField(max_length=32)
    amount = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    currency = models.CharField(max_length=10, blank=True)
    result = models.CharField(max_length=7, choices=Result, default=Result.OPEN)
    result_message = models.TextField(blank=True)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "plan", "item"], name="plan_line_once")]
        indexes = [models.Index("tenant", "plan", "kind", "code", name="plan_line_kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.code}"
