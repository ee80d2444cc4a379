"""Rows that cannot become canonical records: kept with their reason, so that neighbours go on and nothing is lost."""

from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar
from zlib import crc32

import msgspec

from integrations.engine.records import Unreadable
from integrations.systems.avidxchange.cards import masked
from integrations.systems.avidxchange.lists import Row
from integrations.systems.avidxchange.records import Canon
from integrations.systems.avidxchange.values import LONGEST_KEY, RowError
from integrations.systems.avidxchange.wire import Tree
from integrations.transport.redact import redact
from integrations.transport.rows import BadRow

R = TypeVar("R")

_encode = msgspec.json.Encoder(decimal_format="number").encode


def readable(canon: Canon, row: Row, kind: str, make: Callable[[Tree], R]) -> R | Unreadable:
    """The record that `make` gives, or why there is none; its raw text without secrets and card numbers."""
    if isinstance(row, BadRow):
        members = {str(name).casefold(): value for name, value in row.members().items()}
        words = f"AvidXchange sent a record that cannot be read: {row.why}. Correct it there."
        return _kept(canon, members, row.raw, kind, RowError(words), row.text())
    try:
        return make(row)
    except RowError as error:
        raw = _encode(row)
        return _kept(canon, row, raw, kind, error, ascii(raw.decode())[1:-1])


def _kept(canon: Canon, members: Tree, raw: bytes, kind: str, error: RowError, text: str) -> Unreadable:
    found = canon.get(members, f"{kind}.key")
    known = isinstance(found, str | int | Decimal) and not isinstance(found, bool)
    key = ascii(str(found).strip())[1:-1] if known else ""
    if not 0 < len(key) <= LONGEST_KEY:
        key = f"unreadable {crc32(raw):08x}"
    return Unreadable(key=key, code=error.code, message=masked(str(error)), raw=masked(redact(text)))
