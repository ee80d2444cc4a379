"""Every system: what it declares to read comes whole, once, canonical, and from where the cursor stands."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from integrations.engine.errors import ConnectionBroken, Retryable
from integrations.engine.records import RECORDS, Entity, InvoiceState, Unreadable
from integrations.systems import registry
from tests.contract.case import Case, declared, facts

reads = pytest.mark.parametrize(("system", "entity"), declared("reads"))
TROUBLE: list[dict[str, Any]] = [
    *({"kind": "status", "status": status, "body": "<html>Bad gateway</html>"} for status in (500, 502, 503, 504)),
    *({"kind": kind} for kind in ("drop_before", "drop_after", "truncate_body", "html", "empty", "bad_json")),
]
undeclared = pytest.mark.parametrize(
    ("system", "entity"),
    [(key, entity) for key, system in registry.systems().items() for entity in sorted(set(Entity) - system.reads)],
)


def poll(case: Case, entity: Entity, cursor: str = "", client: Any = None) -> tuple[list[Any], str]:
    """Every record of one scan, and the cursor behind it."""
    records: list[Any] = []
    for page in (client or case.connect()).read(entity, cursor, case.scope):
        records += page.records
        cursor = page.cursor
    return records, cursor


@reads
def test_every_record_comes_once_with_what_the_system_holds(case: Case, entity: Entity) -> None:
    records, _ = poll(case, entity)
    assert {record.key: facts(record) for record in records} == case.truth(entity)
    assert len(records) == case.stored(entity)


@reads
def test_a_scan_resumes_behind_any_page_without_loss_or_repeat(case: Case, entity: Entity) -> None:
    found: list[str] = []
    cursor, more, pages = "", True, 0
    while more:
        page = next(iter(case.connect().read(entity, cursor, case.scope)))
        found += [record.key for record in page.records]
        assert page.read >= len(page.records) + page.same
        cursor, more, pages = page.cursor, page.more, pages + bool(page.records)
    assert sorted(found) == sorted(case.truth(entity))
    assert pages > 1 or entity not in case.several_pages


@reads
def test_the_next_poll_shows_what_changed_since(case: Case, entity: Entity) -> None:
    records, cursor = poll(case, entity)
    before = {record.key: record for record in records}
    key = case.change(entity)
    later, cursor = poll(case, entity, cursor)
    after = {record.key: record for record in later}
    assert after[key] != before[key]
    assert after[key].version != before[key].version
    assert facts(after[key]) == case.truth(entity)[key]


@reads
def test_what_did_not_change_keeps_its_version(case: Case, entity: Entity) -> None:
    first, _ = poll(case, entity)
    again, _ = poll(case, entity)
    assert {record.key: record for record in again} == {record.key: record for record in first}


@reads
def test_records_are_canonical_and_complete(case: Case, entity: Entity) -> None:
    records, _ = poll(case, entity)
    for record in records:
        assert isinstance(record, RECORDS[entity])
        assert not isinstance(record, Unreadable)
        assert record.version
        assert msgspec.json.decode(msgspec.json.encode(record), type=type(record)) == record
        msgspec.convert(msgspec.structs.asdict(record), type(record), strict=True)  # the types say what they hold
    if entity is Entity.INVOICE:
        assert all(isinstance(record.net, Decimal) and isinstance(record.tax, Decimal) for record in records)
        assert all(record.currency and record.vendor_key and record.invoice_date for record in records)
        assert any(record.state is not InvoiceState.UNKNOWN for record in records)


@reads
def test_one_record_is_fetched_by_its_key_as_a_scan_gives_it(case: Case, entity: Entity) -> None:
    records, _ = poll(case, entity)
    client = case.connect()
    for record in (records[0], records[-1]):
        assert facts(client.fetch(entity, record.key, case.scope)) == facts(record)


@reads
@pytest.mark.parametrize("key", ["no-such-key", "", "10|no-such-key", "10|B|none", "1' or 1 eq 1", "a/b?c#d"])
def test_a_key_that_is_not_there_is_none(case: Case, entity: Entity, key: str) -> None:
    assert case.connect().fetch(entity, key, case.scope) is None


@undeclared
def test_what_is_not_declared_is_refused(case: Case, entity: Entity) -> None:
    with pytest.raises(ConnectionBroken) as caught:
        poll(case, entity)
    assert caught.value.code == "undeclared"
    assert case.wire.sent == []


@reads
def test_a_limit_is_retryable_with_the_wait_that_was_asked_for(case: Case, entity: Entity) -> None:
    case.fault(entity, "status", status=429, headers={"retry-after": "17"})
    assert _failure(case, entity).after == 17


@reads
@pytest.mark.parametrize("trouble", TROUBLE, ids=lambda trouble: " ".join(map(str, trouble.values())))
def test_trouble_on_their_side_is_retryable_on_a_read(case: Case, entity: Entity, trouble: dict[str, Any]) -> None:
    case.fault(entity, **trouble)
    _failure(case, entity)


@reads
def test_after_trouble_the_scan_goes_on_and_ends_whole(case: Case, entity: Entity) -> None:
    case.fault(entity, "drop_before", after=1)
    found, cursor = _until_trouble(case, entity)
    case.mend()
    records, _ = poll(case, entity, cursor)
    assert sorted([*found, *(record.key for record in records)]) == sorted(case.truth(entity))


def _failure(case: Case, entity: Entity) -> Retryable:
    with pytest.raises(Retryable) as caught:
        poll(case, entity)
    return caught.value


def _until_trouble(case: Case, entity: Entity) -> tuple[list[str], str]:
    """The keys that came before the scan broke, and the cursor of the last page."""
    found: list[str] = []
    cursor = ""
    try:
        for page in case.connect().read(entity, cursor, case.scope):
            found += [record.key for record in page.records]
            cursor = page.cursor
    except Retryable:
        return found, cursor
    pytest.fail("nothing went wrong")
