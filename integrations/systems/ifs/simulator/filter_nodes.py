"""The tree of a $filter expression. Every node knows the kind of value it stands for."""

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["str", "integer", "decimal", "boolean", "date", "timestamp", "time", "enum", "null"]
NUMBERS = ("integer", "decimal")


@dataclass(frozen=True, slots=True)
class Constant:
    """value: str, int, Decimal, bool, ISO text of a date or time, microseconds since 1970 of a timestamp, None."""

    value: Any
    kind: Kind
    enum: str = ""


@dataclass(frozen=True, slots=True)
class Property:
    name: str
    kind: Kind
    enum: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    operator: str
    left: "Node"
    right: "Node"
    kind: Kind = "boolean"
    enum: str = ""


@dataclass(frozen=True, slots=True)
class Logic:
    operator: Literal["and", "or"]
    parts: tuple["Node", ...]
    kind: Kind = "boolean"
    enum: str = ""


@dataclass(frozen=True, slots=True)
class Not:
    part: "Node"
    kind: Kind = "boolean"
    enum: str = ""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    operator: str
    left: "Node"
    right: "Node"
    kind: Kind = "decimal"
    enum: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: tuple["Node", ...]
    kind: Kind
    enum: str = ""


Node = Constant | Property | Comparison | Logic | Not | Arithmetic | Call


def comparable(left: Node, right: Node) -> bool:
    """Whether the server would compare the two: an enum only with its own literal, never with a string."""
    if "null" in (left.kind, right.kind):
        return True
    if left.kind in NUMBERS and right.kind in NUMBERS:
        return True
    return left.kind == right.kind and left.enum == right.enum
