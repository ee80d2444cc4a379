"""Invoices by closed batches, as the API of 2019 has them: the batches that were closed in a window, each with its own.

A batch can be opened and closed again: it is then listed under its new date, and its invoices are read anew.
"""

from collections.abc import Iterator
from datetime import date

from msgspec.structs import replace

from integrations.engine.errors import ConnectionBroken
from integrations.engine.ports import Page
from integrations.engine.records import Invoice, Unreadable
from integrations.systems.avidxchange import windows, wire
from integrations.systems.avidxchange.lists import Sheet, linked, sheets
from integrations.systems.avidxchange.records import Canon
from integrations.systems.avidxchange.service import Service
from integrations.systems.avidxchange.unreadable import readable
from integrations.systems.avidxchange.values import RowError, key
from integrations.systems.avidxchange.windows import Cursor, Today
from integrations.systems.avidxchange.wire import Tree
from integrations.transport.rows import BadRow

LIST = "invoice_batches.closed"
_DETAILS = "full-details"


class Batches:
    """Reads invoices batch by batch. Raises Retryable or ConnectionBroken; what was yielded stands."""

    def __init__(self, service: Service, canon: Canon) -> None:
        self._service, self._canon = service, canon

    def pages(self, at: Cursor, after: Cursor) -> Iterator[Page]:
        """A page for each batch that was closed in the window of `at`; the last one's cursor is `after`."""
        found = [each for each in self._closed(at) if each[0] > at.batch]
        for place, (name, link) in enumerate(found):
            read = list(linked(self._service, link))
            last = place + 1 == len(found)
            yield self._page(read, after if last else replace(at, batch=name))
        if not found:
            yield Page(records=(), cursor=after.text, more=after.end is not None, read=0)

    def find(self, key: str, begin: date, now: Today) -> Invoice | Unreadable:
        """The invoice of that key in a batch closed since `begin`.

        Unreadable when none holds it: with this profile nobody can say whether it exists.
        """
        dates = self._service.profile.dates
        at = windows.window(begin, now, dates)
        while at.end is not None:
            for _, link in self._closed(at):
                for sheet in linked(self._service, link):
                    for record in self._records(sheet):
                        if record.key == key:
                            return record
            at = windows.behind(at, now, dates)
        words = (
            f"No batch that was closed since {begin} holds this invoice any more, and this API profile has no call for "
            "one invoice. Look it up in AvidXchange."
        )
        return Unreadable(key=key, code="in_no_batch", message=words)

    def _closed(self, at: Cursor) -> list[tuple[str, str]]:
        """(what the batch is known by, where its invoices are) of each batch, the earliest closed first."""
        operation = self._service.profile.operations[LIST]
        params = windows.filters(at, operation, self._service.profile.dates) if operation else {}
        rows = [row for sheet in sheets(self._service, LIST, params) for row in sheet.rows]
        return sorted(self._batch(row) for row in rows)

    def _batch(self, row: Tree | BadRow) -> tuple[str, str]:
        """Raises ConnectionBroken for a batch without a way to its invoices: they would be missed."""
        tree = _members(row) if isinstance(row, BadRow) else row
        try:
            name = f"{key(self._canon.get(tree, 'batch.closed'))} {key(self._canon.get(tree, 'batch.key'))}"
        except RowError:
            name = ""
        links = [each for each in wire.many(self._canon.get(tree, "batch.links")) if isinstance(each, dict)]
        ways = [each.get("href") for each in links if str(each.get("rel")).casefold() == _DETAILS]
        if name.strip() and ways and ways[0]:
            return name, str(ways[0])
        words = "AvidXchange sent a closed batch without the way to its invoices. Check the API profile."
        raise ConnectionBroken(words, code="batch_unreadable")

    def _page(self, read: list[Sheet], cursor: Cursor) -> Page:
        return Page(
            records=[record for sheet in read for record in self._records(sheet)],
            cursor=cursor.text,
            more=cursor.end is not None,
            read=sum(len(sheet.rows) for sheet in read),
            server_time=read[-1].server_time,
        )

    def _records(self, sheet: Sheet) -> list[Invoice | Unreadable]:
        return [
            readable(self._canon, row, "invoice", lambda tree: self._canon.invoice(tree, closed=True))
            for row in sheet.rows
        ]


def _members(row: BadRow) -> Tree:
    """What of a bad row can be read; nothing of one that says two things at once."""
    try:
        found: Tree = wire.lowered(row.members())
    except wire.Unfit:
        return {}
    return found
