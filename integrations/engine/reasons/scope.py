"""Why a record stays out, waits, or needs a decision once for all of its kind."""

from collections.abc import Mapping

from integrations.engine.reasons.shape import ANSWER, AT_SOURCE, BY_ITSELF, BY_SETTING, OUT, Reason

SCOPE: Mapping[str, Reason] = {
    "after_vendor": Reason("Go after their vendor", "The plan makes the vendor first, then this.", BY_ITSELF),
    "before_start": Reason("Entered before the start date", "It is older than the integration's start date.", OUT),
    "blocked": Reason("Blocked for payment in the ERP", "It goes out once the ERP takes the block away.", BY_ITSELF),
    "cancelled": Reason("Cancelled in the ERP", "It was cancelled, so it is not sent.", OUT),
    "cash": Reason("Cash invoice, paid already", "A cash invoice is paid when it is entered.", OUT),
    "collect": Reason("Collected by the supplier", "The supplier collects it; nobody pays it from here.", ANSWER),
    "gone": Reason("No longer in the ledger", "It was deleted where it was made.", OUT),
    "gross_up": Reason("Grossed-up invoice", "Its tax is grossed up, which a bill cannot show.", ANSWER),
    "ignored": Reason("Ignored by a person", "Somebody decided to leave it out, with a reason.", OUT),
    "image_early": Reason("Before its bill", "It goes once the bill of its invoice is there.", BY_ITSELF),
    "image_left_out": Reason("Image of an invoice that does not go", "It would go with its bill.", OUT),
    "image_not_sent": Reason("Images are not sent", "The settings say so.", OUT),
    "image_of_credit": Reason("Image of a credit", "The other side keeps images of bills only.", OUT),
    "inactive": Reason("Inactive in the ledger", "It is not in use any more, so it is not sent.", OUT),
    "instalment_gone": Reason("Instalment no longer in the ledger", "The ledger split the invoice anew.", ANSWER),
    "instalment_partly_paid": Reason(
        "Instalment partly paid", "A part of this instalment was paid before it was sent.", ANSWER
    ),
    "instalment_unknown": Reason("Instalment unknown", "The ledger shows no such instalment.", AT_SOURCE),
    "instalments": Reason("Several instalments", "It is due in parts, and a bill has one date.", BY_SETTING),
    "invoice_type": Reason(
        "Invoice type nobody has decided on", "Only ordinary invoices and credits go out unless you say so.", BY_SETTING
    ),
    "multi_company": Reason("Posted in several companies", "One bill cannot stand for several companies.", ANSWER),
    "never_booked": Reason("Never booked", "The payment has no voucher, so there is nothing to take back.", OUT),
    "not_a_supplier": Reason("Not a supplier", "Only suppliers are paid from here.", OUT),
    "not_approved": Reason("Not approved yet", "It comes once it is approved in the AP tool.", OUT),
    "not_authorised": Reason("Not yet authorised for payment", "It goes out once the ERP releases it.", BY_ITSELF),
    "not_for_coding": Reason("Not for coding invoices", "Invoices are never coded to such an account.", OUT),
    "not_in_company": Reason(
        "Supplier not set up in this company", "The supplier has no row for this company in the ERP.", AT_SOURCE
    ),
    "not_issued": Reason("Not issued yet", "The payment is booked once it is on its way.", BY_ITSELF),
    "not_paid_here": Reason("Paid by the ERP itself", "Set-up says that the ERP pays this supplier.", OUT),
    "not_released": Reason("Not released in the ERP", "It is preliminary; it comes once it is posted.", OUT),
    "not_reversed": Reason("Left without a reversal", "A person decided that the voucher stays.", OUT),
    "not_valid_today": Reason("Not valid today", "The code is valid on other dates only.", OUT),
    "not_voided": Reason("Not void any more", "The payment is alive again, so its voucher stays.", OUT),
    "nothing_to_pay": Reason("Total is zero", "There is nothing to pay.", OUT),
    "one_time": Reason("One-time supplier", "It stands for many payees, so it is not sent as a vendor.", OUT),
    "one_time_supplier": Reason(
        "One-time supplier", "It stands for many payees; decide how such invoices are sent.", BY_SETTING
    ),
    "order_over": Reason("Order is closed or cancelled", "No invoice is expected for it any more.", OUT),
    "other_company": Reason("Belongs to another company", "Its company is not this integration's.", OUT),
    "paid_before_booked": Reason(
        "Paid before it was booked", "The AP tool paid it, and it is not in the books yet.", ANSWER
    ),
    "partly_paid": Reason(
        "Partly paid before it was sent", "A part was paid in the ERP; decide how much the bill asks for.", ANSWER
    ),
    "party_type": Reason("Party is not a supplier", "The ledger says that its party is no supplier.", AT_SOURCE),
    "prepayment": Reason("Prepayment invoice", "Decide once whether prepayments are sent.", BY_SETTING),
    "reference": Reason("Kept here only", "It is read to map and compare; it is never written.", OUT),
    "settled": Reason("Settled in the ERP", "Nothing of it is open any more.", OUT),
    "unknown_company": Reason("Company nobody knows", "Its company is not one of the books'.", AT_SOURCE),
    "voided": Reason("Void before it was booked", "It was void before it came into the books.", OUT),
}
