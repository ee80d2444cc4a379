"""The vendor's limits, shared by all workers: how many requests, how many at once, how many sign-ins."""

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from secrets import token_hex

import redis

from integrations.engine.errors import Retryable
from integrations.transport.kit import Budget
from integrations.transport.memory import short_term_memory
from integrations.transport.throttle_lua import CLOSE, LOGIN, SEED, SLOT

log = logging.getLogger(__name__)

Reseed = Callable[[str], tuple[int, int]]  # limit key -> (requests, sign-ins) already made in this clock hour

_AIM = 0.98  # of each limit, for workers; the rest is for people, and for requests that arrive closer than they left
_PACE = 0.985  # of the limit: requests are spread at this rate, a little above the aim so that a stall is made up for
_BURST = 0.05  # of a minute's requests may leave at once
_PATIENCE = 1.0  # seconds that a worker waits in place
_PATIENCE_OF_PEOPLE = 5.0
_OUTLIVES = 15.0  # seconds that a lane's lease lasts beyond the total deadline


@dataclass(frozen=True, slots=True)
class Limit:
    """What is allowed under one key; 0 is not limited."""

    per_window: int = 0
    per_hour: int = 0
    logins: int = 0
    lanes: int = 0


class RedisBudgets:
    """A BudgetMaker. All clocks are Redis's own.

    Workers use 98 % of each limit, people (`person`) all of it, and a waiting person gets the next lane that is freed.
    When Redis was lost (its epoch key is gone) nobody knows what was just sent: lanes stay closed for one `deadline`,
    minute windows for one window, and the counts of the hour come from `reseed`. A Redis that writes snapshots would
    bring an old epoch back with old counts: run it with append-only file or without persistence.
    `window` and `hour` (seconds) are only changed by tests and benchmarks.
    """

    def __init__(
        self,
        client: "redis.Redis",
        *,
        deadline: float = 60.0,
        person: bool = False,
        reseed: Reseed | None = None,
        prefix: str = "mlc:budget:",
        window: float = 60.0,
        hour: float = 3600.0,
    ) -> None:
        self.redis, self.deadline, self.person, self.prefix = client, deadline, person, prefix
        self.reseed: Reseed = reseed if reseed is not None else _nothing_yet
        self.window, self.hour = window, hour
        self.patience = _PATIENCE_OF_PEOPLE if person else _PATIENCE
        self.slot_script = client.register_script(SLOT)
        self.login_script = client.register_script(LOGIN)

    def __call__(
        self,
        key: str,
        *,
        per_minute: int | None = None,
        per_clock_hour: int | None = None,
        logins_per_clock_hour: int | None = None,
        lanes: int | None = None,
    ) -> "RedisBudget":
        limit = Limit(per_minute or 0, per_clock_hour or 0, logins_per_clock_hour or 0, lanes or 0)
        return RedisBudget(self, key, limit)

    def used(self) -> dict[str, tuple[int, int, int]]:
        """(clock hour since 1970, requests, sign-ins) of every limit key that was used in this hour."""
        with short_term_memory():
            hour = int(self.redis.time()[0] // self.hour)
            found: dict[str, list[int]] = {}
            for place, name in enumerate(("hour", "logins")):
                keys = list(self.redis.scan_iter(f"{self.prefix}{{*}}:{name}:{hour}", count=1000))
                counts = self.redis.mget(keys) if keys else []
                for key, count in zip(keys, counts, strict=True):
                    limit = _text(key).removeprefix(f"{self.prefix}{{").rpartition(f"}}:{name}:")[0]
                    found.setdefault(limit, [0, 0])[place] = int(count or 0)
        return {key: (hour, requests, logins) for key, (requests, logins) in found.items()}

    def begin(self) -> None:
        """Says that nothing was sent lately (a first start): an empty Redis is then not taken for a lost one."""
        with short_term_memory():
            self.redis.set(f"{self.prefix}epoch", 0, nx=True)


class RedisBudget:
    """The Budget of one limit key, made by RedisBudgets."""

    def __init__(self, maker: RedisBudgets, key: str, limit: Limit) -> None:
        self._maker, self._key, self._limit = maker, key, limit
        self._base = f"{maker.prefix}{{{key}}}"
        share = 1.0 if maker.person else _AIM
        self._window_cap, self._hour_cap, self._login_cap = (
            max(1, int(cap * share)) if cap else 0 for cap in (limit.per_window, limit.per_hour, limit.logins)
        )

    def __repr__(self) -> str:
        return f"<RedisBudget {self._limit}>"

    @contextmanager
    def slot(self, *, cost: int = 1) -> Iterator[None]:
        lease = token_hex(8)
        self._take(lease, cost)
        try:
            yield
        finally:
            if self._limit.lanes:
                self._give_back("lanes", lease)

    def login(self) -> None:
        if not self._limit.logins:
            return
        with short_term_memory():
            why, wait = self._ask_login()
            if why == "seed":
                self._seed()
                why, wait = self._ask_login()
        if why != "ok":
            raise _refusal(why, wait)

    def close_for(self, seconds: float) -> None:
        try:
            self._maker.redis.eval(CLOSE, 1, self._base, int(seconds * 1_000_000))
        except redis.RedisError:  # the answer that told us to slow down still counts for its own request
            log.warning("limit %s could not be closed: Redis does not answer", self._key)

    def _take(self, lease: str, cost: int) -> None:
        """Waits for a place; a wait that would go beyond our patience is left to the caller as Retryable."""
        ends = time.monotonic() + self._maker.patience
        while True:
            with short_term_memory():
                why, wait = self._ask(lease, cost)
                if why == "seed":
                    self._seed()
                    continue
            if why == "ok":
                return
            if time.monotonic() + wait > ends:
                self._leave_queue(lease)
                raise _refusal(why, wait)
            time.sleep(wait)

    def _ask(self, lease: str, cost: int) -> tuple[str, float]:
        maker, limit = self._maker, self._limit
        interval = maker.window / (limit.per_window * _PACE) if limit.per_window else 0.0
        why, micros = maker.slot_script(
            keys=[self._base, f"{maker.prefix}epoch"],
            args=[
                lease,
                cost,
                int(maker.person),
                limit.lanes,
                self._window_cap,
                self._hour_cap,
                _micros(maker.window),
                _micros(maker.hour),
                _micros(maker.deadline),
                _micros(maker.deadline + _OUTLIVES),
                _micros(interval),
                _micros(interval * limit.per_window * _BURST),
            ],
        )
        if _text(why) == "lanes":  # nobody knows when one is freed
            return "lanes", random.uniform(0.01, 0.04)  # noqa: S311 - spreads load, guards nothing
        return _text(why), micros / 1_000_000

    def _ask_login(self) -> tuple[str, float]:
        why, micros = self._maker.login_script(keys=[self._base], args=[self._login_cap, _micros(self._maker.hour)])
        return _text(why), micros / 1_000_000

    def _seed(self) -> None:
        requests, logins = self._maker.reseed(self._key)
        self._maker.redis.eval(SEED, 1, self._base, requests, logins, _micros(self._maker.hour))

    def _leave_queue(self, lease: str) -> None:
        if self._maker.person and self._limit.lanes:
            self._give_back("people", lease)

    def _give_back(self, what: str, lease: str) -> None:
        try:
            self._maker.redis.zrem(f"{self._base}:{what}", lease)
        except redis.RedisError:  # the request is done and its result counts; the lease ends by itself
            log.warning("a slot of %s could not be given back: Redis does not answer", self._key)


class Together:
    """Several budgets as one: lanes first, so that waiting for a lane uses up nothing of an hourly allowance."""

    def __init__(self, *budgets: Budget) -> None:
        self._budgets = budgets

    @contextmanager
    def slot(self, *, cost: int = 1) -> Iterator[None]:
        with ExitStack() as stack:
            for budget in self._budgets:
                stack.enter_context(budget.slot(cost=cost))
            yield

    def login(self) -> None:
        for budget in self._budgets:
            budget.login()

    def close_for(self, seconds: float) -> None:
        for budget in self._budgets:
            budget.close_for(seconds)


class NoBudget:
    """A Budget and a BudgetMaker that limits nothing but counts, for tests and systems without limits."""

    def __init__(self) -> None:
        self.limits: dict[str, tuple[int | None, ...]] = {}
        self.requests = 0
        self.logins = 0
        self.closed: list[float] = []

    def __call__(
        self,
        key: str,
        *,
        per_minute: int | None = None,
        per_clock_hour: int | None = None,
        logins_per_clock_hour: int | None = None,
        lanes: int | None = None,
    ) -> "NoBudget":
        self.limits[key] = (per_minute, per_clock_hour, logins_per_clock_hour, lanes)
        return self

    @contextmanager
    def slot(self, *, cost: int = 1) -> Iterator[None]:
        self.requests += cost
        yield

    def login(self) -> None:
        """Always allowed."""
        self.logins += 1

    def close_for(self, seconds: float) -> None:
        """Nobody has to wait; `closed` remembers that the vendor asked for it."""
        self.closed.append(seconds)


_WHY = {
    "closed": "The other side asked us to slow down.",
    "lost": "Our own queue server was restarted; the limits are counted anew.",
    "hour": "This hour's requests are used up.",
    "logins": "This hour's sign-ins are used up.",
    "window": "This minute's requests are used up.",
    "pace": "This minute's requests are used up.",
    "lanes": "The other side is busy with other requests of ours.",
}


def _refusal(why: str, wait: float) -> Retryable:
    # Spread over a tenth of the wait (lanes: over 2 s), so that not everybody comes back at once.
    spread = random.uniform(0.0, 2.0 if why == "lanes" else min(60.0, wait * 0.1))  # noqa: S311 - spreads load, guards nothing
    return Retryable(f"{_WHY[why]} It goes on by itself.", code=f"limit_{why}", after=wait + spread)


def _nothing_yet(_key: str) -> tuple[int, int]:
    return 0, 0


def _micros(seconds: float) -> int:
    return int(seconds * 1_000_000)


def _text(word: bytes | str) -> str:
    return word.decode() if isinstance(word, bytes) else word
