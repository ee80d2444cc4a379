"""Every record the simulator holds, in one SQLite table with the JSON text ready to send.

The columns beside the text are only what lists filter and sort by; `name` is the invoice number of a bill, the
reference of a credit, the name of anything else; `amount` is in millionths, so that it compares exactly.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.systems.bill.simulator.ids import Ids
from integrations.systems.bill.simulator.wire import Json, decode, encode, millis, timestamp

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS record (
    seq INTEGER PRIMARY KEY, organization TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL UNIQUE,
    archived INTEGER NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL, visible INTEGER NOT NULL,
    vendor TEXT, name TEXT NOT NULL, day TEXT NOT NULL, amount INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS record_kind ON record (organization, kind);
CREATE INDEX IF NOT EXISTS record_updated ON record (organization, kind, updated);
CREATE INDEX IF NOT EXISTS record_created ON record (organization, kind, created);
CREATE INDEX IF NOT EXISTS record_vendor ON record (organization, kind, vendor, name);
CREATE TABLE IF NOT EXISTS settlement (
    payment TEXT NOT NULL, bill TEXT NOT NULL, amount TEXT NOT NULL, bucket TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS settlement_bill ON settlement (bill);
CREATE INDEX IF NOT EXISTS settlement_payment ON settlement (payment);
CREATE TABLE IF NOT EXISTS application (
    credit TEXT NOT NULL, bill TEXT NOT NULL, payment TEXT NOT NULL, amount TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS application_bill ON application (bill);
CREATE INDEX IF NOT EXISTS application_credit ON application (credit);
CREATE TABLE IF NOT EXISTS document (
    seq INTEGER PRIMARY KEY, organization TEXT NOT NULL, upload TEXT NOT NULL UNIQUE, id TEXT NOT NULL UNIQUE,
    bill TEXT NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS subscription (
    seq INTEGER PRIMARY KEY, organization TEXT NOT NULL, id TEXT NOT NULL UNIQUE, security_key TEXT NOT NULL,
    body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS event (
    seq INTEGER PRIMARY KEY, subscription TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, entity TEXT NOT NULL,
    payload TEXT NOT NULL, created INTEGER NOT NULL, status INTEGER, tries INTEGER NOT NULL DEFAULT 0,
    due INTEGER);
CREATE INDEX IF NOT EXISTS event_subscription ON event (subscription, seq);
CREATE INDEX IF NOT EXISTS event_due ON event (due) WHERE due IS NOT NULL;
"""

_INSERT = (
    "INSERT INTO record (organization, kind, id, archived, created, updated, visible, vendor, name, day, amount, body)"
    " VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"
)


@dataclass(slots=True)
class Row:
    """One stored record; `body` is what BILL sends of it, without the vendor's name."""

    organization: str
    kind: str
    body: Json

    @property
    def id(self) -> str:
        """BILL's id of the record."""
        return str(self.body["id"])


def _columns(body: Json) -> tuple[object, ...]:
    invoice = body.get("invoice") or {}
    name = invoice.get("invoiceNumber") or body.get("referenceNumber") or body.get("name") or ""
    day = body.get("dueDate") or body.get("processDate") or body.get("creditDate") or ""
    amount = int(Decimal(body.get("amount", 0)).scaleb(6))
    return body.get("vendorId"), name, day, amount, encode(body).decode()


class Rows:
    """The database of one simulator. Not thread-safe: the simulator calls it under its lock."""

    def __init__(self, path: str, clock: Callable[[], datetime], salt: str, visible_after: float) -> None:
        self.sql = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.sql.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;" + _SCHEMA)
        self.sql.execute("INSERT INTO meta VALUES ('generation', 1) ON CONFLICT (key) DO UPDATE SET value = value + 1")
        generation = self.sql.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()[0]
        self.ids = Ids(salt, generation)
        self._clock = clock
        self._visible_after = int(visible_after * 1000)
        newest = self.sql.execute("SELECT MAX(updated) FROM record").fetchone()[0]
        self._last = millis(datetime.fromisoformat(newest)) if newest else 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All the writes inside, or none."""
        self.sql.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.sql.execute("ROLLBACK")
            raise
        self.sql.execute("COMMIT")

    def now(self) -> int:
        """The simulator's clock in milliseconds since 1970."""
        return millis(self._clock())

    def instants(self, count: int = 1) -> list[str]:
        """Times for the rows of one write: always later than any earlier write's.

        Rows of a bulk get times of their own too, unless that would run 100 ms ahead of the clock.
        """
        now = self.now()
        first = max(now, self._last + 1)
        limit = max(first, now + 100)
        times = [min(first + index, limit) for index in range(count)]
        self._last = times[-1] if times else self._last
        return [timestamp(value) for value in times]

    def insert(self, rows: Sequence[Row]) -> None:
        """Store new rows; fills in archived, createdTime and updatedTime."""
        visible = self.now() + self._visible_after
        values = []
        for row, instant in zip(rows, self.instants(len(rows)), strict=True):
            row.body["archived"] = False
            row.body["createdTime"] = row.body["updatedTime"] = instant
            values.append((row.organization, row.kind, row.id, 0, instant, instant, visible, *_columns(row.body)))
        self.sql.executemany(_INSERT, values)

    def save(self, row: Row, *, touch: bool = True) -> None:
        """Store a changed row; its updatedTime moves unless `touch` is off."""
        if touch:
            row.body["updatedTime"] = self.instants()[0]
        self.sql.execute(
            "UPDATE record SET archived = ?, updated = ?, vendor = ?, name = ?, day = ?, amount = ?, body = ?"
            " WHERE id = ?",
            (int(row.body["archived"]), row.body["updatedTime"], *_columns(row.body), row.id),
        )

    def get(self, organization: str, kind: str, key: str) -> Row | None:
        """One record by id, also while lists do not show it yet."""
        found = self.sql.execute(
            "SELECT body FROM record WHERE id = ? AND organization = ? AND kind = ?",
            (key, organization, kind),
        ).fetchone()
        return Row(organization, kind, decode(found[0])) if found else None

    def anywhere(self, key: str) -> Row | None:
        """One record by id, whatever its kind and organization: for tests' hands."""
        found = self.sql.execute("SELECT organization, kind, body FROM record WHERE id = ?", (key,)).fetchone()
        return Row(found[0], found[1], decode(found[2])) if found else None

    def vendor_name(self, key: str) -> str:
        """The vendor's name today; bills and payments show it without storing it."""
        found = self.sql.execute("SELECT name FROM record WHERE id = ?", (key,)).fetchone()
        return str(found[0]) if found else ""

    def bill_exists(self, organization: str, vendor: str, number: str) -> bool:
        """True when the vendor has an unarchived bill with exactly this invoice number."""
        query = (
            "SELECT 1 FROM record WHERE organization = ? AND kind = 'bills' AND vendor = ? AND name = ?"
            " AND archived = 0"
        )
        return self.sql.execute(query, (organization, vendor, number)).fetchone() is not None

    def vendor_has(self, organization: str, vendor: str, kinds: Iterable[str]) -> bool:
        """True when any record of these kinds belongs to the vendor."""
        query = "SELECT 1 FROM record WHERE organization = ? AND kind = ? AND vendor = ? LIMIT 1"
        return any(self.sql.execute(query, (organization, kind, vendor)).fetchone() for kind in kinds)

    def of_vendor(self, vendor: str, kinds: Iterable[str]) -> list[str]:
        """Ids of the vendor's records of these kinds."""
        query = "SELECT id FROM record WHERE kind = ? AND vendor = ? ORDER BY seq"
        return [str(key) for kind in kinds for (key,) in self.sql.execute(query, (kind, vendor)).fetchall()]

    def dump(self, kind: str, after: int, limit: int) -> list[tuple[int, str, Json]]:
        """(sequence, organization, record) in the order of creation, of all organizations."""
        if kind == "documents":
            return self._documents(after, limit)
        query = "SELECT seq, organization, body FROM record WHERE kind = ? AND seq > ? ORDER BY seq LIMIT ?"
        found: list[Any] = self.sql.execute(query, (kind, after, limit)).fetchall()
        return [(seq, organization, decode(body)) for seq, organization, body in found]

    def _documents(self, after: int, limit: int) -> list[tuple[int, str, Json]]:
        query = (
            "SELECT seq, organization, id, upload, bill, name, length(content) FROM document"
            " WHERE seq > ? ORDER BY seq LIMIT ?"
        )
        names = ("id", "uploadId", "billId", "name", "bytes")
        found = self.sql.execute(query, (after, limit)).fetchall()
        return [(seq, place, dict(zip(names, rest, strict=True))) for seq, place, *rest in found]

    def count(self, kind: str) -> int:
        """How many records of a kind there are, archived ones included."""
        query = "SELECT COUNT(*) FROM record WHERE kind = ?"
        return int(self.sql.execute(query, (kind,)).fetchone()[0])

    def close(self) -> None:
        """Close the database; a file can be opened again by another simulator."""
        self.sql.close()
