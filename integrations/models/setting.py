"""SettingChange: a proposed, approved or past change of an integration's settings; the history of its policy."""

import uuid

from django.conf import settings
from django.db import models

from integrations.models.flow import Integration
from tenants.models import TenantOwned


class SettingChange(TenantOwned):
    """`name` is a field of the policy; it becomes `new` on `effective_from` once approved, as policy `version`."""

    class Status(models.TextChoices):
        """How far it is."""

        PROPOSED = "proposed", "Proposed"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"
        WITHDRAWN = "withdrawn", "Withdrawn"

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    integration = models.ForeignKey(
        Integration, models.CASCADE, related_name="setting_changes", db_constraint=False, db_index=False
    )
    name = models.CharField(max_length=60)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    reason = models.TextField(blank=True)
    effective_from = models.DateField()
    status = models.CharField(max_length=9, choices=Status, default=Status.PROPOSED)
    version = models.PositiveIntegerField(null=True)  # of the policy, once in force
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
            models.UniqueConstraint(fields=["tenant", "uuid"], name="setting_change_uuid"),
            models.UniqueConstraint(
                fields=["tenant", "integration", "name"],
                name="setting_one_proposed",
                condition=models.Q(status="proposed"),
            ),
        ]
        indexes = [models.Index("tenant", "integration", models.F("made_at").desc(), name="setting_latest")]

    def __str__(self) -> str:
        return f"{self.name}: {self.new}"
