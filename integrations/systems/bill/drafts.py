"""Drafts -> BILL's JSON, with every reason at once when a draft cannot be sent.

Amounts leave as exact JSON numbers. Nothing here cuts a number, an amount or a supplier number: only a vendor's name
(at a word, BILL takes 100 characters) and free text (4,000) are shortened; the draft keeps the full text and the
receipt's echo shows what BILL stored.
https://developer.bill.com/reference/createbill  https://developer.bill.com/reference/createvendor
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from integrations.engine.drafts import DraftLine, InvoiceDraft, VendorDraft
from integrations.engine.errors import Problem
from integrations.systems.bill.records import UNSTORABLE
from integrations.systems.bill.resources import BILLS, CREDITS, VENDORS, Resource

Json = dict[str, object]
Made = VendorDraft | InvoiceDraft  # what can be created

NAME_LENGTH = 100
SHORT_NAME_LENGTH = 40
TEXT_LENGTH = 4000
# The header takes no job. https://developer.bill.com/docs/ap-bills
LINE_DIMENSIONS = {
    "department": "departmentId",
    "location": "locationId",
    "accounting_class": "accountingClassId",
    "job": "jobId",
}
SSN = re.compile(r"\d{3}-\d{2}-\d{4}", re.ASCII)
EIN = re.compile(r"\d{2}-\d{7}", re.ASCII)
NINE_DIGITS = re.compile(r"\d{9}", re.ASCII)
ADDRESS_FIELDS = (
    ("line1", "line1"),
    ("city", "city"),
    ("postal_code", "zipOrPostalCode"),
    ("country", "country"),
)


@dataclass(frozen=True, slots=True)
class FieldLimits:
    """What BILL does not publish: how many lines and how long a number it takes; settings of the connection."""

    lines: int = 100
    number: int = 100


def plain(amount: Decimal) -> Decimal:
    """The same number, its zeros written out (1000, not 1E+3) and without a negative zero."""
    return Decimal(format(amount, "f")) if amount else abs(amount)


def shortened(value: str, length: int) -> str:
    """At most `length` characters, cut between words where a word ends in the last third."""
    if len(value) <= length:
        return value
    cut = value[:length]
    space = cut.rfind(" ")
    kept = cut[:space] if space > length * 2 // 3 and not value[length].isspace() else cut
    return kept.rstrip()


def resource_for(draft: Made) -> Resource:
    """Where a draft goes: a vendor, a bill or a vendor credit."""
    if isinstance(draft, VendorDraft):
        return VENDORS
    return CREDITS if draft.credit else BILLS


def key_of(draft: Made) -> tuple[str, str]:
    """What tells a draft from its neighbours in one bulk answer: (vendor id, number), or (supplier number, name)."""
    if isinstance(draft, VendorDraft):
        return (draft.number, "") if draft.number else ("", shortened(draft.name, NAME_LENGTH))
    return (draft.vendor_id, draft.number)


def body(draft: Made) -> Json:
    """The JSON that creates the draft. Call `problems` first: this one trusts it."""
    if isinstance(draft, VendorDraft):
        return _vendor(draft)
    return _credit(draft) if draft.credit else _bill(draft)


def _vendor(draft: VendorDraft) -> Json:
    address = draft.address
    found: Json = {
        "name": shortened(draft.name, NAME_LENGTH),
        "shortName": draft.number,
        "accountType": "BUSINESS",
        "billCurrency": draft.currency,
        "email": draft.email,
        "address": _filled(
            {
                "line1": address.line1,
                "line2": address.line2,
                "city": address.city,
                "stateOrProvince": address.state,
                "zipOrPostalCode": address.postal_code,
                "country": address.country,
            }
        ),
        "additionalInfo": _filled({**tax_id(draft), "paymentTermId": draft.payment_term}),
    }
    return _filled(found)


def tax_id(draft: VendorDraft) -> Json:
    """What `additionalInfo` says of an American tax id, told by its form; BILL has no place for any other country's."""
    value = draft.tax_id.strip()
    if SSN.fullmatch(value):
        return {"taxId": value, "taxIdType": "SSN"}
    if EIN.fullmatch(value) or (NINE_DIGITS.fullmatch(value) and draft.address.country == "US"):
        return {"taxId": value, "taxIdType": "EIN"}
    return {}


def _bill(draft: InvoiceDraft) -> Json:
    return _filled(
        {
            "vendorId": draft.vendor_id,
            "invoice": {"invoiceNumber": draft.number, "invoiceDate": draft.invoice_date.isoformat()},
            "dueDate": draft.due_date.isoformat(),
            "billLineItems": [line(row) for row in draft.lines],
            "description": shortened(draft.description, TEXT_LENGTH),
            "purchaseOrderNumber": draft.po_number,
        }
    )


def _credit(draft: InvoiceDraft) -> Json:
    return _filled(
        {
            "vendorId": draft.vendor_id,
            "referenceNumber": draft.number,
            "creditDate": draft.invoice_date.isoformat(),
            "vendorCreditLineItems": [line(row) for row in draft.lines],
            "description": shortened(draft.description, TEXT_LENGTH),
        }
    )


def line(row: DraftLine) -> Json:
    """One coded line of a bill or of a vendor credit."""
    coding: Json = {"chartOfAccountId": row.account}
    coding |= {LINE_DIMENSIONS[kind]: value for kind, value in row.dimensions.items() if value}
    return _filled(
        {
            "amount": plain(row.amount),
            "description": shortened(row.description, TEXT_LENGTH),
            "classifications": _filled(coding),
        }
    )


def _filled(values: Json) -> Json:
    """BILL leaves out what is empty, and so do we."""
    return {name: value for name, value in values.items() if value not in ("", {})}


def problems(draft: Made, limits: FieldLimits) -> tuple[Problem, ...]:
    """Every reason why BILL could not take this draft, found without asking it."""
    found = _vendor_problems(draft) if isinstance(draft, VendorDraft) else _invoice_problems(draft, limits)
    return (*found, *_text_problems(draft))


def _vendor_problems(draft: VendorDraft) -> Iterator[Problem]:
    if not draft.name.strip():
        yield Problem("name_missing", "The supplier has no name; BILL needs one.", "name")
    if len(draft.number) > SHORT_NAME_LENGTH:
        yield Problem(
            "number_too_long",
            f"The supplier number is longer than the {SHORT_NAME_LENGTH} characters BILL takes.",
            "number",
            draft.number,
        )
    if len(draft.currency) != 3:
        yield Problem("currency", "BILL needs a three-letter currency for the vendor.", "currency", draft.currency)
    for field, name in ADDRESS_FIELDS:
        if not getattr(draft.address, field).strip():
            yield Problem(
                "address_incomplete",
                f"The remit-to address has no {name}; BILL needs it.",
                f"address.{field}",
            )
    if draft.address.country and len(draft.address.country) != 2:
        yield Problem("country", "BILL needs the country as two letters.", "address.country", draft.address.country)


def _invoice_problems(draft: InvoiceDraft, limits: FieldLimits) -> Iterator[Problem]:
    if not draft.number.strip():
        yield Problem("number_missing", "The invoice has no number; BILL needs one.", "number")
    for field in ("number", "po_number"):
        value = getattr(draft, field)
        if len(value) > limits.number:
            yield Problem(
                "number_too_long",
                f"This is longer than the {limits.number} characters BILL takes.",
                field,
                value,
            )
    if not draft.lines:
        yield Problem("no_lines", "The invoice has no lines; BILL needs at least one.", "lines")
    if len(draft.lines) > limits.lines:
        yield Problem(
            "too_many_lines",
            f"The invoice has more than the {limits.lines} lines BILL takes.",
            "lines",
            str(len(draft.lines)),
        )
    total = sum((row.amount for row in draft.lines), Decimal(0))
    if draft.lines and total != draft.total:
        yield Problem(
            "lines_differ", f"The lines add up to {total}, the invoice to {draft.total}.", "lines", str(total)
        )
    for unknown in sorted({kind for row in draft.lines for kind in row.dimensions} - LINE_DIMENSIONS.keys()):
        yield Problem("unknown_dimension", "BILL has no such dimension.", "dimensions", unknown)


def _text_problems(draft: Made) -> Iterator[Problem]:
    """Characters that JSON or BILL cannot carry: NUL and halves of a surrogate pair."""
    for path, value in _texts(msgspec.to_builtins(draft), ""):
        if UNSTORABLE.search(value):
            yield Problem(
                "bad_text",
                "This text has characters that cannot be sent; correct it in the source.",
                path,
                "" if path == "tax_id" else ascii(value),
            )


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner, path)
