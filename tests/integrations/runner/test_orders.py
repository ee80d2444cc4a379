"""Invoices of one purchase order on the stand-ins: read, matched with what stands of the order, sent or held."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from integrations.models import BilledLine, Checkpoint, Flow, OutboxItem, ReviewItem, SourceRecord
from tenants.scope import tenant_scope
from tests.factories import Cast, signed_in
from tests.integrations.runner.town import Make, Town, town_of

__all__ = ["town_of"]


def order(town: Town, number: str = "P1", state: str = "Released", **line: Any) -> None:
    """A hundred bolts at 10.00 of supplier S1; nothing has been received."""
    shared = {"OrderNo": number, "Company": "10", "VendorNo": "S1", "CurrencyCode": "USD", "Objstate": state}
    town.erp.sim.insert("PurchaseOrder", shared | {"OrderDate": "2026-11-02", "BuyerCode": "PURCH"})
    figures = {
        "BuyQtyDue": Decimal(100),
        "BuyUnitPrice": Decimal(10),
        "NetAmtCurr": Decimal(1000),
        "BuyUnitMeas": "pcs",
    }
    key = {"LineNo": "1", "ReleaseNo": "1", "Description": "Bolts", "PartNo": "B1", "QtyReceived": Decimal(0)}
    town.erp.sim.insert("PurchaseOrderLine", shared | key | figures | line)


def bill(town: Town, number: int, net: str, quantity: int, of: str = "P1", **fields: Any) -> None:
    """An invoice of that many of its bolts, in the ledger since the day of its number."""
    day: dict[str, Any] = {"VoucherDateRef": f"2026-11-{number:02}", "PoRefNumber": of, "CurrRate": Decimal(1)}
    town.erp.invoice(number, net, **(day | fields))
    item = {"Company": "10", "InvoiceId": number, "ItemId": 1}
    named = {"PoRefNumber": of, "PoLineNo": "1", "PoRelNo": "1", "Quantity": Decimal(quantity), "UnitMeas": "pcs"}
    town.erp.sim.edit("ManSuppInvoiceItem", item, **named)


def held(town: Town) -> dict[str, list[str]]:
    """The codes that each held invoice is held for."""
    with tenant_scope(town.tenant_id):
        rows = ReviewItem.objects.filter(status="open", item__flow__entity="invoice").select_related("item__source")
        return {row.item.source.number: [each["code"] for each in row.problems] for row in rows}


@pytest.fixture
def town(town_of: Make) -> Town:
    """A supplier with an order; what does not match it is held."""
    made: Town = town_of()
    made.supplier("S1")
    made.choose(on_mismatch="hold")
    order(made)
    return made


def test_what_bills_more_than_is_left_of_an_order_is_held_until_a_credit_makes_room(town: Town) -> None:
    bill(town, 3, "600.00", 60)
    bill(town, 4, "400.00", 40)
    bill(town, 6, "100.00", 10)
    town.sync()
    assert town.bills() == {"N3": "600.00", "N4": "400.00"}
    assert held(town) == {"N6": ["po_over_quantity", "po_over_total"]}
    bill(town, 5, "-100.00", 10)
    town.sync()
    assert held(town) == {}
    assert town.bills() == {"N3": "600.00", "N4": "400.00", "N6": "100.00"}
    assert {row["purchaseOrderNumber"] for row in town.ap.sim.dump("bills")} == {"P1"}


def test_a_corrected_order_frees_what_it_held(town: Town) -> None:
    bill(town, 3, "1100.00", 100)
    town.sync()
    assert held(town) == {"N3": ["po_over_price", "po_over_total"]}
    key = {"OrderNo": "P1", "LineNo": "1", "ReleaseNo": "1"}
    town.erp.sim.edit("PurchaseOrderLine", key, BuyUnitPrice=Decimal(11), NetAmtCurr=Decimal(1100))
    town.sync()
    assert (held(town), town.bills()) == ({}, {"N3": "1100.00"})


def test_orders_are_kept_with_a_page_and_never_written(town: Town) -> None:
    town.sync()
    assert town.states("purchase_order") == {"P1": "out"}
    with tenant_scope(town.tenant_id):
        assert OutboxItem.objects.get(flow__entity="purchase_order").reason == "reference"
        flow = Flow.objects.get(entity="purchase_order")
        OutboxItem.objects.filter(flow=flow).update(state="ready")
    town.sync()
    assert town.states("purchase_order") == {"P1": "out"}


def test_an_unknown_order_is_waited_for_and_held_after_a_whole_scan(town: Town) -> None:
    bill(town, 3, "100.00", 10, of="P2")
    town.sync()
    assert town.states() == {"N3": "waiting"}
    with tenant_scope(town.tenant_id):
        SourceRecord.objects.filter(flow__entity="invoice").update(changed_at=timezone.now() - timedelta(days=3))
        Checkpoint.objects.filter(flow__entity="purchase_order").update(swept_at=timezone.now() - timedelta(days=2))
    town.sync()
    town.sync()
    assert held(town) == {"N3": ["po_unknown"]}
    order(town, "P2")
    town.sync()
    assert (held(town), town.bills()) == ({}, {"N3": "100.00"})


def test_an_erp_that_does_not_show_its_orders_stops_nothing(town: Town) -> None:
    town.erp.fault("status", "/PurchaseOrderSet", times=None, status=403)
    bill(town, 3, "5000.00", 500)
    town.sync()
    assert town.bills() == {"N3": "5000.00"}
    with tenant_scope(town.tenant_id):
        assert [each["code"] for each in OutboxItem.objects.get(flow__entity="invoice").notes] == ["po_not_matched"]
        town.integration.erp.refresh_from_db()
        assert town.integration.erp.status == "ok"


def test_lines_that_the_erp_no_longer_shows_still_count(town: Town) -> None:
    bill(town, 3, "900.00", 90)
    town.sync()
    town.erp.sim.edit("ManSuppInvoice", {"Company": "10", "InvoiceId": 3}, Objstate="PaidPosted")
    bill(town, 4, "200.00", 20)
    town.sync()
    assert held(town)["N4"] == ["po_over_quantity", "po_over_total"]
    with tenant_scope(town.tenant_id):
        assert BilledLine.objects.filter(order_number="P1").count() == 2


def test_the_page_of_an_order_adds_up_what_is_ordered_billed_and_open(town: Town, cast: Cast, client: Client) -> None:
    bill(town, 3, "600.00", 60)
    bill(town, 4, "-100.00", 10)
    town.sync()
    with tenant_scope(town.tenant_id):
        of_order = OutboxItem.objects.get(flow__entity="purchase_order").uuid
        of_invoice = OutboxItem.objects.get(source__number="N3").uuid
    client = signed_in(cast.owner)
    page = client.get(f"/records/{of_order}/").content.decode()
    assert "has no purchase orders: the number travels" in page
    assert all(amount in page for amount in ("1,000.00", "600.00", "500.00"))
    assert f"/records/{of_invoice}/" in page
    assert f"/records/{of_order}/" in client.get(f"/records/{of_invoice}/").content.decode()
    assert f"/records/{of_order}/" in client.get("/records/?entity=purchase_order").content.decode()
