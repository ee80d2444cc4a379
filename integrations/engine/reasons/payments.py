"""Payments, vouchers, reversals, and what may be paid twice."""

from collections.abc import Mapping

from integrations.engine.reasons.shape import (
    ANSWER,
    AT_SOURCE,
    AT_TARGET,
    BY_ITSELF,
    NOTE,
    OUT,
    TWO_PEOPLE,
    URGENT,
    Reason,
)

PAYMENTS: Mapping[str, Reason] = {
    "amounts_differ": Reason("Amounts do not add up", "The parts of the payment do not come to its amount.", URGENT),
    "credit_applied": Reason("Credit is used already", "A credit was set off; take it back there first.", AT_TARGET),
    "credit_too_large": Reason("Credit is larger than what is open", "Only what is open can be set off.", AT_TARGET),
    "credit_unclear": Reason("Credit cannot be read", "What is left of the credit is not clear.", AT_TARGET),
    "credit_used": Reason("Credit is used up", "Nothing of the credit is left to set off.", AT_TARGET),
    "discount_differs": Reason("Discount does not add up", "Gross less discount is not the net that was paid.", URGENT),
    "in_payment_proposal": Reason(
        "The ERP is about to pay it", "Take it out of the proposal, or leave it to the ERP.", URGENT
    ),
    "invoice_cancelled": Reason("Its invoice is cancelled in the ledger", "Find out what was paid, and why.", URGENT),
    "invoice_not_booked": Reason("Its invoice is not booked yet", "It is booked once its invoice is.", BY_ITSELF),
    "invoice_twice": Reason("Pays one invoice twice", "One payment names the same invoice twice.", URGENT),
    "may_be_paid_twice": Reason(
        "May be paid twice", "The ERP is about to pay what is open or paid here: stop one of the two.", URGENT
    ),
    "more_than_open": Reason("Pays more than is open", "More was paid than the books say is owed.", URGENT),
    "not_read_back": Reason(
        "Followed here, not written to the ERP", "By your settings the ERP learns of it when AP settles it.", OUT
    ),
    "not_sent_by_us": Reason("Pays what was not sent from here", "Its bills were made by somebody else.", OUT),
    "noted_ahead": Reason("Noted for a later day", "It was paid elsewhere, and is booked on its day.", BY_ITSELF),
    "open_bills": Reason("Vendor has open bills", "A vendor is archived once nothing of it is open.", AT_TARGET),
    "other_currency": Reason("Other currency than its invoice", "An invoice is paid in its own currency.", URGENT),
    "other_supplier": Reason("Other supplier than its invoice", "The payment went to another supplier.", URGENT),
    "overpaid": Reason("More than is open there", "The payment is larger than what the bill asks for.", URGENT),
    "paid_elsewhere": Reason("May be paid twice", "The ERP has paid it, and the bill here is open.", URGENT),
    "paid_in_erp": Reason("Paid by the ERP, only noted here", "It must not come back as a payment.", OUT),
    "paid_twice": Reason("Paid twice", "Both sides have paid it: recover one of the two.", URGENT),
    "payment_came_back": Reason("Void payment came back", "It is alive again, and its reversal is booked.", URGENT),
    "payment_changed": Reason("Payment changed after it was booked", "Its voucher says what it was before.", URGENT),
    "payment_failed": Reason("Payment failed", "It never reached the payee; it may be tried again.", BY_ITSELF),
    "payment_for_unknown_invoice": Reason(
        "Pays an invoice that is not booked", "Bring the invoice into the books, or find out what was paid.", URGENT
    ),
    "payment_started": Reason("Payment has begun", "It is scheduled or paid there; it stays as it is.", AT_TARGET),
    "proposal_ordered": Reason("Ordered for payment already", "The ERP's proposal is on its way to the bank.", URGENT),
    "reissue": Reason("Issued again", "It takes the place of a void payment; both are booked.", NOTE),
    "reversal_prepared": Reason("Reversal waits for release", "The mirror of its voucher is ready.", TWO_PEOPLE),
    "reverse_by_hand": Reason("To be reversed by hand", "Book the reversal in the ERP, then accept it here.", ANSWER),
    "unknown_payment_state": Reason(
        "Payment status nobody has described", "Nothing is booked on a word that nobody knows.", AT_SOURCE
    ),
    "void_but_settled": Reason(
        "Void, but settled in the ERP", "The money came back, and the ERP shows the invoice as paid.", URGENT
    ),
    "voucher_gone": Reason("Its voucher is gone", "The books do not have it any more. Find out why.", URGENT),
}
