"""A small tenant and a caller with a token."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from integrations.systems.ifs.simulator import Simulator, SimulatorConfig

API = "/main/ifsapplications/projection/v1"
INVOICES = f"{API}/ManualSupplierInvoiceHandling.svc/ManSuppInvoiceSet"
STATE = "IfsApp.ManualSupplierInvoiceHandling.ManSuppInvoiceState"
START = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)


class Clock:
    """Stands still until told."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Caller:
    """An HTTP client of one simulator that fetches a token when asked to."""

    def __init__(self, sim: Simulator, clock: Clock) -> None:
        self.sim, self.clock = sim, clock
        self.http = httpx.Client(transport=httpx.MockTransport(sim), base_url="https://t1.example")
        self.token = self.sign_in().json().get("access_token", "")

    def sign_in(
        self, secret: str = "demo-secret", client_id: str = "ml-connector", realm: str = "demo", **form: str
    ) -> httpx.Response:
        data = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret, **form}
        return self.http.post(f"/auth/realms/{realm}/protocol/openid-connect/token", data=data)

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return self.http.request(method, path, headers=headers, **more)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.call("GET", path, headers=headers)

    def rows(self, path: str) -> list[dict[str, Any]]:
        found = self.get(path)
        assert found.status_code == 200, found.text
        return list(found.json()["value"])

    def patch(self, path: str, body: dict[str, Any], tag: str | None) -> httpx.Response:
        return self.call("PATCH", path, json=body, headers={"if-match": tag} if tag else {})

    def post(self, path: str, body: dict[str, Any], tag: str | None = None) -> httpx.Response:
        return self.call("POST", path, json=body, headers={"if-match": tag} if tag else {})


def invoice(number: int, **more: Any) -> dict[str, Any]:
    row = {
        "Company": "10",
        "InvoiceId": number,
        "Identity": "S1",
        "SeriesId": "SI",
        "InvoiceNo": f"N{number}",
        "InvoiceDate": date(2026, 5, 1) + timedelta(days=number % 30),
        "Currency": "USD",
        "NetCurrAmount": Decimal("100.10") + number,
        "VatCurrAmount": Decimal("0.00"),
        "Objstate": "PostedAuth" if number % 3 else "Posted",
        "BlockedForPayment": number % 2 == 0,
    }
    return {**row, **more}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(clock: Clock) -> Callable[..., Caller]:
    """A caller of a tenant with one supplier and `invoices` invoices numbered from 1."""

    def build(invoices: int = 12, **config: Any) -> Caller:
        sim = Simulator(config=SimulatorConfig(**config), clock=clock)
        sim.insert("SupplierInfoGeneral", {"SupplierId": "S1", "Name": "O'Brien", "PartyType": "Supplier"})
        sim.insert("SupplierInvoiceCompany", {"SupplierId": "S1", "Company": "10", "Identity": "S1"})
        sim.store.insert_many("ManSuppInvoice", (invoice(number) for number in range(1, invoices + 1)))
        return Caller(sim, clock)

    return build


@pytest.fixture
def caller(make: Callable[..., Caller]) -> Caller:
    return make()
