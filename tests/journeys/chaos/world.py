"""One chaos run: a database and a Redis of its own, simulators, workers, and what is seen of them from outside."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import psycopg
import redis

from integrations.systems.ifs import simulator as ifs_simulator
from tests.journeys.chaos import processes
from tests.journeys.chaos.processes import ROOT, Running
from tests.journeys.chaos.seeds import Seeds

DEADLINE = 3  # seconds, in total, for one request: so that lost answers are soon looked up
Json = dict[str, Any]


@dataclass
class World:
    """What a test sees and starts; `running` is ended by whoever made the world."""

    env: Mapping[str, str]
    folder: Path
    ifs: str
    bill: str
    flows: dict[str, int]
    seeds: Seeds
    withheld: list[Json] = field(default_factory=list)  # keys of invoices that nobody has released yet
    running: list[Running] = field(default_factory=list)
    workers: list[Running] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def clock(self) -> float:
        """Seconds since the workers began."""
        return time.monotonic() - self.began

    # processes

    def start(self, workers: int = 1) -> None:
        """Workers and beat."""
        self.workers = [processes.worker(self.env, self.folder, number) for number in range(workers)]
        self.running.extend([*self.workers, processes.beat(self.env, self.folder)])
        self.began = time.monotonic()

    def more(self) -> Running:
        """One more worker."""
        self.workers.append(processes.worker(self.env, self.folder, len(self.running)))
        self.running.append(self.workers[-1])
        return self.workers[-1]

    def pool(self) -> list[int]:
        """Pids of all the processes in which tasks run."""
        return [pid for worker in self.workers for pid in worker.children()]

    # the database, seen by its owner, whom row security does not bind

    @contextmanager
    def database(self, role: str = "owner") -> Iterator[psycopg.Connection[Any]]:
        """A connection of `owner` or `app`, each statement on its own."""
        name = "DATABASE_OWNER_URL" if role == "owner" else "DATABASE_URL"
        with psycopg.connect(self.env[name], autocommit=True, application_name="chaos") as connection:
            yield connection

    def states(self, entity: str) -> dict[str, int]:
        """How many records of the flow stand where."""
        query = "SELECT state, count(*) FROM integrations_outboxitem WHERE flow_id = %s GROUP BY 1"
        with self.database() as connection:
            return {str(state): int(count) for state, count in connection.execute(query, [self.flows[entity]])}

    def open_intents(self) -> int:
        """Writes without an end."""
        with self.database() as connection:
            row = connection.execute(
                "SELECT count(*) FROM integrations_writeintent WHERE settled_at IS NULL"
            ).fetchone()
        return int(row[0]) if row else 0

    def settled(self) -> bool:
        """Everything that was seeded has been read, and nothing is under way or due."""
        states = self.states("invoice")
        seeded = self.seeds.wanted.total() + len(self.seeds.poison)
        moving = sum(states.get(state, 0) for state in ("ready", "waiting", "uncertain", "out")) + self.open_intents()
        return (
            sum(states.values()) >= seeded
            and not moving
            and not self.withheld
            and not self.states("vendor").get("uncertain")
        )

    def runs(self) -> list[tuple[Any, ...]]:
        """(kind, status, balanced, taken, counts) of every run, oldest first."""
        query = "SELECT kind, status, balanced, taken, counts, slices FROM integrations_syncrun ORDER BY id"
        with self.database() as connection:
            return connection.execute(query).fetchall()

    # the ERP's stand-in

    def release(self, count: int) -> None:
        """Somebody authorises the next `count` invoices in the ERP, and presses "run"."""
        for key in self.withheld[:count]:
            order = {"entity": "ManSuppInvoice", "key": key, "fields": {"Objstate": "PostedAuth"}}
            httpx.post(f"{self.ifs}/_sim/edit", json=order).raise_for_status()
        del self.withheld[:count]
        query = "UPDATE integrations_dueflow SET poll_at = now(), due_at = now() WHERE flow_id = %s"
        with self.database() as connection:
            connection.execute(query, [self.flows["invoice"]])

    # the BILL stand-in

    def fault(self, kind: str, **more: Any) -> None:
        """Plan a fault of the BILL stand-in."""
        httpx.post(f"{self.bill}/_sim/faults", json={"kind": kind, **more}).raise_for_status()

    def calm(self) -> None:
        """The BILL stand-in behaves again."""
        httpx.delete(f"{self.bill}/_sim/faults").raise_for_status()

    def ledger(self, since: int = 0) -> list[Json]:
        """Requests that the BILL stand-in saw."""
        found: list[Json] = httpx.get(f"{self.bill}/_sim/ledger", params={"since": since}).json()
        return found

    def stats(self) -> Json:
        """What the BILL stand-in counted."""
        found: Json = httpx.get(f"{self.bill}/_sim/stats").json()
        return found

    def dump(self, entity: str) -> list[Json]:
        """All records of a kind that the BILL stand-in holds."""
        found: list[Json] = []
        after: int | None = 0
        while after is not None:
            answer = httpx.get(f"{self.bill}/_sim/dump", params={"entity": entity, "after": after}).json()
            found, after = found + answer["rows"], answer["next"]
        return found

    def wait(self, until: Callable[[], Any], seconds: float, step: float = 0.02) -> Any:
        """What `until` gives as soon as it is true, or its last answer when the time is up."""
        ends = time.monotonic() + seconds
        while not (found := until()) and time.monotonic() < ends:
            time.sleep(step)
        return found


@contextmanager
def world(
    folder: Path,
    seeds: Seeds,
    *,
    visible_after: int,
    search_lag: int,
    released: int | None = None,
) -> Iterator[World]:
    """A world that has not begun; all that it made is gone afterwards, but for the logs in `folder`.

    `released`: how many invoices the ERP has authorised at first; None: all of them.
    """
    with _database() as urls, _redis() as redis_url:
        env = {**os.environ, **urls, "REDIS_URL": redis_url, "REQUEST_DEADLINE": str(DEADLINE)}
        env |= {"EGRESS_ALLOW_PRIVATE": "1", "PYTHONUNBUFFERED": "1", "DJANGO_SETTINGS_MODULE": "mlconnector.settings"}
        env |= {"AUDIT_ANCHOR_PATH": str(folder / "anchors"), "EMAIL_URL": f"filemail://{folder / 'mail'}"}
        call(env, "manage.py", "migrate", "--database", "owner", "-v", "0")
        running: list[Running] = []
        try:
            data, withheld = fill(folder, seeds, released)
            serve = ("simulate", "ifs", "--port", "0", "--control", "--data", str(data))
            erp, ifs = processes.simulator("ifs", env, folder, "manage.py", *serve)
            running.append(erp)
            stand_in = ("-m", "tests.journeys.chaos.stand_in", str(visible_after))
            ap, bill = processes.simulator("bill", env, folder, *stand_in)
            running.append(ap)
            env["EGRESS_ALLOWED_HOSTS"] = ",".join(urlsplit(url).netloc for url in (ifs, bill))
            ids = json.loads(call(env, "-m", "tests.journeys.chaos.prepare", ifs, bill, str(search_lag)))
            yield World(env, folder, ifs, bill, ids["flows"], seeds, withheld, running)
        finally:
            for each in reversed(running):
                each.kill()


def fill(folder: Path, seeds: Seeds, released: int | None) -> tuple[Path, list[Json]]:
    """The ERP's data as a file, and the keys of those invoices that wait for their release."""
    data = folder / "ifs.sqlite3"
    erp = ifs_simulator.build({"data": str(data), "ledger": str(seeds.file), "currency": "USD"})
    rows = erp.rows("ManSuppInvoice")[released:] if released is not None else []
    withheld = [{"Company": row["Company"], "InvoiceId": row["InvoiceId"]} for row in rows]
    for key in withheld:
        erp.edit("ManSuppInvoice", key, Objstate="Preliminary")
    erp.close()
    return data, withheld


def call(env: Mapping[str, str], *arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=dict(env), capture_output=True, text=True)
    assert done.returncode == 0, f"{arguments}: {done.stderr[-2000:]}"
    return done.stdout


@contextmanager
def _database() -> Iterator[dict[str, str]]:
    """A fresh database beside the environment's: dispatchers claim across tenants, so no other test may share it."""
    name = f"{uuid4().hex[:10]}_chaos_ml"
    owner = os.environ["DATABASE_OWNER_URL"]
    with psycopg.connect(_named(owner, "postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield {key: _named(os.environ[key], name) for key in ("DATABASE_URL", "DATABASE_OWNER_URL")}
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def _redis() -> Iterator[str]:
    """A logical Redis database that holds nothing: only such a one may be flushed."""
    url = os.environ["REDIS_URL"]
    own = int(urlsplit(url).path.strip("/") or 0)
    for number in [each for each in range(15, 0, -1) if each != own]:
        found = urlsplit(url)._replace(path=f"/{number}").geturl()
        with redis.Redis.from_url(found) as client:
            if not client.dbsize() and client.set("claimed by a test", 1, nx=True):
                try:
                    yield found
                finally:
                    client.flushdb()
                return
    raise AssertionError("no logical Redis database is empty")


def _named(url: str, database: str) -> str:
    return urlsplit(url)._replace(path=f"/{database}").geturl()
