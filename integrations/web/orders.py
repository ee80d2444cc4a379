"""A purchase order as it is billed: ordered, received, billed and open, with its invoices; the orders of an invoice."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

import msgspec

from integrations.engine.charges import Use, net_of
from integrations.engine.order_lines import Billed, billed_lines, order_net
from integrations.engine.records import Entity, PurchaseOrder
from integrations.models import BilledLine, Flow, OutboxItem, RecordLink
from integrations.store import orders
from integrations.systems import registry

MOST = 200  # invoices that the page of an order shows


@dataclass(frozen=True, slots=True)
class Row:
    """One line; `text` and `unit` as ordered. What could not be read is None."""

    billed: Billed
    text: str = ""
    unit: str = ""

    @property
    def ordered(self) -> Decimal | None:
        """The quantity."""
        return None if self.billed.line is None else self.billed.line.quantity

    @property
    def open(self) -> Decimal | None:
        """What is still to be billed, net; negative where it is more than was ordered."""
        return None if self.billed.net is None else self.billed.net - self.billed.billed


@dataclass(frozen=True, slots=True)
class Invoiced:
    """An invoice or credit of an order: its record, where it is on the other side, and what it bills of the order."""

    use: Use
    item: OutboxItem | None
    targets: Sequence[str]

    @property
    def net(self) -> Decimal:
        """With all its lines of this order."""
        return net_of(self.use.charges)


@dataclass(frozen=True, slots=True)
class Ordered:
    """`total` None where the order could not be read whole; `beside`: billed without naming a line.

    `tool` has no purchase orders of its own: the number travels, and matching happens here.
    """

    order: PurchaseOrder
    rows: Sequence[Row]
    bills: Sequence[Invoiced]
    more: int
    billed: Decimal
    beside: Decimal
    tool: str
    total: Decimal | None = None

    @property
    def open(self) -> Decimal | None:
        """What is still to be billed of the whole order."""
        return None if self.total is None else self.total - self.billed


@dataclass(frozen=True, slots=True)
class Names:
    """The orders that an invoice names: (number, its record's id or None)."""

    orders: list[tuple[str, UUID | None]] = field(default_factory=list)
    tool: str = ""


def ordered_of(item: OutboxItem) -> Ordered | None:
    """None for anything but an order whose invoices are sent from here. A constant number of queries."""
    if item.flow.entity != Entity.PURCHASE_ORDER or not item.source.readable:
        return None
    integration = item.flow.integration
    flow = Flow.objects.filter(integration=integration, entity=Entity.INVOICE, inbound=False).first()
    if flow is None:
        return None
    try:
        order = msgspec.convert(item.source.snapshot, PurchaseOrder, strict=False)
    except msgspec.ValidationError:  # stored in a form that is not read any more
        return None
    uses = orders.uses(integration, [order.number]).get(order.number, [])
    charges = [charge for use in uses for charge in use.charges]
    rows = [
        Row(each, each.line.description if each.line else "", each.line.unit if each.line else "")
        for each in billed_lines(order, (), charges)
    ]
    return Ordered(
        order=order,
        rows=rows,
        bills=_bills(flow, uses[:MOST]),
        more=max(0, len(uses) - MOST),
        billed=net_of(charges),
        beside=net_of(charge for charge in charges if not charge.line),
        tool=_tool_without(item),
        total=order_net(order),
    )


def orders_of(item: OutboxItem) -> Names:
    """What an invoice that is sent from here names; empty for anything else."""
    if item.flow.entity != Entity.INVOICE or item.flow.inbound:
        return Names()
    rows = BilledLine.objects.filter(source=item.source).order_by("place")
    numbers = list(dict.fromkeys(rows.values_list("order_number", flat=True)))
    if not numbers:
        return Names()
    flow = Flow.objects.filter(integration=item.flow.integration_id, entity=Entity.PURCHASE_ORDER).first()
    keys = {number: order.key for number, order in orders.found(flow, numbers).items()} if flow else {}
    items = OutboxItem.objects.filter(flow=flow, source_key__in=keys.values(), variant="")
    uuids = dict(items.values_list("source_key", "uuid"))
    return Names([(number, uuids.get(keys.get(number, ""))) for number in numbers], _tool_without(item))


def _bills(flow: Flow, uses: Sequence[Use]) -> list[Invoiced]:
    keys = [use.key for use in uses]
    items = OutboxItem.objects.filter(flow=flow, source_key__in=keys, variant="").select_related("source")
    known = {item.source_key: item for item in items}
    links = RecordLink.objects.filter(
        integration=flow.integration_id, entity=Entity.INVOICE, inbound=False, source_key__in=keys
    )
    targets: dict[str, list[str]] = {}
    for key, target_id in links.order_by("id").values_list("source_key", "target_id"):
        targets.setdefault(key, []).append(target_id)
    return [Invoiced(use, known.get(use.key), targets.get(use.key, ())) for use in uses]


def _tool_without(item: OutboxItem) -> str:
    """The AP tool's name, where it keeps no purchase orders; else ""."""
    system = registry.systems().get(item.flow.integration.ap.system)
    return "" if system is None or Entity.PURCHASE_ORDER in system.writes else system.label
