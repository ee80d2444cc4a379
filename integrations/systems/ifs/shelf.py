"""Rows kept for a whole scan, packed: as objects a company's open items would take four times the memory."""

from collections.abc import Iterable
from typing import Any

import msgspec

from integrations.transport.rows import BadRow

Join = tuple[str, str, str]
_encode = msgspec.msgpack.Encoder().encode


class Shelf:
    """Rows of one type by what joins them. What is taken out has the attributes of what was put in."""

    def __init__(self) -> None:
        self._packed: dict[str, bytes] = {}
        self._bad: dict[str, list[BadRow]] = {}
        self._decoder: msgspec.msgpack.Decoder[list[Any]] | None = None

    def __contains__(self, join: Join) -> bool:
        name = _name(join)
        return name in self._packed or name in self._bad

    def put(self, found: dict[Join, list[Any]]) -> None:
        """Add rows to those that are there."""
        for join, rows in found.items():
            name = _name(join)
            good = [row for row in rows if not isinstance(row, BadRow)]
            if len(good) < len(rows):
                self._bad.setdefault(name, []).extend(row for row in rows if isinstance(row, BadRow))
            if good:
                self._decoder = self._decoder or _decoder(type(good[0]))
                earlier = self._decoder.decode(self._packed[name]) if name in self._packed else []
                self._packed[name] = _encode([msgspec.structs.astuple(row) for row in (*earlier, *good)])

    def take(self, join: Join) -> list[Any]:
        """Its rows, in the order they were put; rows that could not be read come last."""
        name = _name(join)
        packed = self._packed.get(name)
        good = self._decoder.decode(packed) if packed and self._decoder else []
        return [*good, *self._bad.get(name, ())]


def _decoder(kind: type[Any]) -> "msgspec.msgpack.Decoder[list[Any]]":
    """Of rows that were packed as the values of `kind`, in the order of its fields."""
    fields: Iterable[Any] = msgspec.structs.fields(kind)
    packed = msgspec.defstruct("Packed", [(f.name, f.type) for f in fields], array_like=True, gc=False)
    return msgspec.msgpack.Decoder(list[packed])  # type: ignore[valid-type]  # made just now


def _name(join: Join) -> str:
    return "\x1f".join(join)
