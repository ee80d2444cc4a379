"""The same client on real sockets, with the limits and the session shared through Redis by several workers."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet, MultiFernet

from integrations.engine.errors import OutcomeUnknown, Retryable
from integrations.engine.records import Entity
from integrations.management.serving import SimulatorServer
from integrations.systems.bill.client import BillClient, connect
from integrations.transport import memory
from integrations.transport.egress import EgressPolicy
from integrations.transport.kit import Kit
from integrations.transport.throttle import RedisBudgets
from integrations.transport.tokens import RedisTokens
from tests.systems.bill.world import SCOPE, SETTINGS, World, vendor_draft


class Workers:
    """Clients of one connection that share nothing but Redis."""

    def __init__(self, world: World, port: int) -> None:
        self.redis = memory.connect(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/11"))
        self.settings = SETTINGS | {"base_url": f"http://127.0.0.1:{port}"}
        self.host, self.prefix = f"127.0.0.1:{port}", f"test:{uuid4().hex}:"
        self.keys = MultiFernet([Fernet(Fernet.generate_key())])
        self.clock = world.clock

    def client(self) -> BillClient:
        budgets = RedisBudgets(self.redis, deadline=5.0, prefix=self.prefix)
        budgets.begin()
        tokens = RedisTokens(self.redis, self.keys, prefix=self.prefix)
        egress = EgressPolicy([self.host], allow_private=True)
        return connect(self.settings, Kit(tokens, budgets, egress, self.clock, deadline=5.0))

    def forget(self) -> None:
        for key in self.redis.scan_iter(match=f"{self.prefix}*"):
            self.redis.delete(key)
        self.redis.close()


@pytest.fixture
def workers(world: World) -> Iterator[Workers]:
    server = SimulatorServer(world.sim, 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    made = Workers(world, server.port)
    yield made
    made.forget()
    server.shutdown()
    server.server_close()


def patiently(client: BillClient, world: World, vendor: str, number: str) -> str:
    """Writes as a worker does: what was provably not processed is due again."""
    while True:
        try:
            return client.write([world.write(world.invoice(vendor, number))])[0].target_id
        except Retryable:
            continue


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
