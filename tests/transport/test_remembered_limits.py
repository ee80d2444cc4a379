"""A Redis that has lost its memory is told what this hour has used."""

import time
from uuid import uuid4

import pytest
import redis

from integrations.engine.errors import Retryable
from integrations.models import HourlyUse
from integrations.store import limits
from integrations.transport.throttle import RedisBudgets


def this_hour() -> int:
    """Asked when a test runs, and not in the last seconds of an hour: the clock goes on meanwhile."""
    left = 3600 - time.time() % 3600
    if left < 5:
        time.sleep(left)
    return int(time.time() // 3600)


def test_what_was_used_is_told_again_after_redis_was_lost(
    database: None, redis_client: "redis.Redis", prefix: str
) -> None:
    key = f"bill:{uuid4().hex}"
    budgets = RedisBudgets(redis_client, prefix=prefix, reseed=limits.used)
    budgets.begin()
    budget = budgets(key, per_clock_hour=100, logins_per_clock_hour=10)
    for _ in range(98):
        with budget.slot():
            pass
    budget.login()
    limits.note(budgets.used())
    redis_client.delete(*redis_client.scan_iter(f"{prefix}*"))
    budgets.begin()
    with pytest.raises(Retryable) as caught, budget.slot():
        pass
    assert caught.value.code == "limit_hour"
    assert limits.used(key) == (98, 1)


def test_a_smaller_count_of_the_same_hour_is_not_believed(database: None) -> None:
    key, hour = uuid4().hex, this_hour()
    limits.note({key: (hour, 50, 5)})
    limits.note({key: (hour, 2, 7)})
    assert limits.used(key) == (50, 7)


def test_an_hour_ago_is_forgotten(database: None) -> None:
    key, hour = uuid4().hex, this_hour()
    limits.note({key: (hour - 1, 50, 5)})
    assert limits.used(key) == (0, 0)
    limits.note({key: (hour, 1, 0)})
    assert HourlyUse.objects.get(key=key).requests == 1


def test_nothing_used_is_nothing_noted(database: None) -> None:
    limits.note({})
    assert limits.used("nobody") == (0, 0)
