"""AvidXchange for the contract suite: a partner's connection with more vendors, invoices and payments than one page."""

from decimal import Decimal
from typing import Any

from integrations.engine.drafts import CodeDraft, Draft, Making, OrderDraft, OrderedLine, VendorDraft
from integrations.engine.ports import Scope
from integrations.engine.records import Address, Entity, PaidInvoice
from integrations.systems.avidxchange import SYSTEM
from integrations.systems.avidxchange.simulator import ACCOUNTS, Fault, Simulator, SimulatorConfig
from tests.contract.wiring import Clock, Tokens, Wire, handed, kit

_PLACES = {
    Entity.VENDOR: "/vendors",
    Entity.GL_ACCOUNT: "/enterpriseCodes",
    Entity.DIMENSION: "/enterpriseCodes",
    Entity.PURCHASE_ORDER: "/purchaseOrders",
    Entity.INVOICE: "/4711/invoices",
    Entity.PAYMENT: "/v1/payments",
}
_TABLES = {Entity.VENDOR: "vendors", Entity.INVOICE: "invoices", Entity.PAYMENT: "payments"}
_COUNT = 50  # of each; a page holds 20


class Case:
    """See tests.contract.case."""

    wrong_secret = {"client_secret": "wrong-secret"}
    several_pages = frozenset({Entity.VENDOR, Entity.INVOICE, Entity.PAYMENT})
    versioned = frozenset[Entity]()
    scope = Scope(company="10")

    def __init__(self) -> None:
        self.clock = Clock()
        self.sim = Simulator(":memory:", SimulatorConfig(per_minute=None), self.clock)
        self.wire = Wire(self.sim)
        self.kit = kit(self.clock, self.wire)
        self._settings = {
            "environment": "simulator",
            "base_url": "https://api.avidxchange.test",
            "auth_mode": "oauth2_client_credentials",
            "client_id": "demo-client",
            "client_secret": "demo-secret",
            "company_id": "C-1001",
            "acct": "4711",
            "profile": '{"paging": {"size": 20}}',
        }
        self.secrets = ("demo-secret",)
        self._fill()
        self.wire.sent.clear()

    def _fill(self) -> None:
        client = self.connect()
        for group in client.groups([handed(vendor_draft(f"S-{n}", f"Vendor {n}"), self.clock) for n in range(_COUNT)]):
            client.write(group)
        invoices = [self.sim.create_invoice("S-1", f"I-{n}", Decimal("10.10") + n) for n in range(_COUNT)]
        for paid in (invoices[:2], *([each] for each in invoices[2:])):
            self.sim.make_payment(paid)
        assert isinstance(self.kit.tokens, Tokens)
        self.kit.tokens.kept.clear()  # nobody has signed in yet

    def connect(self, **settings: str) -> Any:
        return SYSTEM.connect(self._settings | settings, self.kit)

    def expire(self) -> None:
        self.sim.expire_tokens()

    def truth(self, entity: Entity) -> dict[str, tuple[Any, ...]]:
        rows = self.sim.dump(_TABLES[entity])
        if entity is Entity.VENDOR:
            return {row["ExternalVendorCode"]: (row["ExternalVendorCode"], row["Name"]) for row in rows}
        if entity is Entity.INVOICE:
            return {str(row["Id"]): (row["Number"], row["Currency"], Decimal(str(row["GrossAmount"]))) for row in rows}
        paid = {row["PaymentId"]: tuple(map(_part, row["Invoices"])) for row in rows}
        return {
            str(row["PaymentId"]): (row["Payee"]["ExternalVendorCode"], row["Amount"], paid[row["PaymentId"]])
            for row in rows
        }

    def change(self, entity: Entity, key: str = "") -> str:
        self.clock.forward(3600)
        key = key or next(iter(self.truth(entity)))
        if entity is Entity.VENDOR:
            self.sim.edit_vendor(key, Name="Renamed")
        elif entity is Entity.INVOICE:
            self.sim.edit_invoice(int(key), GrossAmount=Decimal("77.77"))
        else:
            self.sim.issue(int(key))
        return key

    def fault(self, entity: Entity, kind: str, *, writing: bool = False, **params: Any) -> None:
        method = "POST" if writing else "GET"
        self.sim.faults.add(Fault(kind, path_contains=_PLACES[entity], method=method, times=None, **params))

    def mend(self) -> None:
        self.sim.faults.clear()

    def drafts(self, entity: Entity) -> list[Making]:
        if entity is Entity.VENDOR:
            return [vendor_draft("New-1", "Nordic Bolts"), vendor_draft("New-2", "O'Brien & Sons")]
        if entity is Entity.PURCHASE_ORDER:
            return [order_draft("P-1"), order_draft("P-2")]
        group = "" if entity is Entity.GL_ACCOUNT else "Cost center"
        return [
            CodeDraft(group=group, value="6100", name="Materials"),
            CodeDraft(group=group, value="6200", name="Fees"),
        ]

    def refused(self, entity: Entity) -> Draft:
        if entity is Entity.VENDOR:
            return vendor_draft("S" * 51, "Nordic Bolts")
        if entity is Entity.PURCHASE_ORDER:
            return order_draft("P-3", vendor="nobody")
        return CodeDraft(group="" if entity is Entity.GL_ACCOUNT else "Cost center", value="6100", name="M" * 51)

    def stored(self, entity: Entity) -> int:
        if entity is Entity.PURCHASE_ORDER:
            return len(self.sim.dump("purchaseOrders"))
        if entity in _TABLES:
            return len(self.truth(entity))
        accounts = [row["GroupName"] == ACCOUNTS for row in self.sim.dump("enterpriseCodes")]
        return accounts.count(entity is Entity.GL_ACCOUNT)


def _part(row: dict[str, Any]) -> PaidInvoice:
    gross, discount, net = (Decimal(str(row[name])) for name in ("Gross", "Discount", "Net"))
    return PaidInvoice(key=str(row["InvoiceId"]), number=row["Number"], gross=gross, discount=discount, net=net)


def vendor_draft(number: str, name: str) -> VendorDraft:
    address = Address(key="1", line1="1 Test Way", city="Austin", state="TX", postal_code="78701", country="US")
    return VendorDraft(name=name, number=number, currency="USD", address=address, tax_id="12-3456789")


def order_draft(number: str = "P-1", vendor: str = "S-1") -> OrderDraft:
    line = OrderedLine(key="1", description="Cables", net=Decimal("12.50"), quantity=Decimal(5), price=Decimal("2.50"))
    return OrderDraft(
        company="10",
        number=number,
        vendor=vendor,
        currency="USD",
        status="open",
        lines=(line,),
        total=Decimal("12.50"),
    )
