"""Compares a profile with what `$metadata` (EDMX) of each projection declares; names what is missing and what is near.

https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html
"""

from difflib import get_close_matches
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from integrations.systems.ifs.profile import SetSpec

_EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


def sets_of(document: bytes) -> dict[str, set[str]]:
    """Properties by entity set of one projection; ValueError or ParseError for what is no EDMX."""
    root: Element = fromstring(document, forbid_dtd=True)
    types = {each.get("Name", ""): each for each in root.iter(f"{_EDM}EntityType")}
    return {
        each.get("Name", ""): _properties(types, each.get("EntityType", "").rpartition(".")[2])
        for each in root.iter(f"{_EDM}EntitySet")
    }


def _properties(types: dict[str, Element], name: str) -> set[str]:
    found: set[str] = set()
    while name in types:
        found |= {each.get("Name", "") for each in types[name].iter(f"{_EDM}Property")}
        name = types[name].get("BaseType", "").rpartition(".")[2]
    return found


def lacking(spec: SetSpec, declared: dict[str, set[str]]) -> list[str]:
    """Sentences on what the projection lacks of what the profile needs of this set."""
    name = spec.set.partition("/")[2]
    if name not in declared:
        return [f"There is no set {name}{_near(name, declared)}."]
    wanted = [spec.fields[ours] for ours in dict.fromkeys((*spec.key, *spec.needed))]
    if spec.change.column:
        wanted.append(spec.change.column)
    missing = [field for field in wanted if field and field not in declared[name]]
    return [f"{name} has no field {field}{_near(field, declared[name])}." for field in missing]


def _near(name: str, known: "dict[str, set[str]] | set[str]") -> str:
    near = get_close_matches(name, list(known), n=2, cutoff=0.6)
    return f"; it has {' and '.join(near)}" if near else ""
