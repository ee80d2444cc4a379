"""The kinds of payments that AvidPay makes: each case pays open invoices in its own way.

CASES: name -> (share of 1,000, what to do). A case takes what it pays from the open items and returns the payments.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

from integrations.systems.avidxchange.simulator.hands import Hands
from integrations.systems.avidxchange.simulator.wire import Json, money


@dataclass
class Item:
    """An approved invoice and what of it is still unpaid."""

    invoice: int
    group: tuple[str, ...]  # vendor, company, currency: only items of one group can be paid at once
    open: Decimal

    @classmethod
    def of(cls, body: Json) -> "Item":
        """The item of an unpaid invoice."""
        vendor = body["BuyerVendor"]["VendorExternalSystemID"]
        group = (vendor, body["CompanyExternalCode"], body["Currency"] or "")
        return cls(body["Id"], group, money(body["GrossAmount"]))


@dataclass
class Desk:
    """Where payments are made: the people's hands, the open items, credits, and invoices that are not approved yet."""

    sim: Hands
    open: list[Item]
    credits: list[Item]
    early: list[Item]
    chance: Random = field(repr=False)
    shown: set[str] = field(default_factory=set)

    def take(self) -> Item:
        """The next open item."""
        return self.open.pop(0)

    def take_group(self, most: int) -> list[Item]:
        """Up to `most` open items of the group that has most of them."""
        (group, _), *_ = Counter(item.group for item in self.open).most_common(1)
        found = [item for item in self.open if item.group == group][:most]
        self.open = [item for item in self.open if item not in found]
        return found

    def pay(self, *items: Item, method: str = "Check", status: str = "issued", **fields: Any) -> int:
        """Pay items in full, as far as they are open."""
        parts = [{"invoice": item.invoice, "gross": item.open} for item in items]
        return self.sim.make_payment(parts, method, status, batch=f"B-{items[0].invoice % 37}", **fields)


Case = Callable[[Desk], list[int]]


def _one(method: str, status: str, **fields: Any) -> Case:
    def apply(desk: Desk) -> list[int]:
        return [desk.pay(desk.take(), method=method, status=status, **fields)]

    return apply


def _several(desk: Desk) -> list[int]:
    return [desk.pay(*desk.take_group(3), method="AvidPay Direct")]


def _partial(desk: Desk) -> list[int]:
    # the rest is open again, behind all others
    item = desk.take()
    some = max(money(item.open * desk.chance.randint(20, 60) / 100), Decimal("0.01"))
    desk.open.append(Item(item.invoice, item.group, item.open - some))
    part = {"invoice": item.invoice, "gross": some}
    return [desk.sim.make_payment([part], "Check", "issued")]


def _discount(desk: Desk) -> list[int]:
    item = desk.take()
    part = {"invoice": item.invoice, "gross": item.open, "discount": money(item.open * 2 / 100)}
    return [desk.sim.make_payment([part], "AvidPay Direct", "issued")]


def _with_credit(desk: Desk) -> list[int]:
    for credit in desk.credits:
        for item in desk.open:
            if item.group == credit.group and item.open + credit.open > 0:
                desk.credits.remove(credit)
                desk.open.remove(item)
                return [desk.pay(item, credit)]
    return [desk.pay(desk.take())]


def _before_invoice(desk: Desk) -> list[int]:
    return [desk.pay(desk.early.pop(0) if desk.early else desk.take())]


def _error(desk: Desk) -> list[int]:
    payment = desk.pay(desk.take(), method="AvidPay Direct", status="Processing")
    desk.sim.fail(payment)
    return [payment]


def _error_left(desk: Desk) -> list[int]:
    (payment,) = _error(desk)
    desk.sim.advance(payment, "Processing")
    desk.sim.issue(payment)
    return [payment]


def _issued_void(desk: Desk) -> list[int]:
    payment = desk.pay(desk.take())
    desk.sim.void(payment)
    return [payment]


def _reissue(desk: Desk) -> list[int]:
    payment = desk.pay(desk.take())
    return [payment, desk.sim.reissue(payment, "AvidPay Direct")]


def _wrong_sum(desk: Desk) -> list[int]:
    item = desk.take()
    return [desk.pay(item, Amount=item.open + 1)]


def _overpaid(desk: Desk) -> list[int]:
    item = desk.take()
    return [desk.pay(Item(item.invoice, item.group, item.open + 100))]


CASES: dict[str, tuple[int, Case]] = {
    "check_issued": (200, _one("Check", "issued")),
    "check_cleared": (170, _one("Check", "cleared")),
    "ach_issued": (160, _one("AvidPay Direct", "issued")),
    "ach_cleared": (80, _one("AvidPay Direct", "cleared")),
    "card_cleared": (90, _one("Virtual Credit Card", "cleared")),
    "card_processing": (25, _one("Virtual Credit Card", "issued")),
    "several": (50, _several),
    "partial": (60, _partial),
    "discount": (40, _discount),
    "with_credit": (15, _with_credit),
    "pending": (15, _one("Check", "Pending Approval")),
    "held": (5, _one("Check", "Held")),
    "funds_received": (10, _one("AvidPay Direct", "Funds Received")),
    "error": (10, _error),
    "error_left": (10, _error_left),
    "void": (10, _one("Check", "Void")),
    "issued_void": (15, _issued_void),
    "reissue": (10, _reissue),
    "unknown_status": (6, _one("Check", "Escheated to State")),
    "unknown_method": (4, _one("AvidPay Rocket", "issued")),
    "internal": (4, _one("e-Payment", "issued")),
    "before_invoice": (8, _before_invoice),
    "wrong_sum": (4, _wrong_sum),
    "overpaid": (3, _overpaid),
}


def make(desk: Desk, name: str, left: int) -> Iterator[int]:
    """The payments of a case; one seen before pays only a part when there would be nothing left for later ones."""
    if not desk.open:
        return
    scarce = len(desk.open) <= left and name in desk.shown
    desk.shown.add(name)
    yield from _partial(desk) if scarce else CASES[name][1](desk)
