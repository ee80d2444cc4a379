"""What stands between a client and its simulator in a test: a clock, tokens, a budget, and a wire that can be cut."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from integrations.engine.drafts import MAKES, CodeDraft, Draft
from integrations.engine.ports import Write
from integrations.engine.records import Entity
from integrations.transport.kit import Kit
from integrations.transport.tokens import MemoryTokens


@dataclass
class Clock:
    """Moves on a millisecond whenever somebody looks."""

    now: datetime = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Tokens:
    """A TokenStore whose tokens end by the test's clock; remembers every token that was ever put in."""

    clock: Clock
    kept: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    locks: MemoryTokens = field(default_factory=MemoryTokens)

    def get(self, name: str) -> str | None:
        token, until = self.kept.get(name, ("", self.clock.now))
        return token if self.clock.now < until else None

    def put(self, name: str, token: str, ttl: float) -> None:
        self.seen.add(token)
        self.kept[name] = (token, self.clock.now + timedelta(seconds=ttl))

    def discard(self, name: str, token: str) -> None:
        if self.get(name) == token:
            del self.kept[name]

    def lock(self, name: str, timeout: float) -> AbstractContextManager[None]:
        return self.locks.lock(name, timeout)


@dataclass
class Budget:
    """No limits; remembers what it was told. Also a BudgetMaker."""

    made: dict[str, dict[str, Any]] = field(default_factory=dict)
    closed: dict[str, float] = field(default_factory=dict)
    key: str = ""

    def __call__(self, key: str, **limits: Any) -> "Budget":
        self.made[key] = limits
        return Budget(self.made, self.closed, key)

    @contextmanager
    def slot(self, *, cost: int = 1) -> Iterator[None]:
        yield

    def login(self) -> None:
        return

    def close_for(self, seconds: float) -> None:
        self.closed[self.key] = seconds


@dataclass
class Wire:
    """An Egress to one simulator. Keeps every request; `loses(request)` says whether its answer never arrives."""

    simulator: Callable[[httpx.Request], httpx.Response]
    sent: list[httpx.Request] = field(default_factory=list)
    loses: Callable[[httpx.Request], bool] = lambda request: False

    def check(self, url: str) -> str:
        return url

    def transport(self) -> httpx.BaseTransport:
        return httpx.MockTransport(self._carry)

    def _carry(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        answer = self.simulator(request)
        if self.loses(request):
            raise httpx.ReadTimeout("no answer", request=request)
        return answer

    def calls(self, method: str = "", text: str = "") -> list[httpx.Request]:
        """The requests sent so far with that method and that text in path and query."""
        return [each for each in self.sent if method in ("", each.method) and text in str(each.url)]


_intents = itertools.count(1)


def handed(draft: Draft, clock: Clock, target_id: str = "", version: str = "") -> Write:
    """The draft as a push would hand it over, under an intent of its own; systems make no use of natural keys."""
    dimension = isinstance(draft, CodeDraft) and bool(draft.group)
    entity = Entity.DIMENSION if dimension else next(each for each, kinds in MAKES.items() if isinstance(draft, kinds))
    send_by, intent = clock.now + timedelta(seconds=30), next(_intents)
    return Write(
        intent=intent,
        entity=entity,
        draft=draft,
        natural_key=f"test {intent}",
        send_by=send_by,
        target_id=target_id,
        version=version,
    )


def kit(clock: Clock, wire: Wire, *, deadline: float = 5.0) -> Kit:
    """A Kit of the parts above."""
    return Kit(Tokens(clock), Budget(), wire, clock, deadline=deadline)
