"""An AvidXchange client wired to the simulator, or to any other answerer; and the short ways through it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from integrations.engine.drafts import CodeDraft, Draft, VendorDraft
from integrations.engine.ports import Scope, Written
from integrations.engine.records import Address, Entity
from integrations.systems.avidxchange.client import AvidXchangeClient, connect
from integrations.systems.avidxchange.simulator import Fault, Manners, Simulator, SimulatorConfig
from tests.contract.wiring import Clock, Wire, handed, kit

HOST = "https://api.avidxchange.test"
SETTINGS = {
    "environment": "simulator",
    "base_url": HOST,
    "company_token": "demo-company-token",
    "user_token": "demo-user-token",
    "acct": "4711",
}
PARTNER = {
    "auth_mode": "oauth2_client_credentials",
    "client_id": "demo-client",
    "client_secret": "demo-secret",
    "company_id": "C-1001",
}
GATEWAY = {
    "auth_mode": "gateway_login",
    "gateway_key": "demo-gateway-key",
    "username": "ap@example.com",
    "password": "demo-password",
}
CLOSED = {**GATEWAY, "preset": "avidsuite-2019"}
CARD = "4111 1111 1111 1111"


@dataclass
class World:
    """A simulator with its options, and a connection with its settings."""

    settings: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    manners: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = Clock()
        config = SimulatorConfig(per_minute=None, manners=Manners(**self.manners), **self.options)
        self.sim = Simulator(":memory:", config, self.clock)
        self.wire = Wire(self.sim)
        self.kit = kit(self.clock, self.wire)
        self.client = self.connect()

    def connect(self, **settings: str) -> AvidXchangeClient:
        return connect({**SETTINGS, **self.settings, **settings}, self.kit)

    def answered_by(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        """From now on `answer` stands in for the simulator."""
        self.wire.simulator = answer

    def fault(self, kind: str, place: str = "", **params: Any) -> None:
        self.sim.faults.add(Fault(kind, path_contains=place, **params))

    def read(self, entity: Entity, cursor: str = "", scope: Scope = Scope()) -> list[Any]:  # noqa: B008 - is frozen
        return [record for page in self.client.read(entity, cursor, scope) for record in page.records]

    def cursor(self, entity: Entity, cursor: str = "") -> str:
        for page in self.client.read(entity, cursor, Scope()):
            cursor = page.cursor
        return cursor

    def write(self, *drafts: Draft) -> list[Written]:
        (group,) = self.client.groups([handed(draft, self.clock) for draft in drafts])
        return self.client.write(group)


def items(*rows: dict[str, Any], **around: Any) -> httpx.Response:
    """A list as it is sent."""
    return httpx.Response(200, json={"Items": list(rows), **around})


def body(request: httpx.Request) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request.content)
    return found


def invoice(**fields: Any) -> dict[str, Any]:
    """An invoice as the contract has it."""
    codes = [("Accounting Codes", "6100"), ("Cost center", "D10")]
    return {
        "Id": 880231,
        "Number": "INV-10077",
        "Status": "Approved",
        "InvoiceDate": "2026-11-02",
        "GrossAmount": 1250.00,
        "TaxAmount": 50.00,
        "BuyerVendor": {"VendorName": "Northwind", "VendorExternalSystemID": "S1001|2"},
        "ImageUrl": "/v1/invoices/880231/image",
        "Distributions": [
            {
                "LineNumber": 1,
                "Amount": 1250.00,
                "Description": "Cables",
                "POLineNumber": 3,
                "EnterpriseCodes": [
                    {"EnterpriseCodeValue": value, "EnterpriseCodeGroups": [{"CodeGroupName": group}]}
                    for group, value in codes
                ],
            }
        ],
        **fields,
    }


def payment(**fields: Any) -> dict[str, Any]:
    """A payment as the contract has it."""
    return {
        "PaymentId": 4765360,
        "Status": {"Id": 27, "Description": "Cleared"},
        "PaymentMethod": {"Id": 1, "Description": "Check"},
        "Amount": 1240.00,
        "PaymentDate": "2026-11-05",
        "ClearedDate": "2026-11-09 00:00:00",
        "CheckNumber": "20014",
        "Payee": {"ExternalVendorCode": "S1001", "Name": "Northwind"},
        "Invoices": [{"InvoiceId": 880231, "Number": "INV-10077", "Gross": 1250.00, "Discount": 10.00}],
        **fields,
    }


def vendor(number: str = "S1", name: str = "Nordic Bolts", **fields: Any) -> VendorDraft:
    address = Address(key="1", line1="1 Test Way", city="Austin", state="TX", postal_code="78701", country="US")
    return VendorDraft(name=name, number=number, currency="USD", address=address, **fields)


def account(value: str = "6100", name: str = "Materials", group: str = "") -> CodeDraft:
    return CodeDraft(group=group, value=value, name=name)
