"""What BILL's answer to a write means: which row is of which draft, and what it stored."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

import msgspec

from integrations.engine.errors import OutcomeUnknown
from integrations.engine.ports import Write
from integrations.systems.bill import drafts, wire
from integrations.systems.bill.lists import envelope, is_id, list_of
from integrations.systems.bill.records import RowError, money
from integrations.systems.bill.resources import Resource
from integrations.systems.bill.targets import shown
from integrations.transport.answer import Answer
from integrations.transport.rows import BadRow

Key = tuple[str, str]


def alike(key: Key) -> Key:
    """The key as BILL may give it back: trimmed, in another case."""
    return key[0].strip().casefold(), key[1].strip().casefold()


def readable(rows: Iterable[wire.Wire | BadRow]) -> Iterator[wire.Wire]:
    """The rows that could be read."""
    return (row for row in rows if isinstance(row, wire.Wire))


def rows_of(answer: Answer, resource: Resource) -> Sequence[wire.Wire]:
    """The rows of a bulk answer: bare, or in the resource's wrapper."""
    if not resource.wrapper:
        return answer.decode(list_of(resource.row))
    _, rows = answer.page(envelope(resource.row, resource.wrapper), resource.row, resource.wrapper)
    return list(readable(rows))


def one(answer: Answer, row: wire.Wire) -> wire.Wire:
    """The one row of a single write: the id is proof enough of what it is of, even if BILL changed the number."""
    if not is_id(row.id or ""):
        raise answer.unreadable("the answer has no id")
    return row


def matched(answer: Answer, rows: Sequence[wire.Wire], writes: Sequence[Write]) -> list[wire.Wire]:
    """The row of each write, by vendor and number; positions prove nothing. OutcomeUnknown when one is missing."""
    found = {alike(key_of(row)): row for row in rows if is_id(row.id or "")}
    missing = [write for write in writes if alike(drafts.key_of(write.draft)) not in found]
    if missing or len(found) != len(writes):
        raise OutcomeUnknown(
            f"BILL confirmed {len(writes) - len(missing)} of {len(writes)} records. All are looked up by themselves.",
            code="incomplete_answer",
            detail=answer.text(),
        )
    return [found[alike(drafts.key_of(write.draft))] for write in writes]


def key_of(row: wire.Wire) -> Key:
    """What `drafts.key_of` is of a draft, of a row."""
    match row:
        case wire.WireVendor():
            return (row.short_name, "") if row.short_name else ("", row.name or "")
        case wire.WireBill():
            return row.vendor_id or "", (row.invoice.invoice_number or "") if row.invoice else ""
        case wire.WireCredit():
            return row.vendor_id or "", row.reference_number or ""
    return "", ""


def echo(row: wire.Wire, currency: str = "") -> dict[str, str]:
    """What BILL stored, field by field, as text: amounts without trailing zeros, empty fields left out."""
    found: dict[str, str | None] = {}
    match row:
        case wire.WireVendor():
            address = msgspec.to_builtins(row.address) if row.address else {}
            found = {"name": row.name, "number": row.short_name, "currency": row.bill_currency, "email": row.email}
            found |= {f"address.{name}": value for name, value in address.items()}
        case wire.WireBill():
            invoice = row.invoice or wire.WireInvoice()
            found = {
                "vendor_id": row.vendor_id,
                "number": invoice.invoice_number,
                "date": invoice.invoice_date,
                "due_date": row.due_date,
                "amount": _digits(row.amount),
                "currency": currency,
                "lines": _count(row.bill_line_items),
                "po_number": row.purchase_order_number,
            }
        case wire.WireCredit():
            found = {
                "vendor_id": row.vendor_id,
                "number": row.reference_number,
                "date": row.credit_date,
                "amount": _digits(row.amount),
                "currency": currency,
                "lines": _count(row.vendor_credit_line_items),
            }
    return {name: shown(value) for name, value in found.items() if value}


def _digits(amount: Decimal | None) -> str:
    try:
        found = money(amount)
    except RowError:
        return "NaN"  # a number that equals none: whoever compares it with what was sent sees a difference
    return "" if found is None else format(drafts.plain(found).normalize(), "f")


def _count(lines: Sequence[wire.WireLine] | None) -> str:
    return "" if lines is None else str(len(lines))
