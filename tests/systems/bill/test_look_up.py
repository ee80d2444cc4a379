from datetime import timedelta
from decimal import Decimal

import pytest

from integrations.engine.records import Entity
from integrations.engine.targets import TargetRecord
from tests.systems.bill.world import World, vendor_draft


def look_up(world: World, entity: Entity = Entity.INVOICE, **where: str) -> list[TargetRecord]:
    return list(world.client.look_up(entity, **where))


def test_a_bill_has_what_matching_needs(world: World) -> None:
    vendor = world.vendor(currency="CAD")
    bill = world.sim.create_bill_by_hand(vendor, "A-1", "10.50")
    (found,) = look_up(world, vendor_id=vendor, number="A-1")
    assert (found.target_id, found.kind, found.number, found.vendor_id) == (bill, "bill", "A-1", vendor)
    assert (found.amount, found.currency, found.name, found.active) == (Decimal("10.50"), "CAD", "Nordic Bolts", True)
    assert found.date is not None
    assert found.date.isoformat() == "2026-01-15"


def test_credits_are_told_from_bills_and_have_a_positive_amount(world: World) -> None:
    vendor = world.vendor()
    world.sim.create_bill_by_hand(vendor, "A-1", "10")
    world.post(world.invoice(vendor, "C-1", "3", credit=True))
    bill, credit = look_up(world)
    assert (bill.kind, bill.amount) == ("bill", Decimal(10))
    assert (credit.kind, credit.amount) == ("credit", Decimal(3))
    assert [found.number for found in look_up(world, kind="credit")] == ["C-1"]


def test_a_number_is_found_in_any_case_but_zeros_count(world: World) -> None:
    vendor = world.vendor()
    for number in ("00123", "123", "ab-1"):
        world.sim.create_bill_by_hand(vendor, number, "10")
    assert [found.number for found in look_up(world, number=" AB-1 ")] == ["ab-1"]
    assert [found.number for found in look_up(world, number="123")] == ["123"]


def test_a_window_of_creation_narrows_the_list_on_bills_side(world: World) -> None:
    vendor = world.vendor()
    world.sim.create_bill_by_hand(vendor, "OLD", "10")
    world.clock.now += timedelta(hours=1)
    since = world.clock.now
    world.sim.create_bill_by_hand(vendor, "NEW", "10")
    assert [found.number for found in look_up(world, created_since=since.isoformat())] == ["NEW"]
    asked = world.calls("GET", "createdTime")
    assert asked
    assert all("vendorId" not in str(request.url) for request in asked)


def test_ids_are_asked_for_a_hundred_at_a_time(world: World) -> None:
    vendor = world.vendor()
    ids = [world.sim.create_bill_by_hand(vendor, f"A-{number}", "1") for number in range(120)]
    found = look_up(world, ids=",".join([*ids, 'x"y']), kind="bill", active="yes")
    assert {record.target_id for record in found} == set(ids)
    assert len(world.calls("GET", "/v3/bills")) == 2


def test_no_ids_is_nothing_not_everything(world: World) -> None:
    world.sim.create_bill_by_hand(world.vendor(), "A-1", "1")
    assert look_up(world, ids="") == []


def test_archived_bills_are_found_and_marked(world: World) -> None:
    bill = world.sim.create_bill_by_hand(world.vendor(), "A-1", "1")
    world.sim.archive(bill)
    assert [found.active for found in look_up(world)] == [False]
    assert look_up(world, active="yes") == []


def test_vendors_are_found_by_supplier_number_even_archived_ones(world: World) -> None:
    key = world.post(vendor_draft("SUP-1"))[0].target_id
    world.post(vendor_draft("SUP-2"))
    world.sim.archive(key)
    assert [found.target_id for found in look_up(world, Entity.VENDOR, number="sup-1")] == [key]


def test_accounts_and_dimensions_can_be_looked_up(world: World) -> None:
    (account,) = look_up(world, Entity.GL_ACCOUNT, number="1000")
    assert (account.kind, account.name) == ("account", "Cash operating account")
    assert [found.number for found in look_up(world, Entity.DIMENSION, kind="department")] == ["100", "200"]


def test_currencies_of_many_vendors_cost_one_request_and_are_kept(world: World) -> None:
    for number in range(30):
        world.sim.create_bill_by_hand(world.vendor(f"V{number}"), "A-1", "1")
    look_up(world, kind="bill")
    look_up(world, kind="bill")
    assert len(world.calls("GET", "/v3/vendors")) == 1


def test_the_currency_of_an_archived_vendor_is_known_too(world: World) -> None:
    vendor = world.vendor(currency="EUR")
    world.sim.create_bill_by_hand(vendor, "A-1", "1")
    world.sim.archive(vendor)
    assert [found.currency for found in look_up(world)] == ["EUR"]


def test_an_unreadable_row_is_never_proof_of_absence(world: World) -> None:
    world.sim.create_bill_by_hand(world.vendor(), "A-1", "77.00")
    world.fault("replace", "/v3/bills", find='"A-1"', text="NaN")
    (found,) = look_up(world, number="A-1", kind="bill", active="yes")
    assert found.kind == "unreadable"
    assert found.target_id.startswith("00n")


def test_odd_text_does_not_hide_a_record_from_a_look_up(world: World) -> None:
    vendor = world.vendor()
    bill = world.sim.create_bill_by_hand(vendor, "A-1", "1")
    world.sim.put_raw(vendor, name="Nul\x00Name")
    assert [found.target_id for found in look_up(world, number="A-1")] == [bill]


def test_a_condition_nobody_knows_is_a_bug(world: World) -> None:
    with pytest.raises(ValueError, match="colour"):
        look_up(world, colour="red")
