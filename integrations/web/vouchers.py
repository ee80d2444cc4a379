"""A voucher for people: its rows with debit and credit, their sums, and whether they balance in both currencies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Sides:
    """An amount on its side; the other one is None. A correction stays on its side with a minus."""

    debit: Decimal | None = None
    credit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A ledger row: in the currency of the payment, and in the company's own."""

    account: str
    invoice: str
    amount: Sides
    home: Sides


@dataclass(frozen=True, slots=True)
class Voucher:
    """Rows and sums. `home` is the company's currency; "" where it is the payment's, or nobody could tell."""

    rows: Sequence[Row]
    currency: str
    home: str

    @property
    def sums(self) -> Sides:
        """In the currency of the payment."""
        return _sum([row.amount for row in self.rows])

    @property
    def home_sums(self) -> Sides:
        """In the company's own."""
        return _sum([row.home for row in self.rows])

    @property
    def balanced(self) -> bool:
        """In both."""
        return all(sums.debit == sums.credit for sums in (self.sums, self.home_sums))


def voucher_of(rows: Sequence[Mapping[str, Any]], names: Mapping[str, str], home: str) -> Voucher:
    """The rows of a draft as it was sent; `names` of accounts by number."""
    currency = str(rows[0].get("currency") or "") if rows else ""
    shown = [
        Row(
            account=names.get(str(row["account"]), str(row["account"])),
            invoice=str(row.get("number") or ""),
            amount=_sides(row["amount"], correction=bool(row.get("correction"))),
            home=_sides(row["domestic"], correction=bool(row.get("correction"))),
        )
        for row in rows
    ]
    return Voucher(shown, currency, "" if home == currency else home)


def _sides(text: str, *, correction: bool) -> Sides:
    amount = Decimal(text)
    if not amount:
        return Sides()
    if (amount > 0) is not correction:
        return Sides(debit=amount)
    return Sides(credit=-amount)


def _sum(sides: Sequence[Sides]) -> Sides:
    debit = sum((each.debit or _ZERO for each in sides), _ZERO)
    return Sides(debit, sum((each.credit or _ZERO for each in sides), _ZERO))
