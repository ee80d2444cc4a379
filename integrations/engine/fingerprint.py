"""Our hash of a record's business content: what makes a changed source record a change to us.

The fields are listed, so that a write-back field or a vendor's own counter never looks like a change. `VERSION` is
stored beside every fingerprint: after a change of this module, or of the order of fields in a record's parts, links are
rebaselined, not re-posted.
"""

from hashlib import blake2b
from operator import attrgetter

import msgspec

from integrations.engine.records import (
    AccountingPeriod,
    AnyRecord,
    Dimension,
    GLAccount,
    Invoice,
    InvoiceImage,
    PaidMark,
    Payment,
    PaymentTerm,
    PurchaseOrder,
    SentMark,
    TaxCode,
    Unreadable,
    Vendor,
)

VERSION = 4

_FIELDS: dict[type, tuple[str, ...]] = {
    Vendor: (
        *("name", "number", "kind", "country", "currency", "payment_term", "group", "email", "tax_key"),
        *("one_time", "in_company", "blocked", "active", "addresses"),
    ),
    GLAccount: (
        *("number", "name", "kind", "control", "statistical", "demands"),
        *("active", "valid_from", "valid_to"),
    ),
    Dimension: ("kind", "value", "name", "kind_name", "active", "valid_from", "valid_to"),
    TaxCode: ("code", "name", "rate", "kind"),
    Invoice: (
        *(
            "company",
            "vendor_key",
            "number",
            "series",
            "state",
            "state_word",
            "party_type",
            "type",
            "ordinary",
        ),
        *(
            "invoice_date",
            "due_date",
            "planned_pay_date",
            "voucher_date",
            "currency",
            "net",
            "tax",
            "payment_term",
            "term_base_date",
        ),
        *(
            "payment_method",
            "po_number",
            "credit_for",
            "cash",
            "prepayment",
            "multi_company",
            "collect",
            "gross_up",
        ),
        *("blocked", "gross", "document", "lines", "postings", "ledger_items"),
    ),
    InvoiceImage: ("invoice_key", "name", "content_type", "size"),
    PaymentTerm: ("code", "name", "instalments", "due_days", "discount_days", "discount_percent"),
    AccountingPeriod: ("year", "period", "starts", "ends", "open"),
    PurchaseOrder: (
        *("company", "number", "vendor_key", "currency", "state", "state_word", "ordered_on", "buyer"),
        *("lines", "receipts"),
    ),
    Payment: (
        *("vendor_key", "number", "method", "state", "state_word", "amount", "currency", "dated", "company"),
        *("transaction_id", "trace", "replaces", "payer_account", "rate", "invoices"),
    ),
    SentMark: ("key", "field", "value"),
    PaidMark: ("key", "fields"),
    Unreadable: ("key", "code", "raw"),
}
_contents = {kind: attrgetter(*names) for kind, names in _FIELDS.items()}
_encode = msgspec.msgpack.Encoder(order="deterministic").encode  # a third cheaper than JSON, and it runs for every row


def fingerprint(record: AnyRecord | Unreadable) -> str:
    """32 hex digits over the listed fields; equal for equal content, whatever the order of dictionary keys."""
    return blake2b(_encode(_contents[type(record)](record)), digest_size=16).hexdigest()
