"""A small tenant in the IFS simulator, filled by the tests, and the client that reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

from integrations.engine.ports import Scope
from integrations.engine.records import Entity
from integrations.systems.ifs.client import IfsClient, connect
from integrations.systems.ifs.simulator import Fault, Simulator, SimulatorConfig
from tests.contract.wiring import Clock, Tokens, Wire, kit

SECRET = "demo-secret"
SETTINGS = {
    "base_url": "https://t1.ifs.test",
    "realm": "demo",
    "client_id": "ml-connector",
    "client_secret": SECRET,
    "page_size": "5",
}
SCOPE = Scope(company="10")

PDF = b"%PDF-1.7 one page"


@dataclass
class World:
    """`options` are the simulator's, `settings` the connection's; `override` lies over the API profile."""

    options: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    override: Mapping[str, Any] = field(default_factory=dict)
    deadline: float = 5.0

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.sim = Simulator(config=SimulatorConfig(**self.options), clock=self.clock)
        self.wire = Wire(self.sim)
        self.kit = kit(self.clock, self.wire, deadline=self.deadline)
        self.client = self.connect()
        for company in ("10", "20"):
            self.sim.insert("Company", {"Company": company, "Name": f"Company {company}", "Currency": "USD"})

    def connect(self, **settings: str) -> IfsClient:
        overrides = {"profile_overrides": msgspec.json.encode(self.override).decode()} if self.override else {}
        return connect(SETTINGS | overrides | dict(self.settings) | settings, self.kit)

    @property
    def tokens(self) -> Tokens:
        assert isinstance(self.kit.tokens, Tokens)
        return self.kit.tokens

    def fault(self, kind: str, path: str = "", *, times: int | None = 1, **params: Any) -> None:
        self.sim.faults.add(Fault(kind, path, times=times, **params))

    def calls(self, text: str = "", method: str = "GET") -> list[str]:
        """Paths and queries of the requests so far that hold `text`."""
        return [str(each.url.raw_path, "ascii") for each in self.wire.calls(method) if text in str(each.url)]

    # what stands in the tenant

    def supplier(self, key: str, company: str = "10", **fields: Any) -> str:
        """A supplier of a company, with one address for payments."""
        row = {"SupplierId": key, "Name": f"Supplier {key}", "Country": "US", "PartyType": "Supplier"}
        self.sim.insert("SupplierInfoGeneral", row | fields)
        mine = {"SupplierId": key, "Company": company, "Identity": key, "DefCurrency": "USD"}
        self.sim.insert("SupplierInvoiceCompany", mine)
        self.address(key, "1")
        return key

    def address(self, supplier: str, key: str, use: str = "Pay", **fields: Any) -> None:
        row = {"SupplierId": supplier, "AddressId": key, "Address1": "1 Test Way", "City": "Austin", "Country": "US"}
        self.sim.insert("SupplierInfoAddress", row | fields)
        kind = {"SupplierId": supplier, "AddressId": key, "AddressTypeCode": use, "DefAddress": True}
        self.sim.insert("SupplierInfoAddressType", kind)

    def suppliers(self, count: int) -> list[str]:
        return [self.supplier(f"S{n:02}") for n in range(count)]

    def account(self, number: str, company: str = "10", **fields: Any) -> None:
        row = {"Company": company, "Account": number, "Description": f"Account {number}"}
        self.sim.insert("Account", row | fields)

    def invoice(self, number: int, net: str = "100.00", *, lines: Sequence[str] = (), **fields: Any) -> None:
        """A posted invoice with an item and a cost row for each of `lines`, its debt row and its ledger item."""
        key = {"Company": fields.pop("Company", "10"), "InvoiceId": number}
        head = {
            "Identity": "S1",
            "PartyType": "Supplier",
            "SeriesId": "SI",
            "InvoiceNo": f"N{number}",
            "InvoiceType": "SI",
            "InvoiceDate": "2026-11-02",
            "DueDate": "2026-12-02",
            "CreationDate": "2026-11-02",
            "Currency": "USD",
            "NetCurrAmount": Decimal(net),
            "VatCurrAmount": Decimal("0.00"),
            "Objstate": "PostedAuth",
        } | fields
        self.sim.insert("ManSuppInvoice", key | head)
        for item, amount in enumerate(lines or [net], 1):
            place = key | {"ItemId": item}
            self.sim.insert("ManSuppInvoiceItem", place | {"Description": "Bolts", "NetCurrAmount": Decimal(amount)})
            self._posting(place | {"RowId": 1}, "IP2", "6120", Decimal(amount))
        self._posting(key | {"ItemId": 1, "RowId": 2}, "IP1", "2100", -Decimal(net))
        join = {"Identity": head["Identity"], "LedgerItemSeriesId": "SI", "LedgerItemId": head["InvoiceNo"]}
        amounts = {"OriginalAmount": Decimal(net), "OpenAmount": Decimal(net), "Currency": head["Currency"]}
        self.sim.insert("SupplierLedgerItem", {"Company": key["Company"], "InstallmentId": 1} | join | amounts)

    def document(self, number: int, content: bytes = PDF, own: str = "1", **fields: Any) -> None:
        """A document that is kept with the invoice `number`."""
        key = {"Company": fields.pop("Company", "10"), "InvoiceId": number, "DocNo": own}
        said = {"FileName": f"scan-{number}-{own}.pdf", "ContentType": "application/pdf", "Size": len(content)}
        stored = self.sim.store.insert("InvoiceDocument", key | said | fields)
        self.sim.store.write_media("InvoiceDocument", stored, content)

    def _posting(self, place: Mapping[str, Any], kind: str, account: str, amount: Decimal) -> None:
        row = {"PostingType": kind, "CodeA": account, "CodeB": "100", "CurrAmount": amount}
        self.sim.insert("ManSuppInvoicePostings", {**place, **row})

    # reading it

    def poll(self, entity: Entity, cursor: str = "", client: IfsClient | None = None) -> tuple[list[Any], str]:
        """Every record of one scan and the cursor behind it."""
        records: list[Any] = []
        for page in (client or self.client).read(entity, cursor, SCOPE):
            records += page.records
            cursor = page.cursor
        return records, cursor

    def keys(self, entity: Entity = Entity.VENDOR, cursor: str = "") -> list[str]:
        return [record.key for record in self.poll(entity, cursor)[0]]

    def only(self, entity: Entity) -> Any:
        """The one record there is."""
        (record,) = self.poll(entity)[0]
        return record
