"""Rows that cannot become canonical records: kept with their reason, so that neighbours go on and nothing is lost."""

from collections.abc import Callable, Iterable
from typing import Any
from zlib import crc32

import msgspec

from integrations.engine.records import AnyRecord, Unreadable
from integrations.systems.ifs.reading import SetReader
from integrations.systems.ifs.values import BadValue
from integrations.transport.rows import BadRow

_SPOILT = ((b"\\u0000", "bad_text"), (b"\\ud", "bad_text"), (b"NaN", "bad_amount"), (b"Infinity", "bad_amount"))


def readable(
    reader: SetReader, row: Any, make: Callable[[Any], AnyRecord], key: Callable[[str], str]
) -> AnyRecord | Unreadable:
    """The record that `make` gives, or why there is none. `key` makes its key of the row's within the company."""
    if isinstance(row, BadRow):
        found = reader.key_of(row, reader.spec.own)
        own = "|".join(map(str, found)) if found else f"unreadable {crc32(row.raw):08x}"
        return Unreadable(key=_plain(key(own)), code=_code(row), message=_words(row), raw=row.text())
    try:
        return make(row)
    except BadValue as error:
        raw = msgspec.json.encode(row).decode("utf-8").encode("ascii", "backslashreplace").decode("ascii")
        own = "|".join(str(getattr(row, ours)) for ours in reader.spec.own)
        return Unreadable(key=key(own), code=error.code, message=error.message, raw=raw)


def refuse_bad(rows: Iterable[Any]) -> None:
    """Raises BadValue when one of these child rows cannot be read: its owner is then not known in full."""
    for row in rows:
        if isinstance(row, BadRow):
            raise BadValue(_code(row), "", f"One of its rows in IFS cannot be read: {row.why}. Correct it there.")


def _words(row: BadRow) -> str:
    return f"IFS sent a row that cannot be read: {row.why}. Correct the record in IFS."


def _code(row: BadRow) -> str:
    low = row.raw.lower()
    return next((code for sign, code in _SPOILT if sign.lower() in low), "unreadable")


def _plain(key: str) -> str:
    """A key that can be stored, whatever the row held."""
    return key.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode("utf-8")
