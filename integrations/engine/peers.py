"""The source's other invoices of a supplier: which of them look like one, and how many, without comparing each to each.

They are found by three marks: the number, its digits with the amount, the amount with the date.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import chain, combinations, islice

import msgspec

from integrations.engine.duplicates import digits_of, plain_number

Mark = tuple[object, ...]


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """Another source invoice of the same supplier: worth a note where it looks alike; captured twice: a reason to ask.

    Captured ones are kept by the AP tool's code of the supplier, without an address.
    """

    key: str
    number: str = ""
    amount: Decimal | None = None
    dated: date | None = None


class Peers:
    """The invoices of one supplier, by their marks; built once for a batch."""

    def __init__(self, peers: Iterable[Peer] = ()) -> None:
        self._all = list(peers)
        self._own: dict[str, Sequence[Mark]] = {}
        self._by: dict[Mark, list[Peer]] = {}
        self._counts: Counter[frozenset[Mark]] = Counter()
        for peer in self._all:
            marks = _marks(peer.number, peer.amount, peer.dated)
            self._own[peer.key] = marks
            self._counts.update(_together(marks))
            for mark in marks:
                self._by.setdefault(mark, []).append(peer)

    def __iter__(self) -> Iterator[Peer]:
        return iter(self._all)

    def numbered(self, number: str) -> Sequence[Peer]:
        """Those of this number, however it is written."""
        return self._by.get(_number(number), ())

    def alike(self, key: str, number: str, amount: Decimal, dated: date | None, most: int) -> tuple[list[Peer], int]:
        """(the first `most` that look like this invoice, how many do); the record of `key` is the invoice itself."""
        marks = _marks(number, amount, dated)
        seen = chain.from_iterable(islice(self._by.get(mark, ()), most + 1) for mark in marks)
        found = dict.fromkeys(peer for peer in seen if peer.key != key)
        count = sum((1 if len(each) % 2 else -1) * self._counts[each] for each in _together(marks))
        itself = not set(marks).isdisjoint(self._own.get(key, ()))
        return list(found)[:most], count - itself


def _marks(number: str, amount: Decimal | None, dated: date | None) -> list[Mark]:
    worth, digits = None if amount is None else abs(amount), digits_of(number)
    found = [_number(number), ("amount", worth, dated)]
    return [*found, ("digits", digits, worth)] if digits else found


def _number(number: str) -> Mark:
    return ("number", plain_number(number))


def _together(marks: Sequence[Mark]) -> Iterator[frozenset[Mark]]:
    """Every choice of marks: who shares any of several are those of the odd choices less those of the even ones."""
    return (frozenset(each) for size in range(1, len(marks) + 1) for each in combinations(marks, size))
