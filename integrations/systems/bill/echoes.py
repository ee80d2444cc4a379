"""What BILL stored, field by field, as exact text: equal for two reads of a record that nobody touched.

It is what BILL holds, not what was sent: a name that BILL shortened is no change. Amounts stand without trailing
zeros, and of a tax id only its end is kept. An empty field is said to be empty where the row is whole, so that a text
that somebody adds or takes away shows; a thin row of a list just lacks it.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import blake2b

import msgspec

from integrations.systems.bill import wire
from integrations.systems.bill.drafts import plain
from integrations.systems.bill.records import RowError, money, shown

# Not known of every bill, not shown by every answer.
_MAY_LACK = {"currency", "tax_id", "payee_name", "pay.method", "pay.bank", "pay.network"}
_UNKNOWN = "UNDEFINED"
_encode = msgspec.json.Encoder().encode


def echo(row: wire.Wire, currency: str = "") -> dict[str, str]:
    """The echo of a vendor, bill or vendor credit; `currency` is its vendor's, which the row does not show.

    A bill's `lines` say how many there are and what they come to, `coding` is a digest over amount, account,
    dimensions and text of each line, whatever their order. A row without its lines (a thin list) has neither.
    """
    found: Mapping[str, str | None] = {}
    match row:
        case wire.WireVendor():
            found = _vendor(row)
        case wire.WireBill():
            invoice = row.invoice or wire.WireInvoice()
            found = {
                "vendor_id": row.vendor_id,
                "number": invoice.invoice_number,
                "date": invoice.invoice_date,
                "due_date": row.due_date,
                "amount": digits(row.amount),
                "currency": currency,
                "po_number": row.purchase_order_number,
                "description": row.description,
                **_lines(row.bill_line_items),
            }
        case wire.WireCredit():
            found = {
                "vendor_id": row.vendor_id,
                "number": row.reference_number,
                "date": row.credit_date,
                "amount": digits(row.amount),
                "currency": currency,
                "description": row.description,
                **_lines(row.vendor_credit_line_items),
            }
    whole = not thin(row)
    return {name: shown(value) for name, value in found.items() if value or (whole and name not in _MAY_LACK)}


def thin(row: wire.Wire) -> bool:
    """Whether a list left out what a read by id shows: lines, the state of approval, how a vendor is paid."""
    match row:
        case wire.WireBill():
            return row.bill_line_items is None or row.payment_status is None or row.approval_status is None
        case wire.WireCredit():
            return row.vendor_credit_line_items is None or row.status is None
        case wire.WireVendor():
            return row.payment_information is None
    return False


def _vendor(row: wire.WireVendor) -> dict[str, str | None]:
    """What the ERP owns, and of what is BILL's own the e-mail and how it is paid: in words, never a bank number."""
    address = msgspec.to_builtins(row.address or wire.WireAddress())
    found = {"name": row.name, "number": row.short_name, "currency": row.bill_currency}
    found |= {f"address.{name}": value for name, value in address.items()}
    info, payment = row.additional_info or wire.WireAdditionalInfo(), row.payment_information
    found |= {"email": row.email, "tax_id": ending(info.tax_id or "")}
    paid = payment or wire.WirePaymentInformation()
    if row.additional_info is not None or payment is not None:
        found["payment_term"] = info.payment_term_id
    details = {"method": paid.pay_by_type, "bank": row.bank_account_status, "network": row.network_status}
    found |= {f"pay.{name}": _in_words(value) for name, value in details.items()}
    return found | {"payee_name": paid.payee_name}


def _in_words(value: str | None) -> str:
    """A word of BILL's in small letters; nothing where BILL does not say."""
    return "" if not value or value == _UNKNOWN else value.replace("_", " ").lower()


def ending(tax_id: str) -> str:
    """The last four characters, which may be shown; nothing of an id so short that they would be most of it."""
    plain_id = "".join(letter for letter in tax_id if letter.isalnum())
    return plain_id[-4:] if len(plain_id) > 6 else ""


def digits(amount: Decimal | None) -> str:
    """An amount as text; NaN, which equals nothing, for what is no amount."""
    try:
        found = money(amount)
    except RowError:
        return "NaN"  # a number that equals none: whoever compares it with what was sent sees a difference
    return "" if found is None else format(plain(found).normalize(), "f")


def _lines(lines: Sequence[wire.WireLine] | None) -> dict[str, str]:
    if lines is None:
        return {}
    try:
        total = digits(sum((money(line.value) or Decimal(0) for line in lines), Decimal(0)))
    except RowError:
        total = "NaN"
    count = f"{len(lines)} line{'' if len(lines) == 1 else 's'}"
    return {"lines": f"{count}, {total}", "coding": coding(lines)}


def coding(lines: Sequence[wire.WireLine]) -> str:
    """16 hex digits over what each line says, whatever their order and their ids."""
    told = sorted(_encode(_told(line)) for line in lines)
    return blake2b(b"\n".join(told), digest_size=8).hexdigest()


def _told(line: wire.WireLine) -> tuple[str, ...]:
    """Amount, codes and text of a line; odd characters escaped, since no JSON holds them."""
    codes = line.classifications or wire.WireClassifications()
    ids = (codes.chart_of_account_id, codes.department_id, codes.location_id, codes.accounting_class_id, codes.job_id)
    return digits(line.value), *(shown(value) for value in (*ids, line.description))
