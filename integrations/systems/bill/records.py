"""BILL's rows -> canonical records. Nothing of BILL's JSON goes further than this file.

A row that cannot become a record raises RowError: the reader keeps it as Unreadable, its neighbours go on.
Field meanings: https://developer.bill.com/docs/ap-bills, https://developer.bill.com/reference/createvendor
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

from integrations.engine.records import (
    Address,
    AnyRecord,
    Dimension,
    GLAccount,
    Invoice,
    InvoiceLine,
    InvoiceState,
    PaidInvoice,
    Payment,
    PaymentState,
    Vendor,
)
from integrations.systems.bill import wire
from integrations.systems.bill.resources import DIMENSION_LABELS

# An exponent beyond this is no money; written out in digits it would fill the memory.
WIDEST_AMOUNT = 24
# NUL and halves of surrogate pairs: no database row and no JSON can hold them.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
MASKED = re.compile(r"[*•]|[xX]{2}")
# Accounts that BILL's own sub-ledgers post to. https://developer.bill.com/reference/createchartofaccounts
CONTROL_TYPES = {"ACCOUNTS_PAYABLE", "ACCOUNTS_RECEIVABLE"}


class RowError(ValueError):
    """This row cannot become a record; the text says why, for a person."""

    def __init__(self, message: str, code: str = "unreadable") -> None:
        super().__init__(message)
        self.code = code


def when(value: str | None) -> datetime | None:
    """A BILL time, aware UTC: with Z, an offset, milliseconds, or none of them (then it is UTC)."""
    if not value:
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:  # the last hours of year 9999, west of Greenwich
        raise RowError(f"BILL sent a time that cannot be read: {value[:40]!r}.", "bad_time") from error


def day(value: str | None) -> date | None:
    """A BILL date; webhooks write the same dates as midnight times, so only the first ten characters count."""
    if not value:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError as error:
        raise RowError(f"BILL sent a date that cannot be read: {value[:40]!r}.", "bad_date") from error


def money(value: Decimal | None) -> Decimal | None:
    """The amount as BILL wrote it, if it can be money at all."""
    if value is None:
        return None
    if not value.is_finite() or (value and abs(value.adjusted()) > WIDEST_AMOUNT):
        raise RowError("BILL sent an amount that is no amount of money.", "bad_amount")
    return value


def text(value: str | int | None) -> str:
    """Text as BILL wrote it; characters that no database row can hold make the row unreadable."""
    if value is None:
        return ""
    found = str(value)
    if UNSTORABLE.search(found):
        raise RowError("BILL sent text with characters that cannot be stored.", "bad_text")
    return found


def shown(value: str | int | None) -> str:
    """The text, its odd characters escaped where it could not be stored."""
    try:
        return text(value)
    except RowError:
        return ascii(value)[1:-1]


def _id(row: wire.Wire) -> str:
    found = text(row.id)
    if not found:
        raise RowError("BILL sent a record without an id.", "no_id")
    return found


def vendor(row: wire.WireVendor) -> Vendor:
    """A BILL vendor; its number is `shortName`, where we keep the ERP's supplier number."""
    return Vendor(
        key=_id(row),
        version=text(row.updated_time),
        name=text(row.name),
        number=text(row.short_name),
        country=text(row.address.country) if row.address else "",
        currency=text(row.bill_currency),
        email=text(row.email),
        tax_id=_tax_id(row),
        active=not row.archived,
        addresses=(address(row.address),) if row.address else (),
        created=when(row.created_time),
        modified=when(row.updated_time),
    )


def _tax_id(row: wire.WireVendor) -> str:
    """The tax id; one that BILL shows masked is none."""
    found = text(row.additional_info.tax_id) if row.additional_info else ""
    return "" if MASKED.search(found) else found


def address(row: wire.WireAddress) -> Address:
    """The one address a BILL vendor has: where payments go."""
    return Address(
        key="remit",
        line1=text(row.line1),
        line2=text(row.line2),
        city=text(row.city),
        state=text(row.state_or_province),
        postal_code=text(row.zip_or_postal_code),
        country=text(row.country),
        uses=("pay",),
    )


def account(row: wire.WireClassification) -> GLAccount:
    """A chart-of-accounts entry; `kind` is BILL's type in lower case, `key` the id that bill lines carry."""
    kind = text(row.account.type) if row.account else ""
    return GLAccount(
        key=_id(row),
        version=text(row.updated_time),
        number=text(row.account.number) if row.account else "",
        name=text(row.name),
        kind=kind.lower(),
        control=kind in CONTROL_TYPES,
        active=not row.archived,
    )


def dimension(row: wire.WireClassification, kind: str) -> Dimension:
    """A department, location, class or job; `key` is the id that bill lines carry, `value` what people know it by."""
    return Dimension(
        key=_id(row),
        version=text(row.updated_time),
        kind=kind,
        kind_name=dict(DIMENSION_LABELS)[kind],
        value=text(row.short_name) or text(row.name),
        name=text(row.name),
        active=not row.archived,
    )


def state(row: wire.WireBill) -> InvoiceState:
    """Where a bill stands, amounts before words: BILL spells its partial state in several ways."""
    paid, total = money(row.paid_amount) or Decimal(0), money(row.amount) or Decimal(0)
    if row.archived:
        return InvoiceState.CANCELLED
    if row.payment_status == "PAID":
        return InvoiceState.PAID
    if 0 < paid < total or (row.payment_status or "").startswith("PARTIAL"):
        return InvoiceState.PARTLY_PAID
    if row.payment_status == "SCHEDULED":
        return InvoiceState.AUTHORISED
    if row.payment_status == "UNPAID":
        return InvoiceState.AUTHORISED if row.approval_status == "APPROVED" else InvoiceState.POSTED
    return InvoiceState.UNKNOWN


def _lines(rows: list[wire.WireLine] | None) -> tuple[InvoiceLine, ...] | None:
    if rows is None:
        return None
    return tuple(
        InvoiceLine(key=text(row.id), description=text(row.description), net=money(row.value) or Decimal(0))
        for row in rows
    )


def bill(row: wire.WireBill, organization: str, currency: str) -> Invoice:
    """A bill; BILL keeps its currency on the vendor, so the caller gives it ("" = not known)."""
    invoice = row.invoice or wire.WireInvoice()
    total = money(row.amount)
    if total is None:
        raise RowError("BILL sent a bill without an amount.", "no_amount")
    return Invoice(
        key=_id(row),
        version=text(row.updated_time),
        company=organization,
        vendor_key=text(row.vendor_id),
        vendor_name=text(row.vendor_name),
        number=text(invoice.invoice_number),
        state=state(row),
        state_word="/".join(filter(None, (text(row.payment_status), text(row.approval_status)))),
        type="bill",
        invoice_date=day(invoice.invoice_date),
        due_date=day(row.due_date),
        currency=currency,
        net=total,
        open_amount=money(row.due_amount),
        po_number=text(row.purchase_order_number),
        lines=_lines(row.bill_line_items),
        modified=when(row.updated_time),
    )


CREDIT_STATES = {
    "NOT_APPLIED": InvoiceState.POSTED,
    "IN_PROCESS": InvoiceState.AUTHORISED,
    "PARTIALLY_APPLIED": InvoiceState.PARTLY_PAID,
    "FULLY_APPLIED": InvoiceState.PAID,
}


def credit(row: wire.WireCredit, organization: str, currency: str) -> Invoice:
    """A vendor credit as an invoice of the other sign: amounts below zero are what the supplier owes."""
    total = money(row.amount)
    if total is None:
        raise RowError("BILL sent a vendor credit without an amount.", "no_amount")
    lines = _lines(row.vendor_credit_line_items)
    applied = money(row.applied_amount)
    known = CREDIT_STATES.get(row.status or "", InvoiceState.UNKNOWN)
    return Invoice(
        key=_id(row),
        version=text(row.updated_time),
        company=organization,
        vendor_key=text(row.vendor_id),
        number=text(row.reference_number),
        state=InvoiceState.CANCELLED if row.archived else known,
        state_word=text(row.status),
        type="credit",
        invoice_date=day(row.credit_date),
        currency=currency,
        net=-total,
        open_amount=None if applied is None else applied - total,
        lines=None
        if lines is None
        else tuple(
            InvoiceLine(key=line.key, description=line.description, net=-line.net if line.net else line.net)
            for line in lines
        ),
        modified=when(row.updated_time),
    )


_PAYMENT_STATES = {
    "APPROVING": PaymentState.PENDING,
    "SCHEDULED": PaymentState.PENDING,
    "CANCELLATION_IN_PROGRESS": PaymentState.PENDING,
    # the payer is debited, but where the money ends is open: not booked until it is clear
    **dict.fromkeys(("DISBURSEMENT_ON_HOLD", "VOID_PENDING"), PaymentState.IN_FLIGHT),
    "READY_TO_FUND": PaymentState.IN_FLIGHT,
    "FUNDING_STARTED": PaymentState.IN_FLIGHT,
    "PROCESSED": PaymentState.ISSUED,
    "SENT": PaymentState.ISSUED,
    "DELIVERED": PaymentState.ISSUED,
    **dict.fromkeys(("PARTIALLY_CLAIMED", "EXPIRING"), PaymentState.ISSUED),
    "PAID": PaymentState.ISSUED,
    "CLEARED": PaymentState.CLEARED,
    **dict.fromkeys(("CANCELED", "CANCELLED", "VOID", "VOIDED", "FUNDING_FAILED_VOIDED"), PaymentState.VOIDED),
    **dict.fromkeys(
        (
            "FUNDING_FAILED_ACTION_NEEDED",
            "DISBURSEMENT_FAILED_ACTION_NEEDED",
            "DISBURSEMENT_FAILED_VENDOR_BANK_REJECTED",
        ),
        PaymentState.FAILED,
    ),
}


def payment(row: wire.WirePayment, currency: str) -> Payment:
    """A payment; `state_word` is BILL's own: the singleStatus, which offline payments do not have.

    https://developer.bill.com/docs/single-status-payment-values (an open list: a word not known here stays unknown)
    """
    total = money(row.amount)
    if total is None:
        raise RowError("BILL sent a payment without an amount.", "no_amount")
    word = text(row.single_status) or text(row.status)
    parts = row.bill_payments or [wire.WireBillPayment(bill_id=row.bill_id, amount=total)]
    return Payment(
        key=_id(row),
        version=text(row.updated_time),
        vendor_key=text(row.vendor_id),
        vendor_name=text(row.vendor_name),
        number=text(row.transaction_number) or text(row.confirmation_number),
        trace=text(row.transaction_number) or text(row.confirmation_number),
        noted=shown(row.description),
        method=text(row.disbursement_type).lower(),
        state=_PAYMENT_STATES.get(word, PaymentState.UNKNOWN),
        state_word=word,
        amount=total,
        currency=currency,
        dated=day(row.process_date),
        invoices=tuple(
            PaidInvoice(key=text(part.bill_id), net=money(part.amount) or Decimal(0)) for part in parts if part.bill_id
        ),
        modified=when(row.updated_time),
    )


def canonical(row: wire.Wire, kind: str, organization: str, currencies: Mapping[str, str]) -> AnyRecord:
    """The canonical record of any row; `currencies` gives each vendor id its bill currency."""
    match row:
        case wire.WireVendor():
            return vendor(row)
        case wire.WireBill():
            return bill(row, organization, currencies.get(row.vendor_id or "", ""))
        case wire.WireCredit():
            return credit(row, organization, currencies.get(row.vendor_id or "", ""))
        case wire.WirePayment():
            return payment(row, currencies.get(row.vendor_id or "", ""))
        case wire.WireClassification():
            return account(row) if kind == "account" else dimension(row, kind)
    raise RowError("BILL sent a record of an unknown kind.")
