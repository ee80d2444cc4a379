"""Mapping rules as CSV: read with care, written so that a spreadsheet runs nothing, and the same both ways."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence

from tablib import Dataset

from integrations.models import FieldMapping, GLMapping, MappingRule
from integrations.runner.mappings import Kind

COLUMNS: Mapping[str, tuple[str, ...]] = {
    Kind.GL: (*GLMapping.KEY, *GLMapping.VALUES),
    Kind.FIELD: (*FieldMapping.KEY, *FieldMapping.VALUES),
}
# A file of field mappings names the entity, which no other does.
_NEEDED: Mapping[str, tuple[str, ...]] = {Kind.GL: ("table", "source", "target"), Kind.FIELD: ("entity", "target")}
LARGEST, MOST = 5_000_000, 20_000  # bytes; rows
_MARKS = {b"PK\x03\x04": "a workbook", b"\xd0\xcf\x11\xe0": "a workbook", b"\x1f\x8b": "a packed file"}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_HOW = "In the spreadsheet, choose “CSV UTF-8” when saving."
# What a spreadsheet would run, or what we have put an apostrophe before already.
_FORMULA = re.compile(r"'*[=+\-@|%\uff1d\uff0b\uff0d\uff20]")


class Unreadable(ValueError):
    """The file as a whole cannot be read; the message says why and what to do."""


def parsed(data: bytes) -> tuple[str, Dataset]:
    """(text, its rows) of a file. Commas, semicolons or tabs; UTF-8 with or without a mark. Raises Unreadable."""
    if len(data) > LARGEST:
        raise Unreadable(f"The file has {len(data) / 1e6:,.1f} MB; at most {LARGEST // 1_000_000} MB. Split it.")
    for mark, kind in _MARKS.items():
        if data.startswith(mark):
            raise Unreadable(f"This is {kind}, not CSV. {_HOW}")
    if data.startswith(_UTF16) or b"\0" in data:
        raise Unreadable(f"This is UTF-16, or no text at all. {_HOW}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"Line {line} is not UTF-8. {_HOW}") from None
    return text, rows_of(text)


def rows_of(text: str) -> Dataset:
    """The rows of a file's text, every cell as text; odd rows keep their surplus for `surplus`. Raises Unreadable."""
    head = re.split(r"[\r\n]", text, maxsplit=1)[0]
    separator = max(",;\t", key=head.count)
    try:
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True) if line]
    except csv.Error as error:
        raise Unreadable(f"The quotes of this CSV do not close, or a cell is far too long ({error}).") from None
    names = [name.strip().lower() for name in lines[0]] if lines else []
    _check(names, len(lines) - 1)
    found = Dataset(headers=[*names, SURPLUS])
    for cells in lines[1:]:
        if any(cell.strip() for cell in cells):
            found.append(_row(cells, len(names)))
    return found


SURPLUS = "(surplus)"


def _row(cells: Sequence[str], width: int) -> list[str]:
    """The row's cells as they were before an apostrophe guarded them; last, what is wrong with their number."""
    wrong = "" if len(cells) == width else f"It has {len(cells)} cells, the first line {width}."
    plain = [unguarded(cell.strip()) for cell in cells[:width]]
    return [*plain, *[""] * (width - len(plain)), wrong]


def kind_of(names: Sequence[str]) -> str:
    """Which rules a file with these columns has."""
    return Kind.FIELD if "entity" in names else Kind.GL


def _check(names: Sequence[str], rows: int) -> None:
    kind = kind_of(names)
    known = ", ".join(COLUMNS[kind])
    if missing := [name for name in _NEEDED[kind] if name not in names]:
        raise Unreadable(f"The first line does not name {', '.join(missing)}. Columns: {known}.")
    if unknown := [name or "(empty)" for name in names if name not in COLUMNS[kind]]:
        raise Unreadable(f"Unknown columns: {', '.join(unknown)[:200]}. Columns: {known}.")
    if len(set(names)) < len(names):
        raise Unreadable("Two columns have the same name.")
    if rows > MOST:
        raise Unreadable(f"The file has {rows:,} rows; at most {MOST:,}. Split it.")


def cells(kind: str, rules: Iterable[MappingRule]) -> Iterable[tuple[str, ...]]:
    """The first line and a line for each rule, guarded."""
    yield COLUMNS[kind]
    for rule in rules:
        yield tuple(guarded(str(value or "")) for value in rule.said(COLUMNS[kind]).values())


def guarded(text: str) -> str:
    """A cell of which no spreadsheet runs any line; `unguarded` takes it back exactly."""
    return "\n".join(f"'{line}" if _FORMULA.match(line) else line for line in text.split("\n"))


def unguarded(cell: str) -> str:
    """What was guarded."""
    lines = cell.split("\n")
    return "\n".join(line[1:] if line.startswith("'") and _FORMULA.match(line) else line for line in lines)
