"""Rows as they come from IFS, by our field names; `rowtypes` gives each its tenant's JSON name.

Types are as loose as the wire may be: flags come as true or 'TRUE', integers and decimals as numbers or as text
(`IEEE754Compatible`), dates with or without a time. What they mean is decided in `records`.
"""

from decimal import Decimal

import msgspec

Flag = bool | str | None
Words = str | int | None  # text that a tenant may model as a number


class Row(msgspec.Struct, kw_only=True, gc=False):
    """What every row has: its ETag ("" when the server gives none) and its change column as sent."""

    etag: str | None = None
    changed: str | None = None


class CompanyRow(Row, kw_only=True, gc=False):
    company: str
    name: str | None = None
    currency: str | None = None
    country: str | None = None


class SupplierRow(Row, kw_only=True, gc=False):
    supplier_id: str
    name: str | None = None
    country: str | None = None
    category: str | None = None
    tax_id: Words = None
    one_time: Flag = None


class AddressRow(Row, kw_only=True, gc=False):
    supplier_id: str
    address_id: Words = None
    name: str | None = None
    address1: str | None = None
    address2: str | None = None
    zip_code: Words = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None


class AddressTypeRow(Row, kw_only=True, gc=False):
    supplier_id: str = ""
    address_id: Words = None
    type_code: str | None = None
    default: Flag = None


class ContactRow(Row, kw_only=True, gc=False):
    supplier_id: str = ""
    contact_id: Words = None
    method: str | None = None
    value: str | None = None
    address_id: Words = None


class SupplierCompanyRow(Row, kw_only=True, gc=False):
    supplier_id: str
    company: str
    group: Words = None
    currency: str | None = None
    payment_term: Words = None


class SupplierPaymentRow(Row, kw_only=True, gc=False):
    company: str
    identity: str
    party_type: str | None = None
    supplier_id: str | None = None
    blocked: Flag = None


class AccountRow(Row, kw_only=True, gc=False):
    company: str
    account: str
    description: str | None = None
    kind: str | None = None
    ledger: Flag = None
    valid_from: str | None = None
    valid_until: str | None = None
    demand_b: str | None = None
    demand_c: str | None = None
    demand_d: str | None = None
    demand_e: str | None = None
    demand_f: str | None = None
    demand_g: str | None = None
    demand_h: str | None = None
    demand_i: str | None = None
    demand_j: str | None = None


class CodePartRow(Row, kw_only=True, gc=False):
    company: str
    part: str
    name: str | None = None
    description: str | None = None
    used: Flag = None


class CodePartValueRow(Row, kw_only=True, gc=False):
    company: str
    value: str
    description: str | None = None
    valid_from: str | None = None
    valid_until: str | None = None


class TaxCodeRow(Row, kw_only=True, gc=False):
    company: str
    code: str
    description: str | None = None
    rate: Decimal | None = None
    kind: str | None = None


class PaymentTermRow(Row, kw_only=True, gc=False):
    company: str
    code: str
    description: str | None = None
    instalments: int | str | None = None
    due_days: int | str | None = None
    discount_days: int | str | None = None
    discount_percent: Decimal | None = None


class PeriodRow(Row, kw_only=True, gc=False):
    company: str
    year: int | str
    period: int | str
    starts: str | None = None
    ends: str | None = None
    state: str | None = None


class OrderRow(Row, kw_only=True, gc=False):
    company: str
    number: str
    vendor: str | None = None
    date: str | None = None
    state: str | None = None
    buyer: Words = None
    currency: str | None = None


class OrderLineRow(Row, kw_only=True, gc=False):
    number: str
    line: int | str
    release: int | str
    part: Words = None
    description: str | None = None
    quantity: Decimal | None = None
    unit: Words = None
    price: Decimal | None = None
    net: Decimal | None = None
    gross: Decimal | None = None
    state: str | None = None
    received: Decimal | None = None
    invoiced: Decimal | None = None


class ReceiptRow(Row, kw_only=True, gc=False):
    number: str
    line: int | str
    release: int | str
    receipt: int | str
    quantity: Decimal | None = None
    date: str | None = None


class ProposalRow(Row, kw_only=True, gc=False):
    company: str
    proposal_id: int | str
    state: str | None = None


class ProposalItemRow(Row, kw_only=True, gc=False):
    company: str
    proposal_id: int | str
    series: Words = None
    number: Words = None
    identity: str | None = None
    currency: str | None = None
    amount: Decimal | None = None
    planned: str | None = None


class InvoiceRow(Row, kw_only=True, gc=False):
    company: str
    invoice_id: int | str
    identity: str | None = None
    party_type: str | None = None
    name: str | None = None
    series: Words = None
    number: Words = None
    type: Words = None
    invoice_date: str | None = None
    due_date: str | None = None
    planned_pay_date: str | None = None
    voucher_date: str | None = None
    currency: str | None = None
    rate: Decimal | None = None
    rate_factor: Decimal | None = None
    net: Decimal | None = None
    tax: Decimal | None = None
    open: Decimal | None = None
    payment_term: Words = None
    term_base_date: str | None = None
    payment_method: Words = None
    po_number: Words = None
    credit_for: Words = None
    cash: Flag = None
    prepayment: Flag = None
    multi_company: Flag = None
    collect: Flag = None
    gross_up: Flag = None
    blocked: Flag = None
    state: str | None = None
    external_id: Words = None  # only where the books are looked up


class ItemRow(Row, kw_only=True, gc=False):
    company: str
    invoice_id: int | str
    item_id: int | str
    description: str | None = None
    tax_code: Words = None
    net: Decimal | None = None
    tax: Decimal | None = None
    po_number: Words = None
    po_line: Words = None
    po_release: Words = None
    quantity: Decimal | None = None
    unit: Words = None


class PostingRow(Row, kw_only=True, gc=False):
    company: str
    invoice_id: int | str
    item_id: int | str
    row_id: int | str
    posting_type: str | None = None
    account: Words = None
    code_b: Words = None
    code_c: Words = None
    code_d: Words = None
    code_e: Words = None
    code_f: Words = None
    code_g: Words = None
    code_h: Words = None
    code_i: Words = None
    code_j: Words = None
    amount: Decimal | None = None
    tax_code: Words = None
    text: str | None = None
    preliminary: Flag = None
    reversed: Flag = None


class LedgerRow(Row, kw_only=True, gc=False):
    company: str
    identity: str | None = None
    series: Words = None
    number: Words = None
    instalment: int | str | None = None
    currency: str | None = None
    original: Decimal | None = None
    open: Decimal | None = None
    due_date: str | None = None


class BookedRow(Row, kw_only=True, gc=False):
    company: str
    type: Words = None
    year: int | str = 0
    voucher_no: int | str = 0
    row_no: int | str = 0
    period: int | str | None = None
    account: Words = None
    currency: str | None = None
    debit: Decimal | None = None
    credit: Decimal | None = None


class DocumentRow(Row, kw_only=True, gc=False):
    company: str
    invoice_id: int | str
    document_no: Words
    name: str | None = None
    content_type: str | None = None
    size: int | str | None = None
