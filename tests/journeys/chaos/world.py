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

import psycopg
import redis

from tests.journeys.chaos import processes
from tests.journeys.chaos.direction import Direction
from tests.journeys.chaos.prepare import Tenancy
from tests.journeys.chaos.processes import ROOT, Running
from tests.journeys.chaos.stand_ins import StandIn

DEADLINE = 3  # seconds, in total, for one request: so that lost answers are soon looked up


@dataclass
class World:
    """What a test sees and starts; `running` is ended by whoever made the world."""

    env: Mapping[str, str]
    folder: Path
    direction: Direction
    erp: StandIn
    ap: StandIn
    flows: dict[str, int]
    running: list[Running] = field(default_factory=list)
    workers: list[Running] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def target(self) -> StandIn:
        """The stand-in that is written to."""
        return self.ap if self.direction.target == "ap" else self.erp

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
        return (
            not self.direction.withheld
            and not self.open_intents()
            and not self.states("vendor").get("uncertain")
            and all(self._is_through(entity, count) for entity, count in self.direction.records.items())
        )

    def _is_through(self, entity: str, count: int) -> bool:
        states = self.states(entity)
        return sum(states.values()) >= count and not states.keys() & {"ready", "waiting", "uncertain", "out"}

    def runs(self) -> list[tuple[Any, ...]]:
        """(kind, status, balanced, taken, counts) of every run, oldest first."""
        query = "SELECT kind, status, balanced, taken, counts, slices FROM integrations_syncrun ORDER BY id"
        with self.database() as connection:
            return connection.execute(query).fetchall()

    # people

    def release(self, count: int) -> None:
        """Somebody releases the next `count` records in the source, and presses "run"."""
        self.direction.release(self, count)
        query = "UPDATE integrations_dueflow SET poll_at = now(), due_at = now() WHERE flow_id = ANY(%s)"
        with self.database() as connection:
            connection.execute(query, [[self.flows[entity] for entity in self.direction.records]])

    def wait(self, until: Callable[[], Any], seconds: float, step: float = 0.02) -> Any:
        """What `until` gives as soon as it is true, or its last answer when the time is up."""
        ends = time.monotonic() + seconds
        while not (found := until()) and time.monotonic() < ends:
            time.sleep(step)
        return found


@contextmanager
def world(folder: Path, direction: Direction) -> Iterator[World]:
    """A world that has not begun; all that it made is gone afterwards, but for the logs in `folder`."""
    with _database() as urls, _redis() as redis_url:
        env = {**os.environ, **urls, "REDIS_URL": redis_url, "REQUEST_DEADLINE": str(DEADLINE)}
        env |= {"EGRESS_ALLOW_PRIVATE": "1", "PYTHONUNBUFFERED": "1", "DJANGO_SETTINGS_MODULE": "mlconnector.settings"}
        env |= {"AUDIT_ANCHOR_PATH": str(folder / "anchors"), "EMAIL_URL": f"filemail://{folder / 'mail'}"}
        call(env, "manage.py", "migrate", "--database", "owner", "-v", "0")
        running: list[Running] = []
        at: dict[str, str] = {}
        try:
            for role, command in direction.servers(folder).items():
                server, at[role] = processes.simulator(role, env, folder, *command)
                running.append(server)
            env["EGRESS_ALLOWED_HOSTS"] = ",".join(urlsplit(url).netloc for url in at.values())
            ids = json.loads(prepare(env, direction.tenancy(at["erp"], at["ap"])))
            erp, ap = StandIn(at["erp"], place="number"), StandIn(at["ap"])
            yield World(env, folder, direction, erp, ap, ids["flows"], running)
        finally:
            for each in reversed(running):
                each.kill()


def prepare(env: Mapping[str, str], tenancy: Tenancy) -> str:
    """Makes a tenant; its ids as JSON."""
    return call(env, "-m", "tests.journeys.chaos.prepare", json.dumps(tenancy))


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
