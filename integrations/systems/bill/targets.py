"""BILL's rows -> target records, for look-ups: no row is refused, whatever stands in it."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from msgspec.structs import replace

from integrations.engine.records import TargetRecord
from integrations.systems.bill import wire
from integrations.systems.bill.records import RowError, day, money, text

V = TypeVar("V")
R = TypeVar("R")


def target(row: wire.Wire, kind: str, currencies: Mapping[str, str]) -> TargetRecord:
    """The same row, reduced to what matching and drift need; a credit's amount is positive, as BILL holds it.

    Never refuses a row, so that no look-up misses one: what cannot be read is left empty, odd characters are escaped.
    """
    found = TargetRecord(target_id=shown(row.id), kind=kind, active=not row.archived, version=shown(row.updated_time))
    match row:
        case wire.WireVendor():
            return replace(found, name=shown(row.name), number=shown(row.short_name), currency=shown(row.bill_currency))
        case wire.WireBill():
            invoice = row.invoice or wire.WireInvoice()
            return replace(
                found,
                name=shown(row.vendor_name),
                number=shown(invoice.invoice_number),
                vendor_id=shown(row.vendor_id),
                currency=currencies.get(row.vendor_id or "", ""),
                amount=_or_none(money, row.amount),
                date=_or_none(day, invoice.invoice_date),
            )
        case wire.WireCredit():
            return replace(
                found,
                number=shown(row.reference_number),
                vendor_id=shown(row.vendor_id),
                currency=currencies.get(row.vendor_id or "", ""),
                amount=_or_none(money, row.amount),
                date=_or_none(day, row.credit_date),
            )
        case wire.WireClassification():
            number = row.account.number if row.account else row.short_name
            return replace(found, name=shown(row.name), number=shown(number))
    return found


def shown(value: str | int | None) -> str:
    """The text, its odd characters escaped where it could not be stored."""
    try:
        return text(value)
    except RowError:
        return ascii(value)[1:-1]


def _or_none(read: Callable[[V | None], R | None], value: V | None) -> R | None:
    try:
        return read(value)
    except RowError:
        return None
