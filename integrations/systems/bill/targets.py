"""BILL's rows -> target records, for look-ups and fresh reads: no row is refused, whatever stands in it."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from msgspec.structs import replace

from integrations.engine.targets import Approval, Standing, TargetRecord
from integrations.systems.bill import progress, wire
from integrations.systems.bill.echoes import echo
from integrations.systems.bill.records import RowError, day, money, shown, when

_LONGEST_TIME = 64  # characters of a version; a time of BILL has 29
V = TypeVar("V")
R = TypeVar("R")


def target(row: wire.Wire, kind: str, currencies: Mapping[str, str]) -> TargetRecord:
    """The same row, reduced to what matching and drift need; a credit's amount is positive, as BILL holds it.

    Never refuses a row, so that no look-up misses one: what cannot be read is left empty, odd characters are escaped.
    """
    found = TargetRecord(target_id=shown(row.id), kind=kind, active=not row.archived, version=version(row))
    match row:
        case wire.WireVendor():
            return replace(
                found,
                name=shown(row.name),
                number=shown(row.short_name),
                currency=shown(row.bill_currency),
                postal_code=shown((row.address or wire.WireAddress()).zip_or_postal_code),
                connected=connected(row),
                changed_at=_or_none(when, row.updated_time),
                echo=echo(row),
            )
        case wire.WireBill():
            return replace(_owed(found, row, currencies), name=shown(row.vendor_name))
        case wire.WireCredit():
            return _owed(found, row, currencies)
        case wire.WirePayment():
            return replace(
                found,
                name=shown(row.vendor_name),
                number=shown(row.transaction_number or row.confirmation_number),
                vendor_id=shown(row.vendor_id),
                currency=currencies.get(row.vendor_id or "", ""),
                amount=_or_none(money, row.amount),
                date=_or_none(day, row.process_date),
            )
        case wire.WireClassification():
            number = row.account.number if row.account else row.short_name
            return replace(found, name=shown(row.name), number=shown(number))
    return found


def version(row: wire.Wire) -> str:
    """What changes whenever the record does: its `updatedTime`, and how far approval and payment have come.

    BILL does not say whether `updatedTime` moves when an approver acts or a payment begins.
    """
    parts = [shown(row.updated_time)[:_LONGEST_TIME]]
    if (approved := progress.approval(row)) is not Approval.NONE:
        parts.append(approved.value)
    if (moved := progress.standing(row)) not in (Standing.UNPAID, Standing.UNKNOWN):
        parts.append(moved.value)
    return " ".join(filter(None, parts))


def connected(row: wire.WireVendor) -> bool:
    """Whether the vendor keeps its own address on BILL's network."""
    return (row.network_status or "").startswith("CONNECTED")


def _owed(found: TargetRecord, row: wire.WireBill | wire.WireCredit, currencies: Mapping[str, str]) -> TargetRecord:
    """What bills and vendor credits have in common."""
    currency = currencies.get(row.vendor_id or "", "")
    if isinstance(row, wire.WireBill):
        invoice = row.invoice or wire.WireInvoice()
        number, dated, due = invoice.invoice_number, invoice.invoice_date, row.due_date
    else:
        number, dated, due = row.reference_number, row.credit_date, None
    return replace(
        found,
        number=shown(number),
        vendor_id=shown(row.vendor_id),
        currency=currency,
        amount=_or_none(money, row.amount),
        date=_or_none(day, dated),
        due_date=_or_none(day, due),
        paid=progress.paid(row),
        scheduled=progress.scheduled(row),
        standing=progress.standing(row),
        approval=progress.approval(row),
        echo=echo(row, currency),
    )


def _or_none(read: Callable[[V | None], R | None], value: V | None) -> R | None:
    try:
        return read(value)
    except RowError:
        return None
