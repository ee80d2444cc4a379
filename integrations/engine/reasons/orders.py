"""Where an invoice and its purchase orders do not agree."""

from collections.abc import Mapping

from integrations.engine.reasons.shape import AT_CONNECTION, AT_SOURCE, BY_ITSELF, NOTE, TWO_PEOPLE, Reason

ORDERS: Mapping[str, Reason] = {
    "po_amount_only": Reason("Matched on amount only", "Quantities could not be read on both sides.", NOTE),
    "po_charges": Reason("Charges without an order line", "More than may be billed beside the order.", TWO_PEOPLE),
    "po_closed": Reason("Order is closed", "A closed order is billed as far as was received.", TWO_PEOPLE),
    "po_currency": Reason("Order in another currency", "Nothing is converted, so nothing is compared.", TWO_PEOPLE),
    "po_line": Reason("Order line missing or cancelled", "A line is billed that should not be.", TWO_PEOPLE),
    "po_lines_unreadable": Reason("Order could not be read whole", "Without it nothing is compared.", AT_SOURCE),
    "po_not_matched": Reason("Not matched with its order", "The ERP's orders cannot be read.", AT_CONNECTION),
    "po_not_read": Reason("Order not read yet", "It goes on once the order arrives; else it is held.", BY_ITSELF),
    "po_open": Reason("Order is not billed whole yet", "More invoices may come for it.", NOTE),
    "po_other_supplier": Reason("Order of another supplier", "The invoice and its order disagree.", TWO_PEOPLE),
    "po_over_credited": Reason("More credited than billed", "The order's credits are more than its bills.", TWO_PEOPLE),
    "po_over_price": Reason("Price above the order", "It costs more than was ordered, beyond tolerance.", TWO_PEOPLE),
    "po_over_quantity": Reason("Quantity above the order", "More is billed than was ordered.", TWO_PEOPLE),
    "po_over_received": Reason("More billed than received", "Goods that did not arrive are billed.", TWO_PEOPLE),
    "po_over_total": Reason("Order total exceeded", "All its invoices come to more than was ordered.", TWO_PEOPLE),
    "po_receipts_unreadable": Reason("Receipts could not be read", "What arrived is not known.", AT_SOURCE),
    "po_required": Reason("No purchase order", "Invoices of this supplier group must name one.", AT_SOURCE),
    "po_state": Reason("Order is not to be billed", "It is planned, stopped or cancelled.", TWO_PEOPLE),
    "po_unit": Reason("Another unit than the order", "Quantities of two units are not compared.", TWO_PEOPLE),
    "po_unknown": Reason("Order not in the ERP", "The invoice names an order that the ERP lacks.", AT_SOURCE),
}
