"""HourlyUse: how much of a vendor's hourly limits was used, should Redis forget it."""

from django.db import models


class HourlyUse(models.Model):
    """What one limit key has used in one clock hour (hours since 1970 UTC). Global: limits are no tenant's business."""

    key = models.CharField(max_length=200, primary_key=True, db_collation="C")
    hour = models.PositiveIntegerField()
    requests = models.PositiveIntegerField()
    logins = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.key} {self.hour}"
