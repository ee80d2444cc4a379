"""A small caller of the simulator: signs in, keeps the headers, checks every answer against the OpenAPI document."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import msgspec

from integrations.systems.bill.simulator import DEFAULT_CHART, Organization, Simulator, SimulatorConfig, seed
from tests.systems import openapi

HOST = "https://gateway.stage.bill.com"
ADDRESS = {"line1": "1 Test Way", "city": "Austin", "zipOrPostalCode": "78701", "country": "US"}
TOKEN = {"username": "ml-connector", "password": "demo-token"}
USER = {"username": "ap@example.com", "password": "demo-password"}
_exact = msgspec.json.Decoder(float_hook=Decimal)


class Clock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **delta: float) -> None:
        """Let time pass."""
        self.now += timedelta(**delta)


def exact(response: httpx.Response) -> Any:
    """The JSON of an answer with its amounts as Decimal."""
    return _exact.decode(response.content)


def codes(response: httpx.Response) -> list[str]:
    """The BDC codes of an error answer, "" where there is none."""
    return [item.get("code", "") for item in response.json()]


class Api:
    """Calls one simulator as one organization; `base` picks the gateway."""

    def __init__(self, send: Callable[[httpx.Request], httpx.Response], organization: str = Organization().id) -> None:
        self.http = httpx.Client(transport=httpx.MockTransport(send), base_url=HOST)
        self.organization = organization
        self.checked = openapi.available()

    def login(self, **changes: str) -> httpx.Response:
        """Sign in with the sync token, or with what is given; later calls use the session."""
        body = {**TOKEN, "organizationId": self.organization, "devKey": "demo-dev-key", **changes}
        response = self.call("POST", "/v3/login", json=body)
        if response.status_code == 200:
            self.http.headers.update({"sessionId": response.json()["sessionId"], "devKey": body["devKey"]})
        return response

    def call(self, method: str, path: str, *, base: str = "/connect", **options: Any) -> httpx.Response:
        """One request."""
        response = self.http.request(method, base + path, **options)
        if self.checked:
            openapi.check_response(response.request, response)
        return response

    def get(self, path: str, **params: str | int) -> httpx.Response:
        """GET with query parameters."""
        return self.call("GET", path, params=params)

    def post(self, path: str, body: object = None) -> httpx.Response:
        """POST of JSON, or of nothing."""
        return self.call("POST", path) if body is None else self.call("POST", path, json=body)

    def patch(self, path: str, body: object) -> httpx.Response:
        """PATCH of JSON."""
        return self.call("PATCH", path, json=body)

    def pages(self, path: str, **params: str | int) -> list[Any]:
        """All rows of a list, page after page."""
        rows: list[Any] = []
        page: dict[str, Any] = self.get(path, **params).json()
        rows += page["results"]
        while page.get("nextPage"):
            page = self.get(path, **params, page=page["nextPage"]).json()
            rows += page["results"]
        return rows


class Place:
    """A seeded simulator with a signed-in caller."""

    def __init__(self, config: SimulatorConfig | None = None, data: str = ":memory:") -> None:
        self.clock = Clock()
        self.sim = Simulator(data, config, self.clock)
        self.known = seed(
            self.sim, DEFAULT_CHART, [("100", "Administration")], [("10", "Industrial")], [], [("AUS", "Austin")]
        )
        self.api = Api(self.sim)
        self.api.checked = openapi.available()
        self.api.login()

    def account(self, number: str = "5010") -> str:
        """Id of a GL account."""
        return self.known["chart-of-accounts"][number]

    def vendor(self, **fields: object) -> str:
        """Id of a new vendor."""
        body = {"name": "Nordic Bolts", "address": ADDRESS, **fields}
        response = self.api.post("/v3/vendors", body)
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    def bill_body(self, vendor: str, number: str = "A-1001", *amounts: float, **fields: object) -> dict[str, Any]:
        """What to POST for a bill of these line amounts (one line of 120.5 by default)."""
        lines = [
            {"amount": amount, "classifications": {"chartOfAccountId": self.account()}}
            for amount in amounts or (120.5,)
        ]
        return {
            "vendorId": vendor,
            "dueDate": "2026-04-01",
            "invoice": {"invoiceNumber": number, "invoiceDate": "2026-03-01"},
            "billLineItems": lines,
            **fields,
        }

    def bill(self, vendor: str, number: str = "A-1001", *amounts: float, **fields: object) -> dict[str, Any]:
        """A new bill as BILL answered it, amounts exact."""
        response = self.api.post("/v3/bills", self.bill_body(vendor, number, *amounts, **fields))
        assert response.status_code == 201, response.text
        body: dict[str, Any] = exact(response)
        return body
