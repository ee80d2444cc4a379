"""The settings of matching an invoice with its purchase order."""

import msgspec

from integrations.engine.spec import HOLD, Spec, choice, other

_GROUP = "Purchase orders"

MATCHED: tuple[Spec, ...] = (
    msgspec.structs.replace(
        choice(
            *("po_match", "Match with the purchase order", "6.1", _GROUP),
            "Before the bill is made. With goods received only where the ERP shows what was received.",
            *(("2way", "With what was ordered"), ("3way", "With what was ordered and received"), ("off", "Not")),
        ),
        control=True,
    ),
    choice(
        *("on_mismatch", "An invoice beyond its order", "6.1", _GROUP),
        "An invoice that is authorised for payment was matched and released in the ERP already.",
        ("by_state", "Hold it while it is not authorised, else note it"),
        *(HOLD, ("note", "Note it on the record")),
    ),
    other(
        *("amount", "po_price_percent", "Price beyond the order, per cent", "6.2", _GROUP),
        "Of an order line, over all its invoices so far. More than this, or than the amount below, is a mismatch.",
    ),
    other(
        *("amount", "po_price_amount", "Price beyond the order, amount", "6.2", _GROUP),
        "Of an order line, in company currency.",
    ),
    other(
        *("amount", "po_quantity_percent", "Quantity beyond the order, per cent", "6.2", _GROUP),
        "Of an order line, over all its invoices so far.",
    ),
    other(
        *("amount", "po_total_percent", "Total beyond the order, per cent", "6.2", _GROUP),
        "Of the whole order, over all its invoices so far. More than this, or than the amount below, is a mismatch.",
    ),
    other(
        *("amount", "po_total_amount", "Total beyond the order, amount", "6.2", _GROUP),
        "Of the whole order, in company currency.",
    ),
    other(
        *("amount", "po_charges", "Charges without an order line", "6.2", _GROUP),
        "Such as freight, of one invoice, in company currency.",
    ),
    other(
        *("list", "po_required", "Supplier groups that need an order", "6.3", _GROUP),
        "The ERP's supplier groups. Their invoices are held when they name no purchase order.",
    ),
)
