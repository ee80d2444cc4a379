"""The settings of an integration with their defaults: choices of the tenant, kept and versioned as data."""

from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

from integrations.engine.records import InvoiceState


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What a tenant may choose. `version` names the stored version that was used; defaults are the product's.

    Accounts named here are numbers on the target; lists of words are the ERP's own.
    """

    company: str
    version: int = 1
    # which invoices go
    start_date: date | None = None
    include_open_older: bool = False
    release_states: tuple[InvoiceState, ...] = (InvoiceState.AUTHORISED,)
    invoice_types: tuple[str, ...] = ()  # further types that are sent like ordinary invoices
    prepayments: Literal["hold", "send"] = "hold"
    partly_paid: Literal["hold", "open_amount", "record_payment"] = "hold"
    paid_here: Literal["all", "by_group", "by_method"] = "all"
    paid_here_groups: tuple[str, ...] = ()
    paid_here_methods: tuple[str, ...] = ()
    never_paid_here_methods: tuple[str, ...] = ()  # direct debit and the like, whatever `paid_here` says
    # from invoice to bill
    tax_lines: Literal["per_code", "into_cost"] = "per_code"
    withholding: Literal["hold", "negative_line"] = "hold"
    withholding_account: str = ""
    rounding_tolerance: int = 5  # minor units
    rounding_account: str = ""
    negative_lines: Literal["keep", "net_same_coding", "hold"] = "keep"
    apply_credits: Literal["no", "to_named_invoice"] = "no"
    due_date_from: Literal["due_date", "planned_pay_date"] = "due_date"
    instalments: Literal["hold", "bill_each"] = "hold"
    match_by_number: bool = False  # an account or value without a rule goes to the equal number on the target
    unmapped: Literal["hold", "fallback"] = "hold"
    fallback_account: str = ""
    create_missing: bool = False  # an account or dimension value that the target lacks may be created there
    image: Literal["when_available", "required", "no"] = "when_available"  # of the invoice, beside its bill
    max_lines: int = 100
    max_number_length: int = 100
    # purchase orders: percentages, and amounts in company currency
    po_match: Literal["2way", "3way", "off"] = "2way"
    on_mismatch: Literal["by_state", "hold", "note"] = "by_state"
    po_price_percent: Decimal = Decimal(2)
    po_price_amount: Decimal = Decimal(50)
    po_quantity_percent: Decimal = Decimal(0)
    po_total_percent: Decimal = Decimal(1)
    po_total_amount: Decimal = Decimal(100)
    po_charges: Decimal = Decimal(50)
    po_required: tuple[str, ...] = ()  # supplier groups whose invoices must name an order
    # duplicates
    number_reuse: bool = True  # a number may come back with another amount after 300 days
    weak_duplicates: Literal["note", "hold"] = "note"
    # suppliers
    vendor_per_currency: Literal["ask", "auto"] = "ask"
    one_time: Literal["hold"] = "hold"
    remit_hold: Literal["two_people", "one_person"] = "two_people"  # one_person: for addresses from the ERP only
    tool_fields: tuple[Literal["email", "payment_term", "address"], ...] = ("email",)  # the ERP owns all others
    files_1099: Literal["erp", "ap_tool", "none"] = "none"
    # after sending
    amount_change: Literal["update", "hold"] = "update"
    recode_after_approval: bool = False
    auto_archive: bool = False
    write_back_field: str = ""  # the ERP's field that is marked when an invoice was sent; "" = nothing is written back
    # captured invoices into the books
    invoice_target: Literal["external", "manual"] = "external"
    series: str = "SI"
    captured_type: str = ""  # the ERP's word for an ordinary invoice or credit; "" leaves it to the ERP
    authoriser: str = ""
    auto_authorise: bool = False
    tax_mode: Literal["in_cost", "split"] = "in_cost"
    no_tax_code: str = ""
    tax_code: str = ""  # of an invoice whose tax is split off
    tax_accounts: tuple[str, ...] = ()  # distributions on these are tax, not cost
    closed_period: Literal["hold", "first_open_day"] = "hold"
    payment_method: str = ""  # one that the ERP never proposes for payment
    # payments of sent bills: what of them is written into the ERP, and into which of its fields ("" = not that)
    read_back: Literal["none", "field", "voucher"] = "none"
    paid_status_field: str = ""
    paid_date_field: str = ""
    paid_reference_field: str = ""
    # payments into the books
    post_at: Literal["issued", "cleared"] = "issued"
    payment_mode: Literal["clearing", "control"] = "clearing"
    voucher_type: str = ""
    settlement_account: str = ""
    cash_account: str = ""
    cash_accounts: tuple[str, ...] = ()  # "bank account=ledger account", where there are several
    debt_account: str = ""  # control mode: of the suppliers' debt
    discount_account: str = ""
    exchange_gain_account: str = ""
    exchange_loss_account: str = ""
    control_confirmed: bool = False  # the debt account takes manual vouchers, and how it is tied to the ledger is known
    reversal: Literal["swap", "correction_flag"] = "swap"
    # people
    ignore_limit: Decimal = Decimal(1000)  # in company currency: above it a controller confirms
