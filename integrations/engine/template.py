"""What a tenant writes to word a field: plain text with named fields in braces, such as `Order {po_number|trim|upper}`.

The text is cut into pieces and looked up in closed lists; nothing of it is ever run or formatted by Python.
"""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from functools import lru_cache

import msgspec

LONGEST, LONGEST_TABLE = 500, 10_000  # characters of a template; of its lookup table
_MOST_TRANSFORMS, _LONGEST_CUT = 8, 1000
_FIELD = re.compile(r"\{([^{}]*)\}")
_PART = re.compile(r"dimensions\.[\w -]{1,40}")
ANY_PART = "dimensions.*"  # in a list of names: any code part
OTHERS = "*"  # in a lookup table: every other value

DATES: Mapping[str, Callable[[date], str]] = {
    "YYYY-MM-DD": lambda day: f"{day.year:04}-{day.month:02}-{day.day:02}",
    "DD.MM.YYYY": lambda day: f"{day.day:02}.{day.month:02}.{day.year:04}",
    "DD/MM/YYYY": lambda day: f"{day.day:02}/{day.month:02}/{day.year:04}",
    "MM/DD/YYYY": lambda day: f"{day.month:02}/{day.day:02}/{day.year:04}",
    "YYYYMMDD": lambda day: f"{day.year:04}{day.month:02}{day.day:02}",
    "YYYY-MM": lambda day: f"{day.year:04}-{day.month:02}",
    "YYYY": lambda day: f"{day.year:04}",
}
TRANSFORMS = ("trim", "upper", "truncate:N", "date:PATTERN", "lookup")


class Unfit(ValueError):
    """This cannot be written so; the message says why. `name` is target (the template) or lookup."""

    def __init__(self, message: str, name: str = "target") -> None:
        super().__init__(message)
        self.name = name


class Unlisted(ValueError):
    """A value that the lookup table does not have."""

    def __init__(self, name: str, value: str) -> None:
        super().__init__(f"“{_short(value)}” ({name}) is not in the table")
        self.value = value


class Piece(msgspec.Struct, frozen=True):
    """Plain `text`, or the value of the field `name` after its `steps` of (transform, what it is told)."""

    text: str = ""
    name: str = ""
    steps: tuple[tuple[str, str], ...] = ()


class Template(msgspec.Struct, frozen=True):
    """A template in pieces, with the table that its lookups use."""

    pieces: tuple[Piece, ...]
    table: dict[str, str]

    @property
    def names(self) -> list[str]:
        """The fields that it reads, each once."""
        return list(dict.fromkeys(piece.name for piece in self.pieces if piece.name))

    def filled(self, values: Mapping[str, str]) -> str:
        """The text for these values; a field without a value leaves nothing. Raises Unlisted."""
        return "".join(piece.text or self._value(piece, values.get(piece.name, "")) for piece in self.pieces).strip()

    def _value(self, piece: Piece, value: str) -> str:
        for step, told in piece.steps:
            if not value:
                break
            match step:
                case "trim":
                    value = value.strip()
                case "upper":
                    value = value.upper()
                case "truncate":
                    value = value[: int(told)].rstrip()
                case "date":
                    value = DATES[told](date.fromisoformat(value))
                case "lookup":
                    value = self._looked_up(piece.name, value)
        return value

    def _looked_up(self, name: str, value: str) -> str:
        found = self.table.get(value, self.table.get(OTHERS))
        if found is None:
            raise Unlisted(name, value)
        return found


@lru_cache(maxsize=1000)
def parsed(text: str, lookup: str, names: frozenset[str], days: frozenset[str]) -> Template:
    """The template that may read `names`, of which `days` are dates. Raises Unfit with a sentence."""
    if len(text) > LONGEST:
        raise Unfit(f"It has {len(text):,} characters; at most {LONGEST}.")
    pieces = []
    for number, part in enumerate(_FIELD.split(text)):
        if number % 2:
            pieces.append(_field(part, names, days))
        elif "{" in part or "}" in part:
            raise Unfit("The braces do not match. Write each field in one pair of braces, such as {number}.")
        elif part:
            pieces.append(Piece(text=part))
    if not pieces:
        raise Unfit("Say what it becomes: a text, fields such as {number}, or both.")
    table, used = _table(lookup), any(step == "lookup" for piece in pieces for step, _ in piece.steps)
    if used and not table:
        raise Unfit("The table that lookup asks is empty. Write a line such as 30=Net 30 for each value.", "lookup")
    if table and not used:
        raise Unfit("Nothing asks this table. Write where: {payment_term|lookup}.", "lookup")
    return Template(pieces=tuple(pieces), table=table)


def lines_of(lookup: str) -> str:
    """A lookup table as it is kept: a line `value=text` each, blanks and empty lines taken off."""
    lines = ("=".join(part.strip() for part in line.split("=", 1)) for line in re.split(r"\r\n|\r|\n", lookup))
    return "\n".join(line for line in lines if line)


def _field(inside: str, names: Collection[str], days: Collection[str]) -> Piece:
    name, *steps = (each.strip() for each in inside.split("|"))
    if name not in names and not (ANY_PART in names and _PART.fullmatch(name)):
        raise Unfit(f"There is no field “{_short(name)}” to read. Known: {', '.join(sorted(names))}.")
    if len(steps) > _MOST_TRANSFORMS:
        raise Unfit(f"At most {_MOST_TRANSFORMS} transforms for a field; {name} has {len(steps)}.")
    return Piece(name=name, steps=tuple(_step(each, first=not n, day=name in days) for n, each in enumerate(steps)))


def _step(text: str, *, first: bool, day: bool) -> tuple[str, str]:
    step, _, told = (each.strip() for each in text.partition(":"))
    match step:
        case "trim" | "upper" | "lookup" if not told:
            return step, ""
        case "truncate" if re.fullmatch(r"[0-9]{1,4}", told) and 1 <= int(told) <= _LONGEST_CUT:
            return step, told
        case "truncate":
            raise Unfit(f"Say how many characters stay, from 1 to {_LONGEST_CUT}: truncate:40.")
        case "date" if told not in DATES:
            raise Unfit(f"There is no date pattern “{_short(told)}”. Known: {', '.join(DATES)}.")
        case "date" if not (first and day):
            raise Unfit("A date pattern goes first after a date, such as {invoice_date|date:DD.MM.YYYY}.")
        case "date":
            return step, told
    raise Unfit(f"There is no transform “{_short(text)}”. Known: {', '.join(TRANSFORMS)}.")


def _table(lookup: str) -> dict[str, str]:
    if len(lookup) > LONGEST_TABLE:
        raise Unfit(f"The table has {len(lookup):,} characters; at most {LONGEST_TABLE:,}.", "lookup")
    found: dict[str, str] = {}
    for line in filter(None, lookup.split("\n")):
        value, sign, text = line.partition("=")
        if not sign or not value or not text:
            raise Unfit(f"“{_short(line)}” is no line of a table. Write value=text, such as 30=Net 30.", "lookup")
        if value in found:
            raise Unfit(f"“{_short(value)}” stands in the table twice.", "lookup")
        found[value] = text
    return found


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"
