"""SettingChange: a proposed, approved or past change of an integration's settings; the history of its policy."""

from django.db import models

from integrations.models.flow import Integration
from integrations.models.proposal import Proposal


class SettingChange(Proposal):
    """`name` is a field of the policy; it becomes `new` on `effective_from` once approved, as policy `version`."""

    integration = models.ForeignKey(
        Integration, models.CASCADE, related_name="setting_changes", db_constraint=False, db_index=False
    )
    name = models.CharField(max_length=60)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    reason = models.TextField(blank=True)
    effective_from = models.DateField()
    version = models.PositiveIntegerField(null=True)  # of the policy, once in force

    class Meta(Proposal.Meta):
        abstract = False
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
