"""What both sides held on a day: sums kept daily, and signed statements, each chained to the one before."""

import uuid

from django.conf import settings
from django.db import models

from integrations.models.flow import Integration
from tenants.credentials import SealedField
from tenants.models import TenantOwned


class ReconciliationSnapshot(TenantOwned):
    """The sums of an integration as of `at`, one for each `day`; `cells` are rows of `Cell`, amounts as exact text."""

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    integration = models.ForeignKey(
        Integration, models.CASCADE, related_name="snapshots", db_constraint=False, db_index=False
    )
    day = models.DateField()
    at = models.DateTimeField()
    answer = models.TextField()  # all of it in one sentence
    cells = models.JSONField(default=list)
    records = models.PositiveIntegerField(default=0)
    unexplained = models.PositiveIntegerField(default=0)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "uuid"], name="reconciliation_snapshot_uuid"),
            models.UniqueConstraint(fields=["tenant", "integration", "day"], name="reconciliation_snapshot_daily"),
        ]

    def __str__(self) -> str:
        return f"{self.integration_id} {self.day}"


class AccountBalance(TenantOwned):
    """What our lists and the ERP's ledger said of a settlement or cash account when it was last read, at `read_at`.

    `what`, `named` and the two sides are those of `engine.balances.Balance`; `since` is when it came to stand so.
    """

    integration = models.ForeignKey(
        Integration, models.CASCADE, related_name="balances", db_constraint=False, db_index=False
    )
    part = models.CharField(max_length=12)
    account = models.CharField(max_length=120, db_collation="C")
    what = models.CharField(max_length=10)
    currency = models.CharField(max_length=10, blank=True)
    period = models.CharField(max_length=20, blank=True)
    here = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    there = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    vouchers = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=24)
    reason = models.CharField(max_length=40, blank=True)
    named = models.JSONField(default=list)
    since = models.DateTimeField()
    read_at = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "integration", "account", "what", "currency", "period"], name="account_balance_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.what} {self.currency} {self.period}"


class StatementKey(TenantOwned):
    """What a tenant signs its statements with (Ed25519); the newest signs, `public` of older ones still verify."""

    public = models.CharField(max_length=64)
    private = SealedField()
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "public"], name="statement_key_once")]

    def __str__(self) -> str:
        return self.public


class ReconciliationStatement(TenantOwned):
    """A signed statement. `document` is its file, compressed; `digest` and `previous` chain those of a tenant."""

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField()
    integration = models.ForeignKey(
        Integration, models.PROTECT, related_name="statements", db_constraint=False, db_index=False
    )
    at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_constraint=False, db_index=False
    )
    answer = models.TextField()
    records = models.PositiveIntegerField()
    unexplained = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    previous = models.CharField(max_length=64, blank=True)
    document = models.BinaryField()

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "uuid"], name="statement_uuid"),
            models.UniqueConstraint(fields=["tenant", "number"], name="statement_number"),
            models.UniqueConstraint(fields=["tenant", "previous"], name="statement_chain"),
        ]

    def __str__(self) -> str:
        return f"Statement {self.number}"
