"""The document: what may stand in it, read and written as TOML. Secrets are names of environment variables only."""

import re
import tomllib
from collections.abc import Iterable
from datetime import date
from difflib import get_close_matches
from typing import Any

import msgspec
import tomli_w

ENV = "env:"


class Wrong(ValueError):
    """The document cannot be used; the text says where and how to mend it."""


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base: an unknown key is an error, a default is not written."""


class TenantPart(Part, frozen=True, kw_only=True):
    """Who it is about. Without a `slug` a new tenant is made, and its owner has to be among the users."""

    name: str
    slug: str = ""
    time_zone: str = "UTC"


class UserPart(Part, frozen=True, kw_only=True):
    """A person and all of their roles: owner, integrator, controller, clerk, auditor."""

    email: str
    roles: tuple[str, ...]


class ConnectionPart(Part, frozen=True, kw_only=True):
    """Settings as the connection form asks for them; each secret as "env:NAME"."""

    name: str
    system: str
    settings: dict[str, str] = {}
    secrets: dict[str, str] = {}


class FlowPart(Part, frozen=True, kw_only=True):
    """One entity in one direction, when it runs and when it must not."""

    entity: str
    inbound: bool = False
    enabled: bool = True
    schedule: str = "*/5 * * * *"
    time_zone: str = "UTC"
    blackouts: tuple[dict[str, Any], ...] = ()

    @property
    def name(self) -> str:
        """What a difference calls it."""
        return f"{self.entity}{' (inbound)' if self.inbound else ''}"


class FieldPart(Part, frozen=True, kw_only=True):
    """Where a code part (`source`) goes, an empty target: it is not sent; or what text a `field` becomes."""

    source: str = ""
    field: str = ""
    target: str = ""
    lookup: str = ""
    entity: str = "invoice"


class MappingPart(Part, frozen=True, kw_only=True):
    """One rule of a mapping table: account, tax_code, dimension or payment_term."""

    table: str
    source: str
    target: str
    company: str = ""
    part: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    note: str = ""

    @property
    def key(self) -> tuple[object, ...]:
        """What makes a rule the same rule."""
        return (self.table, self.company, self.part, self.source, self.valid_from)


class IntegrationPart(Part, frozen=True, kw_only=True):
    """Two connections by name, joined for one company; `policy` holds what differs from the product's defaults."""

    name: str
    erp: str
    ap: str
    company: str
    company_name: str = ""
    start_date: date | None = None
    active: bool = True
    policy: dict[str, Any] = {}
    flows: tuple[FlowPart, ...] = ()
    fields: tuple[FieldPart, ...] = ()
    mappings: tuple[MappingPart, ...] = ()


class Document(Part, frozen=True, kw_only=True):
    """All of one tenant."""

    tenant: TenantPart
    users: tuple[UserPart, ...] = ()
    connections: tuple[ConnectionPart, ...] = ()
    integrations: tuple[IntegrationPart, ...] = ()


PARTS: dict[str, type[Part]] = {
    "tenant": TenantPart,
    "users": UserPart,
    "connections": ConnectionPart,
    "integrations": IntegrationPart,
    "flows": FlowPart,
    "fields": FieldPart,
    "mappings": MappingPart,
}


def load(text: str) -> Document:
    """The document in `text`. Raises Wrong."""
    try:
        found = msgspec.convert(tomllib.loads(text), Document)
    except tomllib.TOMLDecodeError as error:
        raise Wrong(f"This is not TOML: {error}.") from None
    except msgspec.ValidationError as error:
        raise Wrong(f"{error}. {_hint(str(error), text)}") from None
    for connection in found.connections:
        for name, value in connection.secrets.items():
            if not value.startswith(ENV) or len(value) == len(ENV):
                words = f"Secret {name} of connection {connection.name}: write env:NAME, never the secret itself."
                raise Wrong(words)
    return found


def line_of(text: str, key: str) -> str:
    """Where `key` is first set in the document, as "Line 12: "; "" where it cannot be seen."""
    wanted = re.compile(rf'(^|[{{,\s]|\[+)"?{re.escape(key)}"?\s*(=|\])')
    found = next((n for n, line in enumerate(text.splitlines(), 1) if wanted.search(line)), 0)
    return f"Line {found}: " if found else ""


def alike(key: str, known: Iterable[str]) -> str:
    """What was probably meant, as a sentence; else what there is."""
    names = sorted(known)
    close = get_close_matches(key, names, 1)
    return f"Did you mean {close[0]}?" if close else f"Known here: {', '.join(names)}."


def _hint(error: str, text: str) -> str:
    """The line of an unknown key and what was probably meant."""
    unknown = re.search(r"unknown field `([^`]+)`", error)
    if unknown is None:
        return "Export a tenant to see how such a document looks."
    part = next(
        (PARTS[name] for name in reversed(re.findall(r"\w+", error.partition(" - at ")[2])) if name in PARTS), Document
    )
    return f"{line_of(text, unknown[1])}{alike(unknown[1], part.__struct_fields__)}"


def dump(document: Document) -> str:
    """The same document as TOML."""
    return tomli_w.dumps(_without_none(msgspec.to_builtins(document, builtin_types=(date,))))


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list | tuple):
        return [_without_none(inner) for inner in value]
    return value
