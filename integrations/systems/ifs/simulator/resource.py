"""From a request path to the set, record or action it means."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from integrations.systems.ifs.simulator.answers import bad_request, not_found
from integrations.systems.ifs.simulator.entities import ENUMS
from integrations.systems.ifs.simulator.filter_grammar import Scope, literal
from integrations.systems.ifs.simulator.filter_nodes import NUMBERS, Constant
from integrations.systems.ifs.simulator.filter_sql import Condition
from integrations.systems.ifs.simulator.schema import Entity, EntitySet, Field, Navigation

BIGGEST = 2**62
_ROOT = re.compile(r"^/(main|int)/ifsapplications/(projection|entity)/v1/([^/]+)\.svc(?:/(.*))?$")
_SEGMENT = re.compile(r"^([A-Za-z_$][\w$.]*)(?:\((.*)\))?$", re.DOTALL)
_PAIR = re.compile(r"\s*(\w+)\s*=\s*((?:[^',]|'(?:[^']|'')*')+)\s*(?:,|$)")


@dataclass
class Target:
    """What a path names. fixed: field values every row shares; key: whole key given; tail: what follows it."""

    projection: str
    entity: Entity
    path: str
    fixed: dict[str, Any] = field(default_factory=dict)
    conditions: list[Condition] = field(default_factory=list)
    key: bool = False
    tail: str = ""

    def scope(self) -> Scope:
        return Scope(self.projection, self.entity.by_name, ENUMS)

    def where(self) -> list[Condition]:
        return [*self.conditions, *((f'"{name}" = ?', [value]) for name, value in self.fixed.items())]


class Catalogue:
    """Which projection serves which sets."""

    def __init__(self, entities: Mapping[str, Entity], entity_services: frozenset[str]) -> None:
        self.entities = entities
        self.projections: dict[str, dict[str, tuple[Entity, EntitySet]]] = {}
        for entity in entities.values():
            for each in entity.sets:
                self.projections.setdefault(each.projection, {})[each.name] = (entity, each)
        for name in sorted(entity_services & entities.keys()):
            served = EntitySet(f"{name}Entity", f"{name}Set")
            self.projections[served.projection] = {served.name: (entities[name], served)}

    def locate(self, path: str) -> tuple[str, list[str]]:
        """(projection, raw segments) of an API path. Raises 404 for anything else."""
        match = _ROOT.match(path)
        if match is None or match[3] not in self.projections:
            raise not_found()
        if (match[2] == "entity") is not match[3].endswith("Entity"):
            raise not_found()
        return match[3], [each for each in (match[4] or "").split("/") if each]

    def resolve(self, projection: str, segments: list[str]) -> Target:
        """The target of the segments behind the projection. Raises 404 for unknown names, 400 for bad keys."""
        name, predicate = _split(segments[0])
        found = self.projections[projection].get(name)
        if found is None:
            raise not_found(f"The entity set '{name}' is not found.")
        entity, each = found
        target = Target(projection, entity, unquote(segments[0]), conditions=_restricted(each))
        self._key(target, predicate)
        for segment in segments[1:]:
            target = self._step(target, segment)
        return target

    def _step(self, target: Target, segment: str) -> Target:
        name, predicate = _split(segment)
        if target.tail:
            raise not_found()
        navigation = next((each for each in target.entity.navigations if each.name == name), None)
        if navigation is None:
            target.tail = unquote(segment)
            return target
        if not target.key:
            raise bad_request(f"'{name}' needs a single record before it.")
        child = self.entities[navigation.target]
        fixed = {name: target.fixed[name] for name in navigation.on}
        step = Target(
            target.projection,
            child,
            f"{target.path}/{unquote(segment)}",
            fixed,
            conditions=_restricted(navigation),
        )
        self._key(step, predicate)
        return step

    def _key(self, target: Target, predicate: str | None) -> None:
        if predicate is None:
            return
        given = _predicate(predicate, target)
        for name, constant in given.items():
            if not _fits(constant, target.entity.by_name[name]):
                raise bad_request(f"The value of key '{name}' is not valid.")
            if target.fixed.get(name, constant.value) != constant.value:
                raise not_found()
            target.fixed[name] = constant.value
        if not set(target.entity.keys) <= target.fixed.keys():
            raise bad_request("The key is not complete.")
        target.key = True


def _split(segment: str) -> tuple[str, str | None]:
    match = _SEGMENT.match(unquote(segment))
    if match is None:
        raise not_found()
    return match[1], match[2]


def _restricted(rule: EntitySet | Navigation) -> list[Condition]:
    if rule.has:
        return [(f'"{rule.has}" IS NOT NULL', [])]
    return [(f'"{rule.lacks}" IS NULL', [])] if rule.lacks else []


def _predicate(text: str, target: Target) -> dict[str, Constant]:
    found: dict[str, Constant] = {}
    position = 0
    while position < len(text):
        match = _PAIR.match(text, position)
        if match is None or match[1] not in target.entity.keys or match[1] in found:
            raise bad_request("The key predicate is not valid.")
        found[match[1]] = literal(match[2], target.scope())
        position = match.end()
    if not found:
        raise bad_request("The key predicate is empty.")
    return found


def _fits(constant: Constant, key: Field) -> bool:
    if constant.kind in NUMBERS:
        return key.kind == constant.kind == "integer" and abs(constant.value) < BIGGEST
    return constant.kind == key.kind and constant.enum == key.enum
