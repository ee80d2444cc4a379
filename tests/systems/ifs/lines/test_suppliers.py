"""O57: a supplier is what its general row, its addresses and its row in the company say."""

from integrations.engine.ports import Scope
from integrations.engine.records import Entity, Vendor
from tests.systems.ifs.lines.world import SCOPE, World


def test_uses_and_defaults_come_from_the_address_types(world: World) -> None:
    world.supplier("S1")
    world.address("S1", "2", use="Document")
    vendor = world.only(Entity.VENDOR)
    assert {address.key: (address.uses, address.default_for) for address in vendor.addresses} == {
        "1": (("pay",), ("pay",)),
        "2": (("document",), ("document",)),
    }


def test_where_types_are_not_shown_the_use_is_unknown(world: World) -> None:
    world.supplier("S1")
    world.fault("status", "/AddressTypes", times=None, status=403)
    assert world.only(Entity.VENDOR).addresses[0].uses == ("unknown",)


def test_an_address_counts_only_while_it_is_valid(world: World) -> None:
    world.supplier("S1")
    world.address("S1", "past", ValidTo="2026-11-20")
    world.address("S1", "today", ValidFrom="2026-11-21", ValidTo="2026-11-21")
    world.address("S1", "later", ValidFrom="2026-11-22")
    before = world.only(Entity.VENDOR)
    world.clock.forward(86_400)
    after = world.only(Entity.VENDOR)
    assert {address.key for address in before.addresses} == {"1", "today"}
    assert {address.key for address in after.addresses} == {"1", "later"}
    assert after.version != before.version, "or the store would keep the old address"


def test_a_supplier_of_another_company_is_not_in_ours(world: World) -> None:
    world.supplier("S1", company="20")
    vendor = world.only(Entity.VENDOR)
    assert not vendor.in_company
    assert world.calls("AddressTypes") == []


def test_a_supplier_blocked_for_payment_in_our_company_is_blocked(world: World) -> None:
    for key, company in (("S1", "10"), ("S2", "20")):
        world.supplier(key)
        row = {"SupplierId": key, "Company": company, "Identity": key, "PartyType": "Supplier"}
        world.sim.insert("SupplierPayment", row | {"BlockedForPayment": True})
    assert [vendor.blocked for vendor in world.poll(Entity.VENDOR)[0]] == [True, False]


def test_currency_term_and_group_are_the_companys(world: World) -> None:
    world.supplier("S1")
    world.sim.edit("SupplierInvoiceCompany", ("S1", "10"), DefCurrency="EUR", PayTermId="30", GroupId="DOM")
    vendor = world.only(Entity.VENDOR)
    assert (vendor.currency, vendor.payment_term, vendor.group) == ("EUR", "30", "DOM")


def test_what_we_hold_is_not_read_again_in_detail(world: World) -> None:
    world.suppliers(3)
    held = {record.key: record.version for record in world.poll(Entity.VENDOR)[0]}
    world.sim.edit("SupplierInfoGeneral", ("S01",), Name="Renamed")
    before = len(world.calls("AddressTypes"))
    pages = list(world.client.read(Entity.VENDOR, "", Scope(company="10", known=lambda keys: held)))
    assert [record.key for page in pages for record in page.records] == ["S01"]
    assert sum(page.same for page in pages) == 2
    assert sum(page.read for page in pages) == 3
    assert len(world.calls("AddressTypes")) - before <= 2


def test_a_fetched_supplier_is_the_one_of_the_scan(world: World) -> None:
    world.supplier("S1")
    found = world.client.fetch(Entity.VENDOR, "S1", SCOPE)
    assert isinstance(found, Vendor)
    assert found == world.only(Entity.VENDOR)
