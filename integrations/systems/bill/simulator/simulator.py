"""A local stand-in for BILL v3: both gateways, its limits and its manners, in one callable.

Written from BILL's public documents (https://developer.bill.com/), never from our client.
"""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock, RLock
from time import sleep
from typing import Any

import httpx

from integrations.systems.bill.simulator import (
    approvals,
    bills,
    classifications,
    documents,
    organization,
    paying,
    payments,
    subscriptions,
    vendor_credits,
    vendors,
)
from integrations.systems.bill.simulator.access import Access
from integrations.systems.bill.simulator.call import Answer, Call, World
from integrations.systems.bill.simulator.config import SimulatorConfig
from integrations.systems.bill.simulator.control import act, control
from integrations.systems.bill.simulator.errors import (
    Refusal,
    concurrency_limit,
    hourly_limit,
    invalid,
    refuse,
    session_invalid,
    untrusted,
)
from integrations.systems.bill.simulator.events import Events
from integrations.systems.bill.simulator.faults import (
    ANSWERING,
    DAMAGING,
    Fault,
    Faults,
    answer,
    damage,
    shorten_names,
)
from integrations.systems.bill.simulator.hands import Hands
from integrations.systems.bill.simulator.ledger import Ledger
from integrations.systems.bill.simulator.routing import Router
from integrations.systems.bill.simulator.rows import Rows
from integrations.systems.bill.simulator.wire import Json, decode, encode, timestamp

_DATA = "/connect"
_EVENTS = "/connect-events"


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Simulator(Hands):
    """`response = sim(request)`, thread-safe; raises httpx errors where a fault loses the connection.

    `data` is a SQLite file or ":memory:"; `clock` returns aware UTC times and drives sessions, limits and time stamps.
    """

    def __init__(
        self,
        data: str = ":memory:",
        config: SimulatorConfig | None = None,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.config = config or SimulatorConfig()
        self.lock = RLock()
        self.faults = Faults()
        rows = Rows(data, clock, self.config.organizations[0].id, self.config.visible_after)
        access, events = Access(self.config), Events(rows, self.config)
        self.world = World(self.config, access, rows, events, secrets.token_bytes(16))
        self._ledger = Ledger()
        self._gate = Lock()  # guards counters only, so that a request can be refused while another is processed
        modules = (
            vendors,
            bills,
            payments,
            vendor_credits,
            classifications,
            documents,
            approvals,
            organization,
        )
        self._data = Router([route for module in modules for route in module.ROUTES])
        self._events = Router(subscriptions.routes(subscriptions.IdempotentAnswers()))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request as BILL would, or as a planned fault wants it."""
        request.read()
        if request.url.path.startswith("/_sim/"):
            return control(self, request) if self.config.control else httpx.Response(404)
        target = request.url.raw_path.decode("ascii")
        login = _login_body(request)
        lane = self.world.access.lane(request.headers, login)
        events = request.url.path.startswith(_EVENTS + "/")
        fault = self.faults.take(request.method, target)
        with self._gate:
            refusal = self.world.access.enter(lane, events=events)
            in_flight = self.world.access.in_flight[lane] + (refusal is not None)
            entry = self._ledger.arrive(self.world.rows.now(), request.method, target, lane, in_flight)
        entry.fault = fault.kind if fault else ""
        status, codes = 0, ()
        try:
            response = self._refused(refusal) if refusal else self._carry_out(request, login, fault)
            status, codes = response.status_code, response.extensions.get("codes", ())
            return response
        finally:
            with self._gate:
                if refusal is None:
                    self.world.access.leave(lane)
                self._ledger.leave(entry, self.world.rows.now(), status, codes)

    def _carry_out(self, request: httpx.Request, login: Json | None, fault: Fault | None) -> httpx.Response:
        """Process a request that has a slot, with its latency and its fault."""
        latency = self.config.read_latency if request.method == "GET" else self.config.write_latency
        slow = float(fault.params.get("seconds", 1)) if fault and fault.kind == "slow" else 0.0
        late = fault is not None and fault.params.get("when") == "after"
        sleep(0 if late else slow)
        response = self._faulty(request, login, fault) if fault else self._process(request, login, None)
        sleep(latency + (slow if late else 0))
        return response

    def _faulty(self, request: httpx.Request, login: Json | None, fault: Fault) -> httpx.Response:
        if fault.kind == "drop_before":
            raise httpx.ConnectError("connection reset by peer", request=request)
        if fault.kind == "session_lost":
            self.world.access.end(request.headers.get("sessionid", ""))
        if fault.kind == "meanwhile" and fault.params.get("when") == "before":
            act(self, fault.params["order"])
            return self._process(request, login, fault)
        response = self._process(request, login, fault) if fault.processed else None
        if fault.kind == "drop_after":
            raise httpx.ReadError("connection reset by peer", request=request)
        if response is not None and fault.kind == "meanwhile":
            act(self, fault.params["order"])
        if response is not None and fault.kind in DAMAGING:
            return damage(fault, response)
        if fault.kind not in ANSWERING:
            return response or self._process(request, login, fault)
        refusal = self._planned_refusal(fault)
        if refusal is not None:
            return self._refused(refusal)
        status, headers, body = answer(fault)
        return httpx.Response(status, headers={**self._date(), **headers}, content=body)

    def _planned_refusal(self, fault: Fault) -> Refusal | None:
        status = int(fault.params.get("status", self.config.limit_status))
        planned = {
            "session_lost": session_invalid(),
            "rate_hourly": hourly_limit(status, self.config.requests_per_hour),
            "concurrent": concurrency_limit(status),
            "untrusted": untrusted(),
            "locked": refuse(423, "BDC_1107", "Organization is locked. Please try again later.", "APPLICATION"),
            "page_token_expired": refuse(400, "BDC_1129", "Page token is invalid or has expired.", "REQUEST"),
        }
        return planned.get(fault.kind)

    def _process(self, request: httpx.Request, login: Json | None, fault: Fault | None) -> httpx.Response:
        """The request's effect and its honest answer."""
        try:
            with self.lock:
                result = self._route(request, login, fault)
        except Refusal as refusal:
            return self._refused(refusal)
        headers = self._date() | ({"content-type": result.content_type} if result.body else {})
        return httpx.Response(result.status, headers=headers, content=result.body)

    def _route(self, request: httpx.Request, login: Json | None, fault: Fault | None) -> Answer:
        path, rows, access = request.url.path, self.world.rows, self.world.access
        if path == f"{_DATA}/v3/health":
            return Answer.of({"appId": "connect", "appEnv": "simulator", "appVersion": "3", "bdcRegion": "us-west-2"})
        events = path.startswith(_EVENTS + "/")
        lane = access.lane(request.headers, login)
        access.count_request(lane[0], rows.now(), events=events)
        if login is not None:
            return Answer.of(access.login(login, rows.now()))
        if events and not (request.headers.get("sessionid") and request.headers.get("devkey")):
            raise invalid(["Required request header 'sessionId' or 'devKey' is not present"])
        session = access.session(request.headers, rows.now())
        address = path.removeprefix(_EVENTS if events else _DATA)
        found = (self._events if events else self._data).find(request.method, address)
        if found is None or not (events or path.startswith(_DATA + "/")):
            raise refuse(404, "BDC_1121", "Invalid path.", "REQUEST")
        if session.credential.kind == "token" and address.startswith(self.config.token_denied or ("\n",)):
            raise refuse(403, "", "The user does not have permission to do this.")
        handler, parts = found
        call = Call(
            self.world, session, request.method, path, request.url.params, request.headers,
            _content(request, fault), fault, parts,
        )  # fmt: skip
        if self.config.pays and handler is payments.show_list and "page" not in call.query:
            paying.step(self.world, call.organization)
        if request.method == "GET":
            return handler(call)
        with rows.transaction():
            try:
                return handler(call)
            except Refusal as refusal:
                if not refusal.keeps_writes:
                    raise
                return Answer(refusal.status, refusal.body(timestamp(rows.now())))

    def _refused(self, refusal: Refusal) -> httpx.Response:
        body = refusal.body(timestamp(self.world.rows.now()))
        headers = {**self._date(), "content-type": "application/json"}
        codes = tuple(item.code for item in refusal.items if item.code)
        return httpx.Response(refusal.status, headers=headers, content=body, extensions={"codes": codes})

    def _date(self) -> dict[str, str]:
        moment = datetime.fromtimestamp(self.world.rows.now() / 1000, UTC)
        return {"date": f"{moment:%a, %d %b %Y %H:%M:%S} GMT"}

    def end_sessions(self, organization_id: str = "") -> None:
        """Sign everybody out, or everybody of one organization."""
        with self.lock:
            self.world.access.end_all(organization_id)

    def ledger(self, since: int = 0) -> list[dict[str, Any]]:
        """Every request after an entry's `seq`, oldest first; see `ledger.Entry`."""
        with self._gate:
            return self._ledger.since(since)

    def stats(self) -> dict[str, Any]:
        """Counts since the start; see `Ledger.stats`, plus successful logins."""
        with self._gate:
            return {**self._ledger.stats(), "logins": self.world.access.logins}

    def dump(self, entity: str, after: int = 0, limit: int = 1_000_000) -> list[Json]:
        """All stored records of a kind ("bills", "vendors", "departments", "documents", ...), oldest first."""
        return [body for _, _, body in self.dump_page(entity, after, limit)]

    def dump_page(self, entity: str, after: int, limit: int) -> list[tuple[int, str, Json]]:
        """(sequence, organization, record) after a sequence number."""
        with self.lock:
            return self.world.rows.dump(entity, after, limit)

    def close(self) -> None:
        """Close the database."""
        with self.lock:
            self.world.rows.close()


def _login_body(request: httpx.Request) -> Json | None:
    """The body of a sign-in, {} when it cannot be read, None for other requests."""
    if request.method != "POST" or request.url.path != f"{_DATA}/v3/login":
        return None
    try:
        body = decode(request.content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _content(request: httpx.Request, fault: Fault | None) -> bytes:
    """The request's body; a fault may shorten its names first."""
    if fault is None or fault.kind != "echo_differs" or not request.content:
        return request.content
    return encode(shorten_names(decode(request.content), int(fault.params.get("length", 20))))
