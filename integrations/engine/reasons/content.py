"""What a record lacks, or what does not add up in it."""

from collections.abc import Mapping

from integrations.engine.reasons.shape import ANSWER, AT_SOURCE, BY_SETTING, NOTE, Reason

CONTENT: Mapping[str, Reason] = {
    "address_incomplete": Reason("Address incomplete", "The other side needs more of the address.", AT_SOURCE),
    "bad_amount": Reason("Amount that is no number", "The row holds an amount that nobody can read.", AT_SOURCE),
    "bad_currency": Reason("Currency that is none", "The row names a currency that nobody can read.", AT_SOURCE),
    "bad_date": Reason("Date that is none", "The row holds a date that nobody can read.", AT_SOURCE),
    "bad_flag": Reason("Neither yes nor no", "The row holds a mark that nobody can read.", AT_SOURCE),
    "bad_key": Reason("Key that is none", "The row's key cannot be stored.", AT_SOURCE),
    "bad_number": Reason("Number that is none", "The row holds a number that nobody can read.", AT_SOURCE),
    "bad_time": Reason("Time that is none", "The row holds a time that nobody can read.", AT_SOURCE),
    "bad_text": Reason("Text that cannot be stored", "A text holds characters that no system carries.", AT_SOURCE),
    "card_number": Reason("Holds a card number", "Card numbers are never stored here; take it out.", AT_SOURCE),
    "country": Reason("Country missing or unusable", "The country must be two letters, such as US.", AT_SOURCE),
    "currency": Reason("Currency missing or unusable", "The currency must be a three-letter code.", AT_SOURCE),
    "field_too_long": Reason("Text too long", "The other side takes fewer characters.", AT_SOURCE),
    "group_too_long": Reason("Group too long", "The other side takes fewer characters.", AT_SOURCE),
    "incomplete": Reason("Something is missing", "A field that every bill needs is empty.", AT_SOURCE),
    "incomplete_address": Reason("Remit-to address incomplete", "The pay address lacks a town or code.", AT_SOURCE),
    "image_kind": Reason("Kind of image", "The other side keeps no files of this kind.", AT_SOURCE),
    "image_missing": Reason("Image missing", "By the settings no bill goes without its image.", AT_SOURCE),
    "in_no_batch": Reason("In no batch", "The record belongs to no batch of its system.", AT_SOURCE),
    "key_missing": Reason("Code missing", "Without a code the other side cannot know it.", AT_SOURCE),
    "key_too_long": Reason("Code too long", "The other side takes fewer characters.", AT_SOURCE),
    "lines_differ": Reason("Lines and total differ", "The lines do not add up to the total.", AT_SOURCE),
    "lines_do_not_add_up": Reason(
        "Lines do not add up to the total", "The difference is more than rounding explains.", AT_SOURCE
    ),
    "lines_unreadable": Reason("Lines could not be read", "The lines came without what is needed.", AT_SOURCE),
    "missing_amount": Reason("Amount missing", "The row has no amount.", AT_SOURCE),
    "missing_date": Reason("Date missing", "The row has no date.", AT_SOURCE),
    "missing_quantity": Reason("Quantity missing", "The row has no quantity.", AT_SOURCE),
    "name_missing": Reason("Name missing", "The other side needs a name.", AT_SOURCE),
    "negative_line": Reason("Negative line", "Decide once how negative lines are sent.", BY_SETTING),
    "no_amount": Reason("No amount", "It has no amount that could be booked.", AT_SOURCE),
    "no_due_date": Reason("No due date", "Every bill needs a due date, and none is ever invented.", AT_SOURCE),
    "no_id": Reason("No id", "The row came without the id that it is known by.", AT_SOURCE),
    "no_invoice_date": Reason("No invoice date", "Every invoice needs its date.", AT_SOURCE),
    "no_lines": Reason("No line to send", "It has no line that says what it is for.", AT_SOURCE),
    "no_number": Reason("No invoice number", "Every invoice needs its number.", AT_SOURCE),
    "no_payment_date": Reason("No payment date", "Without a date it cannot be booked.", AT_SOURCE),
    "no_remit_address": Reason("No valid pay address", "The supplier has no address of type Pay.", AT_SOURCE),
    "not_a_number": Reason("Amount that is no number", "An amount cannot be read as one.", AT_SOURCE),
    "not_a_pay_address": Reason("Not a pay address", "Another address was sent for want of a pay address.", NOTE),
    "number_missing": Reason("Number missing", "The other side needs a number.", AT_SOURCE),
    "number_too_long": Reason("Invoice number too long", "Numbers travel unchanged; this one is too long.", AT_SOURCE),
    "other_record": Reason("Another record came back", "It was asked for by its key, and another one came.", AT_SOURCE),
    "postings_unreadable": Reason("Postings could not be read", "Without postings nobody knows its coding.", AT_SOURCE),
    "precision": Reason("More decimals than the currency has", "Amounts are never rounded in silence.", AT_SOURCE),
    "rounding": Reason("Rounding without an account", "A small difference needs the rounding account.", BY_SETTING),
    "rounding_account": Reason("No account for rounding", "It is not set, or not usable.", BY_SETTING),
    "self_assessed_tax": Reason(
        "Self-assessed tax does not net to zero", "Sending it would overpay the supplier.", AT_SOURCE
    ),
    "shortened": Reason("Name or text was shortened", "The other side takes fewer characters.", NOTE),
    "tax_differs": Reason("Tax does not add up", "Lines and tax do not come to the total.", AT_SOURCE),
    "tax_id_format": Reason("Tax id does not look right", "Its format fits no country that is known here.", AT_SOURCE),
    "too_many_decimals": Reason("Too many decimals", "An amount is finer than anything that is paid.", AT_SOURCE),
    "too_many_lines": Reason("Too many lines", "Even added together there are more than the other side takes.", ANSWER),
    "total_unknown": Reason("Total could not be read", "Nobody can say what is owed, so nothing is sent.", AT_SOURCE),
    "two_codes": Reason("Two codes for one thing", "A line carries two codes where one may stand.", AT_SOURCE),
    "unbalanced": Reason("Lines do not add up to the invoice", "The coding does not come to the net.", AT_SOURCE),
    "unknown_posting_type": Reason(
        "Posting type nobody has described", "Lines are told apart by posting type, never by sign.", BY_SETTING
    ),
    "unknown_state": Reason("State nobody has described", "Nothing is sent on a word that nobody knows.", AT_SOURCE),
    "unreadable": Reason("Cannot be read", "The row does not have the shape it should have.", AT_SOURCE),
    "withholding": Reason("Tax is withheld", "Paying it gross would be wrong; decide how it is sent.", BY_SETTING),
    "zero_amount": Reason("Amount is zero", "Its amount is zero or missing.", AT_SOURCE),
}
