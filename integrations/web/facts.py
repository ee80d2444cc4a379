"""A source record as it was last read, for people: single values, and tables for what comes in rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format

from integrations.engine.money import exact

# Of a snapshot: what the head of the page shows already, or what means nothing to a person.
_SHOWN = {"key", "version", "number", "vendor_name", "name", "currency", "due_date", "tax_id", "tax_key", "ordinary"}
_HEADINGS = {
    "addresses": "Addresses",
    "invoices": "Invoices that it pays",
    "ledger_items": "Ledger items",
    "lines": "Lines",
    "postings": "Postings",
    "receipts": "Receipts",
}
_DAYS = {"dated", "approved_on", "cleared_on", "ordered_on", "received_on", "starts", "ends"}
_EMPTY: tuple[object, ...] = (None, "", False, [], {})
_MONEY = {"net", "tax", "gross", "discount", "amount", "price", "open", "original", "open_amount"}
_WORDS = {
    "po_number": "PO number",
    "po_line": "PO line",
    "state_word": "State there",
    "vendor_key": "Vendor number",
    "transaction_id": "Transaction",
    "document": "Image",
    "invoice_key": "Invoice",
    "size": "Bytes",
    "why": "What is wrong with it",
}
_ORDER = (
    *("key", "company", "series", "type", "state_word", "state", "vendor_key"),
    *("invoice_date", "voucher_date", "planned_pay_date", "payment_term", "payment_method", "po_number"),
    *("description", "text", "kind", "posting_type", "account", "dimensions", "tax_code"),
    *("line", "release", "part", "quantity", "unit", "price"),
    *("net", "tax", "gross", "discount", "amount", "instalment", "due_date", "original", "open", "open_amount"),
    *("name", "line1", "line2", "postal_code", "city", "state", "country", "uses", "lines", "postings", "ledger_items"),
)


class Table(NamedTuple):
    """Rows of a snapshot: columns are (words, whether money), cells (column, text, whether money)."""

    name: str
    columns: list[tuple[str, bool]]
    rows: list[list[tuple[str, str, bool]]]


@dataclass(frozen=True, slots=True)
class Facts:
    """A source snapshot for people: single values, and tables for what comes in rows."""

    values: list[tuple[str, str]] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


def facts(snapshot: Mapping[str, Any]) -> Facts:
    """The snapshot's values with readable names; what is empty, false or shown above is left out."""
    found = Facts()
    currency = str(snapshot.get("currency") or "")
    for name in sorted(snapshot, key=_place):
        value = snapshot[name]
        if name in _SHOWN or value in _EMPTY:
            continue
        if isinstance(value, list) and all(isinstance(row, Mapping) for row in value):
            found.tables.append(table(name, value, currency))
        else:
            found.values.append((_words(name), _plain(name, value, currency)))
    return found


def table(name: str, rows: Sequence[Mapping[str, Any]], currency: str) -> Table:
    """Rows as columns that hold something."""
    used = {column for row in rows for column, value in row.items() if value not in _EMPTY}
    names = sorted(used, key=_place)
    cells = [[(_words(n), _plain(n, row.get(n), currency), n in _MONEY) for n in names] for row in rows]
    return Table(_HEADINGS.get(name, _words(name)), [(_words(n), n in _MONEY) for n in names], cells)


def _place(name: str) -> tuple[int, str]:
    return (_ORDER.index(name), "") if name in _ORDER else (len(_ORDER), name)


def _words(name: str) -> str:
    return _WORDS.get(name) or name.replace("_", " ").capitalize()


def _plain(name: str, value: Any, currency: str) -> str:
    if name in _MONEY and isinstance(value, str | int):
        return _money(value, currency)
    if isinstance(value, str) and (name.endswith("_date") or name.startswith("valid_") or name in _DAYS):
        return _date(value)
    if name in ("created", "modified") and isinstance(value, str) and (at := parse_datetime(value)):
        return date_format(timezone.localtime(at), "j M Y, H:i")
    if name == "method":
        return str(value).replace("_", " ")
    if value is True:
        return "yes"
    if value in _EMPTY:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {inner}" for key, inner in value.items() if inner)
    if isinstance(value, list):
        return ", ".join(_plain(name, inner, currency) for inner in value)
    return str(value)


def _money(value: str | int, currency: str) -> str:
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return str(value)
    return exact(amount, currency) if amount.is_finite() else str(value)


def _date(value: str) -> str:
    try:
        return date_format(date.fromisoformat(value), "j M Y")
    except ValueError:
        return value
