"""Is the chain whole? From the database or from an export, in one pass, in constant memory."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import msgspec
from django.db import connection

from audit.anchors import anchored
from audit.chain import START, fit, instant, link
from audit.export import Closing, Line, Opening
from audit.models import AuditEntry
from tenants.scope import tenant_scope


class Reference(msgspec.Struct):
    """The source of an effect, as in the body."""

    system: str
    entity: str
    key: str


class Who(msgspec.Struct):
    """The actor, as in the body."""

    kind: str
    id: str


class Clear(msgspec.Struct):
    """The body of an entry, as far as columns repeat it."""

    tenant: UUID
    sequence: int
    at: str
    action: str
    subject: str
    source: Reference
    actor: Who


class Columns(NamedTuple):
    """What the database says beside the body; it must say the same."""

    at: datetime
    action: str
    subject: str
    system: str
    entity: str
    source_key: str
    actor_kind: str
    actor_id: str


class Entry(NamedTuple):
    """One stored entry; `columns` is None in an export."""

    sequence: int
    body: str
    sealed: bytes
    hash: bytes
    columns: Columns | None


@dataclass(frozen=True, slots=True)
class Report:
    """The answer: `entries` that hold, and the first that does not with the reason; `broken_at` None means whole."""

    tenant_id: UUID
    entries: int
    head: bytes
    broken_at: int | None = None
    why: str = ""

    @property
    def whole(self) -> bool:
        return self.broken_at is None

    def __str__(self) -> str:
        if self.whole:
            return f"{self.tenant_id}: {self.entries} entries, whole, head {self.head.hex()}"
        return f"{self.tenant_id}: broken at entry {self.broken_at}: {self.why}"


def verify(what: UUID | Path) -> Report:
    """Check a tenant's chain in the database (against its head and the anchors), or an export file, offline."""
    return verify_file(what) if isinstance(what, Path) else verify_tenant(what)


def verify_tenant(tenant_id: UUID) -> Report:
    """One snapshot: entries written meanwhile do not disturb."""
    with tenant_scope(tenant_id), connection.cursor() as cursor:
        cursor.execute("SELECT sequence, hash FROM audit_audithead WHERE tenant_id = %s", [tenant_id])
        sequence, head = cursor.fetchone() or (0, START)
        return check(tenant_id, _stored(tenant_id, sequence), sequence, bytes(head), anchored(tenant_id))


def verify_file(path: Path) -> Report:
    """An export made by `audit.export`; ValueError when it is none."""
    with path.open("rb") as lines:
        try:
            opening = msgspec.json.decode(next(lines, b""), type=Opening)
        except msgspec.DecodeError:
            raise ValueError(f"{path} is not an audit export.") from None
        return check(opening.tenant, _exported(lines), opening.sequence, bytes.fromhex(opening.hash), {})


def check(tenant_id: UUID, entries: Iterable[Entry], last: int, head: bytes, anchors: Mapping[int, bytes]) -> Report:
    """Follow the chain from its start to the head, which is `last` entries long and has the hash `head`."""
    previous, sequence = START, 0
    for sequence, entry in enumerate(entries, 1):
        computed = link(previous, entry.body.encode(), entry.sealed)
        if why := _fault(tenant_id, sequence, entry, computed) or _off_anchor(anchors, sequence, computed):
            return Report(tenant_id, sequence - 1, previous, sequence, why)
        previous = computed
    if sequence != last or previous != head:
        return Report(
            tenant_id, sequence, previous, sequence + 1, f"the head says {last} entries, {sequence} are there"
        )
    if beyond := [number for number in anchors if number > sequence]:
        return Report(tenant_id, sequence, previous, sequence + 1, f"an anchor was taken at entry {max(beyond)}")
    return Report(tenant_id, sequence, previous)


def _fault(tenant_id: UUID, sequence: int, entry: Entry, computed: bytes) -> str:
    if entry.sequence != sequence:
        return f"entry {sequence} is missing"
    if computed != entry.hash:
        return "its content does not give its hash"
    try:
        clear = _CLEAR.decode(entry.body)
    except msgspec.DecodeError:
        return "its body cannot be read"
    if clear.tenant != tenant_id or clear.sequence != sequence:
        return "it belongs to another place or tenant"
    return _differing(clear, entry.columns) if entry.columns else ""


def _differing(clear: Clear, columns: Columns) -> str:
    said = (
        clear.at,
        clear.action,
        fit(clear.subject, 200),
        fit(clear.source.system, 40),
        fit(clear.source.entity, 40),
        fit(clear.source.key, 300),
        clear.actor.kind,
        fit(clear.actor.id, 80),
    )
    if said == (instant(columns.at), *columns[1:]):
        return ""
    return "a column says something else than its body"


def _off_anchor(anchors: Mapping[int, bytes], sequence: int, computed: bytes) -> str:
    return "" if anchors.get(sequence, computed) == computed else "it is not the entry that was anchored"


def _stored(tenant_id: UUID, last: int) -> Iterator[Entry]:
    columns = ", ".join(Columns._fields)
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"SELECT sequence, body, sealed, hash, {columns} FROM {AuditEntry._meta.db_table} "  # noqa: S608  (our names)
            "WHERE tenant_id = %s AND sequence <= %s ORDER BY sequence",
            [tenant_id, last],
        )
        while rows := cursor.fetchmany(5000):
            for sequence, body, sealed, digest, *rest in rows:
                yield Entry(sequence, body, bytes(sealed), bytes(digest), Columns(*rest))


def _exported(lines: Iterable[bytes]) -> Iterator[Entry]:
    for raw in lines:
        try:
            line = _LINE.decode(raw)
        except msgspec.DecodeError:
            return  # cut or spoilt: the head will not be reached
        if isinstance(line, Closing):
            return
        yield Entry(line.sequence, line.body, base64.b64decode(line.sealed), bytes.fromhex(line.hash), None)


_CLEAR = msgspec.json.Decoder(Clear)
_LINE = msgspec.json.Decoder(Line | Closing)
