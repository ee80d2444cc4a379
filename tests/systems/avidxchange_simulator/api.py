"""A small caller of the simulator, by any of the three ways to sign in."""

from collections.abc import Callable, Sequence
from typing import Any

import httpx

from integrations.systems.avidxchange.simulator import Simulator, SimulatorConfig
from tests.contract.wiring import Clock

HOST = "https://api.avid.test"
ACCT = "/v1/accountingSystems/4711"
PAIR = {"Authorization": "Bearer demo-company-token", "AvidAuthorization": "Bearer demo-user-token"}


def code(response: httpx.Response) -> int:
    """The gateway's code in a fault."""
    found: int = response.json()["fault"]["code"]
    return found


def vendor(number: str = "S1", **fields: object) -> dict[str, Any]:
    """A vendor as it is pushed."""
    return {"ExternalVendorCode": number, "Name": f"Vendor {number}", "Active": True, **fields}


def order(number: str = "1", **fields: object) -> dict[str, Any]:
    """A purchase order of one line for vendor S1."""
    line = {"ExternalCode": "1", "Item": {"ProductDesc": "Bolts", "Quantity": 4}, "Amount": 10.5}
    return {
        "ExternalCode": f"10:{number}",
        "OrderNumber": number,
        "VendorExternalCode": "S1",
        "BillToCompanyExternalCode": "10",
        "Status": "Open",
        "Currency": "USD",
        "LineItems": [line],
        **fields,
    }


class Api:
    """Calls one simulator with the given headers; the token pair by default."""

    def __init__(self, send: Callable[[httpx.Request], httpx.Response], headers: dict[str, str] | None = None) -> None:
        self.http = httpx.Client(transport=httpx.MockTransport(send), base_url=HOST)
        self.http.headers.update(PAIR if headers is None else headers)

    def get(self, path: str, **params: str | int) -> httpx.Response:
        """GET with query parameters."""
        return self.http.get(path, params=params or None)

    def post(self, path: str, body: object) -> httpx.Response:
        """POST of JSON below the accounting system."""
        return self.http.post(ACCT + path, json=body)

    def push(self, path: str, *items: object) -> httpx.Response:
        """One write of items."""
        return self.post(path, {"BatchId": "b-1", "Items": items})

    def results(self, path: str, *items: object) -> list[Any]:
        """The results of a write that answers at once."""
        found: list[Any] = self.push(path, *items).json()["Results"]
        return found

    def items(self, path: str, **params: str | int) -> list[Any]:
        """All rows of a list, page after page."""
        rows: list[Any] = []
        for number in range(1, 1000):
            body = self.get(path, **params, pageNumber=number).json()
            rows += body["Items"]
            if number >= body["Paging"]["PageCount"]:
                break
        return rows


class Place:
    """A simulator without content, its clock, and a caller."""

    def __init__(self, headers: dict[str, str] | None = None, **config: Any) -> None:
        self.clock = Clock()
        self.sim = Simulator(config=SimulatorConfig(**config), clock=self.clock)
        self.api = Api(self.sim, headers)

    def invoices(self, count: int, vendors: Sequence[str] = ("S1",)) -> list[int]:
        """Approved invoices of 100, 101, ... in one company."""
        return [
            self.sim.create_invoice(vendors[number % len(vendors)], f"INV-{number}", 100 + number)
            for number in range(count)
        ]
