"""Integration and Flow: what moves between two connections; DueFlow: when, and who is at it."""

import uuid
from datetime import UTC, datetime, timedelta

from django.db import models

from integrations.models.connection import Connection
from tenants.models import TenantOwned

_BEFORE_JOINED = timedelta(days=30)


class Integration(TenantOwned):
    """An ERP connection joined to an AP connection for one company, with the choices of its policy.

    `policy` holds only what differs from the product's defaults; `policy_version` grows with every change. Until it is
    active nothing is written: it is read, planned, and the plan applied.
    """

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80)
    erp = models.ForeignKey(Connection, models.PROTECT, related_name="as_erp", db_constraint=False, db_index=False)
    ap = models.ForeignKey(Connection, models.PROTECT, related_name="as_ap", db_constraint=False, db_index=False)
    company = models.CharField(max_length=20)
    company_name = models.CharField(max_length=100, blank=True)
    company_currency = models.CharField(max_length=10, blank=True)  # of its books; "" while nobody could tell
    target_currency = models.CharField(max_length=10, blank=True)  # of the organisation that pays
    currencies_confirmed = models.BooleanField(default=False)  # a controller knows that the two differ
    start_date = models.DateField(null=True, blank=True)
    policy = models.JSONField(default=dict, blank=True)
    policy_version = models.PositiveIntegerField(default=1)
    active = models.BooleanField(default=True)
    ap_shared = models.BooleanField(default=False)  # several companies may use this AP connection
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="integration_name"),
            models.UniqueConstraint(fields=["tenant", "uuid"], name="integration_uuid"),
            # one company of the ERP pays through one organisation only, unless the AP tool keeps companies apart
            models.UniqueConstraint(
                fields=["tenant", "ap"], name="integration_one_company_per_ap", condition=models.Q(ap_shared=False)
            ),
            models.UniqueConstraint(fields=["tenant", "ap", "company"], name="integration_company_once_per_ap"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def read_since(self) -> datetime:
        """From when on records of the AP tool count: the start date, or a month before the two were joined."""
        if self.start_date is None:
            return self.created_at - _BEFORE_JOINED
        return datetime(self.start_date.year, self.start_date.month, self.start_date.day, tzinfo=UTC)

    @property
    def currencies_open(self) -> bool:
        """Whether both base currencies are known to differ and no controller has confirmed it: nothing is applied."""
        both = {self.company_currency, self.target_currency} - {""}
        return len(both) == 2 and not self.currencies_confirmed


class Flow(TenantOwned):
    """One entity in one direction inside an Integration, with its schedule.

    `inbound` False reads the ERP and writes the AP tool. `gate_open` once the flow has completed a first whole run.
    """

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    integration = models.ForeignKey(
        Integration, models.CASCADE, related_name="flows", db_constraint=False, db_index=False
    )
    entity = models.CharField(max_length=20)
    inbound = models.BooleanField(default=False)
    enabled = models.BooleanField(default=True)
    paused_reason = models.TextField(blank=True)
    schedule = models.CharField(max_length=100, default="*/5 * * * *")
    time_zone = models.CharField(max_length=64, default="UTC")
    blackouts = models.JSONField(
        default=list, blank=True
    )  # [{"days": "0-6", "from": "18:00", "to": "20:00"}], its zone
    first_complete_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "integration", "entity", "inbound"], name="flow_once"),
            models.UniqueConstraint(fields=["tenant", "uuid"], name="flow_uuid"),
        ]

    def __str__(self) -> str:
        return f"{self.entity} {'in' if self.inbound else 'out'}"

    @property
    def source(self) -> Connection:
        """The connection that is read."""
        return self.integration.ap if self.inbound else self.integration.erp

    @property
    def target(self) -> Connection:
        """The connection that is written."""
        return self.integration.erp if self.inbound else self.integration.ap


class Heartbeat(models.Model):
    """The last time a worker did what beat asked for. Global; written by the task itself, so that both must live."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.at}"


class DueFlow(models.Model):
    """When a flow is due and who holds its lease. Global, so that a dispatcher claims across tenants: only ids, times.

    `fence` grows with every claim; whoever settles must still hold it. Times come from the database clock.
    """

    flow_id = models.BigIntegerField(primary_key=True)
    tenant_id = models.UUIDField()
    due_at = models.DateTimeField()
    poll_at = models.DateTimeField()  # the next time the source is read; due_at may be earlier, for ready items
    lease_until = models.DateTimeField(null=True)
    fence = models.BigIntegerField(default=0)
    last_served = models.DateTimeField(null=True)
    enabled = models.BooleanField(default=True)

    class Meta:
        indexes = [
            models.Index("due_at", name="due_flow_due", condition=models.Q(enabled=True)),
            models.Index(fields=["lease_until"], name="due_flow_leased", condition=models.Q(lease_until__isnull=False)),
            models.Index(fields=["last_served"], name="due_flow_served"),
        ]

    def __str__(self) -> str:
        return f"flow {self.flow_id} due {self.due_at}"
