"""Proposal: what one person asks for and another approves; base of every such row, kept as its own history."""

import uuid
from collections.abc import Mapping
from typing import Protocol

from django.conf import settings
from django.db import models

from tenants.models import TenantOwned


class Judged(Protocol):
    """What one person asked for and another one judged."""

    made_by_id: int | None
    checked_by_id: int | None


def people_of(row: Judged) -> Mapping[str, int]:
    """Who asked and who judged, as the audit keeps it: ids of users, 0 for nobody."""
    return {"made_by": row.made_by_id or 0, "checked_by": row.checked_by_id or 0}


class Proposal(TenantOwned):
    """`made_by` asked for it, `checked_by` approved or rejected it; nobody checks their own."""

    class Status(models.TextChoices):
        """How far it is."""

        PROPOSED = "proposed", "Proposed"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"
        WITHDRAWN = "withdrawn", "Withdrawn"

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    status = models.CharField(max_length=9, choices=Status, default=Status.PROPOSED)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_constraint=False, db_index=False
    )
    made_at = models.DateTimeField()
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_constraint=False, db_index=False
    )
    checked_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        abstract = True
