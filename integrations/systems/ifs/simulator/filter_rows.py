"""Evaluates a $filter tree on one row, nulls as OData wants them."""

import operator
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.systems.ifs.simulator.answers import bad_request
from integrations.systems.ifs.simulator.filter_functions import FUNCTIONS, as_text, micros
from integrations.systems.ifs.simulator.filter_nodes import (
    Arithmetic,
    Call,
    Comparison,
    Constant,
    Logic,
    Node,
    Not,
    Property,
)

Row = Mapping[str, Any]
_ORDER = {"gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le}


def matcher(node: Node, now: datetime) -> Callable[[Row], bool]:
    """A test of rows; null counts as not matching."""
    value = _compile(node, now)
    return lambda row: value(row) is True


def _compile(node: Node, now: datetime) -> Callable[[Row], Any]:
    match node:
        case Constant(value=value):
            return lambda _row: value
        case Property(name=name, kind="timestamp"):
            return lambda row: None if row[name] is None else micros(datetime.fromisoformat(row[name]))
        case Property(name=name):
            return lambda row: row[name]
        case Not(part=part):
            inner = _compile(part, now)
            return lambda row: None if (found := inner(row)) is None else not found
        case Logic(operator=word, parts=parts):
            return _logic(word, [_compile(each, now) for each in parts])
        case Comparison(operator=word, left=left, right=right):
            return _comparison(word, _compile(left, now), _compile(right, now))
        case Arithmetic(operator=word, left=left, right=right, kind=kind):
            return _arithmetic(word, kind == "integer", _compile(left, now), _compile(right, now))
        case Call():
            return _call(node, now)


def _logic(word: str, parts: list[Callable[[Row], Any]]) -> Callable[[Row], Any]:
    decisive: bool = word == "or"

    def decide(row: Row) -> bool | None:
        unknown = False
        for part in parts:
            found = part(row)
            if found is decisive:
                return bool(decisive)
            unknown = unknown or found is None
        return None if unknown else not decisive

    return decide


def _comparison(word: str, left: Callable[[Row], Any], right: Callable[[Row], Any]) -> Callable[[Row], bool]:
    if word in ("eq", "ne"):
        wanted = word == "eq"
        return lambda row: (left(row) == right(row)) is wanted
    compare = _ORDER[word]

    def ordered(row: Row) -> bool:
        one, other = left(row), right(row)
        return one is not None and other is not None and bool(compare(one, other))

    return ordered


def _arithmetic(
    word: str, whole: bool, left: Callable[[Row], Any], right: Callable[[Row], Any]
) -> Callable[[Row], Any]:
    def reckon(row: Row) -> Any:
        one, other = left(row), right(row)
        if one is None or other is None:
            return None
        try:
            return _reckon(word, whole, one, other)
        except ArithmeticError as error:
            raise bad_request("The filter expression divides by zero or leaves the range of numbers.") from error

    return reckon


def _reckon(word: str, whole: bool, one: Any, other: Any) -> Any:
    match word:
        case "add":
            return one + other
        case "sub":
            return one - other
        case "mul":
            return one * other
    quotient = Decimal(one) / Decimal(other)
    return int(quotient) if whole else quotient


def _call(node: Call, now: datetime) -> Callable[[Row], Any]:
    if node.name == "now":
        value = micros(now)
        return lambda _row: value
    arguments = [_compile(each, now) for each in node.arguments]
    if node.name == "cast":
        kind, inner = node.arguments[0].kind, arguments[0]
        return lambda row: None if (found := inner(row)) is None else as_text(found, kind)
    run = FUNCTIONS[node.name].run

    def call(row: Row) -> Any:
        values = [each(row) for each in arguments]
        return None if None in values else run(*values)

    return call
