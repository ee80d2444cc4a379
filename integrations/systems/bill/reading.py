"""BILL as a Source: scans that resume anywhere, and one record by its id."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from integrations.engine.errors import ConnectionBroken, Rejected, Retryable
from integrations.engine.ports import Page, Scope
from integrations.engine.records import AnyRecord, Company, Entity, Unreadable
from integrations.systems.bill import records, resources, wire
from integrations.systems.bill.currencies import Currencies
from integrations.systems.bill.echoes import thin
from integrations.systems.bill.errors import NO_SUCH_RECORD, refusals
from integrations.systems.bill.lists import Batch, Query, batches, is_id
from integrations.systems.bill.resources import Resource
from integrations.transport.client import ApiClient
from integrations.transport.redact import redact
from integrations.transport.rows import BadRow

# Rows become visible a little after their own updatedTime; each poll reads this much again.
OVERLAP = timedelta(minutes=5)


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """Where a scan stands. One scan reads each list of the entity twice: records in use, then archived ones.

    `since` bounds the scan; `start` is the server's clock when it began; `top` the latest change seen so far. `stage`
    counts the lists; `bound`, `page` and `seen` continue the current one. A finished scan leaves only `since`.
    """

    since: datetime | None = None
    start: datetime | None = None
    top: datetime | None = None
    stage: int = 0
    bound: datetime | None = None
    page: str = ""
    seen: datetime | None = None


class Reader:
    """Reads one organization. Raises Retryable or ConnectionBroken; what was yielded stands."""

    def __init__(
        self, api: ApiClient, organization_id: str, currencies: Currencies, now: Callable[[], datetime]
    ) -> None:
        self._api, self._organization_id, self._currencies, self._now = api, organization_id, currencies, now

    def companies(self) -> Sequence[Company]:
        """The one organization of this connection; only an administrator may read its name."""
        name = self._organization_id
        try:
            answer = self._api.get(f"/v3/organizations/{self._organization_id}")
            if answer.status == 200:
                name = answer.decode(wire.WireOrganization).name or name
        except ConnectionBroken as error:
            if error.code != "forbidden":
                raise
        return (Company(key=self._organization_id, name=name),)

    def read(self, entity: Entity, cursor: str, scope: Scope) -> Iterator[Page]:
        """See Source. Oldest change first; the cursor never passes the server's clock at the scan's start."""
        lists = lists_of(entity)
        at = msgspec.json.decode(cursor, type=Cursor) if cursor else Cursor(since=scope.since, bound=scope.since)
        while at.stage < len(lists):
            resource, archived = lists[at.stage]
            query = Query(resource, archived=archived, updated_since=at.bound)
            for batch in batches(self._api, query, at.page, at.seen):
                at = _moved(at, batch, self._now())
                yield Page(
                    records=self._canonical(batch),
                    cursor=msgspec.json.encode(at if at.stage < len(lists) else _finished(at)).decode(),
                    more=at.stage < len(lists),
                    read=len(batch.rows),
                    server_time=batch.server_time,
                )

    def fetch(self, entity: Entity, key: str) -> AnyRecord | Unreadable | None:
        """See Source. BILL's ids do not say reliably what they are of, so each list of the entity is asked."""
        for resource in resources_of(entity):
            row = self.row(resource, key)
            if row is not None:
                return _record(row, resource.kind, self._organization_id, self._currencies.of([vendor_id(row)]))
        return None

    def row(self, resource: Resource, key: str) -> wire.Wire | None:
        """One record as BILL has it; None when BILL says that it has none of that id.

        An answer that is of no record, or of another one, cannot be read.
        """
        if not is_id(key):
            return None
        try:
            answer = self._api.get(f"{resource.path}/{key}")
        except Rejected as error:
            if error.code == "not_found":
                return None
            raise
        if answer.status != 404:
            found: wire.Wire = answer.decode(resource.row)
            if found.id != key:
                raise answer.unreadable("the answer is of another record")
            return found
        if NO_SUCH_RECORD & {refusal.code for refusal in refusals(answer.body)}:
            return None
        raise Retryable(
            "BILL did not say whether it has this record; it is asked again later.",
            code="not_found_unclear",
            detail=answer.text(),
        )

    def _whole(self, row: wire.Wire | BadRow) -> wire.Wire | BadRow:
        """A vendor with the address and tax id that a thin list leaves out."""
        if isinstance(row, wire.WireVendor) and thin(row) and row.id:
            return self.row(resources.VENDORS, row.id) or row
        return row

    def _canonical(self, batch: Batch) -> list[AnyRecord | Unreadable]:
        currencies = self._currencies.of([vendor_id(row) for row in batch.rows])
        kind = batch.query.resource.kind
        return [
            _bad(row) if isinstance(row, BadRow) else _record(row, kind, self._organization_id, currencies)
            for row in map(self._whole, batch.rows)
        ]


def resources_of(entity: Entity) -> tuple[Resource, ...]:
    found = resources.of(entity)
    if not found:
        raise ConnectionBroken(f"BILL has no {entity.value.replace('_', ' ')}s to read.", code="undeclared")
    return found


def lists_of(entity: Entity) -> list[tuple[Resource, bool]]:
    """Each list of the entity, and whether it is the one of archived records."""
    found = resources_of(entity)
    return [(each, archived) for archived in (False, True) for each in found if each.archives or not archived]


def _moved(at: Cursor, batch: Batch, now: datetime) -> Cursor:
    """The place after `batch`: the next page of its list, or the start of the next list."""
    start = at.start or batch.server_time or now
    top = max((moment for moment in (at.top, batch.seen) if moment), default=None)
    if batch.next_page:
        bound = batch.query.updated_since
        return Cursor(
            since=at.since,
            start=start,
            top=top,
            stage=at.stage,
            bound=bound,
            page=batch.next_page,
            seen=batch.seen,
        )
    return Cursor(since=at.since, start=start, top=top, stage=at.stage + 1, bound=at.since)


def _finished(at: Cursor) -> Cursor:
    """The start of the next poll: the latest change seen, not past the clock at the start of this one, and overlap."""
    if at.top is None or at.start is None:
        return Cursor(since=at.since, bound=at.since)
    since = max(filter(None, (min(at.top, at.start) - OVERLAP, at.since)))
    return Cursor(since=since, bound=since)


def vendor_id(row: wire.Wire | BadRow) -> str | None:
    return row.vendor_id if isinstance(row, wire.WireBill | wire.WireCredit | wire.WirePayment) else None


def _record(row: wire.Wire, kind: str, organization: str, currencies: Mapping[str, str]) -> AnyRecord | Unreadable:
    try:
        return records.canonical(row, kind, organization, currencies)
    except records.RowError as error:
        raw = ascii(redact(msgspec.json.encode(row).decode()))
        return Unreadable(key=ascii(row.id or "")[1:-1], code=error.code, message=str(error), raw=raw[1:-1])


def _bad(row: BadRow) -> Unreadable:
    key = row.members().get("id")
    return Unreadable(
        key=ascii(key)[1:-1] if isinstance(key, str) else "",
        code="unreadable",
        message="BILL sent a record that cannot be read.",
        raw=redact(row.text()),  # tax ids and bank numbers are nobody's business
    )
