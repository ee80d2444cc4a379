"""Query options of a collection read."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from integrations.systems.ifs.simulator.answers import bad_request, not_implemented
from integrations.systems.ifs.simulator.filter_grammar import parse
from integrations.systems.ifs.simulator.filter_nodes import Node
from integrations.systems.ifs.simulator.resource import Target
from integrations.systems.ifs.simulator.schema import Field

_REFUSED = ("$expand", "$search", "$apply", "$compute", "$levels")
_KNOWN = ("$filter", "$select", "$orderby", "$top", "$skip", "$count", "$skiptoken", "$format")


@dataclass
class Query:
    """Parsed options. order: (field, descending); start: rows a skip token has already served."""

    raw: dict[str, str]
    filter: Node | None = None
    select: tuple[str, ...] | None = None
    order: tuple[tuple[str, bool], ...] = field(default_factory=tuple)
    top: int | None = None
    skip: int = 0
    count: bool = False
    start: int | None = None

    def next_options(self, position: int) -> str:
        """The options of the next page, with an opaque skip token."""
        token = base64.urlsafe_b64encode(f"from:{position}".encode()).decode().rstrip("=")
        kept = {name: value for name, value in self.raw.items() if name not in ("$skip", "$skiptoken")}
        pairs = [*kept.items(), ("$skiptoken", token)]
        return "&".join(f"{quote(name, safe='$')}={quote(value, safe='')}" for name, value in pairs)


def options(text: str) -> dict[str, str]:
    """Options of a raw query string; ``%24filter`` counts as ``$filter``, a plus sign stays a plus sign."""
    found: dict[str, str] = {}
    for piece in filter(None, text.split("&")):
        name, _, value = piece.partition("=")
        name = unquote(name)
        if name.startswith("$") and name in found:
            raise bad_request(f"The option '{name}' is given twice.")
        found[name] = unquote(value)
    return found


def read(raw: Mapping[str, str], target: Target) -> Query:
    """Options for a collection of the target. Raises 400 for bad, 501 for options that are not offered."""
    for name in raw:
        if name in _REFUSED:
            raise not_implemented(f"The query option '{name}' is not implemented.")
        if name.startswith("$") and name not in _KNOWN:
            raise bad_request(f"The query option '{name}' is unknown.")
    return Query(
        dict(raw),
        parse(raw["$filter"], target.scope()) if raw.get("$filter") else None,
        selected(raw, target),
        _order(raw.get("$orderby", ""), target.entity.by_name),
        _number(raw["$top"], "$top") if "$top" in raw else None,
        _number(raw.get("$skip", "0"), "$skip"),
        _flag(raw.get("$count", "false")),
        _token(raw["$skiptoken"]) if "$skiptoken" in raw else None,
    )


def selected(raw: Mapping[str, str], target: Target) -> tuple[str, ...] | None:
    """The fields of $select, keys always among them; None for all."""
    text = raw.get("$select", "").strip()
    if not text or text == "*":
        return None
    names = [name.strip() for name in text.split(",")]
    if unknown := next((name for name in names if name not in target.entity.names), None):
        raise bad_request(f"The property '{unknown}' does not exist.")
    return tuple(dict.fromkeys([*target.entity.keys, *names]))


def _order(text: str, fields: Mapping[str, Field]) -> tuple[tuple[str, bool], ...]:
    found = []
    for piece in filter(None, (part.strip() for part in text.split(","))):
        name, _, direction = piece.partition(" ")
        if name not in fields or direction.strip() not in ("", "asc", "desc"):
            raise bad_request(f"'{piece}' is not a valid order.")
        found.append((name, direction.strip() == "desc"))
    return tuple(found)


def _number(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise bad_request(f"The value of '{name}' is not a number.")
    return int(text)


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise bad_request("The value of '$count' is not true or false.")
    return text == "true"


def _token(text: str) -> int:
    try:
        word = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        return int(word.removeprefix("from:"))
    except (binascii.Error, ValueError) as error:
        raise bad_request("The skip token is not valid.") from error
