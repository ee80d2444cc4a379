"""``$metadata`` as EDMX and the service document of a projection."""

from collections.abc import Iterable
from xml.sax.saxutils import quoteattr

from integrations.systems.ifs.simulator.answers import encode
from integrations.systems.ifs.simulator.entities import ENUMS
from integrations.systems.ifs.simulator.resource import Catalogue
from integrations.systems.ifs.simulator.schema import Entity, Field

_EDM = {
    "str": "Edm.String",
    "integer": "Edm.Int64",
    "decimal": "Edm.Decimal",
    "boolean": "Edm.Boolean",
    "date": "Edm.Date",
    "timestamp": "Edm.DateTimeOffset",
}
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>'
)


def service_document(catalogue: Catalogue, projection: str, root: str) -> bytes:
    names = catalogue.projections[projection]
    value = [{"name": name, "kind": "EntitySet", "url": name} for name in names]
    return encode({"@odata.context": f"{root}/$metadata", "value": value})


def edmx(catalogue: Catalogue, projection: str) -> bytes:
    """The schema of every entity the projection reaches, their enum types, sets and bound actions."""
    space = f"IfsApp.{projection}"
    entities = list(_reached(catalogue, projection))
    enums = dict.fromkeys(each.enum for entity in entities for each in entity.fields if each.enum)
    parts = [_HEAD, f'<Schema Namespace="{space}" xmlns="http://docs.oasis-open.org/odata/ns/edm">']
    parts += [_enum(name) for name in enums]
    parts += [_entity(entity, space) for entity in entities]
    parts += [_action(entity, name, space) for entity in entities for name in entity.actions]
    parts.append(f'<EntityContainer Name="{projection}">')
    for name, (entity, _) in catalogue.projections[projection].items():
        parts.append(f'<EntitySet Name="{name}" EntityType="{space}.{entity.name}"/>')
    parts.append("</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>")
    return "".join(parts).encode()


def _reached(catalogue: Catalogue, projection: str) -> Iterable[Entity]:
    waiting = [entity for entity, _ in catalogue.projections[projection].values()]
    seen: dict[str, Entity] = {}
    while waiting:
        entity = waiting.pop(0)
        if entity.name not in seen:
            seen[entity.name] = entity
            waiting += [catalogue.entities[each.target] for each in entity.navigations]
    return seen.values()


def _enum(name: str) -> str:
    members = "".join(f'<Member Name="{member}" Value="{value}"/>' for value, member in enumerate(ENUMS[name]))
    return f'<EnumType Name="{name}">{members}</EnumType>'


def _entity(entity: Entity, space: str) -> str:
    keys = "".join(f'<PropertyRef Name="{key}"/>' for key in entity.keys)
    properties = "".join(_property(each, space) for each in entity.fields)
    links = "".join(
        f'<NavigationProperty Name="{each.name}" Type="Collection({space}.{each.target})"/>'
        for each in entity.navigations
    )
    media = f'<Property Name="{entity.stream}" Type="Edm.Stream"/>' if entity.stream else ""
    return f'<EntityType Name="{entity.name}"><Key>{keys}</Key>{properties}{media}{links}</EntityType>'


def _property(field: Field, space: str) -> str:
    kind = f"{space}.{field.enum}" if field.enum else _EDM[field.kind]
    extra = f' MaxLength="{field.size}"' if field.size else ""
    if field.kind == "decimal":
        extra = ' Scale="variable"'
    if field.kind == "timestamp":
        extra = ' Precision="0"'
    nullable = ' Nullable="false"' if field.key or field.mandatory else ""
    note = ""
    if field.read_only:
        note = '<Annotation Term="Org.OData.Core.V1.Computed" Bool="true"/>'
    return f"<Property Name={quoteattr(field.name)} Type={quoteattr(kind)}{extra}{nullable}>{note}</Property>"


def _action(entity: Entity, name: str, space: str) -> str:
    parameter = f'<Parameter Name="Record" Type="{space}.{entity.name}"/>'
    result = f'<ReturnType Type="{space}.{entity.name}"/>'
    return f'<Action Name="{entity.name}_{name}" IsBound="true">{parameter}{result}</Action>'
