"""What becomes of one record, as the expectation computes it and as both sides show it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Row = Mapping[str, Any]
ZERO, CENT = Decimal(0), Decimal("0.01")


@dataclass(frozen=True)
class Outcome:
    """`what` is sent, booked, linked, held, waiting or out.

    codes: the reasons of what did not go. facts: what the other side holds of it, (name, value) in a fixed order.
    """

    what: str
    codes: tuple[str, ...] = ()
    facts: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Choices:
    """What the tenant of the tests has set for one company; everything else is the product's default."""

    company: str
    companies: tuple[str, ...]  # of all integrations on the same AvidXchange connection, the first takes strays
    today: date
    start: date
    settlement: str = "2410"
    cash: str = "1150"
    rounding: str = "8040"
    voucher_type: str = "AVP"
    payment_method: str = "AVID"
    authoriser: str = "ALICE"


def held(*codes: str) -> Outcome:
    """A person is asked, for these reasons."""
    return Outcome("held", tuple(sorted(set(codes))))


def facts(**values: Any) -> tuple[tuple[str, Any], ...]:
    """What stands on the other side."""
    return tuple(values.items())


def cents(value: Decimal) -> Decimal:
    """Half a cent is rounded away from zero."""
    return value.quantize(CENT, ROUND_HALF_UP)


def is_valid(row: Row, day: date) -> bool:
    """Whether a master record of IFS is valid on the day."""
    return (row["ValidFrom"] or "") <= day.isoformat() <= (row["ValidUntil"] or "9999")
