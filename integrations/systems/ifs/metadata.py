"""Compares a profile with what `$metadata` (EDMX) of each projection declares; names what is missing and what is near.

https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html
"""

from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from integrations.systems.ifs.profile import SetSpec

_EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
_LARGEST = 16 * 1024 * 1024  # bytes of one document; the largest projections have a few MiB


@dataclass(frozen=True, slots=True)
class Declared:
    """What one projection declares: the properties of each entity set, the members of each enum type, its actions."""

    sets: dict[str, frozenset[str]]
    enums: dict[str, frozenset[str]]
    actions: frozenset[str] = frozenset()


def declared(document: bytes) -> Declared | None:
    """What the document says; None for what is no EDMX, is too large, or brings entities of its own."""
    if len(document) > _LARGEST:
        return None
    try:
        root: Element = fromstring(document, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, RecursionError):
        return None
    types = {each.get("Name", ""): each for each in root.iter(f"{_EDM}EntityType")}
    sets = {
        each.get("Name", ""): _properties(types, _last(each.get("EntityType", "")))
        for each in root.iter(f"{_EDM}EntitySet")
    }
    enums = {
        each.get("Name", ""): frozenset(member.get("Name", "") for member in each.iter(f"{_EDM}Member"))
        for each in root.iter(f"{_EDM}EnumType")
    }
    actions = frozenset(each.get("Name", "") for each in root.iter(f"{_EDM}Action"))
    return Declared(sets, enums, actions) if sets else None


def lacking(spec: SetSpec, found: Declared) -> list[str]:
    """Sentences on what we cannot do without: the set, its key, needed fields, change column."""
    name = spec.set.partition("/")[2]
    if name not in found.sets:
        return [f"There is no set {name}{_near(name, found.sets)}."]
    wanted = [spec.fields[ours] for ours in dict.fromkeys((*spec.key, *spec.needed))]
    missing = _missing([*wanted, spec.change.column], found.sets[name])
    gone = [enum for enum in spec.enums.values() if _in_key(spec, enum) and _last(enum) not in found.enums]
    return [
        *(f"{name} has no field {field}{_near(field, found.sets[name])}." for field in missing),
        *(f"There is no enum type {enum}{_near(enum, found.enums)}." for enum in gone),
    ]


def unknown(spec: SetSpec, found: Declared) -> list[str]:
    """The tenant's names of fields that we can do without, and that this projection has not got."""
    name = spec.set.partition("/")[2]
    return _missing(list(spec.fields.values()), found.sets.get(name, frozenset()))


def _missing(wanted: list[str], given: Collection[str]) -> list[str]:
    return [field for field in dict.fromkeys(wanted) if field and field not in given]


def _in_key(spec: SetSpec, enum: str) -> bool:
    return any(kind == "enum" and spec.enums.get(ours) == enum for ours, kind in spec.key.items())


def _properties(types: dict[str, Element], name: str) -> frozenset[str]:
    found: set[str] = set()
    seen: set[str] = set()
    while name in types and name not in seen:
        seen.add(name)
        found |= {each.get("Name", "") for each in types[name].iter(f"{_EDM}Property")}
        name = _last(types[name].get("BaseType", ""))
    return frozenset(found)


def _last(qualified: str) -> str:
    return qualified.rpartition(".")[2]


def _near(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, list(known), n=2, cutoff=0.6)
    return f"; it has {' and '.join(near)}" if near else ""
