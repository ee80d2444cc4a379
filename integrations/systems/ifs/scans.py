"""Scans of an entity with a cursor that resumes anywhere: whole and in key order, or by a change column.

`timestamp` reads what changed since the watermark less an overlap; the watermark never passes the server's clock, so a
record stamped in the future or committed late is not lost. `date` reads from the last day on and finds new rows only.
`etag_scan` reads everything and leaves the comparing to the store. See docs on change detection in ifs/profile.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

import msgspec

from integrations.engine.ports import Page, Scope
from integrations.engine.records import AnyRecord, Entity, Unreadable
from integrations.systems.ifs import odata, records
from integrations.systems.ifs.children import InvoiceChildren, Readers, SupplierChildren
from integrations.systems.ifs.profile import Profile
from integrations.systems.ifs.reading import Batch, Missing
from integrations.systems.ifs.records import InvoiceParts, SupplierParts
from integrations.systems.ifs.values import BadValue, flag, moment, text
from integrations.transport.rows import BadRow

OVERLAP = timedelta(minutes=10)
_HEADS = {
    Entity.VENDOR: "supplier",
    Entity.GL_ACCOUNT: "account",
    Entity.TAX_CODE: "tax_code",
    Entity.INVOICE: "invoice",
    Entity.DIMENSION: "code_part_value",
}


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a scan stands: `last` key literals of the `stage`-th set; a finished scan leaves only `since`.

    `since` (as the tenant writes it) bounds the scan, `start` is the server's clock at its first page, `top` the
    latest change seen.
    """

    since: str = ""
    start: str = ""
    top: str = ""
    stage: int = 0
    last: tuple[str, ...] = ()


class Scanner:
    """Scans for one company. Raises Retryable or ConnectionBroken; what was yielded stands."""

    def __init__(self, readers: Readers, profile: Profile, scope: Scope, now: Callable[[], datetime]) -> None:
        self._readers, self._profile, self._scope, self._now = readers, profile, scope, now

    def read(self, entity: Entity, cursor: str) -> Iterator[Page]:
        """See Source."""
        at = msgspec.json.decode(cursor, type=Cursor) if cursor else Cursor()
        convert = self._converter(entity)
        sets = self._sets(entity)
        for stage in range(at.stage, len(sets)):
            after = at.last if stage == at.stage else ()
            for batch in self._batches(sets[stage], at.since, after):
                at = self._moved(at, stage, batch, sets[stage])
                found, same = convert(sets[stage], batch.rows)
                yield Page(
                    records=found,
                    cursor=_text(at),
                    more=True,
                    read=len(batch.rows),
                    same=same,
                    server_time=batch.server_time,
                )
        yield Page(records=[], cursor=_text(self._finished(at, sets[0])), more=False, read=0)

    def fetch(self, entity: Entity, key: str) -> AnyRecord | Unreadable | None:
        """See Source. `key` as `read` gives it."""
        name, clauses = self._by_key(entity, key)
        rows = self._readers(name).all(clauses)
        found, _ = self._converter(entity)(name, rows[:1])
        return found[0] if found else None

    def _by_key(self, entity: Entity, key: str) -> tuple[str, list[str]]:
        parts = key.split("|")
        name = _HEADS[entity]
        if entity is Entity.DIMENSION:
            name, parts = f"{name} {parts[1]}", [parts[0], parts[2]]
        spec, reader = self._profile.sets[name.split(" ")[0]], self._readers(name)
        columns = [(reader.column(ours), kind) for ours, kind in spec.key.items()]
        return name, [f"{c} eq {odata.literal(v, kind)}" for (c, kind), v in zip(columns, parts, strict=True)]

    def _sets(self, entity: Entity) -> list[str]:
        """The sets of an entity: one, but for dimensions one per code part that the company uses."""
        if entity is not Entity.DIMENSION:
            return [_HEADS[entity]]
        return [f"code_part_value {part}" for part in self._used_parts()]

    def _used_parts(self) -> dict[str, str]:
        """Code parts in use with their names; every part of the profile where the tenant does not say."""
        reader = self._readers("code_part")
        try:
            rows = reader.all([self._own(reader)])
        except Missing:
            return dict.fromkeys(self._profile.code_parts, "")
        return {
            row.part: row.name or ""
            for row in rows
            if not isinstance(row, BadRow) and row.part in self._profile.code_parts and flag(row.used, "used")
        }

    def _own(self, reader: Any) -> str:
        return f"{reader.column('company')} eq {odata.literal(self._scope.company)}"

    def _batches(self, name: str, since: str, after: Sequence[str]) -> Iterator[Batch]:
        spec, reader = self._profile.sets[name.split(" ")[0]], self._readers(name)
        where = [] if name == "supplier" else [self._own(reader)]
        if spec.change.strategy == "etag_scan":
            yield from reader.pages(where, after=after)
            return
        if since:
            where.append(f"{spec.change.column} ge {since}")
        yield from reader.pages(where, ("changed", *spec.order), after)

    def _moved(self, at: Cursor, stage: int, batch: Batch, name: str) -> Cursor:
        start = at.start or (batch.server_time or self._now()).isoformat()
        changed = [row.changed for row in batch.rows if not isinstance(row, BadRow) and row.changed]
        top = max([at.top, *changed]) if self._profile.sets[name.split(" ")[0]].change.column else ""
        return Cursor(since=at.since, start=start, top=top, stage=stage, last=batch.last)

    def _finished(self, at: Cursor, name: str) -> Cursor:
        """The cursor that starts the next scan: the latest change seen, never ahead of the server's clock."""
        change = self._profile.sets[name.split(" ")[0]].change
        if change.strategy == "etag_scan":
            return Cursor()
        if not at.top:
            return Cursor(since=at.since)
        if change.strategy == "date":
            return Cursor(since=min(at.top[:10], at.start[:10]))
        top, start = moment(at.top), moment(at.start)
        bound = min(each for each in (top, start) if each is not None) - OVERLAP
        return Cursor(since=bound.strftime("%Y-%m-%dT%H:%M:%SZ"))

    # rows to records

    def _converter(self, entity: Entity) -> Callable[[str, Sequence[Any]], tuple[list[AnyRecord | Unreadable], int]]:
        if entity is Entity.INVOICE:
            children = InvoiceChildren(self._readers, self._profile, self._scope.company)
            return lambda _, rows: (self._invoices(rows, children), 0)
        if entity is Entity.VENDOR:
            parts = SupplierChildren(self._readers, self._profile, self._scope.company)
            return lambda _, rows: self._vendors(rows, parts)
        names = self._used_parts() if entity is Entity.DIMENSION else {}
        return lambda name, rows: ([self._plain(entity, name, names, row) for row in rows], 0)

    def _plain(self, entity: Entity, name: str, names: dict[str, str], row: Any) -> AnyRecord | Unreadable:
        def make(good: Any) -> AnyRecord:
            if entity is Entity.GL_ACCOUNT:
                return records.account(good)
            if entity is Entity.TAX_CODE:
                return records.tax_code(good, self._profile)
            part = name.rsplit(" ", 1)[1]
            return records.dimension(good, part, names.get(part, ""))

        prefix = f"{name.rsplit(' ', 1)[1]}|" if entity is Entity.DIMENSION else ""
        return self._safely(row, make, lambda key: f"{self._scope.company}|{prefix}{key}", name)

    def _invoices(self, rows: Sequence[Any], children: InvoiceChildren) -> list[AnyRecord | Unreadable]:
        parts = children.of([row for row in rows if not isinstance(row, BadRow)])

        def make(row: Any) -> AnyRecord:
            mine = parts.get(text(row.invoice_id), InvoiceParts())
            _refuse_bad([*(mine.items or ()), *(mine.postings or ()), *(mine.ledger or ())])
            return records.invoice(row, mine, self._profile)

        return [self._safely(row, make, lambda key: f"{self._scope.company}|{key}", "invoice") for row in rows]

    def _vendors(self, rows: Sequence[Any], children: SupplierChildren) -> tuple[list[AnyRecord | Unreadable], int]:
        good = [row for row in rows if not isinstance(row, BadRow)]
        parts = children.of(good)
        known = self._scope.known([row.supplier_id for row in good]) if self._scope.known else {}
        found: list[AnyRecord | Unreadable] = []
        same = 0
        for row in rows:
            if not isinstance(row, BadRow):
                mine = parts[row.supplier_id]
                bad = any(isinstance(each, BadRow) for each in (*mine.addresses, *mine.companies, *mine.payments))
                if not bad and known.get(row.supplier_id) == records.supplier_version(row, mine):
                    same += 1
                    continue
                if not bad and any(each.company == self._scope.company for each in mine.companies):
                    children.add_types(row.supplier_id, mine)
            found.append(self._safely(row, lambda r: self._vendor(r, parts), lambda key: key, "supplier"))
        return found, same

    def _vendor(self, row: Any, parts: dict[str, SupplierParts]) -> AnyRecord:
        mine = parts[row.supplier_id]
        _refuse_bad([*mine.addresses, *mine.companies, *mine.payments])
        today = self._now().date()
        mine.addresses = [each for each in mine.addresses if records.is_valid(each, today)]
        return records.vendor(row, mine, self._scope.company)

    def _safely(
        self, row: Any, make: Callable[[Any], AnyRecord], key: Callable[[str], str], name: str
    ) -> AnyRecord | Unreadable:
        """The record, or what cannot be one with its reason and its raw text."""
        spec = self._profile.sets[name.split(" ")[0]]
        last = tuple(spec.key)[-1]
        if isinstance(row, BadRow):
            found = str(row.members().get(spec.fields[last], "")) or f"unreadable {crc32(row.raw):08x}"
            words = f"IFS sent a row that cannot be read: {row.why}."
            return Unreadable(key=key(found), code="unreadable", message=words, raw=row.text())
        raw = msgspec.json.encode(row)
        try:
            if b"\\u0000" in raw:
                raise BadValue("bad_text", "", "It holds a character (NUL) that cannot be stored.")
            return make(row)
        except BadValue as error:
            words = f"{error.message} Correct it in IFS."
            text_of = raw.decode("ascii", "backslashreplace")
            return Unreadable(key=key(str(getattr(row, last))), code=error.code, message=words, raw=text_of)


def _refuse_bad(children: Sequence[Any]) -> None:
    for child in children:
        if isinstance(child, BadRow):
            raise BadValue("unreadable", "", f"One of its rows cannot be read: {child.why}.")
        if b"\\u0000" in msgspec.json.encode(child):
            raise BadValue("bad_text", "", "One of its rows holds a character (NUL) that cannot be stored.")


def _text(at: Cursor) -> str:
    return msgspec.json.encode(at).decode()
