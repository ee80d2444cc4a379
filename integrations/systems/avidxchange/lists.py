"""Lists, sheet after sheet: by number or by link, with or without an envelope that says how many there are.

The end is the last sheet of as many as were announced, once as many rows as were announced have come, and an empty
one; or, where nothing is announced, one that is not full or that only repeats the one before. A sheet that is
unreadable as a whole is read row by row.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from integrations.engine.errors import Retryable
from integrations.systems.avidxchange import wire
from integrations.systems.avidxchange.cards import kept_out_of_errors
from integrations.systems.avidxchange.profile import PagingSpec
from integrations.systems.avidxchange.service import Service
from integrations.systems.avidxchange.wire import Tree
from integrations.transport.answer import Answer
from integrations.transport.paging import follow
from integrations.transport.rows import BadRow

Row = Tree | BadRow

_MOST_VALUES = 2_000_000  # in one answer; a full page has some 30,000
_COUNT = re.compile(r"([0-9]{1,12})(?:\.0{1,6})?")


class Place(msgspec.Struct, frozen=True):
    """A sheet to be read: its number from 0, its link where lists are paged by links, how the one before began, and
    how many rows came before it.
    """

    number: int = 0
    link: str = ""
    before: str = ""
    rows: int = 0


START = Place()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its rows with keys in lower case, where the next one is (None: this was the last), how many in all."""

    rows: tuple[Row, ...]
    after: Place | None
    total: int | None
    server_time: datetime | None


def sheets(service: Service, name: str, params: Mapping[str, str], place: Place = START) -> Iterator[Sheet]:
    """The list of the operation `name` from `place` on. Raises Retryable or ConnectionBroken."""
    at: Place | None = place
    while at is not None:
        sheet = _read(service, name, params, at)
        yield sheet
        at = sheet.after


def linked(service: Service, link: str) -> Iterator[Sheet]:
    """The list that a link leads to, and all that follows it there."""
    at: Place | None = Place(link=link)
    while at is not None:
        sheet = _sheet(service.follow(at.link), service.profile.paging, at, by_link=True)
        yield sheet
        at = sheet.after


def _read(service: Service, name: str, params: Mapping[str, str], place: Place) -> Sheet:
    paging = service.profile.paging
    if place.link:
        return _sheet(service.follow(place.link), paging, place, by_link=True)
    page = {paging.page_param: str(paging.first + place.number), paging.size_param: str(paging.size)}
    answer = service.list(name, {**params, **page})
    return _sheet(answer, paging, place, by_link=paging.style == "links")


def _sheet(answer: Answer, paging: PagingSpec, place: Place, *, by_link: bool) -> Sheet:
    around, rows = opened(answer, paging)
    link, count, total = (
        _next_link(answer, around, paging),
        _count(around, paging.page_count),
        _count(around, paging.total),
    )
    begins, read = _beginning(rows[0]) if rows else "", place.rows + len(rows)
    promised = bool(link) or (not by_link and count is not None and place.number + 1 < count)
    if begins and begins == place.before and not promised:  # they know no pages
        return Sheet((), None, total, answer.date)
    lacking = len(rows) >= paging.size if count is total is None else total is not None and read < total
    if not (promised or (rows and lacking and not by_link)):
        return Sheet(rows, None, total, answer.date)
    _guard(answer, paging, place, begins, link)
    return Sheet(rows, Place(place.number + 1, link if by_link else "", begins, read), total, answer.date)


def _guard(answer: Answer, paging: PagingSpec, place: Place, begins: str, link: str) -> None:
    """Raises Retryable when the list runs in circles or never ends."""
    if (begins and begins == place.before) or (link and link == place.link):
        words = f"{answer.host} sends the same page again and again. It is read again later."
        raise Retryable(words, code="page_loop")
    if place.number + 1 >= paging.max_pages:
        raise Retryable(f"{answer.host} does not come to an end of its list. It is read again later.", code="page_cap")


def opened(answer: Answer, paging: PagingSpec) -> tuple[Any, tuple[Row, ...]]:
    """(what stands round the rows, the rows), keys in lower case. Raises what `unreadable` gives."""
    with kept_out_of_errors():
        around, rows = _taken_apart(answer, paging)
    return around, tuple(row if isinstance(row, BadRow) else _lowered(row) for row in rows)


def _taken_apart(answer: Answer, paging: PagingSpec) -> tuple[Any, list[dict[str, Any] | BadRow]]:
    if answer.body.count(b",") > _MOST_VALUES:  # unpacked they would take many times their bytes
        raise answer.unreadable("has more values than any page")
    whole: Any = answer.peek(dict)
    if whole is None:
        whole = answer.peek(list)
    if isinstance(whole, list):
        return {}, [_object(row) for row in whole]
    if isinstance(whole, dict):
        shallow = {key.casefold(): value for key, value in whole.items()}
        member = paging.items.casefold()
        if member not in shallow:
            raise answer.unreadable(f"has no {paging.items}")
        if len(shallow) < len(whole):
            raise answer.unreadable("says one thing in two spellings")
        rows = [_object(row) for row in wire.many(shallow.pop(member))]
        return _lowered(shallow), rows
    spelling = paging.items if f'"{paging.items}"'.encode() in answer.body else _camel(paging.items)
    around, read = answer.page(_envelope(spelling), dict[str, Any], spelling)
    return _lowered(msgspec.to_builtins(around)), read


def _next_link(answer: Answer, around: Any, paging: PagingSpec) -> str:
    """The link to the next sheet, "" without one. A foreign one is refused even where links are not followed."""
    for link in wire.many(wire.first(around, (paging.links,))):
        if isinstance(link, dict) and str(link.get("rel", "")).casefold() == "next" and link.get("href"):
            href = str(link["href"])
            absolute = follow(answer, href)
            return href if href.startswith("/") else absolute
    return ""


def _count(around: Any, paths: tuple[str, ...]) -> int | None:
    found = wire.first(around, paths)
    whole = _COUNT.fullmatch(str(found)[:30])
    return int(whole[1]) if whole else None


def _beginning(row: Row) -> str:
    """What tells the first row of a sheet from that of another."""
    raw = row.raw if isinstance(row, BadRow) else msgspec.json.encode(row)
    return wire.digest(raw)[:16]


def _object(row: Any) -> dict[str, Any] | BadRow:
    return row if isinstance(row, dict) else BadRow(msgspec.json.encode(row), "is no object")


def _lowered(row: dict[str, Any]) -> Row:
    try:
        lowered: Tree = wire.lowered(row)
    except wire.Unfit as error:
        return BadRow(msgspec.json.encode(row), str(error))
    return lowered


@lru_cache(maxsize=16)
def _envelope(member: str) -> type[msgspec.Struct]:
    """What stands round the rows, in the two spellings that are known, when it is read without them."""
    fields: list[Any] = [("rows", list[dict[str, Any]]), ("paging", Any, None), ("Paging", Any, None)]
    return msgspec.defstruct("Envelope", fields, rename={"rows": member}, frozen=True)


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]
