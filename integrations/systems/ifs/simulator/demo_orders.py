"""Purchase orders of the simulated tenants, with lines of parts and of everything else, and goods received."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from integrations.systems.ifs.simulator.demo_masters import COMPANY, OTHER_COMPANY
from integrations.systems.ifs.simulator.demo_suppliers import Supplier

Row = dict[str, Any]
Rows = tuple[str, list[Row]]
STATES = ("Planned", "Released", "Confirmed", "Arrived", "Received", "Closed", "Cancelled", "Stopped")
_COMING = frozenset({"Planned", "Released", "Confirmed", "Cancelled", "Stopped"})
_TEXTS = ("Hex bolts M8", "Bearing housings", "Coolant", "Calibration of gauges", "Pallets", "Crane inspection")
LONG_TEXT = "Stainless steel bracket with two slots, left-handed".ljust(51, ".")
"""One character more than the 50 that many tools take."""


@dataclass(frozen=True, slots=True)
class Order:
    """What an order is made of; `lines` counts them. Lines get goods received as its state says."""

    number: str
    supplier: Supplier
    state: str
    ordered: date
    lines: int = 2
    company: str = COMPANY


def demo_orders(suppliers: list[Supplier], today: date, chance: Random) -> Iterator[Rows]:
    """Three orders in every state for ordinary suppliers, and one of the other company; none has an invoice."""
    usual = [each for each in suppliers if each.kind == ""]
    orders = [
        Order(f"PS{position:03}{copy}", usual[(position * 3 + copy) % len(usual)], state, _days(today, 7 * copy + 5))
        for position, state in enumerate(STATES)
        for copy in range(3)
    ]
    abroad = next(each for each in suppliers if each.currency == "MXN")
    orders.append(Order("PS9000", abroad, "Released", _days(today, 9), company=OTHER_COMPANY))
    yield from order_rows(orders, chance)


def order_rows(orders: list[Order], chance: Random) -> Iterator[Rows]:
    """(entity, rows) of the orders: heads, lines, receipts."""
    lines = [line for order in orders for line in _lines(order, chance)]
    yield "PurchaseOrder", [head_row(_shared(order), order.ordered) for order in orders]
    yield "PurchaseOrderLine", lines
    yield "PurchaseReceipt", [row for line in lines for row in _receipts(line, chance)]


def head_row(shared: Row, ordered: date) -> Row:
    """`shared` are the fields that an order and its lines have in common."""
    return {**shared, "OrderDate": ordered, "BuyerCode": "PURCH", "AuthorizeCode": "PURCH"}


def line_row(shared: Row, key: Row, quantity: Decimal, price: Decimal, due: date, **more: Any) -> Row:
    """A line of `quantity` pieces at `price`, received and invoiced in full unless `more` says otherwise."""
    return {
        **shared,
        **key,
        "BuyQtyDue": quantity,
        "BuyUnitMeas": "pcs",
        "BuyUnitPrice": price,
        "NetAmtCurr": quantity * price,
        "GrossAmtCurr": quantity * price,
        "WantedDeliveryDate": due,
        "PlannedReceiptDate": due,
        "QtyReceived": quantity,
        "QtyInvoiced": quantity,
        **more,
    }


def _shared(order: Order) -> Row:
    return {
        "OrderNo": order.number,
        "Company": order.company,
        "VendorNo": order.supplier.id,
        "CurrencyCode": order.supplier.currency,
        "Objstate": order.state,
        "Contract": order.company,
    }


def _lines(order: Order, chance: Random) -> Iterator[Row]:
    """Every other line is of a part; the last of several is a second release of the line before."""
    due = order.ordered + timedelta(days=4)
    for position in range(1, order.lines + 1):
        second = position == order.lines and position > 2
        key = {
            "OrderNo": order.number,
            "LineNo": str(position - second),
            "ReleaseNo": "2" if second else "1",
        }
        quantity, price = Decimal(chance.randint(4, 60)), Decimal(chance.randint(500, 20_000)).scaleb(-2)
        received = Decimal(0) if order.state in _COMING else quantity
        yield line_row(
            _shared(order),
            key,
            quantity,
            price,
            due,
            PartNo=f"PART-{chance.randint(100, 999)}" if position % 2 else None,
            Description=LONG_TEXT if chance.random() < 0.05 else chance.choice(_TEXTS),
            QtyReceived=received // 2 if order.state == "Arrived" else received,
            QtyInvoiced=received if order.state == "Closed" else Decimal(0),
        )


def _receipts(line: Row, chance: Random) -> Iterator[Row]:
    """What was received, in one to three deliveries."""
    key = {name: line[name] for name in ("OrderNo", "LineNo", "ReleaseNo")}
    left: Decimal = line["QtyReceived"]
    count = min(int(left), chance.randint(1, 3))
    for number in range(1, count + 1):
        part = left if number == count else line["QtyReceived"] // count
        left -= part
        came = _days(line["PlannedReceiptDate"], count - number)
        yield {**key, "ReceiptNo": number, "QtyReceived": part, "ReceiptDate": came}


def _days(day: date, back: int) -> date:
    return day - timedelta(days=back)
