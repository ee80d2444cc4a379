"""BILL's JSON as it comes: the fields we use, every one optional because BILL leaves out what is empty.

https://developer.bill.com/docs/ap-bills
https://developer.bill.com/reference/createvendor
"""

from decimal import Decimal

import msgspec

Text = str | None


class Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What every resource carries; times are ISO 8601 with an offset."""

    id: Text = None
    archived: bool = False
    created_time: Text = None
    updated_time: Text = None


class WireAddress(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    line1: Text = None
    line2: Text = None
    city: Text = None
    state_or_province: Text = None
    zip_or_postal_code: Text = None
    country: Text = None


class WireAdditionalInfo(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    tax_id: Text = None
    tax_id_type: Text = None
    payment_term_id: Text = None

    def __repr__(self) -> str:
        return "<WireAdditionalInfo>"  # a tax id stands in no log and no traceback


class WirePaymentInformation(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How a vendor is paid, and under which name; bank numbers are never read."""

    payee_name: Text = None
    pay_by_type: Text = None


class WireVendor(Wire, frozen=True, kw_only=True, rename="camel"):
    name: Text = None
    short_name: Text = None
    account_type: Text = None
    email: Text = None
    bill_currency: Text = None
    address: WireAddress | None = None
    additional_info: WireAdditionalInfo | None = None
    payment_information: WirePaymentInformation | None = None
    bank_account_status: Text = None
    network_status: Text = None


class WireClassifications(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    chart_of_account_id: Text = None
    department_id: Text = None
    location_id: Text = None
    accounting_class_id: Text = None
    job_id: Text = None


class WireLine(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    id: Text = None
    amount: Decimal | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    description: Text = None
    classifications: WireClassifications | None = None

    @property
    def value(self) -> Decimal | None:
        """The line's amount; a line keyed as quantity and price has none of its own."""
        if self.amount is None and self.quantity is not None and self.price is not None:
            return self.quantity * self.price
        return self.amount


class WireApprover(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    user_id: Text = None
    status: Text = None


class WireInvoice(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    invoice_number: Text = None
    invoice_date: Text = None


class WireBill(Wire, frozen=True, kw_only=True, rename="camel"):
    vendor_id: Text = None
    vendor_name: Text = None
    invoice: WireInvoice | None = None
    due_date: Text = None
    amount: Decimal | None = None
    paid_amount: Decimal | None = None
    due_amount: Decimal | None = None
    scheduled_amount: Decimal | None = None
    credit_amount: Decimal | None = None
    description: Text = None
    purchase_order_number: Text = None
    payment_status: Text = None
    approval_status: Text = None
    approvers: list[WireApprover] | None = None
    bill_line_items: list[WireLine] | None = None


class WireUsage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where a part of a vendor credit went: to a bill, or with a payment of it."""

    bill_id: Text = None
    payment_id: Text = None
    amount: Decimal | None = None


class WireCredit(Wire, frozen=True, kw_only=True, rename="camel"):
    vendor_id: Text = None
    reference_number: Text = None
    credit_date: Text = None
    amount: Decimal | None = None
    applied_amount: Decimal | None = None
    status: Text = None
    description: Text = None
    vendor_credit_line_items: list[WireLine] | None = None
    usage: list[WireUsage] | None = None


class WireBillPayment(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    bill_id: Text = None
    amount: Decimal | None = None


class WirePayment(Wire, frozen=True, kw_only=True, rename="camel"):
    """A payment of one or more bills; `bill_payments` says of which, `bill_id` only names the first.

    https://developer.bill.com/docs/ap-payments
    """

    vendor_id: Text = None
    vendor_name: Text = None
    bill_id: Text = None
    amount: Decimal | None = None
    bill_payments: list[WireBillPayment] | None = None
    process_date: Text = None
    transaction_number: str | int | None = None
    confirmation_number: str | int | None = None
    status: Text = None
    single_status: Text = None
    disbursement_type: Text = None
    online_payment: bool | None = None
    description: Text = None


class WireAccount(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    type: Text = None
    number: str | int | None = None


class WireClassification(Wire, frozen=True, kw_only=True, rename="camel"):
    """A chart-of-accounts entry (with `account`), department, location, accounting class or job."""

    name: Text = None
    short_name: Text = None
    description: Text = None
    account: WireAccount | None = None


class WireSession(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    session_id: Text = None
    organization_id: Text = None
    user_id: Text = None
    trusted: bool = False
    mfa_status: Text = None


class WireOrganization(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    id: Text = None
    name: Text = None
