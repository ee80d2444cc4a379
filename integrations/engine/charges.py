"""What invoices bill of purchase orders: of this invoice, and of all others so far. Net, in the invoice's currency."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from integrations.engine.records import Invoice, InvoiceLine, PurchaseOrder

_ZERO = Decimal(0)


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """What one invoice bills of one order line; `line` "" where it names the order alone. A credit is negative.

    `quantity` has the sign of `net`; None where the ERP does not tell it.
    """

    order: str
    net: Decimal
    line: str = ""
    release: str = ""
    quantity: Decimal | None = None
    unit: str = ""


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice or credit of an order as it stands in the ledger; `sent`: it is on the other side already."""

    key: str
    charges: tuple[Charge, ...]
    dated: date | None = None  # of its voucher
    sent: bool = False


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    """The orders that invoices of a batch name, and what bills them, by order number.

    `currency` is the company's own. `missing`: (invoice key, order number) that a whole scan of the orders since has
    not shown. Not `readable`: the ERP's orders have never been read to their end.
    """

    currency: str = ""
    readable: bool = True
    known: Mapping[str, PurchaseOrder] = {}
    uses: Mapping[str, Sequence[Use]] = {}
    missing: frozenset[tuple[str, str]] = frozenset()

    def before(self, source: Invoice, number: str) -> list[Charge]:
        """What others bill of the order so far: those that are sent, and those that are older in the ledger."""
        mine = _age(source.voucher_date, source.key)
        so_far = [use for use in self.uses.get(number, ()) if use.key != source.key]
        return [c for use in so_far if use.sent or _age(use.dated, use.key) < mine for c in use.charges]


def charges_of(source: Invoice) -> tuple[Charge, ...]:
    """What it bills of orders, line by line; all of its net where only its head names one, or no line can be read."""
    named = [line for line in source.lines or () if _order_of(line, source)]
    if not named:
        return (Charge(order=source.po_number, net=source.net),) if source.po_number else ()
    return tuple(
        Charge(
            order=_order_of(line, source),
            net=line.net,
            line=line.po_line,
            release=line.po_release,
            quantity=None if line.quantity is None else _signed(line.quantity, line.net),
            unit=line.unit,
        )
        for line in named
    )


def beside(source: Invoice) -> Decimal:
    """The net of its lines that name no order, such as freight, where others do."""
    lines = source.lines or ()
    if not any(_order_of(line, source) for line in lines):
        return _ZERO
    return net_of(line for line in lines if not _order_of(line, source))


def net_of(rows: Iterable[Charge | InvoiceLine]) -> Decimal:
    """Their sum."""
    return sum((row.net for row in rows), _ZERO)


def quantity_of(charges: Sequence[Charge]) -> Decimal | None:
    """Their sum; None where that of one is not known."""
    known = [each.quantity for each in charges if each.quantity is not None]
    return sum(known, _ZERO) if len(known) == len(charges) else None


def _order_of(line: InvoiceLine, source: Invoice) -> str:
    return line.po_number or (source.po_number if line.po_line else "")


def _signed(quantity: Decimal, net: Decimal) -> Decimal:
    return quantity.copy_sign(net) if net else quantity


def _age(dated: date | None, key: str) -> tuple[date, int, str]:
    return dated or date.max, len(key), key
