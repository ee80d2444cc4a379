"""Where invoices go beyond an order: price, quantity, total, receipts. Each deviation is a Problem with its numbers."""

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from integrations.engine.asking import subject
from integrations.engine.charges import Charge, net_of
from integrations.engine.errors import Problem
from integrations.engine.money import exact, minor_unit
from integrations.engine.order_lines import Billed, order_net
from integrations.engine.policy import Policy
from integrations.engine.records import Invoice, OrderState, PurchaseOrder

_ZERO, _HUNDRED = Decimal(0), Decimal(100)


class Tolerance(msgspec.Struct, frozen=True, kw_only=True):
    """What the tenant lets pass of this invoice; `currency` is the company's own."""

    source: Invoice
    currency: str
    policy: Policy

    def local(self, amount: Decimal) -> Decimal:
        """An amount in company currency as one of the invoice; nothing where the rate is not known."""
        if self.source.currency == self.currency:
            return amount
        return amount / self.source.rate if self.source.rate else _ZERO

    def beyond(self, over: Decimal, base: Decimal, percent: Decimal, amount: Decimal) -> bool:
        """Whether `over`, to the minor unit, is more than the percentage of `base` or more than the amount."""
        exactly = over.quantize(minor_unit(self.source.currency), ROUND_HALF_UP)
        return exactly > max(_ZERO, base) * percent / _HUNDRED or exactly > self.local(amount)


def deviations(
    order: PurchaseOrder, lines: Sequence[Billed], now: Sequence[Charge], so_far: Sequence[Charge], allowed: Tolerance
) -> Iterator[Problem]:
    """All of them, line by line, then of the whole order. What takes nothing more of a line cannot go beyond it."""
    if order.lines is None:
        words = f"The lines of purchase order {order.number} could not be read, so nothing can be compared."
        yield _problem("po_lines_unreadable", words, order)
        return
    for each in lines:
        if net_of(each.now) > 0:
            yield from _line(order, each, allowed)
    billed, taken = net_of((*now, *so_far)), net_of(now)
    yield from _total(order, billed, taken, allowed)
    by_line = any(each.line for each in now)
    if taken > 0 and not by_line and _receipts_count(order, allowed):
        yield from _received_in_all(order, lines, billed, allowed)


def _line(order: PurchaseOrder, each: Billed, allowed: Tolerance) -> Iterator[Problem]:
    policy, number, line = allowed.policy, order.number, each.line
    if line is None or line.state is OrderState.CANCELLED:
        what = "does not exist" if line is None else "is cancelled"
        yield _problem("po_line", f"Line {each.key} of order {number} {what}, and is billed.", order, each.key)
        return
    if each.quantity is not None and line.quantity is not None:
        most = line.quantity * (1 + policy.po_quantity_percent / _HUNDRED)
        if each.quantity > most:
            words = f"Line {each.key} of order {number}: {_plain(each.quantity)} {line.unit} billed, "
            words += f"{_plain(line.quantity)} ordered."
            yield _problem("po_over_quantity", words, order, each.key, each.quantity, line.quantity)
    yield from _price(order, each, allowed)
    if _receipts_count(order, allowed):
        yield from _received(order, each, allowed)


def _price(order: PurchaseOrder, each: Billed, allowed: Tolerance) -> Iterator[Problem]:
    """Billed net against what that quantity costs; against the whole line where no quantity is known."""
    policy, price = allowed.policy, each.price
    counted = each.quantity is not None and price is not None
    base = each.quantity * price if each.quantity is not None and price is not None else each.net
    if base is None:
        words = f"The price of line {each.key} of order {order.number} could not be read."
        yield _problem("po_lines_unreadable", words, order, each.key)
        return
    over = each.billed - base
    if over > 0 and allowed.beyond(over, base, policy.po_price_percent, policy.po_price_amount):
        what = f"{_plain(each.quantity)} at the order's price" if counted and each.quantity is not None else "the line"
        words = f"Line {each.key} of order {order.number}: {_money(each.billed, order)} billed, {what} is "
        words += f"{_money(base, order)}: {_money(over, order)} more."
        yield _problem("po_over_price", words, order, each.key, each.billed, base)


def _received(order: PurchaseOrder, each: Billed, allowed: Tolerance) -> Iterator[Problem]:
    """Billed at most what was received; by value where no quantity is known."""
    if each.received is None:
        words = f"What was received of line {each.key} of order {order.number} could not be read."
        yield _problem("po_receipts_unreadable", words, order, each.key)
    elif each.quantity is not None:
        if each.quantity > each.received:
            words = f"Line {each.key} of order {order.number}: {_plain(each.quantity)} billed, "
            words += f"{_plain(each.received)} received."
            yield _problem("po_over_received", words, order, each.key, each.quantity, each.received)
    elif each.price is not None:
        yield from _worth(order, each.key, each.billed, each.received * each.price, allowed)


def _received_in_all(
    order: PurchaseOrder, lines: Sequence[Billed], billed: Decimal, allowed: Tolerance
) -> Iterator[Problem]:
    """Of an invoice that names no line: what was received of all lines together, by value."""
    worth = [each.received * each.price for each in lines if each.received is not None and each.price is not None]
    if len(worth) < len([each for each in lines if each.line is not None]):
        words = f"What was received of order {order.number} could not be read."
        yield _problem("po_receipts_unreadable", words, order)
    else:
        yield from _worth(order, "", billed, sum(worth, _ZERO), allowed)


def _worth(order: PurchaseOrder, key: str, billed: Decimal, worth: Decimal, allowed: Tolerance) -> Iterator[Problem]:
    policy = allowed.policy
    if allowed.beyond(billed - worth, worth, policy.po_price_percent, policy.po_price_amount):
        what = f"Line {key} of order" if key else "Order"
        words = f"{what} {order.number}: {_money(billed, order)} billed, {_money(worth, order)} received."
        yield _problem("po_over_received", words, order, key, billed, worth)


def _total(order: PurchaseOrder, billed: Decimal, taken: Decimal, allowed: Tolerance) -> Iterator[Problem]:
    total, policy = order_net(order), allowed.policy
    if total is None:
        words = f"The total of order {order.number} could not be read."
        yield _problem("po_lines_unreadable", words, order)
    elif taken > 0 and billed > total:
        if allowed.beyond(billed - total, total, policy.po_total_percent, policy.po_total_amount):
            words = f"Order {order.number}: {_money(billed, order)} billed in all, {_money(total, order)} ordered: "
            words += f"{_money(billed - total, order)} more."
            yield _problem("po_over_total", words, order, billed, total)
    elif taken < 0 and billed < 0:
        words = f"Order {order.number}: {_money(-billed, order)} more is credited than was billed."
        yield _problem("po_over_credited", words, order, billed)


def _receipts_count(order: PurchaseOrder, allowed: Tolerance) -> bool:
    """A closed order is billed as far as was received, whatever is matched otherwise."""
    return allowed.policy.po_match == "3way" or order.state is OrderState.CLOSED


def _problem(code: str, words: str, order: PurchaseOrder, *about: object) -> Problem:
    named = subject(code, order.number, *about)
    return Problem(code, words, field="po_number", value=order.number, subject=named, blocker=("order", order.number))


def _money(amount: Decimal, order: PurchaseOrder) -> str:
    cents = amount.quantize(minor_unit(order.currency), ROUND_HALF_UP)
    return f"{exact(cents, order.currency)} {order.currency}"


def _plain(quantity: Decimal) -> str:
    return f"{quantity.normalize():,f}"
