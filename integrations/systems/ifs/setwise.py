"""Children of a page of records, read from their own sets: by key range where owners lie close, else by `or` chains.

Never one request per record.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.engine.errors import ConnectionBroken
from integrations.systems.ifs import odata
from integrations.systems.ifs.kinds import View
from integrations.systems.ifs.odata import KeyValue
from integrations.systems.ifs.reading import SetReader, is_closed
from integrations.systems.ifs.values import integer
from integrations.transport.rows import BadRow


@dataclass(frozen=True, slots=True)
class Owners:
    """Whose children are wanted. `page` are the ids of all records of a page in order, `wanted` those that matter.

    `whole`: between the first and the last of `page` the set has no other records, so that ranges over them are dense.
    """

    page: Sequence[KeyValue]
    wanted: frozenset[KeyValue]
    whole: bool

    def clauses(self, reader: SetReader, ours: str) -> Iterator[str]:
        """Filters that together select every wanted owner's rows and few others; `ours` names the owner's column."""
        column = reader.column(ours)
        ids, places = self._places()
        dense, rest = odata.runs(places)
        for first, last in dense:
            yield f"{column} ge {reader.literal(ours, ids[first])} and {column} le {reader.literal(ours, ids[last])}"
        yield from odata.chains(column, [reader.literal(ours, ids[place]) for place in rest])

    def _places(self) -> tuple[Mapping[int, KeyValue] | Sequence[KeyValue], list[int]]:
        """(ids by place, the ascending places of the wanted ones). Places are dense where rows in between are few."""
        if self.whole:
            return self.page, [place for place, each in enumerate(self.page) if each in self.wanted]
        numbers = [each for each in self.wanted if isinstance(each, int)]
        if len(numbers) == len(self.wanted):
            return {number: number for number in numbers}, sorted(numbers)
        spread = {place * 1000: each for place, each in enumerate(sorted(self.wanted, key=str))}  # text has no distance
        return spread, list(spread)


def children(
    reader: SetReader, ours: str, owners: Owners, within: Mapping[str, KeyValue] = {}
) -> dict[KeyValue, list[Any]]:
    """Rows by owner, in key order; a BadRow stands with its owner as far as that can be read.

    Raises ConnectionBroken when the set cannot be read (see `is_closed`), or Retryable.
    """
    found: dict[KeyValue, list[Any]] = {}
    kind = int if reader.spec.key.get(ours) == "integer" else str
    for clause in owners.clauses(reader, ours):
        for row in reader.all([clause], within=within):
            owner = getattr(row, ours, None)
            if type(owner) is not kind:
                owner = owner_of(reader, row, ours)
            if owner in owners.wanted:
                found.setdefault(owner, []).append(row)
    return found


def children_if_open(
    view: View, name: str, ours: str, owners: Owners, closed: set[str], within: Mapping[str, KeyValue] = {}
) -> dict[KeyValue, list[Any]] | None:
    """As `children`; None where an optional set cannot be read, which is then in `closed` and not asked again."""
    if name in closed:
        return None
    try:
        return children(view.readers(name), ours, owners, within)
    except ConnectionBroken as error:
        if not is_closed(error) or not view.profile.sets[name].optional:
            raise
        closed.add(name)
        return None


def owner_of(reader: SetReader, row: Any, ours: str) -> KeyValue:
    """The owner's id in `row`; "" when it cannot be read (the control total then shows the gap)."""
    if isinstance(row, BadRow):
        key = reader.key_of(row, (ours,))
        return key[0] if key else ""
    value: KeyValue = getattr(row, ours)
    if reader.spec.key.get(ours) != "integer":
        return value
    number = integer(value)
    return "" if number is None else number
