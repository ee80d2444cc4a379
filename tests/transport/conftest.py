"""What the transport's tests share: a kit without limits, Redis, and a scripted server."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
import redis

from integrations.transport.client import ApiClient
from integrations.transport.egress import EgressPolicy
from integrations.transport.kit import Kit
from integrations.transport.memory import connect
from integrations.transport.throttle import NoBudget
from integrations.transport.tokens import MemoryTokens

HOST = "https://erp.example.com"


@pytest.fixture
def budget() -> NoBudget:
    return NoBudget()


@pytest.fixture
def make_kit(budget: NoBudget) -> Callable[..., Kit]:
    """A Kit for tests; any field can be given."""

    def make(**fields: object) -> Kit:
        usual = {
            "tokens": MemoryTokens(),
            "budgets": budget,
            "egress": EgressPolicy(),
            "now": lambda: datetime.now(UTC),
        }
        return Kit(**{**usual, **fields})  # type: ignore[arg-type]

    return make


@pytest.fixture
def make_client(make_kit: Callable[..., Kit], budget: NoBudget) -> Iterator[Callable[..., ApiClient]]:
    """An ApiClient on a handler function instead of the network."""
    made: list[ApiClient] = []

    def make(handler: Callable[[httpx.Request], httpx.Response], base: str = HOST, **options: object) -> ApiClient:
        usual = {"kit": make_kit(), "budget": budget, "transport": httpx.MockTransport(handler)}
        made.append(ApiClient(base, **{**usual, **options}))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def local_client(make_kit: Callable[..., Kit], budget: NoBudget) -> Iterator[Callable[..., ApiClient]]:
    """An ApiClient on real sockets to a port of 127.0.0.1 that the policy allows."""
    made: list[ApiClient] = []

    def make(port: int, *, deadline: float = 5.0, **options: object) -> ApiClient:
        egress = EgressPolicy([f"127.0.0.1:{port}"], allow_private=True)
        kit = make_kit(egress=egress, deadline=deadline)
        made.append(ApiClient(f"http://127.0.0.1:{port}", **{"kit": kit, "budget": budget, **options}))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture(scope="session")
def redis_url() -> str:
    return os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/9")


@pytest.fixture
def redis_client(redis_url: str) -> Iterator["redis.Redis"]:
    client = connect(redis_url)
    client.ping()
    yield client
    client.close()


@pytest.fixture
def prefix(redis_client: "redis.Redis") -> Iterator[str]:
    """A prefix for keys of this test alone; they are gone afterwards."""
    own = f"test:{uuid4().hex}:"
    yield own
    for key in redis_client.scan_iter(match=f"{own}*"):
        redis_client.delete(key)
