"""Reads $filter text into a tree, with the server's refusals.

Grammar and its limits:
https://docs.ifs.com/techdocs/23r2/040_tailoring/300_extensibility/100_odata_provider/1000_supported_functionalities/
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal

from integrations.systems.ifs.simulator.answers import bad_request, not_implemented
from integrations.systems.ifs.simulator.filter_functions import CAST_FROM, FUNCTIONS, REFUSED, micros
from integrations.systems.ifs.simulator.filter_nodes import (
    NUMBERS,
    Arithmetic,
    Call,
    Comparison,
    Constant,
    Logic,
    Node,
    Not,
    Property,
    comparable,
)
from integrations.systems.ifs.simulator.schema import Field

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<enum>[A-Za-z_]\w*(?:\.\w+)+'(?:[^']|'')*')
    | (?P<string>'(?:[^']|'')*')
    | (?P<timestamp>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?(?:Z|[+-]\d\d:\d\d))
    | (?P<date>\d{4}-\d\d-\d\d)
    | (?P<time>\d\d:\d\d(?::\d\d(?:\.\d+)?)?)
    | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (?P<name>[A-Za-z_]\w*(?:[./]\w+)*)
    | (?P<mark>[(),-])
    )""",
    re.VERBOSE,
)
_COMPARE = ("eq", "ne", "gt", "ge", "lt", "le")
_DEEPEST = 60


class Scope:
    """What names mean in one set: its fields, and the enum types of its projection."""

    def __init__(self, projection: str, fields: Mapping[str, Field], enums: Mapping[str, Sequence[str]]) -> None:
        self.projection, self.fields, self.enums = projection, fields, enums


def parse(text: str, scope: Scope) -> Node:
    """The tree of a boolean expression. Raises Refusal 400 for what is wrong, 501 for what is not offered."""
    reader = _Reader(_tokens(text), scope)
    node = reader.disjunction()
    if reader.peek()[0] != "end":
        raise bad_request(f"Unexpected '{reader.peek()[1]}' in the filter expression.")
    if node.kind != "boolean":
        raise bad_request("The filter expression is not boolean.")
    return node


def literal(text: str, scope: Scope) -> Constant:
    """One literal, as in a key predicate."""
    reader = _Reader(_tokens(text), scope)
    node = reader.unary()
    if reader.peek()[0] != "end" or not isinstance(node, Constant):
        raise bad_request(f"'{text}' is not a literal.")
    return node


def _tokens(text: str) -> list[tuple[str, str]]:
    found, position = [], 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise bad_request(f"Illegal character at position {position} of the filter expression.")
        found.append((match.lastgroup or "", match[match.lastgroup or 0]))
        position = match.end()
    found.append(("end", ""))
    return found


class _Reader:
    """Recursive descent over the tokens, or < and < comparison < add < mul < unary."""

    def __init__(self, tokens: list[tuple[str, str]], scope: Scope) -> None:
        self.tokens, self.scope, self.position, self.depth = tokens, scope, 0, 0

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.position]

    def take(self, *words: str) -> str:
        kind, text = self.peek()
        if kind not in ("name", "mark") or text not in words:
            return ""
        self.position += 1
        return text

    def need(self, word: str) -> None:
        if not self.take(word):
            raise bad_request(f"'{word}' expected before '{self.peek()[1]}' in the filter expression.")

    def disjunction(self) -> Node:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise bad_request("The filter expression is nested too deeply.")
        parts = [self.conjunction()]
        while self.take("or"):
            parts.append(self.conjunction())
        self.depth -= 1
        return parts[0] if len(parts) == 1 else Logic("or", tuple(_boolean(each) for each in parts))

    def conjunction(self) -> Node:
        parts = [self.comparison()]
        while self.take("and"):
            parts.append(self.comparison())
        return parts[0] if len(parts) == 1 else Logic("and", tuple(_boolean(each) for each in parts))

    def comparison(self) -> Node:
        left = self.sum()
        if self.take("has", "in"):
            raise not_implemented("The operator is not supported.")
        operator = self.take(*_COMPARE)
        if not operator:
            return left
        right = self.sum()
        if not comparable(left, right):
            raise bad_request(f"The types of '{operator}' operands are incompatible.")
        return Comparison(operator, left, right)

    def sum(self) -> Node:
        node = self.product()
        while operator := self.take("add", "sub"):
            node = _arithmetic(operator, node, self.product())
        return node

    def product(self) -> Node:
        node = self.unary()
        while operator := self.take("mul", "div", "mod"):
            if operator == "mod":
                raise not_implemented("The operator 'mod' is not supported.")
            node = _arithmetic(operator, node, self.unary())
        return node

    def unary(self) -> Node:
        negations = 0
        while self.take("not"):
            negations += 1
        if negations:
            node = _boolean(self.unary())
            return Not(node) if negations % 2 else node
        if self.take("-"):
            node = self.primary()
            if isinstance(node, Constant) and node.kind in NUMBERS:
                return Constant(-node.value, node.kind)
            return _arithmetic("sub", Constant(0, "integer"), node)
        return self.primary()

    def primary(self) -> Node:
        if self.take("("):
            node = self.disjunction()
            self.need(")")
            return node
        kind, text = self.peek()
        if kind in ("end", "mark"):
            raise bad_request("The filter expression ends too early.")
        self.position += 1
        if kind == "name":
            return self.named(text)
        return self.constant(kind, text)

    def named(self, text: str) -> Node:
        if text in ("true", "false"):
            return Constant(text == "true", "boolean")
        if text == "null":
            return Constant(None, "null")
        if self.take("("):
            return self.call(text)
        field = self.scope.fields.get(text)
        if field is None:
            raise bad_request(f"The property '{text}' does not exist.")
        return Property(text, field.kind, field.enum)

    def call(self, name: str) -> Node:
        if name in REFUSED or "/" in name:
            raise not_implemented(f"The function '{name}' is not supported.")
        if name == "cast":
            return self.cast()
        if name == "now":
            self.need(")")
            return Call("now", (), "timestamp")
        function = FUNCTIONS.get(name)
        if function is None:
            raise bad_request(f"The function '{name}' does not exist.")
        arguments = [self.disjunction()]
        while self.take(","):
            arguments.append(self.disjunction())
        self.need(")")
        fits = len(function.takes) - function.optional <= len(arguments) <= len(function.takes)
        if not fits or any(
            given.kind not in (*kinds, "null") for given, kinds in zip(arguments, function.takes, strict=False)
        ):
            raise bad_request(f"The arguments of '{name}' are wrong.")
        return Call(name, tuple(arguments), function.gives)

    def cast(self) -> Node:
        argument = self.disjunction()
        self.need(",")
        kind, text = self.peek()
        if kind != "name" or text != "Edm.String" or argument.kind not in CAST_FROM:
            raise not_implemented("Only casts to Edm.String are supported.")
        self.position += 1
        self.need(")")
        return Call("cast", (argument,), "str")

    def constant(self, kind: str, text: str) -> Constant:
        try:
            return self.value(kind, text)
        except (ValueError, ArithmeticError) as error:
            raise bad_request(f"'{text}' is not a valid literal.") from error

    def value(self, kind: str, text: str) -> Constant:
        match kind:
            case "enum":
                return self.member(text)
            case "string":
                return Constant(text[1:-1].replace("''", "'"), "str")
            case "date":
                return Constant(date.fromisoformat(text).isoformat(), "date")
            case "timestamp":
                return Constant(micros(datetime.fromisoformat(text).astimezone(UTC)), "timestamp")
            case "time":
                return Constant(time.fromisoformat(text).isoformat(), "time")
        if text.isdigit():
            return Constant(int(text), "integer")
        return Constant(Decimal(text), "decimal")

    def member(self, text: str) -> Constant:
        path, _, member = text.rstrip("'").partition("'")
        start, _, enum = path.rpartition(".")
        if start != f"IfsApp.{self.scope.projection}" or enum not in self.scope.enums:
            raise bad_request(f"The type '{path}' does not exist.")
        if member not in self.scope.enums[enum]:
            raise bad_request(f"'{member}' is not a member of '{path}'.")
        return Constant(member, "enum", enum)


def _boolean(node: Node) -> Node:
    if node.kind not in ("boolean", "null"):
        raise bad_request("A boolean operand is needed.")
    return node


def _arithmetic(operator: str, left: Node, right: Node) -> Node:
    if left.kind not in (*NUMBERS, "null") or right.kind not in (*NUMBERS, "null"):
        raise bad_request(f"'{operator}' needs numbers.")
    whole = left.kind == right.kind == "integer"
    return Arithmetic(operator, left, right, "integer" if whole else "decimal")
