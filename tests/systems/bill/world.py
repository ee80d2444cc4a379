"""A BILL client wired to the simulator, with every request and answer checked against the OpenAPI document."""

import itertools
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx

from integrations.engine.drafts import ArchiveDraft, Draft, DraftLine, ImageDraft, InvoiceDraft, Receipt, VendorDraft
from integrations.engine.ports import Scope, Write
from integrations.engine.records import Address, Entity
from integrations.engine.targets import TargetRecord
from integrations.systems.bill.client import BillClient, connect
from integrations.systems.bill.simulator import DEFAULT_CHART, Fault, Simulator, SimulatorConfig, seed
from integrations.transport.kit import Kit
from integrations.transport.tokens import MemoryTokens
from tests.systems import openapi

DEV_KEY, PASSWORD = "demo-dev-key", "demo-token"
ORGANIZATION = "00802DEMOORGANIZA001"
SETTINGS = {
    "environment": "own",
    "base_url": "https://gateway.bill.test",
    "organization_id": ORGANIZATION,
    "dev_key": DEV_KEY,
    "credential_kind": "sync_token",
    "username": "ml-connector",
    "password": PASSWORD,
}
DEPARTMENTS = [("100", "Assembly"), ("200", "Sales")]
SCOPE = Scope(company="10")


@dataclass
class Clock:
    now: datetime = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


@dataclass
class ClockTokens:
    """A TokenStore whose tokens end by the world's clock."""

    clock: Clock
    kept: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    locks: MemoryTokens = field(default_factory=MemoryTokens)

    def get(self, name: str) -> str | None:
        token, until = self.kept.get(name, ("", self.clock.now))
        return token if self.clock.now < until else None

    def put(self, name: str, token: str, ttl: float) -> None:
        self.kept[name] = (token, self.clock.now + timedelta(seconds=ttl))

    def discard(self, name: str, token: str) -> None:
        if self.get(name) == token:
            del self.kept[name]

    def lock(self, name: str, timeout: float) -> AbstractContextManager[None]:
        return self.locks.lock(name, timeout)


@dataclass
class CountingBudget:
    """No limits; remembers what it was told. Also a BudgetMaker."""

    made: dict[str, dict[str, Any]] = field(default_factory=dict)
    closed: dict[str, float] = field(default_factory=dict)
    logins: int = 0
    key: str = ""

    def __call__(self, key: str, **limits: Any) -> "CountingBudget":
        self.made[key] = limits
        return CountingBudget(self.made, self.closed, key=key)

    @contextmanager
    def slot(self, *, cost: int = 1) -> Iterator[None]:
        yield

    def login(self) -> None:
        self.logins += 1

    def close_for(self, seconds: float) -> None:
        self.closed[self.key] = seconds


@dataclass
class Egress:
    """Lets everything through, to `answer` instead of the network."""

    answer: Callable[[httpx.Request], httpx.Response]

    def check(self, url: str) -> str:
        return url

    def transport(self) -> httpx.BaseTransport:
        return httpx.MockTransport(self.answer)


@dataclass
class World:
    """One organization in the simulator and what connects to it."""

    options: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.sim = Simulator(":memory:", SimulatorConfig(**self.options), self.clock)
        seed(self.sim, accounts=DEFAULT_CHART, departments=DEPARTMENTS, classes=[("RET", "Retail")])
        self.sent: list[httpx.Request] = []
        self.faulty = False  # from then on answers are wrong on purpose
        self.tokens, self.budgets = ClockTokens(self.clock), CountingBudget()
        self.kit = Kit(self.tokens, self.budgets, Egress(self._answer), self.clock, deadline=5.0)
        self.client = self.connect()
        self._intents = itertools.count(1)

    def connect(self, **settings: str) -> BillClient:
        return connect(SETTINGS | self.settings | settings, self.kit)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        if request.url.path.endswith("/content"):
            return self.sim(request)  # where a downloadLink leads is no part of the document
        if openapi.available():
            openapi.check_request(request)
        else:
            warnings.warn("shared/apis/bill-openapi.json is not there: nothing is checked against it", stacklevel=1)
        response = self.sim(request)
        if openapi.available() and not self.faulty:
            openapi.check_response(request, response)
        return response

    def fault(self, kind: str, path: str = "", **params: Any) -> None:
        self.faulty = True
        self.sim.faults.add(Fault(kind, path_contains=path, **params))

    def calls(self, method: str = "", path: str = "") -> list[httpx.Request]:
        """The requests sent so far with that method and that text in path and query."""
        return [each for each in self.sent if method in ("", each.method) and path in str(each.url)]

    def vendor(self, name: str = "Nordic Bolts", **fields: Any) -> str:
        return self.sim.create_vendor_by_hand(name, billCurrency=fields.pop("currency", "USD"), **fields)

    def account(self, number: str) -> str:
        rows = self.sim.dump("chart-of-accounts")
        return next(str(row["id"]) for row in rows if row["account"]["number"] == number)

    def invoice(self, vendor_id: str, number: str = "A-1001", *amounts: str, **fields: Any) -> InvoiceDraft:
        parts = [Decimal(amount) for amount in amounts or ("100.00", "20.50")]
        account = self.account("1000")
        return InvoiceDraft(
            vendor_id=vendor_id,
            number=number,
            invoice_date=date(2026, 11, 2),
            due_date=date(2026, 12, 2),
            currency=fields.pop("currency", "USD"),
            total=fields.pop("total", sum(parts, Decimal(0))),
            lines=fields.pop("lines", tuple(DraftLine(amount=part, account=account) for part in parts)),
            **fields,
        )

    def write(self, draft: Draft, target_id: str = "", version: str = "", **more: Any) -> Write:
        entity = Entity.VENDOR if isinstance(draft, VendorDraft) else Entity.INVOICE
        if isinstance(draft, ImageDraft):
            entity = Entity.INVOICE_IMAGE
        if isinstance(draft, ArchiveDraft):
            entity = draft.entity
        return Write(
            intent=next(self._intents),
            entity=entity,
            draft=draft,
            natural_key=getattr(draft, "number", target_id),
            send_by=self.clock.now + timedelta(seconds=30),
            target_id=target_id,
            version=version,
            **more,
        )

    def act(self, draft: Draft, target_id: str, version: str = "") -> Receipt:
        return self.client.write([self.write(draft, target_id, version)])[0]

    def standing(self, target_id: str, entity: Entity = Entity.INVOICE) -> TargetRecord:
        return self.client.standing(entity, [target_id])[target_id]

    def post(self, *drafts: Draft) -> list[Receipt]:
        return self.client.write([self.write(draft) for draft in drafts])


def vendor_draft(number: str = "SUP-1007", name: str = "Nordic Bolts", **fields: Any) -> VendorDraft:
    address = Address(key="1", line1="1 Test Way", city="Austin", state="TX", postal_code="78701", country="US")
    return VendorDraft(
        name=name,
        number=number,
        currency=fields.pop("currency", "USD"),
        address=fields.pop("address", address),
        **fields,
    )


def read_all(client: BillClient, entity: Entity, cursor: str = "") -> tuple[list[Any], str]:
    """Every record of one scan and the cursor that follows it."""
    records: list[Any] = []
    for page in client.read(entity, cursor, SCOPE):
        records += page.records
        cursor = page.cursor
    return records, cursor


def codes(found: Sequence[Any]) -> list[str]:
    return [each.code for each in found]
