"""A local stand-in for AvidXchange: gateway, application and the people at work in it, in one callable.

Written from what public sources show of it and the contract assumed from that, never from our client.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock, RLock
from time import sleep
from typing import Any

import httpx

from integrations.systems.avidxchange.simulator import routes
from integrations.systems.avidxchange.simulator.access import LOGIN_PATH, TOKEN_PATHS, Access
from integrations.systems.avidxchange.simulator.call import Answer, Call
from integrations.systems.avidxchange.simulator.config import Customer, SimulatorConfig
from integrations.systems.avidxchange.simulator.control import act, control
from integrations.systems.avidxchange.simulator.errors import Refusal, fault
from integrations.systems.avidxchange.simulator.faults import (
    ANSWERING,
    DAMAGING,
    Fault,
    Faults,
    damage,
    instead,
    refusal,
)
from integrations.systems.avidxchange.simulator.hands import Hands
from integrations.systems.avidxchange.simulator.lanes import Lanes
from integrations.systems.avidxchange.simulator.ledger import Entry, Ledger
from integrations.systems.avidxchange.simulator.rows import Rows
from integrations.systems.avidxchange.simulator.wire import Json, encode, http_date


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Simulator(Hands):
    """`response = sim(request)`, thread-safe; raises httpx errors where a fault loses the connection.

    `data` is a SQLite file or ":memory:"; `clock` returns aware times and drives tokens, limits and change dates.
    """

    def __init__(
        self,
        data: str = ":memory:",
        config: SimulatorConfig | None = None,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.config = config or SimulatorConfig()
        self.about = ""
        self.clock = clock
        self.lock = RLock()
        self.faults = Faults()
        self.rows = Rows(data, clock, self.config.zone_hours, self.config.visible_after)
        self.access = Access(self.config, clock)
        self._lanes = Lanes(self.config)
        self._ledger = Ledger()
        self._gate = Lock()  # guards counters only, so that a request can be refused while another is carried out

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request as AvidXchange would, or as a planned fault wants it."""
        request.read()
        if request.url.path.startswith("/_sim/"):
            return control(self, request) if self.config.control else httpx.Response(404)
        target = request.url.raw_path.decode("ascii")
        planned = self.faults.take(request.method, target)
        if planned and planned.kind == "expire_tokens":
            self.expire_tokens()
        customer = self._caller(request)
        lane = customer.id if isinstance(customer, Customer) else ""
        with self._gate:
            self._lanes.in_flight[lane] += 1
            refused = self._lanes.enter(lane, self.clock()) if lane else None
            company = self.access.company(request)
            in_flight = self._lanes.in_flight[lane]
            entry = self._ledger.arrive(self.clock(), request.method, target, lane, company, in_flight)
        entry.fault = planned.kind if planned else ""
        try:
            response = self._refuse(refused, entry) if refused else self._serve(request, customer, planned, entry)
            entry.status = response.status_code
            return response
        finally:
            with self._gate:
                self._lanes.in_flight[lane] -= 1
                self._ledger.leave(entry)

    def _caller(self, request: httpx.Request) -> Customer | Refusal:
        try:
            with self.lock:
                return self.access.caller(request)
        except Refusal as refused:
            return refused

    def _serve(
        self, request: httpx.Request, customer: Customer | Refusal, planned: Fault | None, entry: Entry
    ) -> httpx.Response:
        """Carry out a request, with its latency and its fault."""
        sleep(self.config.latency)
        if planned is None:
            return self._process(request, customer, None, entry)
        if planned.kind == "drop_before":
            raise httpx.ConnectError("connection reset by peer", request=request)
        late = planned.params.get("when", "before" if planned.kind == "slow" else "after") == "after"
        if not late:
            self._aside(planned)
        response = self._process(request, customer, planned, entry) if planned.processed else None
        if late:
            self._aside(planned)
        if planned.kind == "drop_after":
            raise httpx.ReadError("connection reset by peer", request=request)
        if planned.kind in ANSWERING:
            return self._instead(request, planned, entry)
        assert response is not None  # noqa: S101  (only answering faults leave a request undone)
        return damage(planned, response) if planned.kind in DAMAGING else response

    def _instead(self, request: httpx.Request, planned: Fault, entry: Entry) -> httpx.Response:
        """A fault's answer in place of the honest one."""
        refused = refusal(planned, self.clock())
        if refused is None:
            return self._dated(instead(planned, request))
        return self._refuse(refused, entry, planned.params.get("format", ""))

    def _aside(self, planned: Fault) -> None:
        """What happens beside the request: time passes, or a person does something."""
        if planned.kind == "slow":
            sleep(float(planned.params.get("seconds", 1)))
        if planned.kind == "meanwhile":
            act(self, planned.params["order"])

    def _process(
        self, request: httpx.Request, customer: Customer | Refusal, planned: Fault | None, entry: Entry
    ) -> httpx.Response:
        """The request's effect and its honest answer."""
        try:
            with self.lock:
                if request.method == "POST" and request.url.path in TOKEN_PATHS | {LOGIN_PATH}:
                    return self._send(Answer(self.access.sign_in(request)))
                if isinstance(customer, Refusal):
                    raise customer
                return self._route(request, customer, planned, entry)
        except Refusal as refused:
            return self._refuse(refused, entry)

    def _route(self, request: httpx.Request, customer: Customer, planned: Fault | None, entry: Entry) -> httpx.Response:
        found = routes.find(request.method, request.url.path)
        if found is None or found[0].operation in self.config.not_offered:
            raise fault(404, 900906, "No matching resource found for given API Request")
        route, parts = found
        entry.operation = route.operation
        if route.operation in self.config.forbidden:
            raise fault(403, 900910)
        manners = self.config.manners
        if planned and planned.kind == "manners":
            manners = replace(manners, **planned.params)
        moves = planned is not None and planned.kind == "row_moves"
        call = Call(self.config, manners, self.rows, customer, request, parts, moves)
        with self.rows.transaction():
            result = route.handler(call)
        return self._send(replace(result, value=manners.dress(result.value)))

    def _send(self, result: Answer) -> httpx.Response:
        content = result.content if result.value is None else encode(result.value)
        headers = {"content-type": result.content_type, **result.headers}
        return self._dated(httpx.Response(result.status, headers=headers, content=content))

    def _refuse(self, refused: Refusal, entry: Entry, form: str = "") -> httpx.Response:
        entry.code = refused.code
        kind, content = refused.content(form or self.config.fault_format)
        headers = {"content-type": kind, **refused.headers}
        return self._dated(httpx.Response(refused.status, headers=headers, content=content))

    def _dated(self, response: httpx.Response) -> httpx.Response:
        response.headers["date"] = http_date(self.clock())
        return response

    def expire_tokens(self) -> None:
        """End every partner token and gateway login."""
        with self.lock:
            self.access.expire()

    def ledger(self, since: int = 0) -> list[dict[str, Any]]:
        """Every request after an entry's `seq`, oldest first; see `ledger.Entry`."""
        with self._gate:
            return self._ledger.since(since)

    def stats(self) -> dict[str, Any]:
        """Counts since the start; see `Ledger.stats`, plus sign-ins."""
        with self._gate:
            return {**self._ledger.stats(), "logins": self.access.logins}

    def dump(self, kind: str) -> list[Json]:
        """All stored records of a kind ("vendors", "enterpriseCodes", "invoices", "payments", ...), oldest first."""
        return [body for _, _, body in self.dump_page(kind, 0, 1_000_000)]

    def dump_page(self, kind: str, after: int, limit: int) -> list[tuple[int, str, Json]]:
        """(sequence, place, record) after a sequence number."""
        with self.lock:
            return self.rows.dump(kind, after, limit)

    def close(self) -> None:
        """Close the database."""
        with self.lock:
            self.rows.close()
