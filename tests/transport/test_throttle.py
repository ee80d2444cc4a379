"""The vendor's limits are kept over all workers, and used to the full. A counter of the test's own is the judge."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis

from integrations.engine.errors import Retryable
from integrations.transport.memory import connect
from integrations.transport.throttle import NoBudget, RedisBudget, RedisBudgets, Together

Make = Callable[..., RedisBudgets]


class Judge:
    """A server with a sliding window of its own: counts what it lets in and what it would answer with 429."""

    def __init__(self, limit: int, window: float) -> None:
        self.limit, self.window = limit, window
        self.recent: deque[float] = deque()
        self.total = self.refused = self.most_in_a_tenth = 0
        self._lock = threading.Lock()

    def ask(self) -> None:
        with self._lock:
            now = time.monotonic()
            while self.recent and self.recent[0] <= now - self.window:
                self.recent.popleft()
            if len(self.recent) >= self.limit:
                self.refused += 1
                return
            self.recent.append(now)
            self.total += 1
            tenth = sum(1 for moment in self.recent if moment > now - self.window / 10)
            self.most_in_a_tenth = max(self.most_in_a_tenth, tenth)


@pytest.fixture
def make(redis_client: "redis.Redis", prefix: str) -> Make:
    """RedisBudgets under a prefix of this test; this Redis counts as not lost."""

    def build(**options: object) -> RedisBudgets:
        budgets = RedisBudgets(redis_client, **{"prefix": prefix, **options})  # type: ignore[arg-type]
        budgets.begin()
        return budgets

    return build


def poll(budgets: RedisBudgets, judge: Judge, seconds: float, workers: int = 4) -> None:
    """Workers that ask as often as they are let, and come back when a longer wait is over."""
    ends = time.monotonic() + seconds

    def worker() -> None:
        budget = budgets("erp", per_minute=judge.limit)
        while time.monotonic() < ends:
            try:
                with budget.slot():
                    judge.ask()
            except Retryable as error:
                time.sleep(min(error.after or 0, max(0.0, ends - time.monotonic())))

    threads = [threading.Thread(target=worker) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("seconds", [6.0, pytest.param(60.0, marks=pytest.mark.slow)])
def test_polling_uses_97_per_cent_of_a_sliding_window_and_is_never_refused(make: Make, seconds: float) -> None:
    judge = Judge(300, 3.0)
    poll(make(window=3.0), judge, seconds)
    assert judge.refused == 0
    assert judge.total >= 0.97 * judge.limit * seconds / judge.window
    assert judge.most_in_a_tenth <= 0.2 * judge.limit


def slots(budget: RedisBudget, many: int) -> int:
    """How many slots are given at once, one after the other."""
    given = 0
    for _ in range(many):
        try:
            with budget.slot():
                given += 1
        except Retryable:
            break
    return given


def test_an_hour_gives_98_per_cent_to_workers_and_the_rest_to_people(make: Make) -> None:
    assert slots(make()("bill", per_clock_hour=100), 150) == 98
    assert slots(make(person=True)("bill", per_clock_hour=100), 150) == 2


def test_a_used_up_hour_waits_for_the_next_one(make: Make) -> None:
    budget = make()("bill", per_clock_hour=1)
    assert slots(budget, 1) == 1
    with pytest.raises(Retryable) as caught, budget.slot():
        pass
    assert caught.value.code == "limit_hour"
    left = 3600 - time.time() % 3600
    assert left - 2 <= (caught.value.after or 0) <= left + 61


def test_a_new_hour_starts_from_nothing(make: Make) -> None:
    budgets = make(hour=0.5)
    time.sleep(0.5 - time.time() % 0.5)
    assert slots(budgets("bill", per_clock_hour=3), 1) == 1
    used = [slots(budgets("bill", per_clock_hour=3, lanes=3), 1) for _ in range(4)]  # waits in place
    assert used == [1, 1, 1, 1]


def test_sign_ins_have_an_allowance_of_their_own(make: Make) -> None:
    budget = make()("bill", per_clock_hour=1000, logins_per_clock_hour=100)
    for _ in range(98):
        budget.login()
    with pytest.raises(Retryable) as caught:
        budget.login()
    assert caught.value.code == "limit_logins"
    assert slots(budget, 5) == 5


def test_requests_may_cost_more_than_one(make: Make) -> None:
    budget = make()("bill", per_clock_hour=100)
    with budget.slot(cost=90):
        pass
    with pytest.raises(Retryable), budget.slot(cost=9):
        pass
    assert slots(budget, 20) == 8


def test_never_more_in_flight_than_lanes(make: Make) -> None:
    budgets = make()
    now = most = 0
    guard = threading.Lock()

    def worker() -> None:
        nonlocal now, most
        for _ in range(5):
            with budgets("bill", lanes=3).slot():
                with guard:
                    now += 1
                    most = max(most, now)
                time.sleep(0.01)
                with guard:
                    now -= 1

    threads = [threading.Thread(target=worker) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 3


def test_busy_lanes_wait_a_second_in_place_and_no_longer(make: Make) -> None:
    budget = make()("bill", lanes=1)
    with budget.slot():
        started = time.monotonic()
        with pytest.raises(Retryable) as caught, budget.slot():
            pass
        assert 0.8 <= time.monotonic() - started <= 1.5
    assert caught.value.code == "limit_lanes"
    with budget.slot():
        pass


def test_the_lane_of_a_dead_worker_is_freed_when_its_lease_ends(
    make: Make, redis_client: "redis.Redis", prefix: str
) -> None:
    budget = make(deadline=60.0)("bill", lanes=1)
    dead = budget.slot()
    dead.__enter__()
    held: Any = redis_client.zrange(f"{prefix}{{bill}}:lanes", 0, -1, withscores=True)
    (lease, ends), *_ = held
    assert 60 < ends / 1e6 - time.time() < 90
    redis_client.zadd(f"{prefix}{{bill}}:lanes", {lease: 1})  # as if that time had passed
    with budget.slot():
        pass


def test_a_waiting_person_takes_the_next_lane(make: Make) -> None:
    workers, person = make()("bill", lanes=1), make(person=True)("bill", lanes=1)
    order: list[str] = []
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            try:
                with workers.slot():
                    order.append("worker")
                    time.sleep(0.1)
            except Retryable:
                order.append("waited")

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.25)
    before = len(order)
    with person.slot():
        served = order[before:].count("worker")
        stop.set()
    for thread in threads:
        thread.join()
    assert served <= 1


def test_a_person_who_gives_up_leaves_the_queue(make: Make, redis_client: "redis.Redis", prefix: str) -> None:
    budgets = make(person=True)
    budgets.patience = 0.3
    with make()("bill", lanes=1).slot(), pytest.raises(Retryable), budgets("bill", lanes=1).slot():
        pass
    assert redis_client.zcard(f"{prefix}{{bill}}:people") == 0
    with make()("bill", lanes=1).slot():
        pass


def test_too_many_requests_closes_the_key_for_everybody(make: Make) -> None:
    budget = make()("erp", per_minute=1000)
    budget.close_for(30)
    budget.close_for(5)
    for person in (False, True):
        with pytest.raises(Retryable) as caught, make(person=person)("erp", per_minute=1000).slot():
            pass
        assert caught.value.code == "limit_closed"
        assert 29 <= (caught.value.after or 0) <= 34
    with pytest.raises(Retryable):
        make()("erp", logins_per_clock_hour=100).login()
    with make()("other", per_minute=1000).slot():
        pass


def test_a_short_closing_is_slept(make: Make) -> None:
    budget = make()("erp", per_minute=1000)
    budget.close_for(0.3)
    started = time.monotonic()
    with budget.slot():
        assert 0.25 <= time.monotonic() - started <= 0.9


def test_a_lost_redis_keeps_lanes_and_windows_closed_for_a_while(
    make: Make, redis_client: "redis.Redis", prefix: str
) -> None:
    budgets = make(deadline=1.6, window=2.2)
    assert slots(budgets("bill", lanes=3), 1) == slots(budgets("erp", per_minute=100), 1) == 1
    for key in redis_client.scan_iter(match=f"{prefix}*"):
        redis_client.delete(key)
    with pytest.raises(Retryable) as lanes, budgets("bill", lanes=3).slot():
        pass
    with pytest.raises(Retryable) as window, budgets("erp", per_minute=100).slot():
        pass
    assert lanes.value.code == window.value.code == "limit_lost"
    assert 1.4 <= (lanes.value.after or 0) <= 1.8
    assert 2.0 <= (window.value.after or 0) <= 2.5
    time.sleep(2.2)
    assert slots(budgets("bill", lanes=3), 1) == slots(budgets("erp", per_minute=100), 1) == 1


def test_a_lost_redis_is_told_what_this_hour_has_used(make: Make) -> None:
    asked: list[str] = []

    def reseed(key: str) -> tuple[int, int]:
        asked.append(key)
        return 95, 97

    budget = make(reseed=reseed)("bill", per_clock_hour=100, logins_per_clock_hour=100)
    assert slots(budget, 10) == 3
    budget.login()
    with pytest.raises(Retryable):
        budget.login()
    assert asked == ["bill"]


def test_without_redis_nothing_is_sent() -> None:
    budget = RedisBudgets(connect("redis://127.0.0.1:1/9"))("erp", per_minute=10, logins_per_clock_hour=1)
    with pytest.raises(Retryable) as caught, budget.slot():
        pass
    assert caught.value.code == "redis_down"
    with pytest.raises(Retryable):
        budget.login()
    budget.close_for(5)


def test_a_result_is_not_lost_when_redis_dies_while_the_request_runs(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    budgets = make()

    def dead(*_: object) -> int:
        raise redis.ConnectionError

    with budgets("bill", lanes=1).slot():
        monkeypatch.setattr(budgets.redis, "zrem", dead)


def test_budgets_together_wait_for_a_lane_before_they_use_up_the_hour(make: Make, redis_client: "redis.Redis") -> None:
    budgets = make()
    lanes, allowance = budgets("bill:org", lanes=1), budgets("bill", per_clock_hour=10)
    both = Together(lanes, allowance)
    with lanes.slot(), pytest.raises(Retryable), both.slot():
        pass
    assert sum(slots_of(both, 20)) == 9


def slots_of(budget: Together, many: int) -> Iterator[int]:
    for _ in range(many):
        try:
            with budget.slot():
                yield 1
        except Retryable:
            return


def test_together_passes_on_sign_ins_and_closings() -> None:
    first, second = NoBudget(), NoBudget()
    both = Together(first, second)
    both.login()
    both.close_for(3)
    assert (first.logins, second.logins, first.closed, second.closed) == (1, 1, [3], [3])


def test_limits_show_no_key_in_their_repr(make: Make) -> None:
    assert "org-1" not in repr(make()("bill:org-1", lanes=3))
