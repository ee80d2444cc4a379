"""The judge compares documents one by one: whose, number, date, amount and every line, by what the target holds."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, order=True)
class Document:
    """A record as both sides must agree on it: its kind, whose it is, its lines (coding, amount), sorted."""

    kind: str
    supplier: str
    number: str = ""
    day: str = ""
    amount: Decimal = Decimal(0)
    lines: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What differs; empty where nothing does. doubled: how often, by kind, supplier and number."""

    doubled: dict[tuple[str, str, str], int] = field(default_factory=dict)
    lost: list[Document] = field(default_factory=list)
    unwanted: list[Document] = field(default_factory=list)


def judge(wanted: Counter[Document], found: Counter[Document]) -> Verdict:
    """What of `found`, the target's own records and never our rows, is not as it is wanted."""
    numbers = Counter((each.kind, each.supplier, each.number) for each in found.elements())
    return Verdict(
        doubled={key: count for key, count in numbers.items() if count > 1},
        lost=sorted((wanted - found).elements()),
        unwanted=sorted((found - wanted).elements()),
    )
