"""BILL's lists: filters, page after page, rows as they came; a page that is unreadable as a whole is read row by row.

Rules of the lists: https://developer.bill.com/docs/search-op-with-lists
- `max` is always sent; values are quoted and percent-encoded, times end in Z.
- The end is a missing `nextPage`, not an empty `results`.
- Only filters that are documented for every list are used, and `vendorId`; the rest is matched by the caller.
- Whether archived rows are listed unasked is undocumented, so every request says which of the two it wants.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from types import GenericAlias
from typing import Any, cast
from urllib.parse import quote

import msgspec

from integrations.engine.errors import ConnectionBroken, Rejected, Retryable
from integrations.systems.bill import wire
from integrations.systems.bill.records import RowError, when
from integrations.systems.bill.resources import Resource
from integrations.systems.bill.wire import Text
from integrations.transport.answer import Answer
from integrations.transport.client import ApiClient
from integrations.transport.paging import LoopGuard
from integrations.transport.rows import BadRow

PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class Query:
    """What of a list is wanted. Times are aware UTC and inclusive; empty fields do not narrow."""

    resource: Resource
    archived: bool = False
    updated_since: datetime | None = None
    created_since: datetime | None = None
    vendor_id: str = ""
    ids: tuple[str, ...] = ()
    newest_first: bool = False  # by creation, for a glance at the newest; `batches` cannot resume such a list

    @property
    def by_creation(self) -> bool:
        """In order of creation; else of the last change."""
        return self.created_since is not None and self.updated_since is None

    def text(self, page: str = "") -> str:
        """The query string, percent-encoded; the same filters stand on every page of a list."""
        filters = [f"archived:eq:{str(self.archived).lower()}"] if self.resource.archives else []
        if self.updated_since:
            filters.append(f'updatedTime:gte:"{stamp(self.updated_since)}"')
        if self.created_since:
            filters.append(f'createdTime:gte:"{stamp(self.created_since)}"')
        if self.vendor_id:
            filters.append(f'vendorId:eq:"{self.vendor_id}"')
        if self.ids:
            filters.append(f'id:in:"{",".join(self.ids)}"')
        order = "createdTime" if self.by_creation else "updatedTime"
        order = "createdTime:desc" if self.newest_first else f"{order}:asc"
        parts = [f"max={PAGE_SIZE}", f"sort={order}"]
        if filters:
            parts.append(f"filters={quote(','.join(filters), safe=':,')}")
        if page:
            parts.append(f"page={quote(page, safe='')}")
        return "&".join(parts)

    def after(self, seen: datetime) -> "Query":
        """The same list from the time `seen` on, inclusive."""
        return replace(self, created_since=seen) if self.by_creation else replace(self, updated_since=seen)


@dataclass(frozen=True, slots=True)
class Batch:
    """One page: its rows as they came, what continues it, and the server's clock.

    `query` and `next_page` ("" = the end) ask for the next page; `seen` is the latest time on the pages so far.
    """

    rows: Sequence[wire.Wire | BadRow]
    query: Query
    next_page: str
    seen: datetime | None
    server_time: datetime | None


def is_id(value: str) -> bool:
    """Whether this can be an id of BILL; anything else would mean something different in a path or a filter."""
    return value.isascii() and value.isalnum() and len(value) <= 64


def stamp(moment: datetime) -> str:
    """A time as BILL's filters take it: UTC, milliseconds, Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def batches(api: ApiClient, query: Query, page: str = "", seen: datetime | None = None) -> Iterator[Batch]:
    """The list page by page, oldest first; `page` and `seen` go on where an earlier call stopped.

    A refused page token (they expire) starts again from `seen`, so rows may repeat but none is missed.
    Raises Retryable or ConnectionBroken.
    """
    guard = LoopGuard()
    while True:
        try:
            answer = api.get(query.resource.path, params=query.text(page))
        except Rejected as error:
            query, page, guard = _another_way(query, page, seen, error), "", LoopGuard()
            continue
        batch = _batch(answer, query, seen)
        yield batch
        page, seen = batch.next_page, batch.seen
        if not page:
            return
        guard.step(page, answer.host)


def _another_way(query: Query, page: str, seen: datetime | None, error: Rejected) -> Query:
    """The query that asks for the same rows without what BILL refused."""
    if page and seen is not None and seen not in (query.created_since, query.updated_since):
        return query.after(seen)
    if page and error.code != "bad_filter":
        raise Retryable(
            f"BILL's list of {query.resource.label} lost its place; it is read again later.",
            code="page_expired",
            detail=error.detail,
        ) from None
    if query.vendor_id and error.code == "bad_filter":
        return replace(query, vendor_id="")
    raise ConnectionBroken(
        f"BILL refuses to list {query.resource.label}. Its API may have changed: please report this.",
        code="list_refused",
        detail=error.detail,
    ) from None


def _batch(answer: Answer, query: Query, seen: datetime | None) -> Batch:
    if answer.status == 404:
        raise ConnectionBroken(
            f"BILL has no list of {query.resource.label} at this address. Check the connection's environment.",
            code="wrong_path",
            detail=answer.text(),
        )
    around, rows = answer.page(envelope(query.resource.row, "results"), query.resource.row, "results")
    latest = [moment for row in rows if (moment := _time(row, query.by_creation))]
    return Batch(
        rows=rows,
        query=query,
        next_page=cast(Any, around).next_page or "",
        seen=max(latest, default=seen) if seen is None else max([seen, *latest]),
        server_time=answer.date,
    )


def _time(row: wire.Wire | BadRow, by_creation: bool) -> datetime | None:
    if isinstance(row, BadRow):
        return None
    try:
        return when(row.created_time if by_creation else row.updated_time)
    except RowError:
        return None


def list_of(row: type[wire.Wire]) -> type[list[wire.Wire]]:
    """The type of an array of such rows, for decoding."""
    return cast(type[list[wire.Wire]], GenericAlias(list, (row,)))


@cache
def envelope(row: type[wire.Wire], member: str) -> type[msgspec.Struct]:
    """What stands round an array of rows under `member`, which has to be there."""
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = [("rows", list_of(row)), ("next_page", Text, None)]
    return msgspec.defstruct("Envelope", fields, rename={"rows": member, "next_page": "nextPage"}, frozen=True)
