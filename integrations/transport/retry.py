"""How long to wait before doing it again, and how often that may happen."""

import random
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT = 900.0  # seconds; a server that asks for more is asked again after this


def pause(attempt: int, *, base: float = 1.0, cap: float = LONGEST_WAIT) -> float:
    """Seconds to wait after the `attempt`-th failure (from 1): full jitter under a doubling, capped ceiling."""
    return random.uniform(0, min(cap, base * 2 ** min(max(attempt, 1) - 1, 32)))  # noqa: S311 - spreads load, guards nothing


def http_date(text: str) -> datetime | None:
    """A Date or Retry-After header as aware UTC; None when it is none."""
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """The wait in seconds that the server asks for, within [0, LONGEST_WAIT]; None when it asks for none.

    https://www.rfc-editor.org/rfc/rfc9110#field.retry-after: seconds or a date. A date is measured on the server's own
    clock (its Date header) where it tells it, else on ours (`now`, aware UTC).
    """
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        until = http_date(text)
        if until is None:
            return None
        seconds = (until - (http_date(headers.get("date", "")) or now)).total_seconds()
    return min(max(seconds, 0.0), LONGEST_WAIT) if seconds == seconds else None  # NaN is no wait


class RetryBudget:
    """Keeps repeats to a share of the traffic, so that a struggling server is not buried under them. Thread-safe."""

    def __init__(self, share: float = 0.15, burst: float = 5.0) -> None:
        self._share, self._burst = share, burst
        self._left = burst
        self._lock = threading.Lock()

    def earn(self) -> None:
        """A first request was sent."""
        with self._lock:
            self._left = min(self._burst, self._left + self._share)

    def spend(self) -> bool:
        """Whether one more repeat is allowed."""
        with self._lock:
            if self._left < 1:
                return False
            self._left -= 1
            return True
