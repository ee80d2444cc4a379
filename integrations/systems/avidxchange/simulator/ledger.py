"""What the simulator saw: an entry a request, without headers, bodies and tokens."""

from collections import Counter, deque
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from integrations.systems.avidxchange.simulator.wire import stamp

_KEPT = 200_000


@dataclass(slots=True)
class Entry:
    """One request. status 0: its answer was lost. company_id: as the company header says it, not a secret."""

    seq: int
    time: str
    method: str
    path: str  # with the query
    customer: str
    company_id: str
    in_flight: int  # of the customer, itself included
    status: int = 0
    code: int = 0  # of the gateway's fault
    fault: str = ""
    operation: str = ""


class Ledger:
    """The newest 200,000 requests, and counts of all."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_KEPT)
        self._statuses: Counter[int] = Counter()
        self._codes: Counter[int] = Counter()
        self._most = 0

    def arrive(self, now: datetime, method: str, path: str, customer: str, company_id: str, in_flight: int) -> Entry:
        """The first half of an entry."""
        seq = self._entries[-1].seq + 1 if self._entries else 1
        entry = Entry(seq, stamp(now), method, path, customer, company_id, in_flight)
        self._entries.append(entry)
        self._most = max(self._most, in_flight)
        return entry

    def leave(self, entry: Entry) -> None:
        """Count an entry whose answer has left or was lost."""
        self._statuses[entry.status] += 1
        if entry.code:
            self._codes[entry.code] += 1

    def since(self, seq: int) -> list[dict[str, Any]]:
        """Entries numbered above `seq`, oldest first."""
        return [asdict(entry) for entry in self._entries if entry.seq > seq]

    def stats(self) -> dict[str, Any]:
        """Requests, answers by status, faults by code, most at a time."""
        return {
            "requests": self._statuses.total(),
            "by_status": {str(key): count for key, count in sorted(self._statuses.items())},
            "faults": {str(key): count for key, count in sorted(self._codes.items())},
            "max_in_flight": self._most,
        }
