"""What a connection is given to work with, so that a system's client needs neither settings nor Redis of its own."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import httpx


class TokenStore(Protocol):
    """Short-lived access tokens shared by all workers, encrypted, per connection."""

    def get(self, name: str) -> str | None: ...

    def put(self, name: str, token: str, ttl: float) -> None: ...

    def discard(self, name: str, token: str) -> None:
        """Forget `token` if it is still the stored one: a loser never destroys the winner's token."""
        ...

    def lock(self, name: str, timeout: float) -> AbstractContextManager[None]:
        """Only one holder at a time over all workers; waits at most `timeout` s, then Retryable."""
        ...


class Budget(Protocol):
    """The vendor's limits, shared by all workers under one key."""

    def slot(self, *, cost: int = 1) -> AbstractContextManager[None]:
        """A place for one request. Waits up to 1 s in place; a longer wait raises Retryable with `after`."""
        ...

    def login(self) -> None:
        """Takes one sign-in from the hourly allowance, or raises Retryable."""
        ...

    def close_for(self, seconds: float) -> None:
        """The vendor said "too many": nobody sends under this key for so long."""
        ...


class BudgetMaker(Protocol):
    """Makes the budget for a limit key; `limits` fields left None are not limited."""

    def __call__(
        self,
        key: str,
        *,
        per_minute: int | None = None,
        per_clock_hour: int | None = None,
        logins_per_clock_hour: int | None = None,
        lanes: int | None = None,
    ) -> Budget: ...


class Egress(Protocol):
    """Decides where we may connect."""

    def check(self, url: str) -> str:
        """The URL, if it may be reached; else raises ConnectionBroken with code `egress_refused`. No IO."""
        ...

    def transport(self) -> httpx.BaseTransport:
        """A transport that resolves once, checks every address, and connects to the checked one."""
        ...


@dataclass(frozen=True, slots=True)
class Kit:
    """What a client needs from outside: tokens, budgets, egress, the clock (aware UTC), whether a person waits."""

    tokens: TokenStore
    budgets: BudgetMaker
    egress: Egress
    now: Callable[[], datetime]
    deadline: float = 60.0  # seconds, total for one request
    person: bool = False
