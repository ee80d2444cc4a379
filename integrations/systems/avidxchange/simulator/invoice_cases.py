"""The kinds of invoices that come out of AvidXchange: each case turns an ordinary draft into one of them.

CASES: name -> (share of 1,000, what to do). Cases of share 0 come once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from integrations.systems.avidxchange.simulator.bodies import ACCOUNTS, Line
from integrations.systems.avidxchange.simulator.wire import money

Order = tuple[str, str, Sequence[int]]  # number, vendor, its line numbers
CARD = "4111 1111 1111 1111"


@dataclass(frozen=True)
class Codes:
    """What invoices may be coded with: vendors (code -> name), accounts, values by dimension, companies, orders."""

    vendors: Mapping[str, str]
    accounts: Sequence[str]
    dimensions: Mapping[str, Sequence[str]]
    companies: Sequence[str] = ("10",)
    orders: Sequence[Order] = ()

    def line(self, chance: Random, text: str = "Goods and services") -> Line:
        """A line of an ordinary amount, with an account and a value of every dimension."""
        codes = {ACCOUNTS: chance.choice(self.accounts)}
        codes |= {group: chance.choice(values) for group, values in self.dimensions.items()}
        return Line(Decimal(chance.randint(2_000, 400_000)).scaleb(-2), codes, text)


@dataclass
class Draft:
    """An invoice before it is captured; `fields` are the contract's names. The twin is an earlier ordinary one."""

    vendor: str
    number: str
    day: date
    lines: list[Line]
    codes: Codes
    twin: "Draft | None" = None
    status: str = "Approved"
    later: str = ""  # a state it changes to after its approval
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def total(self) -> Decimal:
        """The sum of its lines."""
        return money(sum(Decimal(line.amount) for line in self.lines))


Case = Callable[[Draft, Random], None]


def _field(**values: Any) -> Case:
    def apply(draft: Draft, _chance: Random) -> None:
        draft.fields |= values

    return apply


def _ordinary(_draft: Draft, _chance: Random) -> None:
    """Stays as it is."""


def _split(draft: Draft, chance: Random) -> None:
    draft.lines = [draft.codes.line(chance, f"Part {number}") for number in range(1, chance.randint(2, 6))]


def _credit(draft: Draft, chance: Random) -> None:
    _split(draft, chance)
    draft.lines = [replace(line, amount=-Decimal(line.amount), text="Returned goods") for line in draft.lines]


def _order(draft: Draft, chance: Random) -> None:
    if not draft.codes.orders:
        draft.fields["PONumber"] = "P-4711"
        draft.lines = [replace(line, po_line=number) for number, line in enumerate(draft.lines, 1)]
        return
    number, draft.vendor, lines = chance.choice(draft.codes.orders)
    draft.fields["PONumber"] = number
    draft.lines = [replace(draft.codes.line(chance, f"Order line {each}"), po_line=each) for each in lines]


def _tax_in_cost(draft: Draft, _chance: Random) -> None:
    draft.fields["TaxAmount"] = money(draft.total * 8 / 100)


def _tax_apart(draft: Draft, _chance: Random) -> None:
    tax = money(draft.total * Decimal("0.0825"))
    draft.fields |= {"TaxAmount": tax, "GrossAmount": draft.total + tax}


def _no_dimension(draft: Draft, _chance: Random) -> None:
    draft.lines = [replace(line, codes={ACCOUNTS: line.codes[ACCOUNTS]}) for line in draft.lines]


def _vendor_address(draft: Draft, _chance: Random) -> None:
    draft.vendor = f"{draft.vendor}|1"


def _unbalanced(draft: Draft, _chance: Random) -> None:
    draft.fields["GrossAmount"] = draft.total + Decimal("10.01")


def _unknown_vendor(draft: Draft, _chance: Random) -> None:
    draft.vendor = "NOBODY-77"


def _recoded(group: str, value: str | None) -> Case:
    """Another value of a group on the first line; the first dimension for an empty group name."""

    def apply(draft: Draft, _chance: Random) -> None:
        first = draft.lines[0]
        named = group or next(iter(draft.codes.dimensions), "Cost center")
        codes = {key: code for key, code in first.codes.items() if key != named}
        draft.lines[0] = replace(first, codes=codes if value is None else {**codes, named: value})

    return apply


def _closed_period(draft: Draft, _chance: Random) -> None:
    draft.day -= timedelta(days=400)


def _duplicate(draft: Draft, _chance: Random) -> None:
    if draft.twin is not None:
        draft.vendor, draft.number, draft.day = draft.twin.vendor, draft.twin.number, draft.twin.day
        draft.lines, draft.fields = list(draft.twin.lines), dict(draft.twin.fields)


def _zero(draft: Draft, _chance: Random) -> None:
    draft.lines = [replace(draft.lines[0], amount=0)]


def _no_lines(draft: Draft, _chance: Random) -> None:
    draft.fields |= {"GrossAmount": draft.total, "Distributions": []}


def _card_number(draft: Draft, _chance: Random) -> None:
    draft.lines[0] = replace(draft.lines[0], text=f"Paid by card {CARD} on site")
    draft.fields["Reference"] = CARD.replace(" ", "")


def _long_text(draft: Draft, _chance: Random) -> None:
    draft.lines[0] = replace(draft.lines[0], text="Wartung Fräsmaschine, 株式会社 & <b>Söhne</b> " * 12)


def _status(status: str, later: str = "") -> Case:
    def apply(draft: Draft, _chance: Random) -> None:
        draft.status, draft.later = status, later

    return apply


CASES: dict[str, tuple[int, Case]] = {
    "ordinary": (480, _ordinary),
    "split": (160, _split),
    "credit": (35, _credit),
    "order": (60, _order),
    "tax_in_cost": (35, _tax_in_cost),
    "tax_apart": (20, _tax_apart),
    "canadian": (30, _field(Currency="CAD")),
    "euro": (30, _field(Currency="EUR")),
    "no_dimension": (20, _no_dimension),
    "vendor_address": (10, _vendor_address),
    "no_image": (10, _field(ImageUrl=None)),
    "no_currency": (5, _field(Currency=None)),
    "long_text": (5, _long_text),
    "unbalanced": (8, _unbalanced),
    "unknown_vendor": (8, _unknown_vendor),
    "unknown_account": (8, _recoded(ACCOUNTS, "9999-X")),
    "unknown_value": (6, _recoded("", "NOWHERE")),
    "no_account": (4, _recoded(ACCOUNTS, None)),
    "unknown_company": (6, _field(CompanyExternalCode="99")),
    "unknown_currency": (3, _field(Currency="XXQ")),
    "closed_period": (8, _closed_period),
    "duplicate": (8, _duplicate),
    "zero": (4, _zero),
    "no_lines": (3, _no_lines),
    "card_number": (4, _card_number),
    "in_workflow": (15, _status("InWorkflow")),
    "rejected": (5, _status("Rejected")),
    "voided": (5, _status("Approved", "Void")),
    "rejected_later": (5, _status("Approved", "Rejected")),
}
PAYABLE = frozenset({"ordinary", "split", "tax_in_cost", "order", "canadian", "euro"})
