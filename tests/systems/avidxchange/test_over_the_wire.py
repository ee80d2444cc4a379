"""The same client on real sockets, with limits and token shared through Redis by several workers."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet

from integrations.engine.drafts import Receipt
from integrations.engine.ports import Scope
from integrations.engine.records import Entity
from integrations.management.serving import SimulatorServer
from integrations.systems.avidxchange.client import AvidXchangeClient, connect
from integrations.systems.avidxchange.simulator import Simulator, SimulatorConfig
from integrations.transport import memory
from integrations.transport.egress import EgressPolicy
from integrations.transport.kit import Kit
from integrations.transport.throttle import RedisBudgets
from integrations.transport.tokens import RedisTokens
from tests.contract.wiring import Clock, handed
from tests.systems.avidxchange.world import GATEWAY, PARTNER, SETTINGS, vendor


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def served(config: SimulatorConfig) -> Iterator[tuple[Simulator, int]]:
    sim = Simulator(":memory:", config)
    server = SimulatorServer(sim, 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield sim, server.port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def workers(count: int, port: int, signs: dict[str, str]) -> list[AvidXchangeClient]:
    """Clients of one connection that share nothing but Redis."""
    redis = memory.connect(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/11"))
    prefix, fernet = f"test:{uuid4().hex}:", Fernet(Fernet.generate_key())
    budgets = RedisBudgets(redis, deadline=5.0, prefix=prefix, person=True)
    budgets.begin()
    egress = EgressPolicy([f"127.0.0.1:{port}"], allow_private=True)
    values = {**SETTINGS, **signs, "base_url": f"http://127.0.0.1:{port}"}
    return [
        connect(values, Kit(RedisTokens(redis, fernet, prefix=prefix), budgets, egress, now, deadline=5.0))
        for _ in range(count)
    ]


@pytest.mark.parametrize("signs", [PARTNER, GATEWAY], ids=["partner", "gateway"])
def test_workers_share_one_token_and_two_lanes(signs: dict[str, str]) -> None:
    overrides = {"profile": '{"limits": {"per_minute": 6000}, "paging": {"size": 3}}'}
    with served(SimulatorConfig(per_minute=None, max_in_flight=2, latency=0.02)) as (sim, port):
        for n in range(7):
            sim.create_invoice("S1", f"I-{n}", 10)
        clients = workers(4, port, signs | overrides)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(_numbers, clients))
        assert found == [{f"I-{n}" for n in range(7)}] * 4
        assert sim.stats()["logins"] == 1
        assert {entry["status"] for entry in sim.ledger()} == {200}
        for client in clients:
            client.close()


def test_what_is_written_over_the_wire_is_read_there() -> None:
    with served(SimulatorConfig()) as (sim, port):
        (client,) = workers(1, port, {})
        (receipt,) = client.write([handed(vendor(), Clock(now()))])
        assert isinstance(receipt, Receipt)
        assert list(client.standing(Entity.VENDOR, ["S1"])) == ["S1"]
        sim.create_invoice("S1", "I-1", 10)
        (found,) = [record for page in client.read(Entity.INVOICE, "", Scope()) for record in page.records]
        image = client.document(str(getattr(found, "document", "")))
        assert image.content_type == "application/pdf"
        client.close()


def _numbers(client: AvidXchangeClient) -> set[str]:
    pages = client.read(Entity.INVOICE, "", Scope())
    return {str(getattr(record, "number", "")) for page in pages for record in page.records}
