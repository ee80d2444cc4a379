"""Accounts, tax codes, dimensions, terms, texts, periods and settings."""

from collections.abc import Mapping

from integrations.engine.reasons.shape import AT_SOURCE, AT_TARGET, BY_ITSELF, BY_SETTING, MAP, NOTE, Reason

CODING: Mapping[str, Reason] = {
    "account_not_usable": Reason(
        "Account that cannot be coded to", "It is unknown, closed on the day, or a ledger account.", AT_SOURCE
    ),
    "account_target_unusable": Reason(
        "Mapped to an account that cannot be used", "The account it is mapped to is inactive or gone.", MAP
    ),
    "account_unusable": Reason(
        "Account that cannot be posted to", "An account of the settings is not usable on the day.", BY_SETTING
    ),
    "closed_period": Reason("Period is closed", "It belongs to a period that is closed in the books.", BY_SETTING),
    "code_part_demand": Reason(
        "Code part missing or not allowed", "The account asks for a code part, or forbids one.", AT_SOURCE
    ),
    "code_text_differs": Reason(
        "Code means something else in another company", "Both companies share one list of codes.", AT_SOURCE
    ),
    "dimension_target_unusable": Reason(
        "Mapped to a dimension value that cannot be used", "What it is mapped to is inactive or gone.", MAP
    ),
    "ledger_currency": Reason(
        "Not in the currency of the books", "The ledger shows other currencies than its own.", AT_SOURCE
    ),
    "no_open_period": Reason("No open period", "No period from that day on is open in the books.", AT_TARGET),
    "no_period": Reason("No period for the date", "The books have no period for that day.", AT_TARGET),
    "payer_account": Reason(
        "Bank account without a ledger account", "Say once which account stands for that bank account.", BY_SETTING
    ),
    "payment_term_differs": Reason(
        "Other payment term than the supplier's", "The due date came from the AP tool and is kept.", NOTE
    ),
    "period_moved": Reason("Moved to an open period", "Its own period is closed; the first open day was taken.", NOTE),
    "rate_unknown": Reason("Exchange rate unknown", "The books have no rate for its currency and day.", AT_TARGET),
    "redated": Reason("Booked on another date", "Its own period is closed; the first open day was taken.", NOTE),
    "setting_missing": Reason("A setting is missing", "Nothing of this kind is booked without it.", BY_SETTING),
    "tax_code_target_unusable": Reason(
        "Tax code mapped to an account that cannot be used", "The account it is mapped to is inactive or gone.", MAP
    ),
    "text_empty": Reason("A rule gives no text", "The field goes as it would without the rule.", NOTE),
    "text_rule_unusable": Reason("Rule of a text that cannot be used", "What it says cannot be filled in.", MAP),
    "text_too_long": Reason("Text of a rule is too long", "It is never cut: half an order number leads nowhere.", MAP),
    "undeclared_dimension": Reason(
        "Code part without a destination", "Say once where the code part goes, or that it is not sent.", MAP
    ),
    "unknown_dimension": Reason("Dimension unknown there", "The other side has no such dimension.", MAP),
    "unmapped_account": Reason("Account without a counterpart", "The other side has no account for it.", MAP),
    "unmapped_dimension": Reason("Dimension value without a counterpart", "The other side has no value for it.", MAP),
    "unmapped_payment_term": Reason(
        "Payment term without a counterpart", "The vendor goes without one; bills carry their own due date.", NOTE
    ),
    "unmapped_tax_code": Reason("Tax code without an account", "Tax lines need an account on the other side.", MAP),
    "unmapped_text": Reason(
        "Value that the table of a rule lacks", "The rule says a text for each value, but not for this one.", MAP
    ),
    "used_elsewhere": Reason("Still used by another company", "It stays active there while one uses it.", BY_ITSELF),
    "value_not_valid": Reason(
        "Code part value that cannot be used", "The value is unknown, or not valid on the day.", AT_SOURCE
    ),
}
