"""Tokens in Redis: encrypted, short-lived, gone when a key is retired."""

import threading
import time
from collections.abc import Callable

import pytest
import redis
from cryptography.fernet import Fernet, MultiFernet

from integrations.engine.errors import Retryable
from integrations.transport.memory import connect
from integrations.transport.tokens import RedisTokens

OLD, NEW = Fernet.generate_key(), Fernet.generate_key()


@pytest.fixture
def tokens(redis_client: "redis.Redis", prefix: str) -> RedisTokens:
    return RedisTokens(redis_client, Fernet(OLD), prefix=prefix)


def test_what_was_put_is_found_until_it_ends(tokens: RedisTokens) -> None:
    tokens.put("x", "t0ken", 0.2)
    assert tokens.get("x") == "t0ken"
    time.sleep(0.25)
    assert tokens.get("x") is None


def test_redis_never_holds_a_token_in_clear(tokens: RedisTokens, redis_client: "redis.Redis", prefix: str) -> None:
    tokens.put("x", "t0ken", 60)
    held = redis_client.get(f"{prefix}x")
    assert isinstance(held, bytes)
    assert b"t0ken" not in held


def test_only_the_token_that_was_used_is_discarded(tokens: RedisTokens) -> None:
    tokens.put("x", "new", 60)
    tokens.discard("x", "old")
    assert tokens.get("x") == "new"
    tokens.discard("x", "new")
    assert tokens.get("x") is None
    tokens.discard("x", "new")


def test_a_token_that_is_replaced_while_the_old_one_is_discarded_stays(
    redis_client: "redis.Redis", prefix: str
) -> None:
    class Replaced(Fernet):
        """Another worker stores a new token between our look and our delete."""

        def decrypt(self, token: bytes | str, ttl: int | None = None) -> bytes:
            redis_client.set(f"{prefix}x", Fernet(OLD).encrypt(b"new"))
            return super().decrypt(token, ttl)

    fair = RedisTokens(redis_client, Fernet(OLD), prefix=prefix)
    fair.put("x", "old", 60)
    RedisTokens(redis_client, Replaced(OLD), prefix=prefix).discard("x", "old")
    assert fair.get("x") == "new"


def test_a_rotated_key_still_reads_and_a_retired_one_does_not(
    tokens: RedisTokens, redis_client: "redis.Redis", prefix: str
) -> None:
    tokens.put("x", "t0ken", 60)
    ring = MultiFernet([Fernet(NEW), Fernet(OLD)])
    assert RedisTokens(redis_client, ring, prefix=prefix).get("x") == "t0ken"
    assert RedisTokens(redis_client, Fernet(NEW), prefix=prefix).get("x") is None


def test_a_lock_is_held_by_one_and_waited_for(tokens: RedisTokens) -> None:
    held = threading.Event()
    let_go = threading.Event()

    def holder() -> None:
        with tokens.lock("x", 1):
            held.set()
            let_go.wait(5)

    thread = threading.Thread(target=holder)
    thread.start()
    held.wait(5)
    for wait in (0, 0.2):
        with pytest.raises(Retryable) as caught, tokens.lock("x", wait):
            pass
        assert caught.value.code == "sign_in_busy"
    let_go.set()
    with tokens.lock("x", 2):
        pass
    thread.join(5)


def test_the_lock_of_a_dead_holder_ends(redis_client: "redis.Redis", prefix: str) -> None:
    tokens = RedisTokens(redis_client, Fernet(OLD), prefix=prefix, lease=0.2)
    with tokens.lock("x", 0):
        time.sleep(0.3)
        with tokens.lock("x", 0):
            pass
    with tokens.lock("x", 0):
        pass


def test_without_redis_a_request_waits() -> None:
    gone = RedisTokens(connect("redis://127.0.0.1:1/9"), Fernet(OLD))
    calls: list[Callable[[], object]] = [
        lambda: gone.get("x"),
        lambda: gone.put("x", "t", 1),
        lambda: gone.discard("x", "t"),
    ]
    for call in calls:
        with pytest.raises(Retryable) as caught:
            call()
        assert caught.value.code == "redis_down"
    with pytest.raises(Retryable), gone.lock("x", 0):
        pass
