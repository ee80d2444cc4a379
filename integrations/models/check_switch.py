"""CheckSwitch: a proposed, confirmed or past switching of the second person, off or on again; its history."""

from django.db import models

from integrations.models.proposal import Proposal


class CheckSwitch(Proposal):
    """An owner asks that makers decide alone from now on (`off`), or not any more; a controller confirms.

    The last approved one counts; a tenant without any has its second person.
    """

    class Status(models.TextChoices):
        """How far it is."""

        PROPOSED = "proposed", "Proposed"
        APPROVED = "approved", "Confirmed"
        REJECTED = "rejected", "Rejected"
        WITHDRAWN = "withdrawn", "Withdrawn"

    off = models.BooleanField()
    reason = models.TextField()
    status = models.CharField(max_length=9, choices=Status, default=Status.PROPOSED)

    class Meta(Proposal.Meta):
        abstract = False
        verbose_name_plural = "check switches"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "uuid"], name="check_switch_uuid"),
            models.UniqueConstraint(
                fields=["tenant"], name="check_switch_one_proposed", condition=models.Q(status="proposed")
            ),
        ]
        indexes = [
            models.Index(
                models.F("tenant"), models.F("checked_at").desc(), name="check_switch_latest",
                condition=models.Q(status="approved"),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"Second person {'off' if self.off else 'on'}"
