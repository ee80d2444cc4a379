"""What we write: a vendor, a bill, a code, an order, an invoice or voucher in the books; and what the target answers.

Amounts are `Decimal` in the named currency; dates are business dates without time.
"""

from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

from integrations.engine.records import Address, Entity, PaidInvoice


class VendorDraft(msgspec.Struct, frozen=True, kw_only=True, tag_field="what", tag="vendor"):
    """A payee to be made or refreshed on the target. `number` is the source's supplier number.

    `only`: the fields that a refresh writes, "payee_name" among them where the name on the payment goes back to `name`;
    empty: all that the ERP owns. What people changed there in other fields, and others accepted, stays.
    """

    name: str
    number: str
    currency: str
    address: Address
    email: str = ""
    tax_id: str = ""  # plain in memory only; stores seal it
    payment_term: str = ""  # the target's own id of it
    only: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Who it is, without a tax id: this goes into logs and error reports."""
        return f"VendorDraft(number={self.number!r}, currency={self.currency!r})"


class SupplierDraft(msgspec.Struct, frozen=True, kw_only=True, tag_field="what", tag="supplier"):
    """A supplier to be made in the ERP, blocked for payment; the ERP numbers it. Never with bank data.

    `external_id` is the id of the vendor that it is made of: it finds the supplier again.
    """

    company: str
    name: str
    currency: str
    address: Address
    external_id: str
    country: str = ""
    tax_id: str = ""  # plain in memory only; stores seal it

    def __repr__(self) -> str:
        """Who it is, without a tax id: this goes into logs and error reports."""
        return f"SupplierDraft(external_id={self.external_id!r}, currency={self.currency!r})"


class DraftLine(msgspec.Struct, frozen=True, kw_only=True):
    """A coded line: `account` and the values of `dimensions` are ids on the target; amounts in minor-unit precision.

    `source_keys` are the posting rows it came from, `origin` their coding in the ERP: while that stays the same, a
    line that was posted keeps the coding it was posted with. `inputs`: what its description was worded from, by a rule.
    """

    amount: Decimal
    account: str
    dimensions: dict[str, str] = {}
    description: str = ""
    source_keys: tuple[str, ...] = ()
    origin: str = ""
    inputs: dict[str, str] = {}


class InvoiceDraft(msgspec.Struct, frozen=True, kw_only=True, tag_field="what", tag="invoice"):
    """A bill (`credit` False) or vendor credit (True, all signs turned once) to be made or changed on the target.

    `inputs`: by field, what its text was worded from, by a rule.
    """

    vendor_id: str
    number: str
    invoice_date: date
    due_date: date
    currency: str
    total: Decimal
    lines: tuple[DraftLine, ...]
    credit: bool = False
    po_number: str = ""
    description: str = ""
    inputs: dict[str, dict[str, str]] = {}


class ImageDraft(msgspec.Struct, frozen=True, kw_only=True, tag_field="what", tag="image"):
    """Put a `document` of the ERP, named by its key, beside a bill of the target.

    `size` in bytes, None where nobody told it.
    """

    bill_id: str
    document: str
    name: str
    content_type: str = ""
    size: int | None = None


class ArchiveDraft(msgspec.Struct, frozen=True, kw_only=True, tag_field="what", tag="archive"):
    """Take a record out of use on the target; nothing is ever deleted. `name` is a vendor's."""

    entity: Entity
    credit: bool = False
    name: str = ""


PAID_IN_ERP = "Paid in the ERP:"  # begins the text of what we note of payments that the ERP made


class PaidDraft(msgspec.Struct, frozen=True, kw_only=True, tag_field="what", tag="paid"):
    """Note on a bill that `amount` more of it was paid elsewhere: no money moves."""

    vendor_id: str
    bill_id: str
    amount: Decimal
    currency: str
    paid_on: date
    description: str = ""


class ApplyDraft(msgspec.Struct, frozen=True, kw_only=True, tag_field="what", tag="apply"):
    """Set a vendor credit of the target off against a bill there."""

    vendor_id: str
    bill_id: str
    credit_id: str
    amount: Decimal
    currency: str


class CodeDraft(msgspec.Struct, frozen=True, kw_only=True, tag_field="what", tag="code"):
    """An account (`group` "") or dimension value (`group` its dimension's name) as the target may code with it."""

    group: str
    value: str
    name: str
    active: bool = True


class OrderedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an order; `net` in the order's currency."""

    key: str
    description: str
    net: Decimal
    quantity: Decimal | None = None
    unit: str = ""
    price: Decimal | None = None
    part: str = ""


class OrderDraft(msgspec.Struct, frozen=True, kw_only=True, tag_field="what", tag="order"):
    """A whole purchase order; `status` is open, closed or cancelled, `vendor` the supplier number."""

    company: str
    number: str
    vendor: str
    currency: str
    status: str
    lines: tuple[OrderedLine, ...]
    total: Decimal
    ordered_on: date | None = None


class BookedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A coded line in the books: `dimensions` by the ERP's own kinds; `net` with the invoice's sign.

    `source_keys` are the distributions it came from, `origin` their coding as it was captured.
    """

    net: Decimal
    account: str
    dimensions: dict[str, str] = {}
    tax_code: str = ""
    text: str = ""
    po_line: str = ""
    source_keys: tuple[str, ...] = ()
    origin: str = ""


class BookedInvoiceDraft(msgspec.Struct, frozen=True, kw_only=True, tag_field="what", tag="booked_invoice"):
    """A captured invoice (a credit: negative amounts) to be entered in the ERP's books; sum of lines = `net`.

    `route` "external": loaded, checked, created, then its coding proposed to `authoriser`; "manual": entered as it is.
    `external_id` is the capturing system's own id: with company and supplier it finds the invoice again.
    """

    company: str
    vendor: str
    series: str
    number: str
    invoice_date: date
    due_date: date | None
    currency: str
    net: Decimal
    tax: Decimal
    external_id: str
    lines: tuple[BookedLine, ...]
    route: Literal["external", "manual"] = "external"
    type: str = ""
    arrival_date: date | None = None
    payment_term: str = ""
    payment_method: str = ""
    tax_code: str = ""
    po_number: str = ""
    document: str = ""
    authoriser: str = ""
    authorise: bool = False
    text: str = ""


class VoucherRow(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger row: `amount` in `currency` and `domestic` in the company's, debit positive, credit negative.

    `correction`: a reversal that keeps the side and turns the sign. Vendor, series and number name the invoice.
    """

    account: str
    amount: Decimal
    domestic: Decimal
    currency: str
    rate: Decimal
    text: str
    vendor: str = ""
    series: str = ""
    number: str = ""
    transaction_id: str = ""
    correction: bool = False


class VoucherDraft(msgspec.Struct, frozen=True, kw_only=True, tag_field="what", tag="voucher"):
    """A balanced voucher of one payment, or its reversal; `external_id` begins `text` and finds it again.

    `pays` is what it pays of each captured invoice: it stands, whatever the payment says later.
    """

    company: str
    voucher_type: str
    dated: date
    text: str
    external_id: str
    rows: tuple[VoucherRow, ...]
    amount: Decimal  # of the payment, in `currency`
    currency: str
    pays: tuple[PaidInvoice, ...] = ()


class UnproposeDraft(msgspec.Struct, frozen=True, kw_only=True, tag_field="what", tag="unpropose"):
    """Take an invoice out of the payment proposals of the ERP in which it is about to be paid again."""

    company: str
    vendor: str
    series: str
    number: str


class MarkDraft(msgspec.Struct, frozen=True, kw_only=True, tag_field="what", tag="mark"):
    """Write a few fields back to the source record itself, such as "sent"; `fields` by the system's own names.

    None empties a field.
    """

    entity: Entity
    key: str
    fields: dict[str, str | None]


Draft = (
    VendorDraft
    | SupplierDraft
    | CodeDraft
    | OrderDraft
    | InvoiceDraft
    | BookedInvoiceDraft
    | VoucherDraft
    | ImageDraft
    | ArchiveDraft
    | PaidDraft
    | ApplyDraft
    | MarkDraft
    | UnproposeDraft
)
Making = (  # makes a record
    VendorDraft | SupplierDraft | CodeDraft | OrderDraft | InvoiceDraft | BookedInvoiceDraft | VoucherDraft
)


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What the target answered to one write: its id, its version if it has one, and the echo of what it stored.

    `echo` are fields by name as exact text, in the same form as `TargetRecord.echo`: where the two differ later,
    somebody changed the record on the target.
    """

    target_id: str
    version: str = ""
    echo: dict[str, str] = {}


MAKES: dict[Entity, tuple[type[Draft], ...]] = {
    Entity.VENDOR: (VendorDraft, SupplierDraft),
    Entity.GL_ACCOUNT: (CodeDraft,),
    Entity.DIMENSION: (CodeDraft,),
    Entity.PURCHASE_ORDER: (OrderDraft,),
    Entity.INVOICE: (InvoiceDraft, BookedInvoiceDraft),
    Entity.INVOICE_IMAGE: (ImageDraft,),
    Entity.PAYMENT: (VoucherDraft,),
    Entity.SENT_MARK: (MarkDraft,),
    Entity.PAID_MARK: (MarkDraft,),
}
