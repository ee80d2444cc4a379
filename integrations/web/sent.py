"""What was sent, for people: the draft of a write with its coded lines, each with the account's own number and name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.formats import date_format

from integrations.models import MirrorRecord, OutboxItem
from integrations.web.compare import as_typed
from integrations.web.tags import exact

_KINDS = ("gl_account", "dimension")


@dataclass(frozen=True, slots=True)
class Line:
    """A coded line as it was sent: `account` and `dimensions` as the target calls them, `origin` as the ledger does."""

    amount: Decimal | None
    account: str
    dimensions: Sequence[str]
    description: str
    origin: str


@dataclass(frozen=True, slots=True)
class Sent:
    """The last draft of a record. `values` are the fields of its head."""

    values: Sequence[tuple[str, str]]
    lines: Sequence[Line]
    currency: str


# In the order of reading; a tax id is sealed and stays so.
_HEAD = {
    "number": "Number",
    "name": "Name",
    "invoice_date": "Invoice date",
    "due_date": "Due date",
    "currency": "Currency",
    "total": "Total",
    "vendor_id": "Vendor there",
    "po_number": "PO number",
    "description": "Description",
    "email": "E-mail",
    "amount": "Amount",
    "paid_on": "Paid on",
    "bill_id": "Payable there",
    "credit_id": "Credit there",
}


def sent_of(item: OutboxItem, draft: Mapping[str, Any] | None) -> Sent | None:
    """The draft in words; None when nothing was sent. One query, for the names of accounts and values."""
    if not draft:
        return None
    rows = [row for row in draft.get("lines") or () if isinstance(row, Mapping)]
    ids = {str(row.get("account", "")) for row in rows}
    ids |= {str(value) for row in rows for value in (row.get("dimensions") or {}).values()}
    names = _names(item, ids - {""})
    currency = str(draft.get("currency") or "")
    values = [(words, _shown(name, str(draft[name]), currency)) for name, words in _HEAD.items() if draft.get(name)]
    address = draft.get("address")
    if isinstance(address, Mapping):
        parts = [
            str(address[part])
            for part in ("line1", "line2", "city", "state", "postal_code", "country")
            if address.get(part)
        ]
        values.append(("Address", ", ".join(parts)))
    return Sent(values, [_line(row, names) for row in rows], currency)


def _shown(name: str, text: str, currency: str) -> str:
    """An amount or a day as people read it."""
    amount = _decimal(text) if name in ("total", "amount") else None
    if amount is not None:
        return exact(amount, currency)
    found = as_typed(text)
    return found if isinstance(found, str) else date_format(found, "j M Y")


def _decimal(value: object) -> Decimal | None:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _names(item: OutboxItem, ids: set[str]) -> dict[str, str]:
    if not ids:
        return {}
    rows = MirrorRecord.objects.filter(connection=item.flow.target, entity__in=_KINDS, target_id__in=ids)
    return {row.target_id: " ".join(filter(None, (row.number, row.name))) or row.target_id for row in rows}


def _line(row: Mapping[str, Any], names: Mapping[str, str]) -> Line:
    account = str(row.get("account", ""))
    dimensions = [names.get(str(value), str(value)) for value in (row.get("dimensions") or {}).values()]
    return Line(
        amount=_decimal(row.get("amount")),
        account=names.get(account, account),
        dimensions=dimensions,
        description=str(row.get("description") or ""),
        origin=str(row.get("origin") or ""),
    )
