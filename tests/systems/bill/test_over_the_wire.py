"""The same client on real sockets, with the limits and the session shared through Redis by several workers."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet, MultiFernet

from integrations.engine.errors import OutcomeUnknown, Retryable
from integrations.engine.records import Entity
from integrations.management.serving import SimulatorServer
from integrations.systems.bill.client import BillClient, connect
from integrations.transport import memory
from integrations.transport.egress import EgressPolicy
from integrations.transport.kit import Budget, Kit
from integrations.transport.throttle import RedisBudgets
from integrations.transport.tokens import RedisTokens
from tests.systems.bill.world import SCOPE, SETTINGS, World, vendor_draft


class Workers:
    """Clients of one connection that share nothing but Redis."""

    def __init__(self, world: World, port: int) -> None:
        self.redis = memory.connect(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/11"))
        self.settings = SETTINGS | {"base_url": f"http://127.0.0.1:{port}"}
        self.host, self.prefix = f"127.0.0.1:{port}", f"test:{uuid4().hex}:"
        self.key = Fernet.generate_key()
        self.keys = MultiFernet([Fernet(self.key)])
        self.clock = world.clock

    def budgets(self) -> RedisBudgets:
        made = RedisBudgets(self.redis, deadline=5.0, prefix=self.prefix)
        made.begin()
        return made

    def client(self, **limits: int) -> BillClient:
        """A worker's client; `limits` are in place of BILL's own, scaled down for a test."""
        made = self.budgets()

        def budgets(key: str, **own: Any) -> Budget:
            return made(key, **(own | {name: value for name, value in limits.items() if name in own}))

        tokens = RedisTokens(self.redis, self.keys, prefix=self.prefix)
        egress = EgressPolicy([self.host], allow_private=True)
        return connect(self.settings, Kit(tokens, budgets, egress, self.clock, deadline=5.0))

    def processes(self, count: int, bills: int, world: World, vendor: str) -> list[str]:
        """Worker processes of their own, each with three threads on one client; the ids of what they made."""
        self.budgets()
        order = {
            "prefix": self.prefix,
            "key": self.key.decode(),
            "host": self.host,
            "settings": json.dumps(self.settings),
            "vendor": vendor,
            "account": world.account("1000"),
            "count": str(bills),
        }
        started = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.systems.bill.lane_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(count)
        ]
        for number, each in enumerate(started):
            assert each.stdin
            each.stdin.write(json.dumps(order | {"name": f"W{number}"}))
            each.stdin.close()
            each.stdin = None
        return [key for each in started for key in json.loads(each.communicate(timeout=60)[0])]

    def forget(self) -> None:
        for key in self.redis.scan_iter(match=f"{self.prefix}*"):
            self.redis.delete(key)
        self.redis.close()


@contextmanager
def serving(world: World) -> Iterator[Workers]:
    """The world behind a local port, and workers that go there."""
    server = SimulatorServer(world.sim, 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    made = Workers(world, server.port)
    try:
        yield made
    finally:
        made.forget()
        server.shutdown()
        server.server_close()


@pytest.fixture
def workers(world: World) -> Iterator[Workers]:
    with serving(world) as made:
        yield made


def patiently(client: BillClient, world: World, vendor: str, number: str) -> str:
    """Writes as a worker does: what was provably not processed is due again."""
    while True:
        try:
            return client.write([world.write(world.invoice(vendor, number))])[0].target_id
        except Retryable:
            continue


def ask(clients: Sequence[BillClient], before: Callable[[], None] = lambda: None) -> None:
    """One request by each, one after the other."""
    for client in clients:
        before()
        list(client.look_up(Entity.VENDOR, active="yes"))


def test_eight_workers_are_never_more_than_three_in_flight(workers: Workers, world: World) -> None:
    vendor = world.vendor()
    world.fault("slow", "/v3/bills", times=None, seconds=0.05, when="before")
    clients = [workers.client() for _ in range(8)]
    jobs = [(client, f"{place}-{number}") for place, client in enumerate(clients) for number in range(5)]
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda job: patiently(job[0], world, vendor, job[1]), jobs))
    stats = world.sim.stats()
    assert len(set(ids)) == len(jobs) == len(world.sim.dump("bills"))
    assert stats["max_in_flight"] <= 3
    assert not [row for row in world.sim.ledger() if row["status"] in (422, 429)]
    assert len([row for row in world.sim.ledger() if "/v3/login" in row["path"]]) == 1


def test_three_threads_of_one_client_use_all_three_lanes_at_once(workers: Workers, world: World) -> None:
    vendor, client = world.vendor(), workers.client()
    patiently(client, world, vendor, "first")  # signed in, the vendor's currency known
    world.fault("slow", "/v3/bills", times=None, seconds=0.15, when="before")
    started = time.monotonic()
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda number: patiently(client, world, vendor, f"A-{number}"), range(12)))
    assert time.monotonic() - started < 0.6 * 12 * 0.15  # one after the other takes all of it
    assert world.sim.stats()["max_in_flight"] == 3


def test_three_processes_of_three_threads_are_three_in_flight_never_four(workers: Workers, world: World) -> None:
    world.fault("slow", "/v3/bills", times=None, seconds=0.05, when="before")
    ids = workers.processes(3, 12, world, world.vendor())
    stats = world.sim.stats()
    assert len(set(ids)) == 36 == len(world.sim.dump("bills"))
    assert stats["max_in_flight"] == 3
    assert not [row for row in world.sim.ledger() if row["status"] in (422, 429)]
    assert stats["logins"] == 1


def test_the_hourly_budget_ends_before_bill_says_so(worlds: Callable[..., World]) -> None:
    world = worlds(requests_per_hour=40)
    with serving(world) as workers:
        clients = [workers.client(per_clock_hour=40) for _ in range(2)]
        with pytest.raises(Retryable) as caught:
            ask([clients[number % 2] for number in range(50)])
    assert caught.value.code == "limit_hour"
    assert caught.value.after is not None
    used = [row["status"] for row in world.sim.ledger()]
    assert set(used) == {200}
    assert len(used) == 39  # 98 % of it


def test_the_budget_of_sign_ins_ends_before_bill_says_so(worlds: Callable[..., World]) -> None:
    world = worlds(logins_per_hour=5)
    with serving(world) as workers:
        client = workers.client(logins_per_clock_hour=5)
        with pytest.raises(Retryable) as caught:
            ask([client] * 6, world.sim.end_sessions)
    assert caught.value.code == "limit_logins"
    assert world.sim.stats()["logins"] == 4


def test_a_reset_after_the_commit_is_unknown_and_the_record_is_found(workers: Workers, world: World) -> None:
    client = workers.client()
    world.fault("drop_after", "/v3/vendors", method="POST")
    with pytest.raises(OutcomeUnknown):
        client.write([world.write(vendor_draft())])
    assert [found.number for found in client.look_up(Entity.VENDOR, number="SUP-1007")] == ["SUP-1007"]
    assert client.companies()
    assert list(client.read(Entity.VENDOR, "", SCOPE))


def test_a_ping_over_the_wire_is_green(workers: Workers) -> None:
    assert {check.verdict.value for check in workers.client().ping()} == {"found"}
