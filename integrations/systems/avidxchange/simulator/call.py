"""What a handler gets and gives: the customer's request with its parts, and an answer to be dressed and sent."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from integrations.systems.avidxchange.simulator.config import Customer, SimulatorConfig
from integrations.systems.avidxchange.simulator.errors import invalid, missing
from integrations.systems.avidxchange.simulator.manners import Manners
from integrations.systems.avidxchange.simulator.rows import Rows
from integrations.systems.avidxchange.simulator.wire import Json, decode


@dataclass(frozen=True)
class Answer:
    """A JSON value, or ready bytes when there is no value."""

    value: Any = None
    status: int = 200
    content: bytes = b""
    content_type: str = "application/json; charset=UTF-8"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One request of a known customer."""

    config: SimulatorConfig
    manners: Manners
    rows: Rows
    customer: Customer
    request: httpx.Request = field(repr=False)
    parts: dict[str, str] = field(default_factory=dict)
    row_moves: bool = False

    @property
    def base(self) -> str:
        """Scheme and host the caller used."""
        return f"{self.request.url.scheme}://{self.request.url.netloc.decode()}"

    @property
    def places(self) -> tuple[str, ...]:
        """Ids of the customer's accounting systems."""
        return tuple(str(number) for number, _ in self.customer.accounting_systems)

    @property
    def acct(self) -> str:
        """The accounting system that the path names. 404 for one the customer does not have."""
        acct = self.parts["acct"]
        if acct not in self.places:
            raise missing(f"Accounting system {acct}")
        return acct

    def object(self) -> Json:
        """The JSON body. 400 when it is no object."""
        try:
            body = decode(self.request.content)
        except ValueError:
            raise invalid("The request body is not valid JSON.") from None
        if not isinstance(body, dict):
            raise invalid("The request body must be an object.")
        return body

    def row(self, kind: str, part: str) -> Json:
        """The customer's record that the path names. 404 when there is none."""
        found = self.rows.find(kind, self.parts[part], self.places)
        if found is None:
            raise missing(f"{part.capitalize()} {self.parts[part]}")
        return found[1]


Handler = Callable[[Call], Answer]
