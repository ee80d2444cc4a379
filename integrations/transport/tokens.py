"""Where shared access tokens live: in Redis, encrypted, or in memory for tests."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import redis
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from integrations.engine.errors import Retryable
from integrations.transport.memory import short_term_memory

# Deletes KEYS[1] if it still holds ARGV[1].
_DISCARD = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class RedisTokens:
    """A TokenStore for all workers. The first Fernet key encrypts, all of them decrypt (rotation).

    `lease` outlives one sign-in: a worker that dies while signing in holds the others up for so many seconds.
    """

    def __init__(
        self, client: "redis.Redis", fernet: Fernet | MultiFernet, *, prefix: str = "mlc:token:", lease: float = 75.0
    ) -> None:
        self._redis, self._fernet, self._prefix, self._lease = client, fernet, prefix, lease

    def __repr__(self) -> str:
        return "<RedisTokens>"

    def get(self, name: str) -> str | None:
        return self._decrypted(self._raw(name))

    def put(self, name: str, token: str, ttl: float) -> None:
        sealed = self._fernet.encrypt(token.encode())
        with short_term_memory():
            self._redis.set(self._prefix + name, sealed, px=max(1, int(ttl * 1000)))

    def discard(self, name: str, token: str) -> None:
        raw = self._raw(name)
        if raw is not None and self._decrypted(raw) == token:
            with short_term_memory():
                self._redis.eval(_DISCARD, 1, self._prefix + name, raw)

    @contextmanager
    def lock(self, name: str, timeout: float) -> Iterator[None]:
        lock = self._redis.lock(
            f"{self._prefix}{name}:lock", timeout=self._lease, sleep=0.05, blocking_timeout=timeout, thread_local=False
        )
        with short_term_memory():
            if not lock.acquire(blocking=timeout > 0):
                raise busy()
        try:
            yield
        finally:
            with suppress(redis.RedisError):  # the lease ran out or Redis is away: then nobody waits for us
                lock.release()

    def _raw(self, name: str) -> bytes | None:
        with short_term_memory():
            found = self._redis.get(self._prefix + name)
        return found.encode() if isinstance(found, str) else found

    def _decrypted(self, raw: bytes | None) -> str | None:
        try:
            return None if raw is None else self._fernet.decrypt(raw).decode()
        except InvalidToken:  # written with a key that is retired: as good as no token
            return None


class MemoryTokens:
    """A TokenStore for one process."""

    def __init__(self) -> None:
        self._tokens: dict[str, tuple[str, float]] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def __repr__(self) -> str:
        return "<MemoryTokens>"

    def get(self, name: str) -> str | None:
        token, until = self._tokens.get(name, ("", 0.0))
        return token if time.monotonic() < until else None

    def put(self, name: str, token: str, ttl: float) -> None:
        self._tokens[name] = (token, time.monotonic() + ttl)

    def discard(self, name: str, token: str) -> None:
        with self._guard:
            if self.get(name) == token:
                del self._tokens[name]

    @contextmanager
    def lock(self, name: str, timeout: float) -> Iterator[None]:
        with self._guard:
            lock = self._locks.setdefault(name, threading.Lock())
        if not lock.acquire(timeout=timeout):
            raise busy()
        try:
            yield
        finally:
            lock.release()


def busy() -> Retryable:
    """Somebody else is signing in and takes long."""
    return Retryable("Another task is signing in. It is tried again by itself.", code="sign_in_busy", after=2.0)
