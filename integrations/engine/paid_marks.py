"""How far a sent invoice is paid, by what the payments of its bills say; and that as a mark for the ERP."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec

from integrations.engine.policy import Policy
from integrations.engine.records import PaidMark, PaymentState

ALIVE = (PaymentState.ISSUED, PaymentState.CLEARED)  # money has gone out
COMING = (PaymentState.PENDING, PaymentState.IN_FLIGHT)
_LONGEST = 100  # characters of the ids written back


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What one payment pays of an invoice."""

    payment: str
    state: str
    amount: Decimal
    dated: date | None = None


def paid_of(parts: Sequence[Part]) -> Decimal:
    """What was paid, as far as payments stand."""
    return sum((part.amount for part in parts if part.state in ALIVE), Decimal(0))


def state_of(parts: Sequence[Part], total: Decimal | None) -> str:
    """In a word, derived from amounts; `total` None: nobody knows what is to be paid."""
    paid = paid_of(parts)
    if paid and total is not None and abs(paid) >= abs(total):
        return "Paid"
    if paid:
        return "Partly paid"
    return "Payment scheduled" if any(part.state in COMING for part in parts) else "Not paid"


def mark_of(key: str, parts: Sequence[Part], total: Decimal | None, policy: Policy) -> PaidMark:
    """What the fields of invoice `key` in the ERP say; those without a name are left alone."""
    alive = [part for part in parts if part.state in ALIVE]
    dates = [part.dated for part in alive if part.dated]
    ids = list(dict.fromkeys(part.payment for part in alive))
    said = {
        policy.paid_status_field: state_of(parts, total),
        policy.paid_date_field: max(dates).isoformat() if dates else None,
        policy.paid_reference_field: " ".join(ids)[:_LONGEST] if ids else None,
    }
    return PaidMark(key=key, fields={name: value for name, value in said.items() if name})
