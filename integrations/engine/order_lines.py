"""An order as it is billed: what was ordered, received and billed of each line."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec

from integrations.engine.charges import Charge, net_of, quantity_of
from integrations.engine.records import OrderLine, OrderState, PurchaseOrder

_ZERO = Decimal(0)


class Billed(msgspec.Struct, frozen=True, kw_only=True):
    """One order line with all that is billed of it; `line` None: a line that the order does not have.

    `now` is what the invoice at hand bills. What could not be read is None: `ordered`, `received` and `quantity` are
    quantities, `net` what the line was ordered for.
    """

    key: str
    line: OrderLine | None
    now: tuple[Charge, ...]
    so_far: tuple[Charge, ...]
    received: Decimal | None = None

    @property
    def net(self) -> Decimal | None:
        """What the whole line costs; nothing once it is cancelled."""
        return None if self.line is None else line_net(self.line)

    @property
    def price(self) -> Decimal | None:
        """What one of it costs, discounts taken off."""
        if self.line is None:
            return None
        if self.line.net is not None and self.line.quantity:
            return self.line.net / self.line.quantity
        return self.line.price

    @property
    def billed(self) -> Decimal:
        """Net, with the invoice at hand."""
        return net_of((*self.now, *self.so_far))

    @property
    def quantity(self) -> Decimal | None:
        """Billed so far, with the invoice at hand; None where an invoice, or the order, does not tell it."""
        return quantity_of((*self.now, *self.so_far)) if self.line is not None and self.line.quantity else None

    @property
    def units(self) -> set[str]:
        """Units that invoices name beside the order's own."""
        own = self.line.unit if self.line is not None else ""
        return {each.unit for each in (*self.now, *self.so_far) if each.unit and own} - {own}


def billed_lines(order: PurchaseOrder, now: Sequence[Charge], so_far: Sequence[Charge]) -> Iterator[Billed]:
    """Every line of the order, then what is billed of lines that it does not have."""
    lines = {(line.line, line.release): line for line in order.lines or ()}
    places = [_place(each, lines) for each in now]
    earlier = [_place(each, lines) for each in so_far]
    for place in dict.fromkeys([*lines, *(each for each in (*places, *earlier) if each[0])]):
        yield Billed(
            key="-".join(part for part in place if part),
            line=lines.get(place),
            now=tuple(c for c, at in zip(now, places, strict=True) if at == place),
            so_far=tuple(c for c, at in zip(so_far, earlier, strict=True) if at == place),
            received=received_of(order, lines[place]) if place in lines else None,
        )


def received_of(order: PurchaseOrder, line: OrderLine) -> Decimal | None:
    """The quantity that arrived on a line: by its receipts, else as the line says."""
    if order.receipts is None:
        return line.received
    mine = [each.quantity for each in order.receipts if (each.line, each.release) == (line.line, line.release)]
    return sum(mine, _ZERO)


def order_net(order: PurchaseOrder) -> Decimal | None:
    """What the whole order costs, without its cancelled lines; None where that cannot be read."""
    nets = [line_net(line) for line in order.lines or ()]
    known = [net for net in nets if net is not None]
    return sum(known, _ZERO) if order.lines is not None and len(known) == len(nets) else None


def line_net(line: OrderLine) -> Decimal | None:
    """Net of one line; nothing once it is cancelled."""
    if line.state is OrderState.CANCELLED:
        return _ZERO
    if line.net is None and line.price is not None and line.quantity is not None:
        return line.price * line.quantity
    return line.net


def _place(charge: Charge, lines: dict[tuple[str, str], OrderLine]) -> tuple[str, str]:
    """The (line, release) that it bills: a line of one release need not be named with it."""
    alike = [place for place in lines if place[0] == charge.line]
    return alike[0] if charge.line and not charge.release and len(alike) == 1 else (charge.line, charge.release)
