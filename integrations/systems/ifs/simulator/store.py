"""The simulator's own small database: one SQLite table an entity, every row kept as the JSON text it is served as."""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from integrations.systems.ifs.simulator import etag
from integrations.systems.ifs.simulator.answers import business, encode
from integrations.systems.ifs.simulator.filter_functions import micros
from integrations.systems.ifs.simulator.filter_sql import Condition
from integrations.systems.ifs.simulator.schema import Entity

Row = dict[str, Any]
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_CHUNK = 5000
_SQL_KIND = {"integer": "INTEGER", "boolean": "INTEGER", "timestamp": "INTEGER"}


class Stored(NamedTuple):
    """A row as it lies in the database. body: JSON text with ``@odata.etag`` and the other metadata."""

    number: int
    version: int
    body: bytes


def decode(body: bytes) -> Row:
    """The row of a JSON text, amounts as Decimal."""
    row: Row = _DECODER.decode(body)
    return row


class Store:
    """Rows by entity. Every method may be called from any thread; `transaction` groups several calls.

    path: ``:memory:`` or a file, which survives restarts and remembers its preset. stamp_seconds: what the change
    column is cut to. refuses_duplicates: whether business rules find invoices that are there already.
    """

    def __init__(
        self,
        path: str,
        entities: Mapping[str, Entity],
        preset: str,
        clock: Callable[[], datetime],
        stamp_seconds: int = 1,
        *,
        refuses_duplicates: bool = True,
    ) -> None:
        self.entities, self._clock, self._stamp_seconds = entities, clock, stamp_seconds
        self.refuses_duplicates = refuses_duplicates
        self._lock = threading.RLock()
        self._depth = 0
        self._numbers = {name: position for position, name in enumerate(entities)}
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "temp_store=MEMORY", "cache_size=-64000"):
            self._db.execute(f"PRAGMA {pragma}")
        self._create(preset)

    def _create(self, preset: str) -> None:
        self._db.execute('CREATE TABLE IF NOT EXISTS "_about" (preset TEXT)')
        known = self._db.execute('SELECT preset FROM "_about"').fetchone()
        if known is None:
            self._db.execute('INSERT INTO "_about" VALUES (?)', (preset,))
        elif known[0] != preset:
            raise ValueError(f"This simulator file was made with preset {known[0]!r}, not {preset!r}.")
        self._db.execute('CREATE TABLE IF NOT EXISTS "_media" (entity TEXT, row INTEGER, content BLOB)')
        for entity in self.entities.values():
            self._create_table(entity)

    def _create_table(self, entity: Entity) -> None:
        columns = ", ".join(f'"{name}" {_SQL_KIND.get(entity.by_name[name].kind, "TEXT")}' for name in entity.columns)
        keys = ", ".join(f'"{name}"' for name in entity.keys)
        self._db.execute(
            f'CREATE TABLE IF NOT EXISTS "{entity.name}" (_number INTEGER PRIMARY KEY, _version INTEGER,'
            f' "ModifiedDate" INTEGER, {columns}, _body BLOB, UNIQUE ({keys}))'
        )
        indexes = [*entity.indexes, *([("ModifiedDate",)] if "ModifiedDate" in entity.names else [])]
        for position, index in enumerate(indexes):
            names = ", ".join(f'"{name}"' for name in index)
            self._db.execute(f'CREATE INDEX IF NOT EXISTS "{entity.name}_{position}" ON "{entity.name}" ({names})')

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; may be nested, only the outermost commits."""
        with self._lock:
            if self._depth == 0:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._db.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._db.execute("COMMIT")

    def select(
        self,
        entity: Entity,
        conditions: Sequence[Condition],
        order: str,
        limit: int = -1,
        offset: int = 0,
        what: str = "_body",
    ) -> list[Any]:
        """First column of the rows meeting every condition. order: SQL of columns. what: SQL expression."""
        where = " AND ".join(sql for sql, _ in conditions) or "1"
        values = [value for _, found in conditions for value in found]
        tail = f" ORDER BY {order}" if order else ""
        sql = f'SELECT {what} FROM "{entity.name}" WHERE {where}{tail} LIMIT ? OFFSET ?'
        with self._lock:
            return [row[0] for row in self._db.execute(sql, [*values, limit, offset])]

    def get(self, entity: Entity, conditions: Sequence[Condition]) -> Stored | None:
        """The single row meeting the conditions (a whole key)."""
        where = " AND ".join(sql for sql, _ in conditions)
        values = [value for _, found in conditions for value in found]
        sql = f'SELECT _number, _version, _body FROM "{entity.name}" WHERE {where} LIMIT 1'
        with self._lock:
            found = self._db.execute(sql, values).fetchone()
        return Stored(*found) if found else None

    def find(self, name: str, **equal: Any) -> list[Row]:
        """Decoded rows of an entity whose columns equal the given values, in key order."""
        entity = self.entities[name]
        conditions = [self.equal(entity, field, value) for field, value in equal.items()]
        return [decode(body) for body in self.select(entity, conditions, self.key_order(entity))]

    def one(self, name: str, **equal: Any) -> Row | None:
        found = self.find(name, **equal)
        return found[0] if found else None

    def equal(self, entity: Entity, field: str, value: Any) -> Condition:
        if field not in entity.columns:
            raise KeyError(f"{entity.name}.{field} is not a column")
        return f'"{field}" = ?', [_column(value)]

    def key_order(self, entity: Entity) -> str:
        return ", ".join(f'"{name}"' for name in entity.keys)

    def next_number(self, entity: Entity, field: str, within: Mapping[str, Any]) -> int:
        """One above the highest number among rows that share the values `within`."""
        conditions = [self.equal(entity, name, value) for name, value in within.items()]
        highest = self.select(entity, conditions, "", what=f'MAX(CAST("{field}" AS INTEGER))')[0]
        return int(highest or 0) + 1

    def insert(self, name: str, row: Mapping[str, Any]) -> Stored:
        """Store one row. Raises a business Refusal where the key exists."""
        with self.transaction():
            self.insert_many(name, [row])
            entity = self.entities[name]
            stored = self.get(entity, [self.equal(entity, key, row[key]) for key in entity.keys])
        if stored is None:
            raise RuntimeError(f"{name} lost the row it had just stored")
        return stored

    def insert_many(self, name: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Store rows of native values (date, Decimal, bool, str, int); fields left out are null. Returns how many."""
        entity = self.entities[name]
        moment = self._clock()
        count = 0
        with self.transaction():
            start = self._db.execute(f'SELECT COALESCE(MAX(_number), 0) FROM "{name}"').fetchone()[0]
            marks = ",".join("?" * (len(entity.columns) + 4))
            quoted = "".join(f'"{column}", ' for column in entity.columns)
            sql = f'INSERT INTO "{name}" (_number, _version, "ModifiedDate", {quoted}_body) VALUES ({marks})'
            source = enumerate(rows, start + 1)
            while chunk := [self._record(entity, number, row, moment) for number, row in islice(source, _CHUNK)]:
                try:
                    self._db.executemany(sql, chunk)
                except sqlite3.IntegrityError as error:
                    raise business(f"The {name} object already exists.") from error
                count += len(chunk)
        return count

    def _record(self, entity: Entity, number: int, row: Mapping[str, Any], moment: datetime) -> tuple[Any, ...]:
        if unknown := row.keys() - entity.names:
            raise KeyError(f"{entity.name} has no field {', '.join(sorted(unknown))}")
        version = 1 if entity.version == "counter" else etag.date_version(moment)
        return self._values(entity, number, version, {**entity.blank, **row}, moment)

    def _values(self, entity: Entity, number: int, version: int, row: Row, moment: datetime) -> tuple[Any, ...]:
        whole = datetime.fromtimestamp(int(moment.timestamp()) // self._stamp_seconds * self._stamp_seconds, UTC)
        if "ModifiedDate" in row:
            row["ModifiedDate"] = whole.strftime("%Y-%m-%dT%H:%M:%SZ")
        tag = etag.tag(etag.objid(self._numbers[entity.name], number), version)
        metadata = {
            "@odata.etag": tag,
            "luname": entity.name,
            "keyref": "".join(f"{_upper(key)}={row[key]}^" for key in entity.keys),
            "Objgrants": None,
        }
        body = encode(metadata)[:-1] + b"," + encode(row)[1:]
        columns = [_column(row[name]) for name in entity.columns]
        return number, version, micros(whole), *columns, body

    def update(self, name: str, stored: Stored, changes: Mapping[str, Any]) -> Stored:
        """Write changed fields and a new version; the row comes back as stored."""
        entity = self.entities[name]
        moment = self._clock()
        version = stored.version + 1 if entity.version == "counter" else etag.date_version(moment)
        if unknown := changes.keys() - entity.names:
            raise KeyError(f"{name} has no field {', '.join(sorted(unknown))}")
        old = decode(stored.body)
        row = {field: changes.get(field, old[field]) for field in entity.by_name}
        values = self._values(entity, stored.number, version, row, moment)
        targets = ["_version", "ModifiedDate", *entity.columns, "_body"]
        assignments = ", ".join(f'"{column}" = ?' for column in targets)
        with self.transaction():
            self._db.execute(f'UPDATE "{name}" SET {assignments} WHERE _number = ?', [*values[1:], stored.number])
        return Stored(stored.number, version, values[-1])

    def delete(self, name: str, stored: Stored) -> None:
        with self.transaction():
            self._db.execute(f'DELETE FROM "{name}" WHERE _number = ?', (stored.number,))
            self._db.execute('DELETE FROM "_media" WHERE entity = ? AND row = ?', (name, stored.number))

    def write_media(self, name: str, stored: Stored, content: bytes) -> None:
        with self.transaction():
            self._db.execute('DELETE FROM "_media" WHERE entity = ? AND row = ?', (name, stored.number))
            self._db.execute('INSERT INTO "_media" VALUES (?, ?, ?)', (name, stored.number, content))

    def read_media(self, name: str, stored: Stored) -> bytes | None:
        sql = 'SELECT content FROM "_media" WHERE entity = ? AND row = ?'
        with self._lock:
            found = self._db.execute(sql, (name, stored.number)).fetchone()
        return bytes(found[0]) if found else None


def _upper(name: str) -> str:
    """SupplierId -> SUPPLIER_ID."""
    return "".join(f"_{letter}" if letter.isupper() and at else letter for at, letter in enumerate(name)).upper()


def _column(value: Any) -> Any:
    if isinstance(value, datetime):
        return micros(value)
    return value.isoformat() if isinstance(value, date) else value


def day(moment: datetime, days: int = 0) -> date:
    """The UTC date of a moment, some days on."""
    return (moment.astimezone(UTC) + timedelta(days=days)).date()
