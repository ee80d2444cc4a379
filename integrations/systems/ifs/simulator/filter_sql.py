"""Turns the common shapes of $filter into conditions the database can search by; the rest stays a tree."""

from collections.abc import Collection
from typing import Any

from integrations.systems.ifs.simulator.filter_nodes import Comparison, Constant, Logic, Node, Property

Condition = tuple[str, list[Any]]
_SQL = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_TURNED = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}


def split(node: Node | None, columns: Collection[str]) -> tuple[list[Condition], Node | None]:
    """Conditions for the database, and the conjuncts it cannot judge (None: nothing is left)."""
    if node is None:
        return [], None
    conjuncts = node.parts if isinstance(node, Logic) and node.operator == "and" else (node,)
    conditions: list[Condition] = []
    rest: list[Node] = []
    for each in conjuncts:
        condition = _condition(each, columns)
        if condition is None:
            rest.append(each)
        else:
            conditions.append(condition)
    if not rest:
        return conditions, None
    return conditions, rest[0] if len(rest) == 1 else Logic("and", tuple(rest))


def _condition(node: Node, columns: Collection[str]) -> Condition | None:
    if isinstance(node, Comparison):
        return _comparison(node, columns)
    if not isinstance(node, Logic):
        return None
    if node.operator == "or" and (found := _one_of(node, columns)):
        return found
    parts = [_condition(each, columns) for each in node.parts]
    known = [each for each in parts if each is not None]
    if len(known) < len(parts):
        return None
    text = f" {node.operator.upper()} ".join(sql for sql, _ in known)
    return f"({text})", [value for _, values in known for value in values]


def _one_of(node: Logic, columns: Collection[str]) -> Condition | None:
    """``a eq 1 or a eq 2`` as one IN, which the index serves."""
    name, values = "", []
    for each in node.parts:
        pair = _pair(each, columns) if isinstance(each, Comparison) and each.operator == "eq" else None
        if pair is None or pair[2] is None or (name and pair[0] != name):
            return None
        name = pair[0]
        values.append(pair[2])
    return f'"{name}" IN ({",".join("?" * len(values))})', values


def _pair(node: Comparison, columns: Collection[str]) -> tuple[str, str, Any] | None:
    """(column, operator, value) with the column on the left."""
    left, right, word = node.left, node.right, node.operator
    if isinstance(left, Constant) and isinstance(right, Property):
        left, right, word = right, left, _TURNED.get(word, word)
    if not isinstance(left, Property) or not isinstance(right, Constant) or left.name not in columns:
        return None
    if right.kind == "decimal" or (right.kind == "integer" and abs(right.value) >= 2**62):
        return None
    return left.name, word, right.value


def _comparison(node: Comparison, columns: Collection[str]) -> Condition | None:
    pair = _pair(node, columns)
    if pair is None:
        return None
    name, word, value = pair
    if word == "eq":
        return (f'"{name}" IS NULL', []) if value is None else (f'"{name}" = ?', [value])
    if word == "ne":
        return f'"{name}" IS NOT ?', [value]
    return f'"{name}" {_SQL[word]} ?', [value]
