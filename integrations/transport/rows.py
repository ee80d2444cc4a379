"""Takes a page apart row by row when it cannot be read as a whole, so that one poisoned row costs only itself.

Measured on msgspec 0.22: NaN and Infinity literals, the lone surrogate escape `\\ud800`, bytes that are not UTF-8 and
nesting beyond the recursion limit each fail the whole document; `\\u0000` passes, and so do the *texts* "NaN" and
"Infinity" in a Decimal field (whoever reads amounts has to refuse those).
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

R = TypeVar("R")

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s"\[\]{},:]+', re.DOTALL)
_OPEN, _CLOSE = (b"[", b"{"), (b"]", b"}")


class Malformed(ValueError):
    """The page is not JSON even when read with every indulgence: where a row ends cannot be told."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is not what its type says: the bytes as they came, and why they were refused."""

    raw: bytes
    why: str

    def text(self, limit: int = 20_000) -> str:
        """The row in printable ASCII, so that it can be stored and shown whatever it holds."""
        text = self.raw[:limit].decode("utf-8", "backslashreplace")
        return "".join(c if c.isprintable() and c.isascii() else c.encode("unicode_escape").decode() for c in text)

    def members(self) -> dict[str, Any]:
        """What of the row can be read, to find its key: numbers as Decimal, NaN as text; {} when nothing can."""
        try:
            found = _indulgent(self.raw)
        except (ValueError, ArithmeticError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


def decode_rows(rows: list[bytes], type_: type[R]) -> list[R | BadRow]:
    """Each row as `type_`, or as a BadRow. Raises Malformed when a row is not JSON by any reading."""
    decode: Callable[[bytes], R] = msgspec.json.Decoder(type_, float_hook=Decimal).decode
    return [_decode_row(decode, raw) for raw in rows]


def split(document: bytes, member: str = "") -> tuple[bytes, list[bytes]] | None:
    """Cuts out the rows of the array `member` of the outermost object ("" = the document itself is the array).

    Gives (the document with that array emptied, the bytes of each row). Only quotes and brackets count, to any depth.
    None when there is no such array or it is not closed.
    """
    tokens = _TOKEN.finditer(document)
    opening = _find(tokens, member)
    if opening is None:
        return None
    rows: list[bytes] = []
    start, depth = opening.end(), 1
    for token in tokens:
        word = token.group()
        depth += (word in _OPEN) - (word in _CLOSE)
        if depth == 0:
            last = document[start : token.start()].strip()
            rows += [last] if last or rows else []
            return document[: opening.end()] + document[token.start() :], rows
        if depth == 1 and word == b",":
            rows.append(document[start : token.start()].strip())
            start = token.end()
    return None


def _find(tokens: Iterator[re.Match[bytes]], member: str) -> re.Match[bytes] | None:
    """The bracket that opens the array; `tokens` then stands right behind it."""
    first = next(tokens, None)
    if first is None or first.group() != (b"{" if member else b"["):
        return None
    if not member:
        return first
    wanted, name, before, depth = json.dumps(member, ensure_ascii=False).encode(), b"", b"", 1
    for token in tokens:
        word = token.group()
        if depth == 1 and before == b":" and name == wanted and word == b"[":
            return token
        if depth == 1 and word == b":":
            name = before
        depth += (word in _OPEN) - (word in _CLOSE)
        before = word
    return None


def _decode_row(decode: Callable[[bytes], R], raw: bytes) -> R | BadRow:
    try:
        return decode(raw)
    except RecursionError:
        why = "is nested too deep"
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        why = str(error)
    # A stray quote would let this "row" swallow its neighbours: they would be lost, so then nothing is read at all.
    try:
        _indulgent(raw)
    except RecursionError:
        if _TOKEN.sub(b"", raw).strip():
            raise Malformed(why) from None
    except (ValueError, ArithmeticError):
        raise Malformed(why) from None
    return BadRow(raw, why[:200])


def _indulgent(raw: bytes) -> Any:
    """JSON with NaN, lone surrogates, control characters and bytes that are not UTF-8 let through."""
    text = raw.decode("utf-8", "surrogateescape")
    return json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=str, strict=False)
