"""What was sent, for people: the draft of a write with its rows, each account with its own number and name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.formats import date_format

from integrations.engine.money import exact
from integrations.models import MirrorRecord, OutboxItem, RecordLink, SourceRecord
from integrations.web.compare import as_typed
from integrations.web.facts import Table, table
from integrations.web.vouchers import Voucher, voucher_of

_KINDS = ("gl_account", "dimension")


@dataclass(frozen=True, slots=True)
class Line:
    """A coded line as it was sent: `account` and `dimensions` as the target calls them, `origin` as the source does."""

    amount: Decimal | None
    account: str
    dimensions: Sequence[str]
    description: str
    origin: str


@dataclass(frozen=True, slots=True)
class Sent:
    """The last draft of a record. `values` are the fields of its head; its rows are coded, ordered or of a voucher."""

    values: Sequence[tuple[str, str]]
    currency: str
    lines: Sequence[Line] = ()
    ordered: Table | None = None
    voucher: Voucher | None = None


# What the other side echoes of an image.
_IMAGE = {"document": "Document there", "sha256": "SHA-256", "read_back": "Read back"}
_MONEY = ("total", "amount", "net", "tax")
_ROUTES = {"external": "external invoice and posting proposal", "manual": "manual invoice"}
# In the order of reading; a tax id is sealed and stays so.
_HEAD = {
    "number": "Number",
    "name": "Name",
    "invoice_date": "Invoice date",
    "due_date": "Due date",
    "currency": "Currency",
    "total": "Total",
    "net": "Net",
    "tax": "Tax",
    "company": "Company",
    "vendor_id": "Vendor there",
    "vendor": "Supplier",
    "series": "Series",
    "type": "Type",
    "route": "Entered as",
    "arrival_date": "Arrival date",
    "voucher_type": "Voucher type",
    "dated": "Voucher date",
    "po_number": "PO number",
    "description": "Description",
    "email": "E-mail",
    "amount": "Amount",
    "payment_term": "Payment term",
    "payment_method": "Payment method",
    "authoriser": "Authoriser",
    "document": "Image",
    "content_type": "Type of file",
    "size": "Bytes",
    "text": "Text",
    "group": "Group",
    "value": "Code",
    "status": "Status",
    "ordered_on": "Ordered on",
    "paid_on": "Paid on",
    "bill_id": "Payable there",
    "credit_id": "Credit there",
}


def sent_of(item: OutboxItem, draft: Mapping[str, Any] | None, link: RecordLink | None = None) -> Sent | None:
    """The draft in words; None when nothing was sent. One query, for the names of accounts and values."""
    if not draft:
        return None
    currency = str(draft.get("currency") or "")
    values = _head(draft, currency)
    if link is not None and draft.get("what") == "image":
        values += [(words, link.echo[name]) for name, words in _IMAGE.items() if link.echo.get(name)]
    elif link is not None and (image := link.echo.get("document")):
        values.append(("Image in the ledger", image))
    rows = [row for row in draft.get("lines") or draft.get("rows") or () if isinstance(row, Mapping)]
    if draft.get("what") == "order":
        return Sent(values, currency, ordered=table("lines", rows, currency))
    names = _names(item, rows)
    if draft.get("what") == "voucher":
        return Sent(values, currency, voucher=voucher_of(rows, names, item.flow.integration.company_currency))
    return Sent(values, currency, lines=[_line(row, names) for row in rows])


def _head(draft: Mapping[str, Any], currency: str) -> list[tuple[str, str]]:
    values = [(words, _shown(name, str(draft[name]), currency)) for name, words in _HEAD.items() if draft.get(name)]
    address = draft.get("address")
    if isinstance(address, Mapping):
        parts = [
            str(address[part])
            for part in ("line1", "line2", "city", "state", "postal_code", "country")
            if address.get(part)
        ]
        values.append(("Address", ", ".join(parts)))
    return values


def _shown(name: str, text: str, currency: str) -> str:
    """An amount, a day or a way as people read it."""
    if name == "route":
        return _ROUTES.get(text, text)
    amount = _decimal(text) if name in _MONEY else None
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


def _names(item: OutboxItem, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What the target calls the accounts and values of these rows; in the ledger itself the number is the id."""
    ids = {str(row.get("account", "")) for row in rows}
    ids |= {str(value) for row in rows for value in (row.get("dimensions") or {}).values()}
    found: Any = ()
    if item.flow.inbound:
        flows = {"flow__integration": item.flow.integration_id, "flow__inbound": False, "flow__entity__in": _KINDS}
        known = SourceRecord.objects.filter(**flows, number__in=ids - {""})
        found = known.values_list("number", "number", "party_name")
    elif ids - {""}:
        known = MirrorRecord.objects.filter(connection=item.flow.target, entity__in=_KINDS, target_id__in=ids - {""})
        found = known.values_list("target_id", "number", "name")
    return {id_: " ".join(filter(None, (number, name))) or id_ for id_, number, name in found}


def _line(row: Mapping[str, Any], names: Mapping[str, str]) -> Line:
    account = str(row.get("account", ""))
    dimensions = [names.get(str(value), str(value)) for value in (row.get("dimensions") or {}).values()]
    return Line(
        amount=_decimal(row.get("amount", row.get("net"))),
        account=names.get(account, account),
        dimensions=[*dimensions, *([f"tax code {row['tax_code']}"] if row.get("tax_code") else [])],
        description=str(row.get("description") or row.get("text") or ""),
        origin=str(row.get("origin") or ""),
    )
