"""Canonical records: what a vendor, an account or an invoice is, whatever the system it comes from.

Amounts are `Decimal` in the named currency; dates are business dates without time; `version` is the system's
own ETag or counter, opaque. Keys are text, unique per system and entity.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

SCHEMA = 1  # of stored snapshots; older ones are upgraded when they are read


class Entity(StrEnum):
    """A kind of record that can flow."""

    VENDOR = "vendor"
    GL_ACCOUNT = "gl_account"
    DIMENSION = "dimension"
    TAX_CODE = "tax_code"
    PAYMENT_TERM = "payment_term"
    PURCHASE_ORDER = "purchase_order"
    INVOICE = "invoice"
    INVOICE_IMAGE = "invoice_image"  # a document that the ERP keeps with an invoice
    PAYMENT = "payment"
    PAYMENT_PROPOSAL = "payment_proposal"  # what the ERP is about to pay by itself
    ACCOUNTING_PERIOD = "accounting_period"
    SENT_MARK = "sent_mark"  # "this was sent", written back on the source record
    PAID_MARK = "paid_mark"  # "this was paid", likewise


MARKS = (Entity.SENT_MARK, Entity.PAID_MARK)  # made here, and written back on the source records


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Base: `key` identifies the record in its system, `version` changes whenever its content does."""

    key: str
    version: str = ""


class Company(Record, frozen=True, kw_only=True):
    """A legal entity of the ERP; `currency` is its accounting currency (ISO 4217)."""

    name: str
    currency: str = ""
    country: str = ""


class Address(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A postal address; `uses` are lower-case words such as pay, document, delivery, visit."""

    key: str
    name: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""  # ISO 3166-1 alpha-2
    uses: tuple[str, ...] = ()
    default_for: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None


class Vendor(Record, frozen=True, kw_only=True):
    """A supplier. `in_company` says that it may be invoiced in the integration's company."""

    name: str
    number: str
    kind: str = "supplier"  # supplier, or the system's own other word in lower case (prospect, employee ...)
    country: str = ""
    currency: str = ""
    payment_term: str = ""
    group: str = ""
    email: str = ""
    tax_id: str = ""  # plain in memory only; stores seal it
    tax_key: str = ""  # a keyed hash of `tax_id`, made by the store: equal for equal ids of one tenant
    one_time: bool = False
    in_company: bool = True
    blocked: bool = False
    active: bool = True
    addresses: tuple[Address, ...] = ()

    def __repr__(self) -> str:
        """Who it is, without a tax id: this goes into logs and error reports."""
        return f"Vendor(key={self.key!r}, number={self.number!r})"

    created: datetime | None = None  # None: the system does not say
    modified: datetime | None = None


class GLAccount(Record, frozen=True, kw_only=True):
    """A ledger account. `control` accounts are posted by sub-ledgers only; `kind` is the system's own word.

    `statistical` accounts hold quantities, no money. `demands`: by dimension kind, "mandatory" or "blocked"; a kind
    that is not named may be given or not.
    """

    number: str
    name: str
    kind: str = ""
    control: bool = False
    statistical: bool = False
    demands: dict[str, str] = {}
    active: bool = True
    valid_from: date | None = None
    valid_to: date | None = None


class Dimension(Record, frozen=True, kw_only=True):
    """One value of a cost dimension; `kind` names the dimension by the system's own word or letter."""

    kind: str
    value: str
    name: str = ""
    kind_name: str = ""
    active: bool = True
    valid_from: date | None = None
    valid_to: date | None = None


class TaxCode(Record, frozen=True, kw_only=True):
    """A tax code; `kind` is tax, calculated, use, none or withholding; `rate` in per cent."""

    code: str
    name: str = ""
    rate: Decimal | None = None
    kind: str = "tax"


class PaymentTerm(Record, frozen=True, kw_only=True):
    """When an invoice is due and what paying early saves; `discount_percent` of the gross within `discount_days`."""

    code: str
    name: str = ""
    instalments: int = 1
    due_days: int | None = None
    discount_days: int | None = None
    discount_percent: Decimal | None = None


class AccountingPeriod(Record, frozen=True, kw_only=True):
    """A span of business days of the ledger, both ends included; vouchers go into open ones only."""

    year: int
    period: int
    starts: date
    ends: date
    open: bool = True


class OrderState(StrEnum):
    """Where a purchase order stands; a word the profile does not know is UNKNOWN."""

    PLANNED = "planned"
    OPEN = "open"
    RECEIVED = "received"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    STOPPED = "stopped"
    UNKNOWN = "unknown"


class OrderLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A line (and release) of an order, net in the order's currency; what could not be read is None."""

    line: str
    release: str = ""
    part: str = ""
    description: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    price: Decimal | None = None
    net: Decimal | None = None
    gross: Decimal | None = None
    state: OrderState = OrderState.UNKNOWN
    received: Decimal | None = None  # quantity
    invoiced: Decimal | None = None  # quantity


class OrderReceipt(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Goods that arrived on an order line."""

    line: str
    release: str
    number: str
    quantity: Decimal
    received_on: date | None = None


class PurchaseOrder(Record, frozen=True, kw_only=True, gc=False):
    """An order to a supplier. `lines` and `receipts` are None where the system could not read them."""

    company: str
    number: str
    vendor_key: str
    currency: str = ""
    state: OrderState = OrderState.UNKNOWN
    state_word: str = ""
    ordered_on: date | None = None
    buyer: str = ""
    lines: tuple[OrderLine, ...] | None = None
    receipts: tuple[OrderReceipt, ...] | None = None
    modified: datetime | None = None


class PaymentState(StrEnum):
    """How far a payment has come; a word that the connection's table does not know is UNKNOWN."""

    PENDING = "pending"
    IN_FLIGHT = "in_flight"
    ISSUED = "issued"
    CLEARED = "cleared"
    VOIDED = "voided"
    FAILED = "failed"
    UNKNOWN = "unknown"


class PaidInvoice(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a payment pays of one invoice (its key in the paying system): `net` = `gross` - `discount`."""

    key: str
    net: Decimal
    number: str = ""
    gross: Decimal | None = None
    discount: Decimal = Decimal(0)


class Payment(Record, frozen=True, kw_only=True):
    """A payment of one or more invoices, as the system that made it knows it; amounts in `currency`.

    `method` is check, ach, virtual_card, internal or the system's own word. `transaction_id` is what both sides name
    the payment by, `trace` the check number or ACH trace, `replaces` the key of the payment that this one reissues,
    `payer_account` the payer's bank account as the system names it, `rate` domestic per currency unit where it tells,
    `noted` what was written on it by whoever made it.
    """

    vendor_key: str
    number: str = ""
    method: str = ""
    state: PaymentState = PaymentState.UNKNOWN
    state_word: str = ""
    amount: Decimal = Decimal(0)
    currency: str = ""
    dated: date | None = None
    cleared_on: date | None = None
    company: str = ""
    transaction_id: str = ""
    trace: str = ""
    replaces: str = ""
    payer_account: str = ""
    rate: Decimal | None = None
    vendor_name: str = ""
    why: str = ""  # what the system says is wrong with it
    noted: str = ""
    invoices: tuple[PaidInvoice, ...] = ()
    modified: datetime | None = None


class InvoiceState(StrEnum):
    """Where an invoice stands in its ledger; a word the profile does not know is UNKNOWN."""

    PRELIMINARY = "preliminary"
    POSTED = "posted"
    AUTHORISED = "authorised"
    PARTLY_PAID = "partly_paid"
    PAID = "paid"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class PostingKind(StrEnum):
    """What a posting row means for the supplier's bill; decided by the profile's table, never by sign."""

    DEBT = "debt"
    COST = "cost"
    TAX = "tax"
    SELF_ASSESSED_TAX = "self_assessed_tax"
    WITHHOLDING = "withholding"
    UNKNOWN = "unknown"


class InvoiceLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An item as the supplier billed it: net and tax in invoice currency; it has no account.

    `quantity` is None where the system does not tell it.
    """

    key: str
    description: str = ""
    tax_code: str = ""
    net: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    po_number: str = ""
    po_line: str = ""
    po_release: str = ""
    quantity: Decimal | None = None
    unit: str = ""


class Posting(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A ledger row of the invoice: debit positive, credit negative, in invoice currency."""

    key: str
    kind: PostingKind
    posting_type: str = ""
    account: str = ""
    dimensions: dict[str, str] = {}
    amount: Decimal = Decimal(0)
    tax_code: str = ""
    text: str = ""
    preliminary: bool = False
    reversed: bool = False
    po_line: str = ""


class LedgerItem(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the ledger says is owed for (an instalment of) an invoice: positive is debt, negative a credit."""

    instalment: int = 1
    original: Decimal | None = None
    open: Decimal | None = None
    due_date: date | None = None


class Invoice(Record, frozen=True, kw_only=True, gc=False):  # trees without cycles: nothing to collect
    """A supplier invoice or credit, as the ERP's ledger holds it or as an AP tool captured and approved it.

    `lines`, `postings` and `ledger_items` are None where the system could not read them: unknown, not empty. Of a
    captured one `postings` are its coded distributions (dimensions by the tool's own names), `gross` its total with the
    supplier's sign (a credit is negative), `document` where its image is, `vendor_key` the code the tool knows it by.
    """

    company: str
    vendor_key: str
    number: str
    state: InvoiceState
    state_word: str = ""  # the system's own word, for people
    party_type: str = "supplier"
    vendor_name: str = ""
    series: str = ""
    type: str = ""
    ordinary: bool = True  # the profile lists the type as an ordinary invoice or credit
    invoice_date: date | None = None
    due_date: date | None = None
    planned_pay_date: date | None = None
    voucher_date: date | None = None
    currency: str = ""
    net: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    open_amount: Decimal | None = None
    payment_term: str = ""
    term_base_date: date | None = None
    payment_method: str = ""
    po_number: str = ""
    credit_for: str = ""
    cash: bool = False
    prepayment: bool = False
    multi_company: bool = False
    collect: bool = False
    gross_up: bool = False
    blocked: bool = False
    gross: Decimal | None = None
    approved_on: date | None = None
    document: str = ""
    lines: tuple[InvoiceLine, ...] | None = None
    postings: tuple[Posting, ...] | None = None
    ledger_items: tuple[LedgerItem, ...] | None = None
    rate: Decimal | None = None  # domestic per unit of its currency, as it was posted
    modified: datetime | None = None


class InvoiceImage(Record, frozen=True, kw_only=True, gc=False):
    """A document that the ERP keeps with an invoice, such as its scan. `key` begins with the invoice's own and a "|".

    `size` in bytes, None where the system does not tell it.
    """

    company: str
    invoice_key: str
    name: str = ""
    content_type: str = ""
    size: int | None = None


class SentMark(Record, frozen=True, kw_only=True):
    """What a source record is marked with once it has arrived: `key` is its own, `value` the id on the target."""

    field: str
    value: str


class PaidMark(Record, frozen=True, kw_only=True):
    """How far a source record is paid, as it is written back on it: `key` is its own; None empties a field."""

    fields: dict[str, str | None]


AnyRecord = (
    Vendor
    | GLAccount
    | Dimension
    | TaxCode
    | PaymentTerm
    | AccountingPeriod
    | PurchaseOrder
    | Invoice
    | InvoiceImage
    | Payment
    | SentMark
    | PaidMark
)

RECORDS: dict[Entity, type[AnyRecord]] = {
    Entity.VENDOR: Vendor,
    Entity.GL_ACCOUNT: GLAccount,
    Entity.DIMENSION: Dimension,
    Entity.TAX_CODE: TaxCode,
    Entity.PAYMENT_TERM: PaymentTerm,
    Entity.ACCOUNTING_PERIOD: AccountingPeriod,
    Entity.PURCHASE_ORDER: PurchaseOrder,
    Entity.INVOICE: Invoice,
    Entity.INVOICE_IMAGE: InvoiceImage,
    Entity.PAYMENT: Payment,
    Entity.SENT_MARK: SentMark,
    Entity.PAID_MARK: PaidMark,
}


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """A record that two whole scans and two reads by key did not find any more; `last` is how it was last seen."""

    key: str
    last: AnyRecord


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """A row that cannot become a canonical record; `raw` is its escaped text, kept so that nothing is lost."""

    key: str
    code: str
    message: str
    raw: str = ""
