"""The simulated IFS Cloud tenant: an httpx request in, an httpx response out."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

import httpx

from integrations.systems.ifs.simulator import control, metadata, spoiling
from integrations.systems.ifs.simulator.answers import (
    Answer,
    Refusal,
    not_found,
    not_implemented,
    refusal_answer,
    response,
    unreadable,
)
from integrations.systems.ifs.simulator.config import Client, SimulatorConfig
from integrations.systems.ifs.simulator.entities import ENTITIES
from integrations.systems.ifs.simulator.faults import BEFORE, INSTEAD, Fault, Faults, instead, limited, strike
from integrations.systems.ifs.simulator.limits import SlidingLimit
from integrations.systems.ifs.simulator.query import options
from integrations.systems.ifs.simulator.reading import Reader
from integrations.systems.ifs.simulator.resource import Catalogue, Target
from integrations.systems.ifs.simulator.schema import Entity, EntitySet, Field
from integrations.systems.ifs.simulator.store import Row, Store, Stored, decode
from integrations.systems.ifs.simulator.tokens import Realm
from integrations.systems.ifs.simulator.traffic import Entry, Traffic
from integrations.systems.ifs.simulator.writing import Writer

_ACTION = re.compile(r"^IfsApp\.(\w+)\.(\w+?)_(\w+?)(\(\))?$")
_NOT_ALLOWED = Refusal(405, "ODP_METHOD_NOT_ALLOWED", "The method is not allowed for this resource.")
Key = Mapping[str, Any] | Sequence[Any]


def _now() -> datetime:
    return datetime.now(UTC)


class Simulator:
    """A local stand-in for one IFS Cloud tenant, written from the vendor's documents.

    data: ``:memory:`` or a file that survives restarts. clock: aware UTC time, for tokens, limits, versions and the
    Date header. Use as the callable of httpx.MockTransport; a port server must write ``response.stream`` piece by
    piece under the given headers and reset the connection where calling or iterating raises httpx.TransportError.
    Responses come unread, so that the caller's own size limits are exercised.
    """

    def __init__(
        self,
        data: str = ":memory:",
        config: SimulatorConfig | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self.config = config or SimulatorConfig()
        self.clock = clock
        self.about = ""
        self.entities = _entities(self.config.preset)
        self.store = Store(
            *(data, self.entities, self.config.preset, clock, self.config.stamp_seconds),
            refuses_duplicates=self.config.duplicates == "refuse",
        )
        self.faults = Faults()
        self.catalogue = Catalogue(self.entities, self.config.entity_services)
        self._realm = Realm(self.config, clock)
        self._limit = SlidingLimit(self.config.requests_per_window, self.config.window_seconds)
        self._traffic = Traffic()
        self._reader = Reader(self.store, self.config, clock)
        self._writer = Writer(self.store, self.config, self._reader, clock)
        if not self.store.find("Projection"):
            self.store.insert_many("Projection", _catalogue_rows(self.catalogue))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        raw = request.url.raw_path.decode("ascii")
        path, _, query = raw.partition("?")
        if path.startswith(control.PREFIX) and self.config.control:
            return response(control.answer(self, request, path))
        now = self.clock()
        entry = self._traffic.arrive(request.method, raw, now)
        try:
            return self._served(request, path, query, entry, now)
        finally:
            self._traffic.leave(entry)

    def _served(self, request: httpx.Request, path: str, query: str, entry: Entry, now: datetime) -> httpx.Response:
        striking = self.faults.claim(request.method, entry.path)
        entry.fault = " ".join(fault.kind for fault in striking)
        if self.config.latency and not self._realm.serves(path):
            time.sleep(self.config.latency)
        for fault in striking:
            if fault.kind in BEFORE and not fault.is_late:
                strike(fault)
            if fault.kind == "expire_token":
                self._realm.expire(request.headers.get("authorization", ""))
        answer = self._answer(request, path, query, entry, striking, now)
        link = entry.path.partition(".svc/")[2]
        for fault in striking:
            spoiling.spoil(fault, answer, link, self._vanish)
            if fault.is_late:
                strike(fault)
        if any(fault.kind == "drop_after" for fault in striking):
            raise httpx.ReadError("connection reset by the simulator")
        skew = sum(float(fault.params.get("seconds", 600)) for fault in striking if fault.kind == "skew_date")
        answer.headers["date"] = format_datetime(
            (now + timedelta(seconds=skew)).astimezone(UTC).replace(microsecond=0), usegmt=True
        )
        found = response(answer)
        spoiling.transmit(striking, found)
        entry.status = answer.status
        entry.bytes = int(found.headers.get("content-length", "0"))
        return found

    def _answer(
        self, request: httpx.Request, path: str, query: str, entry: Entry, striking: list[Fault], now: datetime
    ) -> Answer:
        replaced = next((fault for fault in striking if fault.kind in INSTEAD), None)
        if replaced is not None and not replaced.params.get("processed"):
            return instead(replaced)
        if self._realm.serves(path):
            answer, entry.client = self._realm.answer(request, path, _origin(request))
        else:
            answer = self._api(request, path, query, entry, now)
        return instead(replaced) if replaced is not None else answer

    def _api(self, request: httpx.Request, path: str, query: str, entry: Entry, now: datetime) -> Answer:
        wait = self._limit.take(now)
        if wait:
            return limited(wait if self.config.retry_after else None)
        client = self._realm.owner(request.headers.get("authorization", ""))
        if client is None:
            return Answer(401, headers={"www-authenticate": f'Bearer realm="{self.config.realm}"'})
        entry.client = client.client_id
        try:
            projection, segments = self.catalogue.locate(path)
            if client.grants is not None and projection not in client.grants:
                raise Refusal(403, "ODP_AUTHORIZATION_ERROR", "Not allowed.")
            root = f"{_origin(request)}{path.partition('.svc')[0]}.svc"
            return self._projection(request, projection, segments, options(query), client, root)
        except Refusal as refusal:
            return refusal_answer(refusal)

    def _projection(
        self,
        request: httpx.Request,
        projection: str,
        segments: list[str],
        raw: dict[str, str],
        client: Client,
        root: str,
    ) -> Answer:
        first = segments[0] if segments else ""
        if first in ("", "$metadata"):
            if request.method != "GET":
                raise _NOT_ALLOWED
            if first:
                return Answer(200, metadata.edmx(self.catalogue, projection), {"content-type": "application/xml"})
            return Answer(
                200,
                metadata.service_document(self.catalogue, projection, root),
                {"content-type": "application/json"},
            )
        if first in ("$batch", "$openapi"):
            raise not_implemented(f"'{first}' is not implemented.")
        target = self.catalogue.resolve(projection, segments)
        if target.tail:
            return self._tail(request, target, raw, client, root)
        if request.method == "GET":
            exact = "IEEE754Compatible=true" in request.headers.get("accept", "")
            read = self._reader.record if target.key else self._reader.collection
            return read(target, raw, client, root, exact)
        return self._write(request, target, client, root)

    def _write(self, request: httpx.Request, target: Target, client: Client, root: str) -> Answer:
        if_match = request.headers.get("if-match")
        match request.method, target.key:
            case "POST", False:
                stored = self._writer.create(target, _json_body(request), client)
                return self._changed(target, stored, root, 201)
            case "PATCH", True:
                stored = self._writer.update(target, _json_body(request), if_match, client)
                return self._changed(target, stored, root, self.config.patch_status)
            case "DELETE", True:
                self._writer.delete(target, if_match, client)
                return Answer(204)
        raise _NOT_ALLOWED

    def _tail(self, request: httpx.Request, target: Target, raw: dict[str, str], client: Client, root: str) -> Answer:
        """What follows a set or record: $count, a stream, an action, the default record."""
        if_match = request.headers.get("if-match")
        action = _ACTION.match(target.tail)
        named = action is not None and (action[1], action[2]) == (target.projection, target.entity.name)
        match request.method, target.key:
            case "GET", False if target.tail == "$count":
                return self._reader.count(target, raw, client)
            case "GET", False if action and named and action[3] == "Default" and action[4]:
                return self._reader.defaults(target, root)
            case "GET", True if target.tail == target.entity.stream:
                return self._reader.media(target, client)
            case "PATCH", True if target.tail == target.entity.stream:
                self._writer.put_media(target, request.content, if_match, client)
                return Answer(204)
            case "POST", True if action and named and action[3] in target.entity.actions:
                stored = self._writer.act(target, action[3], request.content, if_match, client)
                return self._changed(target, stored, root, 200)
        if named and action and action[3] in target.entity.actions:
            raise _NOT_ALLOWED
        raise not_found()

    def _changed(self, target: Target, stored: Stored, root: str, status: int) -> Answer:
        row = decode(stored.body)
        headers = {"etag": str(row["@odata.etag"]), "content-type": "application/json;charset=UTF-8"}
        if status == 204:
            return Answer(204, headers=headers)
        entity = target.entity
        fixed = {key: row[key] for key in entity.keys}
        located = Target(target.projection, entity, target.path, fixed, key=True)
        everyone = Client("", "")
        return self._reader.record(located, {}, everyone, root, exact=False, status=status)

    def _vanish(self, name: str, body: bytes) -> None:
        entity, row = self.entities[name], decode(body)
        whole = {key for key in entity.keys if entity.by_name[key].kind == "integer"}
        self.delete(name, {key: int(row[key]) if key in whole else row[key] for key in entity.keys})

    def edit(self, entity: str, key: Key, **fields: Any) -> Row:
        """An IFS user changes a record: no rules, but a new version. Returns the row as served."""
        with self.store.transaction():
            stored = self._stored(entity, key)
            changes = native(self.entities[entity], fields)
            return decode(self.store.update(entity, stored, changes).body)

    def insert(self, entity: str, row: Mapping[str, Any]) -> Row:
        """An IFS user enters a record; fields left out are empty."""
        return decode(self.store.insert(entity, native(self.entities[entity], row)).body)

    def delete(self, entity: str, key: Key) -> None:
        """An IFS user deletes a record."""
        with self.store.transaction():
            self.store.delete(entity, self._stored(entity, key))

    def row(self, entity: str, key: Key) -> Row:
        """One stored row, amounts as Decimal. Raises KeyError."""
        return decode(self._stored(entity, key).body)

    def rows(self, entity: str, **equal: Any) -> list[Row]:
        """Stored rows whose columns equal the given values, in key order."""
        return self.store.find(entity, **equal)

    def _stored(self, name: str, key: Key) -> Stored:
        entity = self.entities[name]
        values = key if isinstance(key, Mapping) else dict(zip(entity.keys, key, strict=True))
        stored = self.store.get(entity, [self.store.equal(entity, field, values[field]) for field in entity.keys])
        if stored is None:
            raise KeyError(f"{name} {values} is not there")
        return stored

    def ledger(self, since: int = 0) -> list[dict[str, Any]]:
        """Every request numbered above `since`: time, method, path, status, client, in_flight, bytes."""
        return self._traffic.entries(since)

    def stats(self) -> dict[str, int]:
        """requests, limited (429), max_in_flight, bytes, max_in_window (API requests let through in any window)."""
        return {**self._traffic.totals(), "max_in_window": self._limit.highest}

    def expire_tokens(self) -> None:
        """Every token given out so far is refused from now on."""
        self._realm.expire()

    def close(self) -> None:
        self.store.close()


def native(entity: Entity, row: Mapping[str, Any]) -> Row:
    """A user's row with amounts as Decimal. Floats are refused."""
    return {name: _amount(entity.by_name[name], value) for name, value in row.items()}


def _amount(field: Field, value: Any) -> Any:
    if isinstance(value, float):
        raise TypeError(f"{field.name} must not be a float")
    return Decimal(value) if field.kind == "decimal" and isinstance(value, str) else value


def _entities(preset: str) -> dict[str, Entity]:
    """The entity table; preset "brief" has SupplierSet and ModifiedDate everywhere."""
    if preset == "default":
        return dict(ENTITIES)
    changed = Field("ModifiedDate", "timestamp", read_only=True)
    found = {name: replace(each, fields=(*each.fields, changed)) for name, each in ENTITIES.items()}
    supplier = found["SupplierInfoGeneral"]
    extra = EntitySet("SupplierHandling", "SupplierSet")
    return {**found, supplier.name: replace(supplier, sets=(*supplier.sets, extra))}


def _catalogue_rows(catalogue: Catalogue) -> list[Row]:
    return [
        {"ProjectionName": name, "Description": name, "Category": "Users", "Deprecated": False}
        for name in sorted(catalogue.projections)
    ]


def _json_body(request: httpx.Request) -> bytes:
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise unreadable()
    return request.content


def _origin(request: httpx.Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc.decode('ascii')}"
