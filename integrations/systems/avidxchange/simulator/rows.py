"""Every record the simulator holds, in one SQLite table: the columns are what lists filter and sort by.

`place` is an accounting system's id, or the customer's id for what all of its accounting systems share.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf

from integrations.systems.avidxchange.simulator.wire import Json, decode, encode, stamp

_SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    seq INTEGER PRIMARY KEY, place TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, modified TEXT NOT NULL,
    status TEXT NOT NULL, visible REAL NOT NULL, body TEXT NOT NULL, UNIQUE (place, kind, key));
CREATE INDEX IF NOT EXISTS record_kind ON record (kind, key);
CREATE INDEX IF NOT EXISTS record_modified ON record (place, kind, modified);
"""
_FIRST_IDS = {"invoices": 880_001, "payments": 4_765_001}
_STAMPS = {"invoices": "LastChangedDate", "batches": "DateClosed"}
_PUT = (
    "INSERT INTO record (place, kind, key, modified, status, visible, body) VALUES (?,?,?,?,?,?,?)"
    " ON CONFLICT (place, kind, key)"
    " DO UPDATE SET modified = excluded.modified, status = excluded.status, body = excluded.body"
)


@dataclass(frozen=True)
class Window:
    """Which rows a list is about: those of a place and kind, changed from `first` to `last`, in these states.

    Times are as they are sent.
    """

    place: str
    kind: str
    first: str = ""
    last: str = "9999"
    statuses: tuple[str, ...] = ()

    def where(self, now: float) -> tuple[str, list[object]]:
        """The SQL condition and its values; `now` in seconds since 1970 hides what is not visible yet."""
        states = f" AND status IN ({','.join('?' * len(self.statuses))})" if self.statuses else ""
        values = [self.place, self.kind, now, self.first, self.last, *self.statuses]
        return f"place = ? AND kind = ? AND visible <= ? AND modified >= ? AND modified <= ?{states}", values


class Rows:
    """The database of one simulator. Not thread-safe: the simulator calls it under its lock."""

    def __init__(self, path: str, clock: Callable[[], datetime], zone_hours: int, visible_after: float) -> None:
        self._sql = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._sql.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;" + _SCHEMA)
        self.clock = clock
        self._zone = timedelta(hours=zone_hours)
        self._visible_after = visible_after

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All the writes inside, or none; inside another one it is a part of that."""
        if self._sql.in_transaction:
            yield
            return
        self._sql.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._sql.execute("ROLLBACK")
            raise
        self._sql.execute("COMMIT")

    def now(self) -> str:
        """The clock's time as it is sent."""
        return stamp(self.clock() + self._zone)

    def next_id(self, kind: str) -> int:
        """The next number of a kind, whatever its place; nothing is ever deleted."""
        (count,) = self._sql.execute("SELECT COUNT(*) FROM record WHERE kind = ?", (kind,)).fetchone()
        return _FIRST_IDS.get(kind, 1001) + int(count)

    def get(self, place: str, kind: str, key: str) -> Json | None:
        """One record."""
        query = "SELECT body FROM record WHERE place = ? AND kind = ? AND key = ?"
        found = self._sql.execute(query, (place, kind, key)).fetchone()
        return decode(found[0]) if found else None

    def find(self, kind: str, key: str, places: Sequence[str] = ()) -> tuple[str, Json] | None:
        """(place, record) in any of the places; in any at all when none are given."""
        query = "SELECT place, body FROM record WHERE kind = ? AND key = ? ORDER BY seq"
        for place, body in self._sql.execute(query, (kind, key)):
            if not places or place in places:
                return place, decode(body)
        return None

    def put(self, place: str, kind: str, key: str, body: Json, *, touch: bool = True) -> None:
        """Store a record; its date of change moves unless `touch` is off."""
        name = _STAMPS.get(kind, "LastModifiedDate")
        if touch or not body.get(name):
            body[name] = self.now()
        status = body.get("Status", "")
        text = str(status["Description"] if isinstance(status, dict) else status).casefold()
        visible = self.clock().timestamp() + self._visible_after
        self._sql.execute(_PUT, (place, kind, key, body[name], text, visible, encode(body).decode()))

    def count(self, window: Window) -> int:
        """How many rows a window has."""
        where, values = window.where(self.clock().timestamp())
        return int(self._sql.execute(f"SELECT COUNT(*) FROM record WHERE {where}", values).fetchone()[0])

    def page(self, window: Window, offset: int, limit: int) -> list[Json]:
        """A window's rows in the order in which they changed."""
        where, values = window.where(self.clock().timestamp())
        query = f"SELECT body FROM record WHERE {where} ORDER BY modified, seq LIMIT ? OFFSET ?"
        return [decode(body) for (body,) in self._sql.execute(query, [*values, limit, offset])]

    def holds(self, window: Window, field: str, value: str) -> bool:
        """True when a row of the window, visible or not yet, has this text in a field."""
        where, values = window.where(inf)
        query = f"SELECT 1 FROM record WHERE {where} AND json_extract(body, '$.' || ?) = ? LIMIT 1"
        return self._sql.execute(query, [*values, field, value]).fetchone() is not None

    def first_key(self, window: Window) -> str:
        """The key of the row that changed longest ago, "" when there is none."""
        where, values = window.where(self.clock().timestamp())
        query = f"SELECT key FROM record WHERE {where} ORDER BY modified, seq LIMIT 1"
        found = self._sql.execute(query, values).fetchone()
        return str(found[0]) if found else ""

    def dump(self, kind: str, after: int, limit: int) -> list[tuple[int, str, Json]]:
        """(sequence, place, record) of every place, in the order of creation."""
        query = "SELECT seq, place, body FROM record WHERE kind = ? AND seq > ? ORDER BY seq LIMIT ?"
        return [(seq, place, decode(body)) for seq, place, body in self._sql.execute(query, (kind, after, limit))]

    def close(self) -> None:
        """Close the database; a file can be opened again by another simulator."""
        self._sql.close()
