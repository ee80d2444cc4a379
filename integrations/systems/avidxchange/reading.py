"""AvidXchange as a Source: vendors, captured invoices and payments, in windows of days; and one record by its key."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from msgspec.structs import replace

from integrations.engine.errors import ConnectionBroken, Retryable, SyncError
from integrations.engine.ports import Page, Scope
from integrations.engine.records import AnyRecord, Company, Entity, Unreadable
from integrations.systems.avidxchange import windows
from integrations.systems.avidxchange.batches import Batches
from integrations.systems.avidxchange.lists import START, Row, Sheet, opened, sheets
from integrations.systems.avidxchange.records import Canon
from integrations.systems.avidxchange.service import READ_REFUSED, Service
from integrations.systems.avidxchange.unreadable import readable
from integrations.systems.avidxchange.windows import Cursor
from integrations.transport.answer import Answer
from integrations.transport.rows import BadRow

_LISTS = {Entity.VENDOR: "vendors.list", Entity.INVOICE: "invoices.list", Entity.PAYMENT: "payments.list"}
_ONES = {Entity.INVOICE: "invoices.get", Entity.PAYMENT: "payments.get"}
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_AGAIN = 2  # how often a window whose list moved while it was read is begun anew


class Reader:
    """Reads one accounting system. Raises Retryable or ConnectionBroken; what was yielded stands."""

    def __init__(self, service: Service, canon: Canon, backfill_days: int, now: Callable[[], datetime]) -> None:
        self._service, self._canon, self._backfill_days, self._now = service, canon, backfill_days, now
        self._batches = Batches(service, canon)
        self._closed = service.profile.invoices.read_mode == "closed_batches"

    def companies(self) -> list[Company]:
        """The accounting systems that these credentials may see; rows that cannot be read are left out."""
        rows = [row for sheet in sheets(self._service, "ping", {}) for row in sheet.rows]
        found = [readable(self._canon, row, "system", self._canon.company) for row in rows]
        return [each for each in found if isinstance(each, Company)]

    def read(self, entity: Entity, cursor: str, scope: Scope) -> Iterator[Page]:
        """See Source. The windows of the scan one after the other, the last one ends today."""
        operation = self._operation(entity)
        today = windows.today(self._now())
        dates = self._service.profile.dates
        at: Cursor | None = windows.begun(windows.resumed(cursor), self._first(entity, scope), today, dates)
        while at is not None:
            after = windows.behind(at, today, dates)
            by_batch = entity is Entity.INVOICE and self._closed
            yield from self._batches.pages(at, after) if by_batch else self._pages(entity, operation, at, after)
            at = after if after.end is not None else None

    def fetch(self, entity: Entity, key: str) -> AnyRecord | Unreadable | None:
        """See Source. What the profile offers no call for is looked for in its list."""
        operation = self._operation(entity)
        one = _ONES.get(entity, "")
        if not key:
            return None
        if entity is Entity.INVOICE and self._closed and not self._service.profile.offers(one):
            return self._batches.find(key, self._back(), windows.today(self._now()))
        if not self._service.profile.offers(one):
            return self._found(entity, key, sheets(self._service, operation, {}))
        return self._one(entity, one, key) if _ID.fullmatch(key) else None

    def _one(self, entity: Entity, name: str, key: str) -> AnyRecord | Unreadable | None:
        """By its own call: the record itself, or a list that holds it."""
        operation = self._service.profile.operations[name]
        by_query = operation.id_param if operation else ""
        try:
            answer = self._service.get(name, {by_query: key} if by_query else {}, id=key)
        except ConnectionBroken as error:
            if error.code == READ_REFUSED and not key.isdigit():  # this cannot be an id there, so nothing has it
                return None
            raise
        if answer.status == 404:
            return None
        rows = opened(answer, self._service.profile.paging)[1] if by_query else (self._row(answer),)
        return self._match(entity, key, rows) or (_other(key, self._record(entity, rows[0])) if rows else None)

    def _row(self, answer: Answer) -> Row:
        """The one object of an answer. What is no object at all says nothing of the record: that raises."""
        try:
            return self._service.object(answer)
        except SyncError:
            row = BadRow(answer.body, "its values are no JSON")
            if row.members():
                return row
            raise

    def _found(self, entity: Entity, key: str, found: Iterator[Sheet]) -> AnyRecord | Unreadable | None:
        for sheet in found:
            record = self._match(entity, key, sheet.rows)
            if record is not None:
                return record
        return None

    def _match(self, entity: Entity, key: str, rows: Sequence[Row]) -> AnyRecord | Unreadable | None:
        return next((each for each in (self._record(entity, row) for row in rows) if each.key == key), None)

    def _pages(self, entity: Entity, name: str, at: Cursor, after: Cursor) -> Iterator[Page]:
        """One window. Where its list moved while it was read, it is read once more, for what slipped through."""
        spec = self._service.profile.operations[name]
        if spec is None:
            raise ConnectionBroken(f"{name} is not available with this API profile.", code="not_offered")
        params = windows.filters(at, spec, self._service.profile.dates)
        while True:
            seen: set[str] = set()
            for sheet in sheets(self._service, name, params, at.place):
                records = [self._record(entity, row) for row in sheet.rows]
                keys = {each.key for each in records}
                twice = seen & keys
                if twice == keys and keys and sheet.after is not None and at.again >= _AGAIN:
                    words = "AvidXchange sends the same pages again and again. They are read again later."
                    raise Retryable(words, code="page_loop")
                seen |= keys
                at = replace(at, place=sheet.after or START, read=at.read + len(records))
                moved = bool(twice) or (sheet.after is None and sheet.total is not None and sheet.total > at.read)
                anew = moved and at.again < _AGAIN
                if anew:
                    at = replace(at, place=START, read=0, again=at.again + 1)
                ended = sheet.after is None and not anew
                yield _page(records, sheet, after if ended else at)
                if ended:
                    return
                if anew:
                    break

    def _record(self, entity: Entity, row: Row) -> AnyRecord | Unreadable:
        match entity:
            case Entity.VENDOR:
                return readable(self._canon, row, "vendor", self._canon.vendor)
            case Entity.PAYMENT:
                return readable(self._canon, row, "payment", self._canon.payment)
        return readable(self._canon, row, "invoice", lambda tree: self._canon.invoice(tree, self._closed))

    def _operation(self, entity: Entity) -> str:
        if entity not in _LISTS:
            words = f"AvidXchange has no {entity.value.replace('_', ' ')}s to read."
            raise ConnectionBroken(words, code="undeclared")
        return "invoice_batches.closed" if entity is Entity.INVOICE and self._closed else _LISTS[entity]

    def _first(self, entity: Entity, scope: Scope) -> date | None:
        """Where a first scan begins: vendors from ever on, the rest as far back as it was asked for."""
        if entity is Entity.VENDOR:
            return None
        return scope.since.astimezone(UTC).date() if scope.since else self._back()

    def _back(self) -> date:
        return (self._now().astimezone(UTC) - timedelta(days=self._backfill_days)).date()


def _page(records: list[AnyRecord | Unreadable], sheet: Sheet, cursor: Cursor) -> Page:
    return Page(
        records=records,
        cursor=cursor.text,
        more=cursor.end is not None,
        read=len(sheet.rows),
        server_time=sheet.server_time,
    )


def _other(key: str, found: AnyRecord | Unreadable) -> Unreadable:
    """The answer to a question for one record that is not that record: whether it is there, nobody can tell."""
    if isinstance(found, Unreadable):
        return replace(found, key=key)
    words = (
        f"Asked for record {key}, AvidXchange answers with {found.key}. Look it up there, and check the API profile."
    )
    return Unreadable(key=key, code="other_record", message=words)
