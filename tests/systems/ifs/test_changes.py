"""Polls by a change column: nothing that changed is missed, whoever's stamp it was."""

from typing import Any

import pytest

from integrations.engine.records import Entity
from tests.systems.ifs.lines.world import SCOPE, World


@pytest.fixture
def world() -> World:
    tenant = World({"preset": "brief"}, {"profile": "brief"})
    for number in (1, 2, 3, 4):
        tenant.invoice(number)
        tenant.supplier(f"S{number}")
    tenant.clock.forward(3 * 86_400)
    return tenant


def after(world: World, entity: Entity) -> str:
    """The cursor of somebody who has read everything, and has looked again a day later."""
    _, cursor = world.poll(entity)
    world.clock.forward(86_400)
    _, cursor = world.poll(entity, cursor)
    world.clock.forward(86_400)
    return cursor


def test_a_whole_scan_comes_first_and_then_only_what_changed(world: World) -> None:
    cursor = after(world, Entity.INVOICE)
    world.sim.edit("ManSuppInvoice", ("10", 3), DueDate="2026-12-24")
    assert world.keys(Entity.INVOICE, cursor) == ["10|3"]


@pytest.mark.parametrize(
    ("table", "key", "fields"),
    [
        ("ManSuppInvoiceItem", ("10", 2, 1), {"Description": "Nuts"}),
        ("ManSuppInvoicePostings", ("10", 2, 1, 1), {"CodeA": "6130"}),
        ("SupplierLedgerItem", ("10", "S1", "SI", "N2", 1), {"OpenAmount": 1}),
    ],
)
def test_a_changed_child_brings_its_invoice(world: World, table: str, key: Any, fields: dict[str, Any]) -> None:
    cursor = after(world, Entity.INVOICE)
    world.sim.edit(table, key, **fields)
    assert world.keys(Entity.INVOICE, cursor) == ["10|2"]


@pytest.mark.parametrize(
    ("table", "key", "fields"),
    [
        ("SupplierInfoAddress", ("S2", "1"), {"City": "Waco"}),
        ("SupplierInvoiceCompany", ("S2", "10"), {"GroupId": "A"}),
    ],
)
def test_a_changed_child_brings_its_supplier(world: World, table: str, key: Any, fields: dict[str, Any]) -> None:
    cursor = after(world, Entity.VENDOR)
    world.sim.edit(table, key, **fields)
    assert world.keys(Entity.VENDOR, cursor) == ["S2"]


def test_a_record_that_changed_with_its_children_comes_once(world: World) -> None:
    cursor = after(world, Entity.INVOICE)
    world.sim.edit("ManSuppInvoice", ("10", 2), DueDate="2026-12-24")
    world.sim.edit("ManSuppInvoiceItem", ("10", 2, 1), Description="Nuts")
    assert world.keys(Entity.INVOICE, cursor) == ["10|2"]


def test_a_quiet_tenant_is_asked_but_gives_nothing_again(world: World) -> None:
    cursor = after(world, Entity.INVOICE)
    assert world.keys(Entity.INVOICE, cursor) == []


def test_a_poll_resumes_behind_any_page(world: World) -> None:
    for number in range(10, 30):
        world.invoice(number)
    cursor = after(world, Entity.INVOICE)
    for number in range(10, 30):
        world.sim.edit("ManSuppInvoiceItem", ("10", number, 1), Description="Nuts")
    found: set[str] = set()
    more = True
    while more:
        page = next(iter(world.connect().read(Entity.INVOICE, cursor, SCOPE)))
        found |= {record.key for record in page.records}
        cursor, more = page.cursor, page.more
    assert found == {f"10|{number}" for number in range(10, 30)}
