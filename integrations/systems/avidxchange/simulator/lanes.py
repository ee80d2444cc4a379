"""The limits of one customer: requests in any minute, and requests at a time."""

from collections import Counter, defaultdict, deque
from datetime import datetime, timedelta
from math import ceil

from integrations.systems.avidxchange.simulator.config import SimulatorConfig
from integrations.systems.avidxchange.simulator.errors import Refusal, fault
from integrations.systems.avidxchange.simulator.wire import http_date

_MINUTE = timedelta(minutes=1)


class Lanes:
    """Counters by customer. Not thread-safe: the simulator calls them under its gate."""

    def __init__(self, config: SimulatorConfig) -> None:
        self.config = config
        self.in_flight: Counter[str] = Counter()
        self._past: dict[str, deque[datetime]] = defaultdict(deque)

    def enter(self, customer: str, now: datetime) -> Refusal | None:
        """Take a place of the minute; the refusal when there is none. What is refused is not counted."""
        most, allowed = self.config.max_in_flight, self.config.per_minute
        if most is not None and self.in_flight[customer] > most:
            return throttled(900800, self.config.retry_after, now, 1)
        past = self._past[customer]
        while past and past[0] <= now - _MINUTE:
            past.popleft()
        if allowed is not None and len(past) >= allowed:
            wait = ceil((past[0] + _MINUTE - now).total_seconds())
            return throttled(900803, self.config.retry_after, now, max(1, wait))
        past.append(now)
        return None


def throttled(code: int, form: str, now: datetime, seconds: int) -> Refusal:
    """429, with Retry-After in seconds, as a date, or without."""
    headers = {"seconds": str(seconds), "date": http_date(now + timedelta(seconds=seconds))}
    named = {"retry-after": headers[form]} if form in headers else None
    return fault(429, code, "You have exceeded your quota", named)
