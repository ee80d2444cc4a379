"""Walks through a set page by page without losing or doubling a row, whatever its paging is like.

First choice is the seek: the next page is asked for by the key of the last row, so that a row deleted meanwhile hides
no other and a page cut silently only costs one more question. Where a set refuses that filter, or is not in the order
of its keys, rows are counted: along next links where there are any, else by `$skip`, each page beginning with the last
row of the page before as proof that nothing moved. Only an empty page without a next link proves the end.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from integrations.engine.errors import Retryable
from integrations.systems.ifs.errors import Unsupported
from integrations.systems.ifs.odata import KeyValue
from integrations.transport.paging import LoopGuard

if TYPE_CHECKING:
    from integrations.systems.ifs.reading import SetReader

Key = tuple[KeyValue, ...]
_RESTARTS = 3  # of a counted walk, when rows move under it


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a walk stands: behind the row of key `after` and `skip` rows that have no readable key.

    `counting`: behind `skip` rows, the last of which had the key `after`.
    """

    after: Key = ()
    skip: int = 0
    counting: bool = False


START = Place()


@dataclass(frozen=True, slots=True)
class Batch:
    """One answered page: its new rows, the place behind them, and the server's clock.

    `whole`: between its first and last row the set has no others (in key order). `repeated` rows came before and are
    left out.
    """

    rows: Sequence[Any]
    place: Place
    server_time: datetime | None
    whole: bool
    repeated: int


def walk(reader: "SetReader", where: Sequence[str], order: Sequence[str], place: Place) -> Iterator[Batch]:
    """Every batch after `place`. `order` are our names of the columns that the set is ordered by."""
    start = place if place.counting else Place(counting=True)
    if not place.counting and not reader.counting:
        passed, here = 0, place
        try:
            for batch in _seek(reader, where, order, place):
                passed, here = passed + len(batch.rows), batch.place
                yield batch
            return
        except _CannotSeek as found:
            reader.counting = True
            if found.in_order and place == START:  # the rows so far are the first ones, however they are asked for
                start = Place(after=() if here.skip else here.after, skip=passed, counting=True)
    yield from _count(reader, where, order, start)


class _CannotSeek(Exception):
    """The set refuses the filter (`in_order`: the rows so far were), ignores it, or is not in the order of its keys."""

    def __init__(self, *, in_order: bool = False) -> None:
        self.in_order = in_order


def _seek(reader: "SetReader", where: Sequence[str], order: Sequence[str], place: Place) -> Iterator[Batch]:
    recent: set[Key] = {place.after}
    guard = LoopGuard()
    url = ""
    while True:
        try:
            answer = reader.at(url) if url else reader.ask(where, order, place)
        except Unsupported:
            if not place.after:
                raise
            raise _CannotSeek(in_order=True) from None
        rows, link = reader.rows(answer)
        url = reader.follow(answer, link) if link else ""
        if not rows and not url:
            return
        fresh, keys = _new_rows(reader, order, rows, place.after, recent)
        if fresh:
            if not any(keys):
                guard.step(f"keyless {hash(answer.body)}", answer.host)
            place = _behind(fresh, keys, place)
            recent = {key for key in keys if key is not None}
            url = ""  # a link's place may be a row count, which a deletion shifts; a key does not move
            yield Batch(fresh, place, answer.date, True, len(rows) - len(fresh))
            if len(rows) < reader.short and not link:
                return
        elif url:
            guard.step(url, answer.host)
        else:
            raise _CannotSeek


def _new_rows(
    reader: "SetReader", order: Sequence[str], rows: Sequence[Any], after: Key, recent: set[Key]
) -> tuple[list[Any], list[Key | None]]:
    """The rows beyond `after` with their keys. Raises _CannotSeek for a row out of order that was not seen before."""
    if rows and (usual := reader.ascending(rows, order, after)):
        return list(rows), [*usual]
    fresh: list[Any] = []
    keys: list[Key | None] = []
    here: set[Key] = set()
    top = reader.rank(after, order) if after else None
    for row in rows:
        key = reader.key_of(row, order)
        if key is not None:
            try:
                rank = reader.rank(key, order)
                beyond = top is None or rank > top
            except TypeError:
                raise _CannotSeek from None  # a change column without a readable moment
            if not beyond:
                if key in recent or key in here:
                    continue
                raise _CannotSeek
            top = rank
            here.add(key)
        fresh.append(row)
        keys.append(key)
    return fresh, keys


def _behind(rows: Sequence[Any], keys: Sequence[Key | None], place: Place) -> Place:
    for i in range(len(rows) - 1, -1, -1):
        key = keys[i]
        if key is not None:
            return Place(after=key, skip=len(rows) - 1 - i)
    return Place(after=place.after, skip=place.skip + len(rows))


def _count(reader: "SetReader", where: Sequence[str], order: Sequence[str], place: Place) -> Iterator[Batch]:
    seen: set[Key] = set()
    guard = LoopGuard()
    restarts = 0
    url = ""
    while True:
        overlap = 1 if place.skip and place.after and not url else 0
        answer = reader.at(url) if url else reader.ask(where, order, Place((), place.skip - overlap, counting=True))
        rows, link = reader.rows(answer)
        url = reader.follow(answer, link) if link else ""
        keys = [reader.key_of(row, order) for row in rows]
        if overlap and (not keys or keys[0] != place.after):
            restarts += 1
            if restarts > _RESTARTS:
                raise Retryable(
                    "The rows in IFS keep moving while they are read. They are read again later.", code="moving"
                )
            place, url = Place(counting=True), ""
            continue
        if url:
            guard.step(url, answer.host)
        rows, keys = rows[overlap:], keys[overlap:]
        if not rows and not url:
            return
        fresh = [row for row, key in zip(rows, keys, strict=True) if key is None or key not in seen]
        seen.update(key for key in keys if key is not None)
        last = next((key for key in reversed(keys) if key is not None), ()) if keys and keys[-1] is not None else ()
        place = Place(after=last or (), skip=place.skip + len(rows), counting=True)
        if rows:
            yield Batch(fresh, place, answer.date, False, len(rows) - len(fresh))
