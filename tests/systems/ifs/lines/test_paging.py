"""O06-O16, O62: whatever the paging is like, every row comes once and none is passed over."""

from typing import Any

import pytest

from integrations.engine.errors import ConnectionBroken, Retryable
from integrations.engine.records import Entity
from tests.systems.ifs.lines.world import SCOPE, World

SUPPLIERS = "/SupplierInfoGeneralSet"
SEEK = "%20gt%20"  # of the clause that asks for what lies behind the last row


@pytest.mark.parametrize(
    "options",
    [
        {"paging": "skip-only"},
        {"paging": "nextlink", "relative_next_link": True},
        {"paging": "nextlink", "relative_next_link": False},
        {"paging": "truncate-silently", "silent_page": 3},
        {"paging": "skip-only", "max_page": 2},
        {"paging": "nextlink", "max_page": 2},
    ],
    ids=str,
)
@pytest.mark.parametrize("seek", [True, False], ids=["seek", "seek refused"])
def test_every_row_comes_once(options: dict[str, Any], seek: bool) -> None:
    world = World(options)
    expected = world.suppliers(12)
    if not seek:
        world.fault("status", f"{SUPPLIERS}?$filter=(SupplierId{SEEK}", times=None, status=400)
    assert world.keys() == expected


def test_no_page_is_asked_for_without_top(world: World) -> None:
    world.suppliers(7)
    world.keys()
    assert all("$top=5" in call for call in world.calls(SUPPLIERS))


def test_names_of_options_stay_readable_and_spaces_are_percent_encoded(world: World) -> None:
    world.suppliers(7)
    world.keys()
    assert all("$filter=" in call and "+" not in call for call in world.calls(SUPPLIERS)[1:])


def test_a_page_shorter_than_asked_for_is_not_the_end() -> None:
    world = World({"max_page": 3}, {"page_size": "5000"})
    expected = world.suppliers(8)
    assert world.keys() == expected


def test_an_empty_page_with_a_link_goes_on(world: World) -> None:
    expected = world.suppliers(7)
    link = "SupplierInfoGeneralSet?$orderby=SupplierId&$top=5&$skip=0"
    world.fault("status", SUPPLIERS, times=2, status=200, body={"value": [], "@odata.nextLink": link})
    with pytest.raises(Retryable):  # twice the same link: that is a circle
        world.keys()
    world.sim.faults.clear()
    world.fault("status", SUPPLIERS, status=200, body={"value": [], "@odata.nextLink": link})
    assert world.keys() == expected


@pytest.mark.parametrize("kind", ["foreign_next_link", "loop_next_link"])
def test_a_link_to_nowhere_good_is_not_followed(world: World, kind: str) -> None:
    expected = world.suppliers(7)
    world.fault(kind, SUPPLIERS)
    if kind == "foreign_next_link":
        with pytest.raises(ConnectionBroken, match="another server"):
            world.keys()
    else:
        assert world.keys() == expected
    assert {request.url.host for request in world.wire.sent} == {"t1.ifs.test"}


def test_empty_pages_that_lead_in_a_circle_are_left(world: World) -> None:
    body = {"value": [], "@odata.nextLink": "SupplierInfoGeneralSet?$top=5"}
    world.fault("status", SUPPLIERS, times=None, status=200, body=body)
    with pytest.raises(Retryable) as caught:
        world.keys()
    assert caught.value.code == "page_loop"
    assert len(world.calls(SUPPLIERS)) < 5


def test_the_same_page_for_every_question_is_left() -> None:
    world = World()
    row = {"SupplierId": "S1", "Name": "Supplier"}
    world.fault("status", SUPPLIERS, times=None, status=200, body={"value": [row]})
    assert set(world.keys()) == {"S1"}
    assert len(world.calls(SUPPLIERS)) < 12


def test_a_row_that_comes_twice_is_delivered_once(world: World) -> None:
    expected = world.suppliers(7)
    world.fault("repeat_row", SUPPLIERS)
    assert world.keys() == expected


@pytest.mark.parametrize("seek", [True, False], ids=["seek", "seek refused"])
def test_a_row_deleted_between_two_pages_hides_no_other(world: World, seek: bool) -> None:
    expected = world.suppliers(12)
    if not seek:
        world.fault("status", f"{SUPPLIERS}?$filter=(SupplierId{SEEK}", times=None, status=400)
    found: list[str] = []
    for page in world.client.read(Entity.VENDOR, "", SCOPE):
        found += [record.key for record in page.records]
        if "S01" in found and world.sim.rows("SupplierInfoGeneral", SupplierId="S01"):
            world.sim.delete("SupplierInfoGeneral", ("S01",))
    assert sorted(set(found)) == expected


def test_a_row_that_vanishes_while_pages_are_turned_costs_only_itself(world: World) -> None:
    expected = world.suppliers(12)
    world.fault("vanish_row_between_pages", SUPPLIERS)
    assert len(set(expected) - set(world.keys())) <= 1


def test_a_reset_on_the_third_page_loses_and_doubles_nothing(world: World) -> None:
    expected = world.suppliers(23)
    world.fault("drop_before", f"{SUPPLIERS}?", after=2, times=None)
    pages = world.client.read(Entity.VENDOR, "", SCOPE)
    first, second = next(pages), next(pages)
    with pytest.raises(Retryable):
        next(pages)
    found, cursor = [record.key for page in (first, second) for record in page.records], second.cursor
    assert found == expected[:10]
    world.sim.faults.clear()
    assert found + [record.key for record in world.poll(Entity.VENDOR, cursor)[0]] == expected


def test_a_scan_resumes_where_rows_have_to_be_counted(world: World) -> None:
    expected = world.suppliers(12)
    world.fault("status", f"{SUPPLIERS}?$filter=(SupplierId{SEEK}", times=None, status=400)
    found: list[str] = []
    cursor, more = "", True
    for _ in range(10):
        page = next(iter(world.connect().read(Entity.VENDOR, cursor, SCOPE)))
        found += [record.key for record in page.records]
        cursor, more = page.cursor, page.more
        if not more:
            break
    assert not more
    assert sorted(set(found)) == expected


def test_a_count_that_disagrees_is_not_looked_at(world: World) -> None:
    expected = world.suppliers(7)
    world.fault("wrong_count", SUPPLIERS, times=None, count=99)
    assert world.keys() == expected


def test_where_select_is_refused_it_is_left_out_and_not_tried_again() -> None:
    world = World({"refuse_select": True})
    expected = world.suppliers(12)
    assert world.keys() == expected
    assert len([call for call in world.calls(SUPPLIERS) if "$select" in call]) == 1


def test_only_needed_fields_are_asked_for_unless_switched_off(world: World) -> None:
    world.suppliers(2)
    world.keys()
    assert all("$select=" in call for call in world.calls(f"{SUPPLIERS}?"))
    before = len(world.wire.sent)
    world.poll(Entity.VENDOR, client=world.connect(use_select="no"))
    assert not any("$select=" in str(request.url) for request in world.wire.sent[before:])


def test_a_set_that_takes_too_long_is_asked_for_fewer_rows() -> None:
    world = World(settings={"page_size": "5000"})
    world.account("6120")
    world.fault("status", "/AccountSet", status=504, body={"error": {"code": "ODP_OPERATION_TIMEOUT"}})
    assert world.keys(Entity.GL_ACCOUNT) == ["10|6120"]
    assert ["$top=5000" in call for call in world.calls("/AccountSet?")] == [True, False, False]


@pytest.mark.parametrize("key", ["O'Brien & Co", "50% off", "A/B", "a+b", " 123 ", "Łódź #1", "x?y=1", "(1)", "a,b"])
def test_keys_of_any_spelling_page_and_fetch(world: World, key: str) -> None:
    for each in ("!first", key, "~last"):
        world.supplier(each)
    client = world.connect(page_size="1")
    assert sorted(record.key for record in world.poll(Entity.VENDOR, client=client)[0]) == sorted(
        ["!first", key, "~last"]
    )
    found = client.fetch(Entity.VENDOR, key, SCOPE)
    assert found is not None
    assert found.key == key
    assert found.addresses[0].uses == ("pay",)  # type: ignore[union-attr] # read by navigation, the key in the path


def test_supplier_numbers_that_look_alike_stay_apart(world: World) -> None:
    for each in ("00123", "123", " 123 "):
        world.supplier(each)
    assert sorted(world.keys()) == [" 123 ", "00123", "123"]


@pytest.mark.parametrize("entity", [Entity.GL_ACCOUNT, Entity.INVOICE])
def test_other_companies_records_never_come(world: World, entity: Entity) -> None:
    for company in ("10", "20"):
        world.account("6120", company)
        world.invoice(int(company), Company=company)
    assert [key.partition("|")[0] for key in world.keys(entity)] == ["10"]
    assert [key for key in ("20|6120", "20|20") if world.client.fetch(entity, key, SCOPE) is not None] == []
