"""Creates, changes and deletes, and bound actions, with the server's order of checks."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from integrations.systems.ifs.simulator import etag, rules
from integrations.systems.ifs.simulator.answers import Refusal, business, encode, not_implemented, unreadable
from integrations.systems.ifs.simulator.config import Client, SimulatorConfig
from integrations.systems.ifs.simulator.entities import ENUMS
from integrations.systems.ifs.simulator.faults import stale
from integrations.systems.ifs.simulator.reading import Reader, tag_of
from integrations.systems.ifs.simulator.resource import BIGGEST, Target
from integrations.systems.ifs.simulator.schema import Entity, Field
from integrations.systems.ifs.simulator.store import Row, Store, Stored, decode

_METADATA = frozenset({"luname", "keyref", "Objgrants", "Objkey", "Objid", "Objversion", "Objevents", "Rowversion"})


class Writer:
    """Writes for one tenant; every call is one transaction."""

    def __init__(self, store: Store, config: SimulatorConfig, reader: Reader, clock: Callable[[], datetime]) -> None:
        self.store, self.config, self._reader, self._clock = store, config, reader, clock

    def create(self, target: Target, content: bytes, client: Client) -> Stored:
        """Insert a row; the server numbers, defaults and judges it. Raises Refusal."""
        entity = target.entity
        _offered(entity, "create")
        body = self._body(entity, content)
        row: Row = {**entity.blank, **convert(entity, body, creating=True), **target.fixed}
        with self.store.transaction():
            rules.creating(self.store, entity, row, self._clock())
            self._number(entity, row)
            _mandatory(entity, row)
            _visible(row, client)
            stored = self.store.insert(entity.name, row)
            for name, children in self._children(entity, body):
                self._create_child(target, entity, row, name, children, client)
        return stored

    def update(self, target: Target, content: bytes, if_match: str | None, client: Client) -> Stored:
        """Change the fields of a body. Raises Refusal 428, 404, 412, 400 or a business refusal."""
        entity = target.entity
        _offered(entity, "update")
        with self.store.transaction():
            stored = self._current(target, if_match, client)
            changes = convert(entity, self._body(entity, content), creating=False)
            rules.updating(self.store, entity, decode(stored.body), changes)
            row = {**decode(stored.body), **changes}
            _mandatory(entity, row)
            return self.store.update(entity.name, stored, changes)

    def delete(self, target: Target, if_match: str | None, client: Client) -> None:
        _offered(target.entity, "delete")
        with self.store.transaction():
            stored = self._current(target, if_match, client)
            rules.deleting(self.store, target.entity, decode(stored.body))
            self.store.delete(target.entity.name, stored)

    def act(self, target: Target, name: str, content: bytes, if_match: str | None, client: Client) -> Stored:
        """Run a bound action on a record; the record comes back changed."""
        with self.store.transaction():
            stored = self._current(target, if_match, client)
            _object(content or b"{}")
            changes = rules.act(self.store, target.entity, name, decode(stored.body), self._clock())
            return self.store.update(target.entity.name, stored, changes)

    def put_media(self, target: Target, content: bytes, if_match: str | None, client: Client) -> None:
        with self.store.transaction():
            stored = self._current(target, if_match, client)
            self.store.write_media(target.entity.name, stored, content)
            self.store.update(target.entity.name, stored, {"Size": len(content)})

    def _current(self, target: Target, if_match: str | None, client: Client) -> Stored:
        if not if_match:
            text = "The If-Match header is required for this request."
            raise Refusal(428, "ODP_MISSING_PRECONDITION", text)
        stored = self._reader.find(target, client)
        if not etag.matches(if_match, tag_of(stored)):
            raise stale()
        return stored

    def _body(self, entity: Entity, content: bytes) -> Row:
        body = _object(content)
        names = {each.name for each in entity.navigations}
        if names & body.keys() and not self.config.deep_insert:
            raise not_implemented("Deep insert is not supported.")
        return body

    def _number(self, entity: Entity, row: Row) -> None:
        """Fill the key the server numbers, counting within the keys before it."""
        name = entity.numbered
        if not name or row[name] is not None:
            return
        before = entity.keys[: entity.keys.index(name)]
        within = {key: row[key] for key in before if row[key] is not None}
        number = self.store.next_number(entity, name, within)
        row[name] = number if entity.by_name[name].kind == "integer" else str(number)

    def _children(self, entity: Entity, body: Row) -> list[tuple[str, list[Row]]]:
        names = [each.name for each in entity.navigations if each.name in body]
        return [(name, body[name]) for name in names]

    def _create_child(
        self, target: Target, entity: Entity, row: Row, name: str, children: list[Row], client: Client
    ) -> None:
        navigation = next(each for each in entity.navigations if each.name == name)
        fixed = {field: row[field] for field in navigation.on}
        child = Target(target.projection, self.store.entities[navigation.target], name, fixed)
        for each in children:
            self.create(child, encode(each), client)


def convert(entity: Entity, body: Row, creating: bool) -> Row:
    """Native values of a JSON body. Raises 400 for unknown, read-only or mistyped fields, 500 for too long ones."""
    links = {each.name for each in entity.navigations}
    row: Row = {}
    for name, value in body.items():
        if name in links or "@" in name:
            continue
        field = entity.by_name.get(name)
        if field is None or name in _METADATA:
            raise unreadable(f"The property '{name}' does not exist or may not be sent.")
        if field.read_only or (field.key and not creating):
            raise unreadable(f"The property '{name}' is read-only.")
        row[name] = value if value is None else _value(field, value)
    return row


def _value(field: Field, value: Any) -> Any:
    wrong = unreadable(f"The value of '{field.name}' is not valid.")
    match field.kind, value:
        case "str", str():
            if len(value) > field.size:
                raise business(f"Value too large for {field.name} (maximum: {field.size}).", "12899")
            return value
        case "enum", str() if value in ENUMS[field.enum]:
            return value
        case "boolean", bool():
            return value
        case "integer", int() if not isinstance(value, bool) and abs(value) < BIGGEST:
            return value
        case "decimal", int() | Decimal() | str() if not isinstance(value, bool):
            return _decimal(value, wrong)
        case "date", str():
            return _date(value, wrong)
    raise wrong


def _decimal(value: int | Decimal | str, wrong: Refusal) -> Decimal:
    try:
        number = Decimal(value)
    except ArithmeticError as error:
        raise wrong from error
    if not number.is_finite():
        raise wrong
    return number


def _date(value: str, wrong: Refusal) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise wrong from error


def _object(content: bytes) -> Row:
    try:
        body = decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable() from error
    if not isinstance(body, dict):
        raise unreadable()
    return body


def _offered(entity: Entity, what: str) -> None:
    if what not in entity.writes:
        raise Refusal(405, "ODP_METHOD_NOT_ALLOWED", f"{entity.name} does not allow this operation.")


def _mandatory(entity: Entity, row: Row) -> None:
    for field in entity.fields:
        if (field.mandatory or field.key) and row[field.name] in (None, ""):
            raise business(f"The field {field.name} of {entity.name} is mandatory and must have a value.", "20111")


def _visible(row: Row, client: Client) -> None:
    if client.companies is not None and row.get("Company", next(iter(client.companies))) not in client.companies:
        raise Refusal(403, "ODP_AUTHORIZATION_ERROR", "Not allowed.")
