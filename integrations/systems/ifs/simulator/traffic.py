"""The ledger of every request. Never a header, never a token, never a request body."""

import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_KEPT = 200_000


@dataclass(slots=True)
class Entry:
    """One request. status 0: the answer was lost or never made; in_flight counts this one; fault: kinds, by blanks."""

    number: int
    time: datetime
    method: str
    path: str
    in_flight: int
    status: int = 0
    client: str = ""
    bytes: int = 0
    fault: str = ""
    answered: bool = False

    def shown(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "time": self.time.isoformat(),
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "client": self.client,
            "in_flight": self.in_flight,
            "bytes": self.bytes,
            "fault": self.fault,
            "answered": self.answered,
        }


class Traffic:
    """Remembers the last 200,000 requests and totals of all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=_KEPT)
        self._in_flight = 0
        self._number = 0
        self._totals = {"requests": 0, "limited": 0, "max_in_flight": 0, "bytes": 0}

    def arrive(self, method: str, path: str, now: datetime) -> Entry:
        with self._lock:
            self._in_flight += 1
            self._number += 1
            entry = Entry(self._number, now, method, path, self._in_flight)
            self._entries.append(entry)
            self._totals["requests"] += 1
            self._totals["max_in_flight"] = max(self._totals["max_in_flight"], self._in_flight)
        return entry

    def leave(self, entry: Entry) -> None:
        with self._lock:
            self._in_flight -= 1
            entry.answered = True
            self._totals["limited"] += entry.status == 429
            self._totals["bytes"] += entry.bytes

    def entries(self, since: int = 0) -> list[dict[str, Any]]:
        """Requests numbered above `since`, oldest first."""
        with self._lock:
            return [entry.shown() for entry in self._entries if entry.number > since]

    def totals(self) -> dict[str, int]:
        with self._lock:
            return dict(self._totals)
