"""What the simulator saw: one entry a request, for judges in tests. It holds no header, no body, no session."""

from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any

_KEPT = 200_000


@dataclass(slots=True)
class Entry:
    """One request. Times are milliseconds since 1970 of the simulator's clock; status 0: the answer was lost."""

    seq: int
    received: int
    method: str
    path: str  # with the query
    organization: str
    in_flight: int  # of its developer key and organization at arrival, itself included
    status: int = 0
    answered: int | None = None
    codes: tuple[str, ...] = ()
    fault: str = ""


class Ledger:
    """The newest 200,000 requests, and counts over all of them."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=_KEPT)
        self._seq = 0
        self._by_status: Counter[int] = Counter()
        self._by_code: Counter[str] = Counter()
        self._max_in_flight = 0

    def arrive(self, received: int, method: str, path: str, lane: tuple[str, str], in_flight: int) -> Entry:
        """Write the first half of an entry."""
        self._seq += 1
        entry = Entry(self._seq, received, method, path, lane[1], in_flight)
        self.entries.append(entry)
        self._max_in_flight = max(self._max_in_flight, in_flight)
        return entry

    def leave(self, entry: Entry, answered: int, status: int, codes: tuple[str, ...]) -> None:
        """Write the second half, when the answer leaves or is lost."""
        entry.answered, entry.status, entry.codes = answered, status, codes
        self._by_status[status] += 1
        self._by_code.update(codes)

    def since(self, seq: int) -> list[dict[str, Any]]:
        """All entries after a sequence number, oldest first."""
        return [asdict(entry) for entry in list(self.entries) if entry.seq > seq]

    def stats(self) -> dict[str, Any]:
        """Counts since the start: requests, answers by status and by BDC code, most in flight."""
        return {
            "requests": self._seq,
            "by_status": {str(status): count for status, count in sorted(self._by_status.items())},
            "refusals": dict(sorted(self._by_code.items())),
            "max_in_flight": self._max_in_flight,
        }
