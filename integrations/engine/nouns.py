"""What records are called, one and many."""

from collections.abc import Mapping
from typing import NamedTuple


class Noun(NamedTuple):
    """An entity in a sentence: one, many."""

    one: str
    many: str


NOUNS: Mapping[str, Noun] = {
    "vendor": Noun("vendor", "vendors"),
    "gl_account": Noun("account", "accounts"),
    "dimension": Noun("dimension value", "dimension values"),
    "tax_code": Noun("tax code", "tax codes"),
    "payment_term": Noun("payment term", "payment terms"),
    "purchase_order": Noun("purchase order", "purchase orders"),
    "invoice": Noun("invoice", "invoices"),
    "invoice_image": Noun("invoice image", "invoice images"),
    "payment": Noun("payment", "payments"),
    "payment_proposal": Noun("payment proposal", "payment proposals"),
    "accounting_period": Noun("accounting period", "accounting periods"),
    "sent_mark": Noun("mark “sent”", "marks “sent”"),
    "paid_mark": Noun("mark “paid”", "marks “paid”"),
}
# What comes back to the ledger under a name of its own.
INBOUND: Mapping[str, Noun] = {
    "invoice": Noun("captured invoice", "captured invoices"),
    "vendor": Noun("new vendor", "new vendors"),
}
