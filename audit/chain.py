"""The chain: how an entry becomes bytes and how its hash follows from the one before.

hash(n) = SHA-256(hash(n-1) · length of body · body · sealed), hash(0) = 32 zero bytes. `body` is canonical JSON: keys
sorted, no blanks, decimals as text, times in UTC with microseconds. Nothing here needs a database.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

START = bytes(32)


def canonical(value: Mapping[str, Any]) -> bytes:
    """Canonical JSON. TypeError for a float or a naive time: neither has one exact text."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def link(previous: bytes, body: bytes, sealed: bytes) -> bytes:
    """The hash of an entry whose predecessor has the hash `previous`."""
    return hashlib.sha256(previous + len(body).to_bytes(8, "big") + body + sealed).digest()


def instant(at: datetime) -> str:
    """2026-11-21T03:40:18.000123Z"""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def fit(text: str, limit: int) -> str:
    """`text` as a column can hold it: NUL and lone surrogates escaped, cut to `limit`. The body keeps it whole."""
    return _whole(text).replace("\0", "\\x00")[:limit]


def _whole(text: str) -> str:
    """Lone surrogates escaped: they have no bytes."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, str):
        return _whole(value)
    if isinstance(value, Mapping):
        return {_whole(str(key)): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, set | frozenset):
        return sorted(_plain(inner) for inner in value)
    return _text(value)


def _text(value: Any) -> str:
    match value:
        case Decimal() | UUID():
            return str(value)
        case datetime():
            if value.tzinfo is None:
                raise TypeError("A time in the audit needs its zone.")
            return instant(value)
        case date():
            return value.isoformat()
        case bytes():
            return value.hex()
        case _:
            raise TypeError(f"{type(value).__name__} has no canonical text.")
