"""Suppliers and vendors, and what may be on the other side already."""

from collections.abc import Mapping

from integrations.engine.reasons.shape import (
    ANSWER,
    AT_CONNECTION,
    AT_SOURCE,
    AT_TARGET,
    BY_ITSELF,
    NOTE,
    OUT,
    TWO_PEOPLE,
    URGENT,
    Reason,
)

SUPPLIERS: Mapping[str, Reason] = {
    "alike_in_source": Reason(
        "Another invoice in the ledger looks alike", "Two rows of the ledger are never held against each other.", NOTE
    ),
    "duplicate_number": Reason(
        "Number is there already", "The other side has this number for this vendor. Link it, or correct one.", ANSWER
    ),
    "inactive_in_source": Reason(
        "Inactive in the ledger", "The supplier was switched off there; decide about the vendor.", TWO_PEOPLE
    ),
    "known_vendor": Reason("Linked to a supplier", "It is the vendor of a supplier of the ERP.", OUT),
    "link_conflict": Reason(
        "Linked to another record already", "Two records claim the same one on the other side.", TWO_PEOPLE
    ),
    "new_vendor": Reason(
        "New vendor in the AP tool",
        "People made it there. Link it to its supplier, propose it to the ERP, or leave it out.",
        TWO_PEOPLE,
    ),
    "no_payment_block": Reason(
        "Cannot be blocked for payment", "The API profile names no field that blocks a supplier.", AT_CONNECTION
    ),
    "number_reused": Reason("Number came back after a long time", "Other amount, and a year apart or nearly.", NOTE),
    "payee_change": Reason(
        "Payee, address or tax id changed", "Where money goes is changed by two people only.", TWO_PEOPLE
    ),
    "payee_changed": Reason("Payee is another one there", "The payee of what is there already never changes.", URGENT),
    "payment_details_changed": Reason(
        "Bank or payment details changed there",
        "Only the other side knows them; the usual way of payment fraud. Ask the supplier before the next payment.",
        URGENT,
    ),
    "possible_duplicate": Reason(
        "Possible duplicate",
        "Something like it is there, not made by us. Link it, or create it anyway.",
        TWO_PEOPLE,
    ),
    "possible_duplicate_payment": Reason(
        "Possible duplicate payment", "The books have a voucher like it, not made by us.", TWO_PEOPLE
    ),
    "possible_duplicate_vendor": Reason(
        "Vendor may be there already", "A vendor like it is there. Link it, or have it created.", TWO_PEOPLE
    ),
    "supplier_undecided": Reason(
        "A supplier like it is decided first", "It goes on once that supplier is linked.", BY_ITSELF
    ),
    "unknown_vendor": Reason("Vendor without a supplier", "Its vendor is no supplier of the ERP.", AT_SOURCE),
    "unlink": Reason("Link to be taken back", "Somebody proposed to take its link back.", TWO_PEOPLE),
    "unlinked": Reason(
        "Link was taken back", "It is sent anew, or linked to another record, only by a person.", TWO_PEOPLE
    ),
    "vendor_archived": Reason("Archived in the AP tool", "A vendor that is not used is not proposed.", OUT),
    "vendor_currency": Reason(
        "Vendor exists in another currency only", "A bill takes its currency from the vendor; make one for it.", ANSWER
    ),
    "vendor_inactive": Reason("Supplier is not active", "The ERP takes no invoice of this supplier today.", AT_TARGET),
    "vendor_missing": Reason("Supplier not read yet", "It goes on once the supplier was read.", BY_ITSELF),
    "vendor_not_sent": Reason("Supplier not on the other side yet", "It goes on once the vendor is there.", BY_ITSELF),
    "weak_duplicate": Reason(
        "Same amount and date, other number", "Rents look like this too; compare the two.", ANSWER
    ),
}
