"""Live look-ups on BILL, for matching, the duplicate guard and lost answers."""

from collections.abc import Iterator, Mapping

from integrations.engine.records import Entity
from integrations.engine.targets import TargetRecord
from integrations.systems.bill import records, targets, wire
from integrations.systems.bill.currencies import Currencies
from integrations.systems.bill.lists import PAGE_SIZE, Query, batches, is_id
from integrations.systems.bill.reading import lists_of, vendor_id
from integrations.transport.client import ApiClient
from integrations.transport.rows import BadRow

FILTERS = {"created_since", "updated_since", "vendor_id", "number", "ids", "kind", "active"}
UNREADABLE = "unreadable"  # the kind of a row that may be anything: never proof that a record is absent


def look_up(api: ApiClient, currencies: Currencies, entity: Entity, where: Mapping[str, str]) -> Iterator[TargetRecord]:
    """BILL's records of `entity`, read now, oldest first.

    `where`: created_since, updated_since (ISO 8601), vendor_id, number, ids (comma-separated), kind (bill, credit,
    vendor, account, department, location, accounting_class, job, payment), active ("yes" or "no"; both when left out).
    BILL filters on times, ids and the vendor; vendor and number are compared here too, the number without regard to
    case and surrounding blanks. Rows that cannot be read come with kind "unreadable", whatever was asked for.
    Raises Retryable or ConnectionBroken.
    """
    unknown = where.keys() - FILTERS
    if unknown:
        raise ValueError(f"BILL cannot be looked up by {', '.join(sorted(unknown))}")
    for query in _queries(entity, where):
        for batch in batches(api, query):
            known = currencies.of([vendor_id(row) for row in batch.rows])
            for row in batch.rows:
                found = _unreadable(row) if isinstance(row, BadRow) else _target(row, query, known)
                if found.kind == UNREADABLE or _wanted(found, where):
                    yield found


def _queries(entity: Entity, where: Mapping[str, str]) -> Iterator[Query]:
    vendor, active = where.get("vendor_id", ""), where.get("active", "")
    ids = [part for part in where.get("ids", "").split(",") if is_id(part)]
    if "ids" in where and not ids:
        return
    for resource, archived in lists_of(entity):
        if where.get("kind", resource.kind) != resource.kind or (active and (active == "yes") == archived):
            continue
        for start in range(0, max(len(ids), 1), PAGE_SIZE):
            yield Query(
                resource,
                archived=archived,
                updated_since=records.when(where.get("updated_since")),
                created_since=records.when(where.get("created_since")),
                vendor_id=vendor if resource.by_vendor and is_id(vendor) else "",
                ids=tuple(ids[start : start + PAGE_SIZE]),
            )


def _target(row: wire.Wire, query: Query, currencies: Mapping[str, str]) -> TargetRecord:
    return targets.target(row, query.resource.kind, currencies)


def _unreadable(row: BadRow) -> TargetRecord:
    key = row.members().get("id")
    return TargetRecord(target_id=key if isinstance(key, str) and is_id(key) else "", kind=UNREADABLE)


def _wanted(found: TargetRecord, where: Mapping[str, str]) -> bool:
    vendor, number = where.get("vendor_id", ""), where.get("number", "").strip().casefold()
    return (not vendor or found.vendor_id == vendor) and (not number or found.number.strip().casefold() == number)
