"""A tenant between both stand-ins, in this process: the whole way of a record without a network."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from integrations.models import (
    Checkpoint,
    FieldMapping,
    Flow,
    GLMapping,
    Integration,
    MirrorRecord,
    MirrorState,
    OutboxItem,
    Plan,
    PlanLine,
    RecordLink,
    SourceRecord,
    WriteIntent,
)
from integrations.runner import connecting, foreground, planning, setup
from integrations.store import plans
from tenants.scope import tenant_scope
from tests.factories import Cast
from tests.systems.bill.world import ORGANIZATION
from tests.systems.bill.world import SETTINGS as BILL
from tests.systems.bill.world import World as Ap
from tests.systems.ifs.lines.world import SETTINGS as IFS
from tests.systems.ifs.lines.world import World as Erp

__all__ = ["ORGANIZATION", "Town", "town_of"]


@dataclass
class Town:
    """`erp` and `ap` are the stand-ins with their clients; everything of ours is in the tenant's rows."""

    tenant_id: UUID
    active: bool = True
    erp: Erp = field(default_factory=lambda: Erp(settings={"page_size": "50"}))
    ap: Ap = field(default_factory=Ap)
    integration: Integration = field(init=False)

    def __post_init__(self) -> None:
        with tenant_scope(self.tenant_id):
            erp, ap = setup.add_connection("ERP", "ifs", IFS, by=""), setup.add_connection("AP", "bill", BILL, by="")
            self.integration = setup.join("Town", erp, ap, "10", active=self.active)
            FieldMapping.objects.create(integration=self.integration, source="dimensions.B", target="department")
            rules = {"integration": self.integration}
            GLMapping.objects.create(**rules, table="account", source="6120", target="1000")
            GLMapping.objects.create(**rules, table="dimension", part="B", source="100", target="100")

    def client(self, _tenant: UUID, connection_id: int, **_: Any) -> Any:
        return self.erp.client if connection_id == self.integration.erp_id else self.ap.client

    def supplier(self, key: str, **fields: Any) -> None:
        """A supplier that may be paid."""
        self.erp.supplier(key, **fields)
        self.erp.sim.edit("SupplierInfoAddress", {"SupplierId": key, "AddressId": "1"}, ZipCode="78701")

    def choose(self, **policy: Any) -> None:
        """Settings of the tenant."""
        with tenant_scope(self.tenant_id):
            self.integration.policy |= policy
            self.integration.save(update_fields=["policy"])

    def sync(self) -> list[foreground.FlowReport]:
        return foreground.sync(self.tenant_id, self.integration.pk)

    def plan(self) -> Plan:
        with tenant_scope(self.tenant_id):
            made = plans.start(self.integration, None)
        return planning.make_plan(made.pk, self.tenant_id)

    def apply(self, plan: Plan) -> Plan:
        with tenant_scope(self.tenant_id):
            plans.start_applying(plan)
        return planning.apply_plan(plan.pk, self.tenant_id)

    def lines(self, plan: Plan, entity: str = "invoice") -> dict[str, tuple[str, str, str]]:
        """Kind, code and result of each line, by number of its record."""
        with tenant_scope(self.tenant_id):
            rows = PlanLine.objects.filter(plan=plan, item__flow__entity=entity)
            found = rows.values_list("item__source__number", "kind", "code", "result")
            return {number: (kind, code, result) for number, kind, code, result in found}

    def states(self, entity: str = "invoice") -> dict[str, str]:
        """State of each item, by number and variant."""
        with tenant_scope(self.tenant_id):
            rows = OutboxItem.objects.filter(flow__entity=entity).select_related("source")
            return {f"{row.source.number}{'/' if row.variant else ''}{row.variant}": row.state for row in rows}

    def bills(self) -> dict[str, str]:
        """What stands in BILL: numbers of bills with their amounts."""
        return {row["invoice"]["invoiceNumber"]: str(row["amount"]) for row in self.ap.sim.dump("bills")}

    def coded(self) -> dict[str, str]:
        """The account of the first line of every bill in BILL, by its number."""
        with tenant_scope(self.tenant_id):
            accounts = MirrorRecord.objects.filter(connection=self.integration.ap_id, entity="gl_account")
            numbers = dict(accounts.values_list("target_id", "number"))
        return {
            row["invoice"]["invoiceNumber"]: numbers[row["billLineItems"][0]["classifications"]["chartOfAccountId"]]
            for row in self.ap.sim.dump("bills")
        }

    def forget_what_was_sent(self) -> None:
        """As after a restored backup: nothing that we know says that anything was ever sent."""
        with tenant_scope(self.tenant_id):
            for rows in (PlanLine, RecordLink, WriteIntent, OutboxItem, SourceRecord, Checkpoint, MirrorRecord):
                rows.objects.all().delete()
            MirrorState.objects.all().delete()
            Flow.objects.update(first_complete_at=None)


Make = Callable[..., Town]


@pytest.fixture
def town_of(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Makes a town of the cast's tenant; the real clients, whose wires lead to the stand-ins."""

    def make(**fields: Any) -> Town:
        made = Town(cast.tenant.pk, **fields)
        monkeypatch.setattr(connecting, "client", made.client)
        return made

    return make
