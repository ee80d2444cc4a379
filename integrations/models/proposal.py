"""Proposal: what one person asks for and another approves; base of every such row, kept as its own history."""

import uuid

from django.conf import settings
from django.db import models

from tenants.models import TenantOwned


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
