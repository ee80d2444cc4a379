"""Redis is our short-term memory: losing it costs delay, never an effect."""

from collections.abc import Iterator
from contextlib import contextmanager

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from integrations.engine.errors import Retryable


def connect(url: str) -> "redis.Redis":
    """A client that gives up within seconds (redis-py's own default takes four for one refused connection)."""
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=2.0,
        socket_timeout=5.0,
        health_check_interval=30,
        retry=Retry(NoBackoff(), 1),
    )


@contextmanager
def short_term_memory() -> Iterator[None]:
    """Around every use of Redis before a request is sent: when Redis is away, the request has to wait."""
    try:
        yield
    except redis.RedisError as error:
        raise Retryable(
            "Our own queue server does not answer. It is tried again by itself; the health page shows it.",
            code="redis_down",
            after=5.0,
            detail=type(error).__name__,
        ) from None
