"""BILL for the contract suite: one organization with more vendors, bills and payments than one page holds."""

from datetime import date
from decimal import Decimal
from typing import Any

from integrations.engine.drafts import Draft, DraftLine, InvoiceDraft, Making, VendorDraft
from integrations.engine.ports import Scope
from integrations.engine.records import Address, Entity, PaidInvoice
from integrations.systems.bill import SYSTEM
from integrations.systems.bill.simulator import DEFAULT_CHART, Fault, Simulator, SimulatorConfig, seed
from tests.contract.wiring import Clock, Wire, kit

_LISTS = {
    Entity.VENDOR: "/v3/vendors",
    Entity.GL_ACCOUNT: "/v3/classifications/chart-of-accounts",
    Entity.DIMENSION: "/v3/classifications/departments",
    Entity.INVOICE: "/v3/bills",
    Entity.PAYMENT: "/v3/payments",
}
_TABLES = {
    Entity.VENDOR: ("vendors",),
    Entity.GL_ACCOUNT: ("chart-of-accounts",),
    Entity.DIMENSION: ("departments", "accounting-classes"),
    Entity.INVOICE: ("bills",),
    Entity.PAYMENT: ("payments",),
}
_COUNT = 120  # of vendors and of bills; a page holds 100


class Case:
    """See tests.contract.case."""

    wrong_secret = {"password": "wrong-password"}
    several_pages = frozenset({Entity.VENDOR, Entity.INVOICE, Entity.PAYMENT})
    versioned = frozenset({Entity.VENDOR, Entity.INVOICE})
    scope = Scope(company="10")

    def __init__(self) -> None:
        self.clock = Clock()
        self.sim = Simulator(":memory:", SimulatorConfig(), self.clock)
        seed(self.sim, accounts=DEFAULT_CHART, departments=[("100", "Assembly"), ("200", "Sales")])
        vendors = [self._vendor(f"Vendor {n}", f"S-{n}") for n in range(_COUNT)]
        bills = [self.sim.create_bill_by_hand(vendors[0], f"B-{n}", Decimal("10.10") + n) for n in range(_COUNT)]
        for paid in (bills[2:4], *([bill] for bill in bills[4:110])):
            self.sim.pay(paid)
        self.wire = Wire(self.sim)
        self.kit = kit(self.clock, self.wire)
        self._settings = {
            "environment": "own",
            "base_url": "https://gateway.bill.test",
            "organization_id": "00802DEMOORGANIZA001",
            "dev_key": "demo-dev-key",
            "credential_kind": "sync_token",
            "username": "ml-connector",
            "password": "demo-token",
        }
        self.secrets = ("demo-dev-key", "demo-token")
        self._vendor_id = vendors[0]

    def _vendor(self, name: str, number: str) -> str:
        return self.sim.create_vendor_by_hand(name, shortName=number)

    def connect(self, **settings: str) -> Any:
        return SYSTEM.connect(self._settings | settings, self.kit)

    def expire(self) -> None:
        self.sim.end_sessions()

    def truth(self, entity: Entity) -> dict[str, tuple[Any, ...]]:
        rows = [row for table in _TABLES[entity] for row in self.sim.dump(table)]
        if entity is Entity.VENDOR:
            return {row["id"]: (row["shortName"], row["name"]) for row in rows}
        if entity is Entity.GL_ACCOUNT:
            return {row["id"]: (row["account"]["number"], row["name"]) for row in rows}
        if entity is Entity.INVOICE:
            return {row["id"]: (row["invoice"]["invoiceNumber"], "USD", row["amount"]) for row in rows}
        if entity is Entity.PAYMENT:
            parts = {
                row["id"]: [
                    PaidInvoice(key=part["billId"], net=Decimal(str(part["amount"]))) for part in row["billPayments"]
                ]
                for row in rows
            }
            return {row["id"]: (row["vendorId"], row["amount"], tuple(parts[row["id"]])) for row in rows}
        return {row["id"]: (row["id"], row["name"]) for row in rows}

    def change(self, entity: Entity, key: str = "") -> str:
        self.clock.forward(3600)
        key = key or next(iter(self.truth(entity)))
        if entity is Entity.VENDOR:
            self.sim.edit_vendor(key, name="Renamed")
        elif entity is Entity.INVOICE:
            self.sim.edit_bill(key, amount="77.77")
        elif entity is Entity.PAYMENT:
            self.sim.advance(key, "CLEARED")
        else:
            self.sim.put_raw(key, name="Renamed", updatedTime=self.clock().isoformat())
        return key

    def fault(self, entity: Entity, kind: str, *, writing: bool = False, **params: Any) -> None:
        method = "POST" if writing else "GET"
        self.sim.faults.add(Fault(kind, path_contains=_LISTS[entity], method=method, times=None, **params))

    def mend(self) -> None:
        self.sim.faults.clear()

    def drafts(self, entity: Entity) -> list[Making]:
        if entity is Entity.VENDOR:
            return [_vendor_draft("New-1", "Nordic Bolts"), _vendor_draft("New-2", "O'Brien & Sons")]
        return [self._invoice("New-1", "100.00", "20.50"), self._invoice("New-2", "0.10")]

    def refused(self, entity: Entity) -> Draft:
        if entity is Entity.VENDOR:
            return _vendor_draft("New-3", "Nordic Bolts", currency="XXX")
        return self._invoice("B-1", "10.00")  # a number this vendor has used

    def stored(self, entity: Entity) -> int:
        return len(self.truth(entity))

    def _invoice(self, number: str, *amounts: str) -> InvoiceDraft:
        accounts = {number: key for key, (number, _) in self.truth(Entity.GL_ACCOUNT).items()}
        lines = tuple(DraftLine(amount=Decimal(amount), account=accounts["1000"]) for amount in amounts)
        return InvoiceDraft(
            vendor_id=self._vendor_id,
            number=number,
            invoice_date=date(2026, 11, 2),
            due_date=date(2026, 12, 2),
            currency="USD",
            total=sum((line.amount for line in lines), Decimal(0)),
            lines=lines,
        )


def _vendor_draft(number: str, name: str, currency: str = "USD") -> VendorDraft:
    address = Address(key="1", line1="1 Test Way", city="Austin", state="TX", postal_code="78701", country="US")
    return VendorDraft(name=name, number=number, currency=currency, address=address)
