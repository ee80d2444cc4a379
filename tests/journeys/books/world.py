"""One tenant between two stand-ins: masters and orders of IFS, invoices and payments of AvidXchange.

Every company of IFS has an integration of its own; all of them share one AvidXchange connection.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote

import httpx
from django.utils import timezone

from integrations.management.serving import SimulatorServer
from integrations.models import Connection
from integrations.runner import setup
from integrations.systems.avidxchange.simulator import Fault, SimulatorConfig
from integrations.systems.avidxchange.simulator import Simulator as Avid
from integrations.systems.ifs.simulator import Fault as Hindrance
from integrations.systems.ifs.simulator import Simulator as Ifs
from integrations.systems.ifs.simulator import SimulatorConfig as IfsConfig
from tenants.models import Tenant, User
from tenants.scope import tenant_scope
from tenants.signup import FIRST_PERSON, make_tenant
from tests.journeys.books.filling import fill
from tests.journeys.books.outcome import Choices
from tests.journeys.books.outward import ENTITIES, Tables
from tests.journeys.books.sizes import Size
from tests.journeys.rehearsal import manage

_COMPANY = re.compile(r"Company(?:='|\"\s*:\s*\")(\w+)")
_FREE = 100_000  # requests a minute: the limits have tests of their own
Json = dict[str, Any]


@dataclass
class World:
    """Both stand-ins, the tenant, its integrations by company, and what each sync said."""

    ifs: Ifs
    avid: Avid
    tenant: Tenant
    integrations: Mapping[str, int]
    choices: Mapping[str, Choices]
    egress: Mapping[str, str]
    folder: Path
    written_companies: Counter[str]  # of every call that wrote to IFS: the company that it named, "" for none
    said: list[Json] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def company(self) -> str:
        """The first one."""
        return next(iter(self.choices))

    def stumble(self) -> None:
        """Once each: the first payment of a list moves on while it is read and comes twice; two bookings break off."""
        self.avid.faults.add(Fault("row_moves", path_contains="/payments?"))
        for name in ("PostingProposalLineSet", "VoucherRowSet"):
            self.ifs.faults.add(Hindrance("rate_limited", name, "POST", after=5, retry_after=1))

    def sync(self) -> None:
        """`manage.py sync` of every company, its JSON kept. It exits with 0 only when balanced and nothing failed."""
        for company, integration in self.integrations.items():
            begun = timezone.now()
            log = self.folder / f"sync{len(self.said)}.txt"
            printed, _ = manage(log, "sync", str(integration), "--tenant", self.tenant.slug, "--json", **self.egress)
            self.said.append({"company": company, **json.loads(printed.splitlines()[-1])})
            self.seconds.append((timezone.now() - begun).total_seconds())

    def tables(self) -> Tables:
        """The rows of IFS."""
        return {entity: self.ifs.rows(entity) for entity in ENTITIES}

    def written(self, since: "Place") -> list[Json]:
        """Requests to both sides that write something, after a place in their ledgers."""
        asked = [each for each in self.ifs.ledger(since.ifs) if not _signs_in(each["path"])]
        asked += [each for each in self.avid.ledger(since.avid) if not _signs_in(each["path"])]
        return [each for each in asked if each["method"] != "GET"]

    def place(self) -> "Place":
        """Where both ledgers of requests stand now."""
        last = self.ifs.ledger(), self.avid.ledger()
        return Place(last[0][-1]["number"] if last[0] else 0, last[1][-1]["seq"] if last[1] else 0)


@dataclass(frozen=True)
class Place:
    """The last request that each side has seen."""

    ifs: int
    avid: int


def _signs_in(path: str) -> bool:
    return path.split("?")[0].endswith(("/token", "/authorizations"))


@contextmanager
def books(size: Size, seed: int, folder: Path, companies: tuple[str, ...] = ("10",)) -> Iterator[World]:
    """Masters, orders, invoices and payments of every kind in both stand-ins, nothing synced yet."""
    today = datetime.now(UTC).date()
    ifs = Ifs(config=IfsConfig(requests_per_window=None))
    avid = Avid(config=SimulatorConfig(per_minute=None, max_in_flight=2))
    start = today - timedelta(days=200)
    choices = {each: Choices(each, companies, today, start) for each in companies}
    fill(ifs, avid, size, seed, choices)
    with ExitStack() as stack:
        for each in (ifs, avid):
            stack.callback(each.close)
        written: Counter[str] = Counter()
        servers = [_serve(stack, each) for each in (_noting(ifs, written), avid)]
        hosts = [f"127.0.0.1:{server.port}" for server in servers]
        tenant, integrations = _tenant(hosts, companies, start)
        egress = {"EGRESS_ALLOW_PRIVATE": "1", "EGRESS_ALLOWED_HOSTS": ",".join(hosts)}
        yield World(ifs, avid, tenant, integrations, choices, egress, folder, written)


def _noting(ifs: Ifs, written: Counter[str]) -> Callable[[httpx.Request], httpx.Response]:
    """The stand-in; every call that writes is counted by the company that its body or its address names."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method != "GET" and not _signs_in(request.url.path):
            named = _COMPANY.search(unquote(str(request.url)) + request.read().decode("utf-8", "replace"))
            written[named[1] if named else ""] += 1
        return ifs(request)

    return answer


def _serve(stack: ExitStack, simulator: Any) -> SimulatorServer:
    server = SimulatorServer(simulator)
    Thread(target=server.serve_forever, daemon=True).start()
    stack.callback(server.server_close)
    stack.callback(server.shutdown)
    return server


def _tenant(hosts: list[str], companies: tuple[str, ...], start: date) -> tuple[Tenant, dict[str, int]]:
    user = User.objects.create_user(f"books-{timezone.now().timestamp()}@example.test")
    tenant = make_tenant(user, "Books", "UTC", FIRST_PERSON)
    erp_values = {
        "base_url": f"http://{hosts[0]}",
        "realm": "demo",
        "client_id": "ml-connector",
        "client_secret": "demo-secret",
        "requests_per_minute": str(_FREE),
    }
    ap_values = {
        "environment": "simulator",
        "base_url": f"http://{hosts[1]}",
        "acct": "4711",
        "preset": "simulator",
        "company_token": "demo-company-token",
        "user_token": "demo-user-token",
        "profile": json.dumps({"limits": {"per_minute": _FREE}, "paging": {"size": 100}}),
    }
    policy = {
        "authoriser": Choices.authoriser,
        "payment_method": Choices.payment_method,
        "no_tax_code": "NT",
        "voucher_type": Choices.voucher_type,
        "settlement_account": Choices.settlement,
        "cash_account": Choices.cash,
        "rounding_account": Choices.rounding,
    }
    made = {}
    real = {"environment": "sandbox"}  # of stand-ins alone, nobody would have to agree to anything
    with tenant_scope(tenant.pk):
        erp = setup.add_connection("ERP", "ifs", erp_values, by="test")
        ap = setup.add_connection("AP", "avidxchange", ap_values, by="test")
        Connection.objects.filter(pk=ap.pk).update(**real)
        for company in companies:
            integration = setup.join(f"Books {company}", erp, ap, company, start_date=start)
            integration.policy = policy
            integration.save()
            made[company] = integration.pk
    return tenant, made
