"""One sign-in for all workers."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import redis
from cryptography.fernet import Fernet

from integrations.engine.errors import ConnectionBroken, Retryable
from integrations.transport.auth import BearerAuth, SharedToken, Token
from integrations.transport.client import ApiClient
from integrations.transport.kit import Kit
from integrations.transport.tokens import MemoryTokens, RedisTokens

MakeKit = Callable[..., Kit]
ROOT = Path(__file__).parents[2]


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Issuer:
    """Gives out numbered tokens, or refuses."""

    def __init__(self, expires_in: float = 600.0, takes: float = 0.0) -> None:
        self.expires_in, self.takes = expires_in, takes
        self.calls = 0
        self.fails: Exception | None = None

    def __call__(self) -> Token:
        self.calls += 1
        time.sleep(self.takes)
        if self.fails is not None:
            raise self.fails
        return Token(f"token-{self.calls}", self.expires_in)


@pytest.fixture(params=["memory", "redis"])
def kit(request: pytest.FixtureRequest, make_kit: MakeKit) -> Kit:
    """The same promises in memory and in Redis."""
    if request.param == "memory":
        return make_kit(tokens=MemoryTokens())
    client = request.getfixturevalue("redis_client")
    return make_kit(tokens=RedisTokens(client, Fernet(Fernet.generate_key()), prefix=request.getfixturevalue("prefix")))


def test_fifty_workers_at_once_make_one_call(kit: Kit) -> None:
    issuer = Issuer(takes=0.3)
    with ThreadPoolExecutor(50) as pool:
        found = set(pool.map(lambda _: SharedToken(kit, "x", issuer).value(), range(50)))
    assert found == {"token-1"}
    assert issuer.calls == 1


@pytest.mark.processes
def test_workers_in_several_processes_make_one_call(redis_url: str, redis_client: "redis.Redis", prefix: str) -> None:
    command = [
        sys.executable,
        "-m",
        "tests.transport.signing_in",
        redis_url,
        prefix,
        Fernet.generate_key().decode(),
        "25",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = [
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    time.sleep(0.5)
    redis_client.set(f"{prefix}go", 1)
    said = [process.communicate(timeout=30)[0].split() for process in running]
    assert said == [["token-1"] * 25] * 2
    assert redis_client.get(f"{prefix}calls") == b"1"


def test_a_refused_token_is_replaced_once_for_all(kit: Kit) -> None:
    issuer = Issuer()
    first = SharedToken(kit, "x", issuer).value()

    def worker(_: int) -> str:
        shared = SharedToken(kit, "x", issuer)
        shared.discard(first)
        return shared.value()

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(worker, range(10))) == {"token-2"}
    assert issuer.calls == 2


def test_a_late_worker_does_not_destroy_the_new_token(kit: Kit) -> None:
    issuer = Issuer()
    shared = SharedToken(kit, "x", issuer)
    old = shared.value()
    shared.discard(old)
    new = shared.value()
    shared.discard(old)
    assert shared.value() == new
    assert issuer.calls == 2


def test_refused_credentials_are_tried_once_by_many_workers(kit: Kit) -> None:
    issuer = Issuer(takes=0.1)
    issuer.fails = ConnectionBroken("Wrong password. Enter it again.", code="wrong_password")

    def worker(_: int) -> str:
        with pytest.raises(ConnectionBroken) as caught:
            SharedToken(kit, "x", issuer).value()
        return f"{caught.value.code}: {caught.value.message}"

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(worker, range(20))) == {"wrong_password: Wrong password. Enter it again."}
    assert issuer.calls == 1


def test_new_credentials_are_tried_at_once(kit: Kit) -> None:
    issuer = Issuer()
    issuer.fails = ConnectionBroken("Wrong password.", code="wrong_password")
    with pytest.raises(ConnectionBroken):
        SharedToken(kit, "x:old-digest", issuer).value()
    issuer.fails = None
    assert SharedToken(kit, "x:new-digest", issuer).value() == "token-2"


def test_passing_trouble_is_not_remembered(kit: Kit) -> None:
    issuer = Issuer()
    issuer.fails = Retryable("down")
    shared = SharedToken(kit, "x", issuer)
    with pytest.raises(Retryable):
        shared.value()
    issuer.fails = None
    assert shared.value() == "token-2"


def test_a_token_is_renewed_early_while_the_others_use_the_old_one(make_kit: MakeKit) -> None:
    clock = Clock()
    kit = make_kit(now=clock)
    issuer = Issuer(expires_in=100)  # margin 20 s: refreshed between 60 and 80 s
    shared = SharedToken(kit, "x", issuer)
    assert shared.value() == "token-1"
    clock.pass_(59)
    assert shared.value() == "token-1"
    clock.pass_(22)
    busy = threading.Event()
    done = threading.Event()

    def slowly() -> Token:
        busy.set()
        done.wait(5)
        return Token("token-early", 100)

    renewing = threading.Thread(target=lambda: SharedToken(kit, "x", slowly).value())
    renewing.start()
    busy.wait(5)
    assert shared.value() == "token-1"
    done.set()
    renewing.join(5)
    assert shared.value() == "token-early"
    assert issuer.calls == 1


def test_a_failed_early_renewal_leaves_the_old_token(make_kit: MakeKit) -> None:
    clock = Clock()
    issuer = Issuer(expires_in=100)
    shared = SharedToken(make_kit(now=clock), "x", issuer)
    shared.value()
    clock.pass_(85)
    issuer.fails = Retryable("down")
    assert shared.value() == "token-1"
    issuer.fails = None
    assert shared.value() == "token-3"


def test_credentials_refused_at_an_early_renewal_are_not_tried_at_every_request(make_kit: MakeKit) -> None:
    clock = Clock()
    issuer = Issuer(expires_in=100)
    shared = SharedToken(make_kit(now=clock), "x", issuer)
    shared.value()
    clock.pass_(85)
    issuer.fails = ConnectionBroken("Wrong password.", code="wrong_password")
    assert {shared.value() for _ in range(5)} == {"token-1"}
    assert issuer.calls == 2
    shared.discard("token-1")
    with pytest.raises(ConnectionBroken):
        shared.value()
    assert issuer.calls == 2


def test_workers_do_not_all_renew_at_the_same_moment(make_kit: MakeKit) -> None:
    moments = set()
    for _ in range(20):
        clock = Clock()
        issuer = Issuer(expires_in=100)
        shared = SharedToken(make_kit(now=clock), "x", issuer)
        shared.value()
        while issuer.calls == 1:
            clock.pass_(1)
            shared.value()
        moments.add(int((clock.now - Clock().now).total_seconds()))
    assert min(moments) >= 60
    assert max(moments) <= 81
    assert len(moments) > 3


def test_a_token_without_a_life_is_used_once_and_not_kept(kit: Kit) -> None:
    issuer = Issuer(expires_in=0)
    shared = SharedToken(kit, "x", issuer)
    assert [shared.value(), shared.value()] == ["token-1", "token-2"]


def test_an_expired_token_is_renewed_unseen_and_a_dead_one_breaks_the_connection(
    kit: Kit, make_client: Callable[..., ApiClient]
) -> None:
    issuer = Issuer()
    good = {"token-2"}

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200 if request.headers["authorization"].removeprefix("Bearer ") in good else 401)

    client = make_client(handler, kit=kit, auth=BearerAuth(SharedToken(kit, "x", issuer)))
    assert client.get("/x").status == 200
    good.clear()
    with pytest.raises(ConnectionBroken) as caught:
        client.get("/x")
    assert caught.value.code == "sign_in"
    assert issuer.calls == 3


def test_tokens_show_in_no_repr(kit: Kit) -> None:
    shared = SharedToken(kit, "x", Issuer())
    shared.value()
    said = f"{shared!r} {kit!r} {Token('token-1', 5)!r} {BearerAuth(shared)!r}"
    assert "token-1" not in said
