"""Everything that ever touches a secret, done once with planted ones: forms, pings right and wrong, a sync by a worker.

The systems are their stand-ins on local ports, the worker is Celery's, its messages travel through the real Redis.
"""

import importlib
import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import httpx
import redis
from celery.contrib.testing.worker import start_worker
from django.conf import settings
from django.test import Client, override_settings

from integrations import tasks
from integrations.management.serving import Answer, SimulatorServer
from integrations.models import Connection, DueFlow, FieldMapping, Flow, Integration, OutboxItem
from integrations.runner import connecting
from mlconnector.celery import app
from tenants.scope import tenant_scope
from tests.defences.stranger import ask, body_of
from tests.factories import Cast, signed_in

PATIENCE = 45.0
PAGES = (
    *(
        "/",
        "/connections/",
        "/integrations/",
        "/runs/",
        "/records/",
        "/records.csv",
        "/review/",
        "/mappings/",
        "/audit/",
        "/audit/exports/settings.csv",
        "/audit/exports/keys.csv",
    ),
    *("/settings/", "/api/v1/status/", "/api/v1/connections/", "/api/schema/", "/admin/integrations/connection/"),
)


def planted() -> str:
    """A text that stands nowhere else."""
    return f"planted{uuid.uuid4().hex}"


@dataclass
class Rehearsal:
    """One tenant's first day. `secrets` are all that must stay hidden, `heard` is everything that came to light."""

    cast: Cast
    browser: Client = field(init=False)
    client_secret: str = field(default_factory=planted)
    dev_key: str = field(default_factory=planted)
    token: str = field(default_factory=planted)
    wrong: str = field(default_factory=planted)
    heard: dict[str, str] = field(default_factory=dict)
    handed_out: list[str] = field(default_factory=list)
    urls: dict[str, str] = field(default_factory=dict)

    @property
    def secrets(self) -> list[str]:
        """What was typed in, and what the systems handed out for it."""
        return [self.client_secret, self.dev_key, self.token, self.wrong, *self.handed_out]

    def visit(self, method: str, path: str, data: Any = None) -> Any:
        """One request, its answer kept."""
        answer = ask(self.browser, method, path, data)
        self._keep(f"{method.upper()} {path}", f"{answer.items()} {answer.cookies.output()} {body_of(answer)!r}")
        return answer

    def _keep(self, name: str, text: str) -> None:
        self.heard[name] = f"{self.heard.get(name, '')}\n{text}"

    def connect(self, system: str, **changes: str) -> Connection:
        """Add a connection by its form: once with a mistake, once well."""
        filled = {**self._form(system), **changes}
        assert self.visit("post", f"/connections/add/{system}/", {**filled, "name": ""}).status_code == 400
        assert self.visit("post", f"/connections/add/{system}/", filled).status_code == 302
        with tenant_scope(self.cast.tenant.pk):
            made: Connection = Connection.objects.get(system=system)
        return made

    def _form(self, system: str) -> dict[str, str]:
        page = self.browser.get(f"/connections/add/{system}/")
        initial = {name: f.initial or "" for name, f in page.context["form"].fields.items()}
        own = {
            "ifs": {"realm": "demo", "client_id": "ml-connector", "client_secret": self.client_secret},
            "bill": {
                "environment": "own", "organization_id": "00802DEMOORGANIZA001", "username": "ml-connector",
                "dev_key": self.dev_key, "password": self.token,
            },
        }[system]  # fmt: skip
        return {**initial, **own, "name": system, "base_url": self.urls[system]}

    def replace(self, row: Connection, **secret: str) -> None:
        """Type another secret into the form, look at the page before and after."""
        self.visit("get", f"/connections/{row.uuid}/edit/")
        filled = {**self._form(row.system), **secret}
        assert self.visit("post", f"/connections/{row.uuid}/edit/", filled).status_code == 302

    def ping(self, row: Connection) -> bool:
        """By the page and by the API; whether both are green."""
        self.visit("post", f"/connections/{row.uuid}/ping/")
        self.visit("get", f"/connections/{row.uuid}/")
        answer = self.visit("post", f"/api/v1/connections/{row.uuid}/ping/")
        self.visit("get", f"/api/v1/connections/{row.uuid}/")
        self.visit("get", f"/admin/integrations/connection/{row.pk}/change/")
        return bool(answer.json()["green"])

    def join(self, erp: Connection, ap: Connection) -> None:
        """Join them for company 10, every flow, with the mapping that lets some of the invoices through."""
        data = {"erp": erp.uuid, "ap": ap.uuid, "name": "both", "company": "10"}
        assert self.visit("post", "/integrations/add/", data).status_code == 302
        with tenant_scope(self.cast.tenant.pk):
            joined = Integration.objects.get()
            joined.policy, joined.start_date, joined.active = {"match_by_number": True}, date(2020, 1, 1), True
            joined.save()
            for part in "BCD":
                FieldMapping.objects.create(integration=joined, source=f"dimensions.{part}", target="")
        flows = ["gl_account", "dimension", "tax_code", "vendor", "invoice"]
        data = {"entities": flows, "rhythm": "*/5 * * * *", "time_zone": "UTC"}
        assert self.visit("post", f"/integrations/{joined.uuid}/setup/flows/", data).status_code == 302

    def sync(self) -> dict[str, int]:
        """Let a worker serve the flows until invoices have arrived; records by state."""
        states: dict[str, int] = {}
        until = time.monotonic() + PATIENCE
        DueFlow.objects.exclude(tenant_id=self.cast.tenant.pk).update(enabled=False)  # what other tests left behind
        with _worker():
            while time.monotonic() < until and not states.get("done"):
                tasks.dispatch_due.delay()
                time.sleep(1)
                with tenant_scope(self.cast.tenant.pk):
                    rows = OutboxItem.objects.filter(flow__entity="invoice").values_list("state", flat=True)
                    states = {state: list(rows).count(state) for state in set(rows)}
        with tenant_scope(self.cast.tenant.pk):
            for flow in Flow.objects.all():
                self.visit("post", f"/flows/{flow.uuid}/", {"do": "pause"})
        return states

    def look_round(self) -> None:
        """Every page, export and error page."""
        for path in PAGES:
            self.visit("get", path)
        self.visit("get", f"/connections/{uuid.uuid4()}/")
        self.visit("post", "/connections/add/bill/", {"dev_key": self.dev_key})

    def note_reprs(self, *rows: Connection) -> None:
        """How every object behind a connection shows itself."""
        for row in rows:
            with tenant_scope(self.cast.tenant.pk):
                fresh = Connection.objects.get(pk=row.pk)
            for thing in _things([fresh, vars(fresh), connecting.client(self.cast.tenant.pk, row.pk)]):
                self._keep(f"repr of {type(thing).__module__}.{type(thing).__name__}", f"{thing!r} {thing!s}")


@contextmanager
def rehearsal(cast: Cast, *systems: str) -> Iterator[Rehearsal]:
    """The stand-ins are up, Redis is listened to, the owner has signed in."""
    made = Rehearsal(cast)
    made.browser = signed_in(cast.owner)
    made.browser.raise_request_exception = False
    given = {
        "ifs": {"client_secret": made.client_secret, "invoices": 54},
        "bill": {"dev_key": made.dev_key, "token_value": made.token},
    }
    with ExitStack() as stack:
        for system in systems:
            simulator = importlib.import_module(f"integrations.systems.{system}.simulator").build(given[system])
            made.urls[system] = stack.enter_context(_served(_overheard(simulator, made.handed_out)))
        hosts = [urlsplit(url).netloc for url in made.urls.values()]
        stack.enter_context(override_settings(EGRESS_ALLOW_PRIVATE=True, EGRESS_ALLOWED_HOSTS=hosts))
        stack.enter_context(_listening(lambda text: made._keep("Redis traffic", text)))
        yield made


def _overheard(simulator: Answer, handed_out: list[str]) -> Answer:
    """The stand-in, with what it gives to those who sign in noted."""

    def answer(request: httpx.Request) -> httpx.Response:
        response = simulator(request)
        if request.url.path.endswith(("/token", "/login")):
            given = json.loads(response.read() or b"{}")
            handed_out.extend(given[name] for name in ("access_token", "refresh_token", "sessionId") if name in given)
        return response

    return answer


@contextmanager
def _served(answer: Answer) -> Iterator[str]:
    server = SimulatorServer(answer)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@contextmanager
def _listening(tell: Callable[[str], None]) -> Iterator[None]:
    """Every command that reaches our Redis database, the messages of the broker among them."""
    client: Any = redis.Redis.from_url(settings.REDIS_URL)
    end, ours = f"end-{uuid.uuid4().hex}", int(client.connection_pool.connection_kwargs.get("db", 0))
    monitor = client.monitor()
    monitor.__enter__()

    def listen() -> None:
        for said in monitor.listen():
            if said["db"] == ours:
                tell(said["command"])
            if end in said["command"]:
                return

    thread = Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield
    finally:
        client.echo(end)
        thread.join(10)
        monitor.__exit__(None, None, None)


@contextmanager
def _worker() -> Iterator[None]:
    """Celery's worker on a queue of its own."""
    before = app.conf.task_default_queue
    app.conf.task_default_queue = f"rehearsal-{uuid.uuid4().hex[:8]}"
    app.__dict__.pop("amqp", None)
    try:
        with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=30.0):
            yield
    finally:
        app.conf.task_default_queue = before
        app.__dict__.pop("amqp", None)


def _things(roots: list[Any], deep: int = 6) -> Iterator[Any]:
    """Objects of ours and of the HTTP client that can be reached from `roots`; plain values are left out."""
    seen: set[int] = set()
    level = roots
    for _ in range(deep):
        inner: list[Any] = []
        for thing in level:
            if id(thing) in seen or isinstance(thing, str | bytes | int | float | type | None):
                continue
            seen.add(id(thing))
            if type(thing).__module__.partition(".")[0] in {"integrations", "tenants", "httpx", "celery"}:
                yield thing
            values = (
                thing.values() if isinstance(thing, dict) else thing if isinstance(thing, list | tuple | set) else ()
            )
            slots = [
                getattr(thing, name, None) for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())
            ]
            inner += [*values, *slots, *getattr(thing, "__dict__", {}).values()]
        level = inner
