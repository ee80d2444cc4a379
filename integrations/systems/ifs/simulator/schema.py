"""How the simulator's entities are declared: one line of text a field, as in an entity table.

Field notation: ``Name! str100``; marks ``*`` key, ``!`` mandatory on create, ``=`` read-only; types ``strN``,
``integer``, ``decimal``, ``boolean``, ``date``, ``timestamp``, anything else is an enum; ``CodeB..CodeJ`` stands
for the nine code parts.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Kind = Literal["str", "integer", "decimal", "boolean", "date", "timestamp", "enum"]
CODE_PARTS = "BCDEFGHIJ"
_PLAIN: dict[str, Kind] = {
    "integer": "integer",
    "decimal": "decimal",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
}


@dataclass(frozen=True, slots=True)
class Field:
    """A property. size: longest string; enum: name of the enum type."""

    name: str
    kind: Kind
    size: int = 0
    enum: str = ""
    key: bool = False
    mandatory: bool = False
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class EntitySet:
    """A set of a projection; has/lacks: only rows where that field is filled or empty."""

    projection: str
    name: str
    has: str = ""
    lacks: str = ""


@dataclass(frozen=True, slots=True)
class Navigation:
    """A collection under a record: child rows whose fields `on` equal the parent's."""

    name: str
    target: str
    on: tuple[str, ...]
    has: str = ""
    lacks: str = ""


@dataclass(frozen=True)
class Entity:
    """A logical unit: its fields, where it is served, and how its rows are versioned and indexed.

    numbered: key the server fills on create. columns/indexes: what the database may search by.
    actions: bound actions by short name. stream: name of a media property.
    """

    name: str
    version: Literal["date", "counter"]
    fields: tuple[Field, ...]
    sets: tuple[EntitySet, ...] = ()
    navigations: tuple[Navigation, ...] = ()
    numbered: str = ""
    extra_columns: tuple[str, ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    actions: tuple[str, ...] = ()
    writes: frozenset[str] = frozenset()
    stream: str = ""

    @cached_property
    def by_name(self) -> dict[str, Field]:
        return {each.name: each for each in self.fields}

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(self.by_name)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.fields if each.key)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Fields the database holds as columns: keys, Company, and what is declared."""
        wanted = [*self.keys, "Company", *self.extra_columns]
        wanted += [each.name for each in self.fields if each.name == "Objstate"]
        return tuple(dict.fromkeys(name for name in wanted if name in self.by_name))

    @cached_property
    def blank(self) -> dict[str, None]:
        return {each.name: None for each in self.fields}


def fields(text: str) -> tuple[Field, ...]:
    """The fields of one declaration, in order."""
    found: list[Field] = []
    for piece in text.replace("\n", " ").split(","):
        head, kind = piece.split()
        found += [_field(name, kind, head) for name in _spread(head.rstrip("*!="))]
    return tuple(found)


def _spread(name: str) -> list[str]:
    first, dots, _ = name.partition("..")
    return [first[:-1] + letter for letter in CODE_PARTS] if dots else [name]


def _field(name: str, kind: str, head: str) -> Field:
    text = re.fullmatch(r"str(\d+)", kind)
    plain: Kind = "str" if text else _PLAIN.get(kind, "enum")
    return Field(
        name,
        plain,
        size=int(text[1]) if text else 0,
        enum=kind if plain == "enum" else "",
        key=head.endswith("*"),
        mandatory=head.endswith("!"),
        read_only=head.endswith("="),
    )


def sets(text: str) -> tuple[EntitySet, ...]:
    """``Projection.Set`` words; ``Set+Field`` and ``Set-Field`` restrict to rows that have or lack the field."""
    found = []
    for word in text.split():
        projection, name = word.split(".")
        name, plus, has = name.partition("+")
        name, _, lacks = name.partition("-")
        found.append(EntitySet(projection, name, has if plus else "", lacks))
    return tuple(found)


def navigations(*declared: str) -> tuple[Navigation, ...]:
    """``Name > Target on Field Field [has|lacks Field]``."""
    found = []
    for text in declared:
        head, _, rest = text.partition(" on ")
        name, target = head.split(" > ")
        words = rest.split()
        rule = {words[-2]: words[-1]} if len(words) > 2 and words[-2] in ("has", "lacks") else {}
        on = words[:-2] if rule else words
        found.append(Navigation(name, target, tuple(on), rule.get("has", ""), rule.get("lacks", "")))
    return tuple(found)


def table(*groups: Iterable[Entity]) -> dict[str, Entity]:
    """Entities by name; a name declared twice is an error in the data files."""
    found: dict[str, Entity] = {}
    for entity in (each for group in groups for each in group):
        if entity.name in found:
            raise ValueError(f"{entity.name} is declared twice")
        found[entity.name] = entity
    return found
