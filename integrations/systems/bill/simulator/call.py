"""What a handler gets: the signed-in caller, the request's parts, and the simulator's state."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from integrations.systems.bill.simulator.access import Access, Session
from integrations.systems.bill.simulator.config import SimulatorConfig
from integrations.systems.bill.simulator.errors import invalid, not_found
from integrations.systems.bill.simulator.events import Events
from integrations.systems.bill.simulator.faults import Fault
from integrations.systems.bill.simulator.rows import Row, Rows
from integrations.systems.bill.simulator.wire import Json, decode, encode


@dataclass(frozen=True)
class World:
    """Everything the handlers work on."""

    config: SimulatorConfig
    access: Access
    rows: Rows
    events: Events
    page_secret: bytes = field(repr=False)


@dataclass(frozen=True)
class Answer:
    """Status and ready bytes."""

    status: int
    body: bytes
    content_type: str = "application/json"

    @classmethod
    def of(cls, value: object, status: int = 200) -> "Answer":
        """A JSON answer."""
        return cls(status, encode(value))


@dataclass(frozen=True)
class Call:
    """One request of a signed-in caller."""

    world: World
    session: Session
    method: str
    path: str
    query: httpx.QueryParams
    headers: httpx.Headers
    content: bytes = field(repr=False)
    fault: Fault | None = None
    parts: dict[str, str] = field(default_factory=dict)

    @property
    def organization(self) -> str:
        """Id of the caller's organization."""
        return self.session.organization.id

    @property
    def partial_bulk(self) -> bool:
        """True when a fault makes this bulk keep its good items."""
        return self.fault is not None and self.fault.kind == "partial_bulk"

    def body(self) -> Any:
        """The JSON body; 400 when there is none or it cannot be read."""
        if not self.content:
            raise invalid(["Required request body is missing"])
        try:
            return decode(self.content)
        except ValueError:
            raise invalid(["JSON parse error: Cannot construct instance"]) from None

    def object(self) -> Json:
        """The JSON body, which must be an object."""
        body = self.body()
        if not isinstance(body, dict):
            raise invalid(["JSON parse error: Cannot construct instance of an object from an array or value"])
        return body

    def items(self, most: int) -> list[Json]:
        """The JSON body of a bulk call: a bare array of 1 to `most` objects."""
        body = self.body()
        if not isinstance(body, list) or not all(isinstance(item, dict) for item in body):
            raise invalid(["JSON parse error: Cannot construct instance of an array"])
        if not 1 <= len(body) <= most:
            raise invalid([f"size must be between 1 and {most}"])
        return body

    def row(self, kind: str, part: str = "id") -> Row:
        """The record that the path names; 404 BDC_1205 when the organization has none."""
        return self.find(kind, self.parts[part])

    def find(self, kind: str, key: str) -> Row:
        """A record of the caller's organization by id; 404 BDC_1205 when there is none."""
        row = self.world.rows.get(self.organization, kind, key)
        if row is None:
            raise not_found(key)
        return row


Handler = Callable[[Call], Answer]
Route = tuple[str, str, Handler]  # method, path pattern, handler
