"""Purchase orders come whole: lines of both sets, receipts, and an honest "unknown" for what cannot be read."""

from decimal import Decimal
from typing import Any

import pytest

from integrations.engine.records import Entity, OrderState, PurchaseOrder, Unreadable
from tests.systems.ifs.lines.world import SCOPE, World

ORDERS = Entity.PURCHASE_ORDER
BRIEF = ({"preset": "brief"}, {"profile": "brief"})


def order(world: World, number: str, state: str = "Received", company: str = "10") -> None:
    """An order of two lines, one of them of a part, with two receipts of the first."""
    shared = {"OrderNo": number, "Company": company, "VendorNo": "S1", "CurrencyCode": "USD", "Objstate": state}
    world.sim.insert("PurchaseOrder", shared | {"OrderDate": "2026-11-02", "BuyerCode": "PURCH"})
    for line, part in (("10", "PART-1"), ("2", None)):
        key = {"OrderNo": number, "LineNo": line, "ReleaseNo": "1"}
        figures = {"BuyQtyDue": Decimal(8), "BuyUnitPrice": Decimal("12.125"), "NetAmtCurr": Decimal("97.00")}
        world.sim.insert("PurchaseOrderLine", shared | key | figures | {"PartNo": part, "QtyReceived": Decimal(8)})
    for receipt, quantity in ((1, 5), (2, 3)):
        came = {"QtyReceived": Decimal(quantity), "ReceiptDate": "2026-11-09"}
        world.sim.insert("PurchaseReceipt", key | {"ReceiptNo": receipt} | came)


def test_an_order_has_the_lines_of_both_sets_and_its_receipts(world: World) -> None:
    order(world, "P1")
    found: PurchaseOrder = world.only(ORDERS)
    assert (found.key, found.number, found.vendor_key, found.currency, found.buyer) == (
        "10|P1", "P1", "S1", "USD", "PURCH",
    )  # fmt: skip
    assert [(line.line, line.part, line.price) for line in found.lines or ()] == [
        ("2", "", Decimal("12.125")),
        ("10", "PART-1", Decimal("12.125")),
    ]
    assert [(each.line, each.number, each.quantity) for each in found.receipts or ()] == [
        ("2", "1", Decimal(5)),
        ("2", "2", Decimal(3)),
    ]


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("Planned", OrderState.PLANNED),
        ("Released", OrderState.OPEN),
        ("Confirmed", OrderState.OPEN),
        ("Arrived", OrderState.RECEIVED),
        ("Received", OrderState.RECEIVED),
        ("Closed", OrderState.CLOSED),
        ("Cancelled", OrderState.CANCELLED),
        ("Stopped", OrderState.STOPPED),
        ("Frozen", OrderState.UNKNOWN),
    ],
)
def test_states_are_the_profiles_and_a_new_word_is_unknown(world: World, word: str, state: OrderState) -> None:
    order(world, "P1", word)
    found: PurchaseOrder = world.only(ORDERS)
    assert (found.state, found.state_word) == (state, word)
    assert {line.state for line in found.lines or ()} == {state}


@pytest.mark.parametrize("status", [403, 404, 501])
@pytest.mark.parametrize(
    ("missing", "part"),
    [
        ("PurchaseOrderLinePartSet", "lines"),
        ("PurchaseOrderLineNopartSet", "lines"),
        ("PurchaseReceiptSet", "receipts"),
    ],
)
@pytest.mark.parametrize("tenant", [(), BRIEF], ids=["default", "brief"])
def test_a_set_that_cannot_be_read_leaves_its_part_unknown(
    tenant: tuple[Any, ...], missing: str, part: str, status: int
) -> None:
    world = World(*tenant)
    order(world, "P1")
    world.fault("status", f"/{missing}", times=None, status=status)
    records, cursor = world.poll(ORDERS)
    assert getattr(records[0], part) is None
    assert getattr(records[0], "receipts" if part == "lines" else "lines")
    world.poll(ORDERS, cursor)  # goes on without the set also where its changes are looked for


def test_no_order_costs_a_request_of_its_own() -> None:
    world = World(settings={"page_size": "500"})
    for number in range(200):
        order(world, f"P{number:04}")
    assert len(world.keys(ORDERS)) == 200
    assert len(world.calls("PurchaseOrderLine")) + len(world.calls("PurchaseReceipt")) <= 9


def test_orders_of_another_company_are_left_out_also_when_asked_for_by_key(world: World) -> None:
    order(world, "P1", company="20")
    assert world.keys(ORDERS) == []
    assert world.client.fetch(ORDERS, "20|P1", SCOPE) is None
    assert world.client.fetch(ORDERS, "10|P1", SCOPE) is None


@pytest.mark.parametrize(
    ("table", "key", "fields"),
    [
        ("PurchaseOrder", ("P2",), {"Objstate": "Closed"}),
        ("PurchaseOrderLine", ("P2", "2", "1"), {"BuyUnitPrice": Decimal(13)}),
        ("PurchaseOrderLine", ("P2", "10", "1"), {"QtyInvoiced": Decimal(1)}),
        ("PurchaseReceipt", ("P2", "2", "1", 2), {"QtyReceived": Decimal(4)}),
    ],
)
def test_a_changed_line_or_receipt_brings_its_order_once(table: str, key: Any, fields: dict[str, Any]) -> None:
    world = World(*BRIEF)
    for number in ("P1", "P2", "P3"):
        order(world, number)
    world.clock.forward(86_400)
    before, cursor = world.poll(ORDERS)
    world.clock.forward(86_400)
    world.sim.edit(table, key, **fields)
    later, _ = world.poll(ORDERS, cursor)
    changed = [record for record in later if record.version not in {each.version for each in before}]
    assert [record.key for record in changed] == ["10|P2"]
    assert len(later) == len({record.key for record in later})


def test_a_line_that_cannot_be_read_holds_its_order_and_no_other(world: World) -> None:
    order(world, "P1")
    order(world, "P2")
    world.sim.edit("PurchaseReceipt", ("P1", "2", "1", 1), QtyReceived=None)
    records, _ = world.poll(ORDERS)
    assert [(type(each), each.key) for each in records] == [(Unreadable, "10|P1"), (PurchaseOrder, "10|P2")]
