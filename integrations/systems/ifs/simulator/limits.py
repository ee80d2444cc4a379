"""The request limit: a sliding window, refused requests not counted."""

import math
import threading
from collections import deque
from datetime import datetime, timedelta


class SlidingLimit:
    """At most `allowed` requests in any `seconds`; None allows all."""

    def __init__(self, allowed: int | None, seconds: float) -> None:
        self._allowed, self._span = allowed, timedelta(seconds=seconds)
        self._times: deque[datetime] = deque()
        self._lock = threading.Lock()
        self.highest = 0

    def take(self, now: datetime) -> int:
        """0 when the request may pass, else whole seconds until one may."""
        with self._lock:
            while self._times and self._times[0] <= now - self._span:
                self._times.popleft()
            if self._allowed is not None and len(self._times) >= self._allowed:
                return max(1, math.ceil((self._times[0] + self._span - now).total_seconds()))
            self._times.append(now)
            self.highest = max(self.highest, len(self._times))
            return 0
