"""One page of one entity set: how it is asked for, what a set refuses, and rows that cannot be read.

https://docs.ifs.com/techdocs/23r2/040_tailoring/300_extensibility/100_odata_provider/1000_supported_functionalities/
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from operator import attrgetter, lt
from typing import Any

import msgspec

from integrations.engine.errors import ConnectionBroken, Retryable
from integrations.systems.ifs import odata, walking
from integrations.systems.ifs.errors import TOO_SLOW, Unsupported
from integrations.systems.ifs.odata import KeyValue
from integrations.systems.ifs.profile import SetSpec
from integrations.systems.ifs.rows import Row
from integrations.systems.ifs.rowtypes import page_type, row_type
from integrations.systems.ifs.values import integer, moment
from integrations.systems.ifs.walking import START, Batch, Key, Place
from integrations.transport.answer import Answer
from integrations.transport.client import ApiClient
from integrations.transport.paging import follow
from integrations.transport.rows import BadRow

_UNCUT = 20  # rows: no server is known that cuts a page below 25; saves a request for the few rows of a navigation
_LEAST = 100  # rows a page is cut down to when IFS takes too long for more


class Missing(ConnectionBroken):
    """The tenant has no such set; an optional one is then unknown, not wrong."""


def is_closed(error: ConnectionBroken) -> bool:
    """Whether an error says that this one set cannot be read, while others may: not there, not granted, not offered."""
    return isinstance(error, Missing | Unsupported) or error.code == "forbidden"


class SetReader:
    """Reads one set of one tenant. `name` is its name in the profile, `root` the service root, `path` a navigation.

    Remembers what the set refuses ($select, seeking), so keep it as long as its client.
    """

    def __init__(
        self, api: ApiClient, root: str, name: str, spec: SetSpec, page_size: int, *, select: bool, path: str = ""
    ) -> None:
        self._api, self._root, self._name, self._path = api, root, name, path
        self._top, self._select = page_size, select
        self.counting = False  # rows have to be counted: the set refuses to seek, or is not in key order
        self.large = False  # too large to be kept in memory
        self.short = _UNCUT if path else 0  # a page of fewer rows is the last one
        self._use(spec)

    def _use(self, spec: SetSpec) -> None:
        self.spec = spec
        column = spec.change.column
        # A change column may be a field that is mapped anyway; a name can be read into one place only.
        self.changed = next((ours for ours, theirs in spec.fields.items() if theirs == column and column), "changed")
        names = dict(spec.fields)
        if column and self.changed == "changed":
            names["changed"] = column
        self._columns = {ours: theirs for ours, theirs in names.items() if theirs}
        self._row = row_type(self._name, names)
        self._envelope = page_type(self._row)
        self._proved = False

    def column(self, ours: str) -> str:
        """The tenant's name of our field."""
        return self._columns[ours]

    def equal(self, ours: str, value: KeyValue) -> str:
        """The clause `column eq value`."""
        return f"{self.column(ours)} eq {self.literal(ours, value)}"

    def literal(self, ours: str, value: KeyValue) -> str:
        """`value` as our field `ours` is written in a URL."""
        if ours == self.changed and self.spec.change.column:
            return _bare_moment(str(value))
        return odata.literal(value, self.spec.key.get(ours, "string"), self.spec.enum(ours))

    def pages(
        self,
        where: Sequence[str] = (),
        *,
        within: Mapping[str, KeyValue] = {},
        by_change: bool = False,
        place: Place = START,
    ) -> Iterator[Batch]:
        """Batches after `place`, in key order (`by_change`: by the change column, then the key).

        `within` fixes key columns (the company): they are filtered on and need no ordering. Raises Missing,
        ConnectionBroken or Retryable; what was yielded stands.
        """
        order = [ours for ours in self.spec.order if ours not in within]
        if by_change:
            order.insert(0, self.changed)
        clauses = [*(self.equal(ours, value) for ours, value in within.items()), *where]
        found = walking.walk(self, clauses, order, place)
        if not (self.spec.alternatives_when_empty and self.spec.alternatives):
            return found
        others = msgspec.structs.replace(
            self.spec, set=self.spec.alternatives[0], alternatives=self.spec.alternatives[1:]
        )
        other = SetReader(self._api, self._root, self._name, others, self._top, select=self._select)
        return _first_with_rows(found, other.pages(where, within=within, by_change=by_change, place=place))

    def all(self, where: Sequence[str] = (), *, within: Mapping[str, KeyValue] = {}) -> list[Any]:
        """Every row that `where` selects; rows that cannot be read come as BadRow."""
        return [row for batch in self.pages(where, within=within) for row in batch.rows]

    # what a walk needs

    def ask(self, where: Sequence[str], order: Sequence[str], place: Place) -> Answer:
        """The page after `place`. Raises Unsupported when the set refuses the question, Missing without a set."""
        clauses = list(where)
        if place.after and not place.counting:
            literals = [self.literal(ours, value) for ours, value in zip(order, place.after, strict=True)]
            clauses += odata.beyond([self.column(ours) for ours in order], literals)
        while True:
            try:
                answer = self._page(clauses, [self.column(ours) for ours in order], place.skip)
            except Retryable as error:
                if error.code != TOO_SLOW or self._top <= _LEAST:
                    raise
                self._top = max(_LEAST, self._top // 4)
            else:
                if answer.status != 404:
                    return answer
                self._next_alternative(answer)

    def _page(self, where: Sequence[str], orderby: Sequence[str], skip: int) -> Answer:
        url = f"{self._root}/{self._path or self.spec.set}"
        asked = odata.query(where=where, orderby=orderby, top=self._top, skip=skip)
        if self._select:
            try:
                return self._api.get(url, params=f"{asked}&$select={','.join(self._columns.values())}")
            except Unsupported:
                answer = self._api.get(url, params=asked)  # refused again: it was not $select
                self._select = False
                return answer
        return self._api.get(url, params=asked)

    def follow(self, answer: Answer, link: str) -> str:
        """The absolute address of a next link; ConnectionBroken when it leaves the host or the service root."""
        return follow(answer, link, self._root)

    def at(self, url: str) -> Answer:
        """The page behind a next link."""
        return self._api.get(url)

    def rows(self, answer: Answer) -> tuple[list[Any], str]:
        """(its rows, its next link); a row that cannot be read, or not stored, comes as BadRow in its place."""
        envelope, rows = answer.page(self._envelope, self._row)
        wide = b"\0" in answer.body[:4]  # UTF-16 or UTF-32: its bytes cannot be searched for text
        if not self._proved and not wide and not all(isinstance(row, BadRow) for row in rows):
            self._prove(answer)
        if wide or b"\\u0000" in answer.body:
            raw = answer.rows()
            for i, row in enumerate(rows):
                if not isinstance(row, BadRow) and _holds_nul(row):
                    rows[i] = BadRow(raw[i], "it holds a NUL character, which cannot be stored")
        return rows, envelope.next_link

    def key_of(self, row: Row | BadRow, order: Sequence[str]) -> Key | None:
        """The values of `order` in this row; None when not even they can be read."""
        members = row.members() if isinstance(row, BadRow) else None
        found = []
        for ours in order:
            value = members.get(self.column(ours)) if members is not None else getattr(row, ours)
            if self.spec.key.get(ours) == "integer":
                value = integer(value)
            if value is None or not isinstance(value, str | int):
                return None
            found.append(value)
        return tuple(found)

    def ascending(self, rows: Sequence[Any], order: Sequence[str], after: Key) -> list[Key] | None:
        """Their keys, when all rows are readable and strictly in order behind `after`; else None: look closer.

        The fast way for the usual page: no Python code runs per row.
        """
        if order[0] == self.changed and self.spec.change.column:
            return None
        try:
            keys: list[Any] = list(map(attrgetter(*order), rows))
            if len(order) == 1:
                keys = [(key,) for key in keys]
            kinds = tuple(int if self.spec.key.get(ours) == "integer" else str for ours in order)
            in_order = all(map(lt, keys, islice(keys, 1, None))) and (not after or after < keys[0])
            # Where all compare with one another and the ends have the right types, so have all in between.
            typed = all(tuple(map(type, key)) == kinds for key in (keys[0], keys[-1]))
        except (AttributeError, TypeError):
            return None
        return keys if in_order and typed else None

    def rank(self, key: Key, order: Sequence[str]) -> tuple[Any, ...]:
        """What `key` is compared by: the moment, not the text, of a change column."""
        if order[0] == self.changed and self.spec.change.strategy == "timestamp":
            return (moment(str(key[0])), *key[1:])
        return key

    def _next_alternative(self, answer: Answer) -> None:
        if self._path or not self.spec.alternatives:
            words = (
                f"IFS has no {self.spec.set} here, or hides it. Check projection and set in the API profile, the "
                "endpoint (main or int) and the permission set of the service user."
            )
            raise Missing(words, code="profile", detail=answer.text(200))
        first, *others = self.spec.alternatives
        self._use(msgspec.structs.replace(self.spec, set=first, alternatives=tuple(others)))

    def _prove(self, answer: Answer) -> None:
        """A field that is not there would silently read as nothing: the first page has to name every needed one."""
        lacking = [
            name
            for ours in dict.fromkeys((*self.spec.key, *self.spec.needed))
            if f'"{(name := self.column(ours))}"'.encode() not in answer.body
        ]
        if lacking:
            words = f"{self.spec.set} has no {', '.join(lacking)}. Correct the field names in the API profile."
            raise ConnectionBroken(words, code="profile")
        self._proved = True


def _holds_nul(row: Row) -> bool:
    return any(isinstance(value, str) and "\0" in value for value in msgspec.structs.astuple(row))


def _first_with_rows(batches: Iterator[Batch], others: Iterator[Batch]) -> Iterator[Batch]:
    """`batches`, or `others` when there are none; where those cannot be read, nothing proves the empty set wrong."""
    for each in (batches, others):
        try:
            first = next(each, None)
        except ConnectionBroken as error:
            if each is batches or not is_closed(error):
                raise
            return
        if first is not None:
            yield first
            yield from each
            return


def _bare_moment(value: str) -> str:
    """A time stamp without an offset means UTC, and OData wants that said; dates stay as they are."""
    zoned = len(value) <= 10 or value.endswith(("Z", "z")) or "+" in value[10:] or "-" in value[10:]
    return value if zoned else f"{value}Z"
