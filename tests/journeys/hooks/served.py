"""A tenant whose AP tool tells of changes: both of its stand-ins in this process, our web server and workers outside.

Beside it stands the noisy tenant of `place`, whose backlog waits until somebody releases it.
"""

import html
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import httpx

from bench.sender import free_place, gunicorn
from integrations.management.serving import SimulatorServer
from integrations.systems.bill.client import BillClient, connect
from integrations.systems.bill.simulator import DEFAULT_CHART, Organization, Simulator, SimulatorConfig, seed
from integrations.transport.kit import Kit
from integrations.transport.tokens import MemoryTokens
from tests.integrations.runner.paying import TODAY, Part, Stands, parts, stands
from tests.journeys.chaos.outward import Outward, organization_of, tenancy
from tests.journeys.chaos.processes import Running
from tests.journeys.chaos.seeds import sow
from tests.journeys.chaos.world import World, call, prepare, world
from tests.journeys.hooks.outages import Redis
from tests.journeys.hooks.scripts import BILLS, SCRIPT
from tests.systems.bill.world import SETTINGS, CountingBudget, Egress
from tests.systems.ifs.lines.world import World as Erp

NAME = "neighbour"
OURS = "https://connector.example.test"
SUBSCRIBE = """
import django; django.setup()
from uuid import UUID
from integrations.runner import subscribing
subscribing.look_after(UUID("{tenant}"), {connection})
"""
PAGE = """
import django; django.setup()
from django.conf import settings
from django.test import Client
from integrations.models import Connection
from tenants.models import User
from tenants.scope import tenant_scope
settings.STORAGES["staticfiles"] = {{"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
browser = Client(SERVER_NAME="connector.example.test")
browser.force_login(User.objects.get(email="{name}@example.test"))
with tenant_scope("{tenant}"):
    uuid = Connection.objects.get(pk={connection}).uuid
answer = browser.get(f"/connections/{{uuid}}/", secure=True)
assert answer.status_code == 200, answer
print(answer.content.decode())
"""
SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'ml_app'"


@dataclass
class Clock:
    """The stand-in's: real time, and as far `ahead` as a test moves it."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Served:
    """`erp` and `ap` are the stand-ins; `web` is where our pages are served."""

    place: World
    web: str
    erp: Erp
    ap: Simulator
    clock: Clock
    redis: Redis
    line: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))
    tenant: str = ""
    connection: int = 0
    flows: dict[str, int] = field(default_factory=dict)
    invoices: int = 0

    @property
    def person(self) -> BillClient:
        """Somebody who works in the AP tool."""
        kit = Kit(MemoryTokens(), CountingBudget(), Egress(self.ap), self.clock, deadline=5.0)
        return connect(SETTINGS | {"organization_id": organization_of(NAME)}, kit)

    # the database, seen by its owner

    def ask(self, query: str, **names: Any) -> list[Any]:
        with self.place.database() as connection:
            return connection.execute(query, {"tenant": self.tenant, "ap": self.connection, **names}).fetchall()

    def change(self, query: str, **names: Any) -> None:
        with self.place.database() as connection:
            connection.execute(query, {"tenant": self.tenant, "ap": self.connection, **names})

    # bills and their payments

    def send(self, amounts: Sequence[str]) -> list[str]:
        """New invoices become bills; their ids there."""
        numbers = []
        for amount in amounts:
            self.invoices += 1
            self.erp.invoice(self.invoices, amount)
            numbers.append(f"N{self.invoices}")
        self.poll("invoice")
        found: dict[str, str] = {}

        def arrived() -> bool:
            found.update({row["invoice"]["invoiceNumber"]: row["id"] for row in self.ap.dump("bills")})
            return found.keys() >= set(numbers)

        assert self.place.wait(arrived, 180, step=0.1), "they never became bills"
        return [found[number] for number in numbers]

    def begin(self) -> dict[str, str]:
        """The script's bills are sent, its payments scheduled, of which nothing tells: a poll finds them. Their ids."""
        bills = dict(zip(BILLS, self.send(list(BILLS.values())), strict=True))
        made = {
            name: self.pay([bills[bill] for bill, _ in payment.pays], [amount for _, amount in payment.pays])
            for name, payment in SCRIPT.items()
        }
        self.poll("payment", "invoice")
        self.known()
        return made

    def pay(self, bills: Sequence[str], amounts: Sequence[str] | None = None, **fields: Any) -> str:
        return self.ap.pay(bills, amounts, process_date=TODAY.isoformat(), **fields)

    def poll(self, *entities: str) -> None:
        """The next poll has come, and what was listed of bills is old."""
        self.change("UPDATE integrations_mirrorstate SET whole_at = whole_at - interval '1 day'")
        self.change(
            "UPDATE integrations_dueflow SET poll_at = now(), due_at = now() WHERE flow_id = ANY(%(flows)s)",
            flows=[self.flows[entity] for entity in entities],
        )

    # what the AP tool tells

    def post(self, request: httpx.Request) -> httpx.Response:
        """An event on its way through the proxy to our web server."""
        headers = {**request.headers, "host": request.url.host, "x-forwarded-proto": "https"}
        return self.line.post(f"http://{self.web}{request.url.path}", content=request.content, headers=headers)

    def subscribe(self) -> None:
        call(self.place.env, "-c", SUBSCRIBE.format(tenant=self.tenant, connection=self.connection))
        assert self.subscription()[0] == "on"

    def subscription(self) -> tuple[str, str]:
        """Its state, and why."""
        rows = self.ask("SELECT state, why FROM integrations_webhooksubscription WHERE connection_id = %(ap)s")
        return tuple(rows[0]) if rows else ("", "")

    def look_again(self, state: str, why: str) -> str:
        """The day has passed after which a worker looks at the subscription; what its connection's page says then."""
        self.change("UPDATE integrations_webhooksubscription SET due_at = now(), why = '' WHERE connection_id = %(ap)s")
        call(self.place.env, "-m", "celery", "-A", "mlconnector", "call", "integrations.tasks.look_after_hooks")
        self.place.wait(lambda: self.subscription() == (state, why), 30, step=0.1)
        assert self.subscription() == (state, why)
        return self.page()

    def page(self) -> str:
        """The AP connection's page, as its owner sees it."""
        words = PAGE.format(name=NAME, tenant=self.tenant, connection=self.connection)
        return html.unescape(call(self.place.env, "-c", words))

    def events(self, state: str = "true") -> int:
        query = f"SELECT count(*) FROM integrations_webhookevent WHERE connection_id = %(ap)s AND {state}"
        return int(self.ask(query)[0][0])

    def waits(self) -> bool:
        """Whether something that was told has not been read yet."""
        return bool(self.events("processed_at IS NULL") or self.ask("SELECT 1 FROM integrations_hint LIMIT 1"))

    # both sides

    def held(self) -> int:
        """Records that a person is asked about."""
        return int(
            self.ask("SELECT count(*) FROM integrations_outboxitem WHERE tenant_id = %(tenant)s AND state = 'held'")[0][
                0
            ]
        )

    def ours(self) -> tuple[Stands, list[Part]]:
        """How every bill stands here, and what pays it."""
        bills = self.ask(
            "SELECT target_id, standing, coalesce(open_amount, 0) FROM integrations_mirrorrecord"
            " WHERE connection_id = %(ap)s AND entity = 'invoice' AND kind = 'bill'"
        )
        found = self.ask(
            "SELECT payment, invoice, amount, state_word, dated::text FROM integrations_paymentpart"
            " WHERE tenant_id = %(tenant)s"
        )
        return {bill: (standing, due) for bill, standing, due in bills}, sorted(tuple(row) for row in found)

    def theirs(self) -> tuple[Stands, list[Part]]:
        return stands(self.ap), parts(self.ap)

    def known(self, seconds: float = 60) -> float:
        """Seconds until every bill and payment stands here as there."""
        wanted, began = self.theirs(), time.monotonic()
        self.place.wait(lambda: self.ours() == wanted, seconds, step=0.05)
        took = time.monotonic() - began
        assert self.ours() == wanted
        return took

    def settled(self) -> None:
        """All that was told has been read, and still everything stands as there."""
        assert self.place.wait(lambda: not self.waits(), 30, step=0.05), "what was told was never read"
        assert self.ours() == self.theirs()


@contextmanager
def served(folder: Path, backlog: int) -> Iterator[Served]:
    """Both tenants and everything that serves them; nothing is subscribed to yet."""
    seeds = sow(folder / "spend.csv", backlog, 11)
    with world(folder, Outward(seeds, visible_after=0, search_lag=1, released=1)) as place, ExitStack() as stack:
        erp, clock = Erp({"requests_per_window": None}), Clock()
        config = SimulatorConfig(organizations=(Organization(id=organization_of(NAME)),))
        ap = Simulator(config=config, clock=clock)
        seed(ap, accounts=DEFAULT_CHART, departments=[("100", "Assembly")])
        urls = [stack.enter_context(_serving(sim)) for sim in (erp.sim, ap)]
        hosts = [place.env["EGRESS_ALLOWED_HOSTS"], *(urlsplit(url).netloc for url in urls)]
        redis = Redis(folder)
        redis.start()
        stack.callback(redis.stop)
        place.env = {**place.env, "EGRESS_ALLOWED_HOSTS": ",".join(hosts), "PUBLIC_URL": OURS, "REDIS_URL": redis.url}
        made = Served(place, free_place(), erp, ap, clock, redis)
        _fill(made, urls)
        web = Running("web", gunicorn(made.web), place.env, folder / "web.log").start()
        place.running.append(web)
        place.start(1)
        made.send([*BILLS.values()][:1])
        yield made
        made.line.close()
        web.kill()
        place.wait(lambda: not made.ask(SESSIONS)[0][0], 10, step=0.2)  # else the database cannot be dropped


@contextmanager
def _serving(sim: Callable[[httpx.Request], httpx.Response]) -> Iterator[str]:
    server = SimulatorServer(sim)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        server.server_close()


def _fill(made: Served, urls: Sequence[str]) -> None:
    """A supplier that may be paid, and the tenant between both stand-ins."""
    made.erp.supplier("S1")
    made.erp.sim.edit("SupplierInfoAddress", {"SupplierId": "S1", "AddressId": "1"}, ZipCode="78701")
    prepare(made.place.env, tenancy(urls[0], urls[1], 1, NAME))
    rows = made.ask(
        "SELECT i.tenant_id::text, i.ap_id, f.entity, f.id FROM integrations_flow f"
        " JOIN integrations_integration i ON i.id = f.integration_id JOIN tenants_tenant t ON t.id = i.tenant_id"
        " WHERE t.name = %(name)s",
        name=NAME.capitalize(),
    )
    made.tenant, made.connection = rows[0][:2]
    made.flows = {entity: flow for _, _, entity, flow in rows}
