"""Which part of an invoice a bill is over: all of it, one of its instalments, or what is still open.

Lines are cut by running totals, so that each part adds up exactly and all parts together give the whole lines back.
"""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from integrations.engine.billing import total_owed
from integrations.engine.drafts import DraftLine
from integrations.engine.money import spread
from integrations.engine.records import Invoice, InvoiceState, LedgerItem

_ZERO = Decimal(0)


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """`amount` of the invoice after its first `before`, both with the ledger's sign; None: all of it."""

    before: Decimal = _ZERO
    amount: Decimal | None = None


def instalment(source: Invoice, variant: str) -> Invoice | None:
    """`source` as if it had only this instalment: its number, due date, amounts and state; None: it has none such."""
    item = next((each for each in source.ledger_items or () if str(each.instalment) == variant), None)
    if item is None:
        return None
    return msgspec.structs.replace(
        source,
        number=f"{source.number}/{variant}",
        due_date=item.due_date or source.due_date,
        ledger_items=(item,),
        state=_state(source.state, item),
        open_amount=item.open,
    )


def _state(state: InvoiceState, item: LedgerItem) -> InvoiceState:
    """Partly paid is said of the whole invoice; an instalment is open, partly paid or paid by itself."""
    if state not in (InvoiceState.PARTLY_PAID, InvoiceState.PAID) or item.open is None or item.original is None:
        return state
    if item.open == 0:
        return InvoiceState.PAID
    return InvoiceState.AUTHORISED if item.open == item.original else InvoiceState.PARTLY_PAID


def share_of(source: Invoice, variant: str) -> Share | None:
    """Where the instalment `variant` begins and how much it is; None: an amount is unknown, or signs are mixed."""
    items = sorted(source.ledger_items or (), key=lambda item: item.instalment)
    amounts = [item.original for item in items if item.original]
    if len(amounts) != len(items) or len({amount > 0 for amount in amounts}) != 1:
        return None
    at = [str(item.instalment) for item in items].index(variant)
    return Share(before=sum(amounts[:at], _ZERO), amount=amounts[at])


def open_amount(source: Invoice) -> Decimal | None:
    """What the ERP still owes of it, with the ledger's sign; None: unknown."""
    if source.ledger_items and all(item.open is not None for item in source.ledger_items):
        return sum((item.open for item in source.ledger_items if item.open is not None), _ZERO)
    return source.open_amount


def paid_amount(source: Invoice) -> Decimal | None:
    """What the ERP has paid of it, never below zero for an invoice; None: unknown."""
    total, left = total_owed(source), open_amount(source)
    return None if total is None or left is None else total - left


def cut(lines: Sequence[DraftLine], share: Share, currency: str) -> tuple[DraftLine, ...]:
    """The lines of this share, signed like `lines`; what is nothing in it is left out."""
    if share.amount is None:
        return tuple(lines)
    weights = [line.amount for line in lines]
    until = spread(abs(share.before + share.amount), weights, currency)
    before = spread(abs(share.before), weights, currency)
    parts = zip(lines, until, before, strict=True)
    return tuple(msgspec.structs.replace(line, amount=to - since) for line, to, since in parts if to != since)
