"""Plain words for entities, reasons and schedules. A clerk reads these; codes stay what they are."""

from collections.abc import Mapping
from typing import NamedTuple

from integrations.models import Flow


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
    "payment": Noun("payment", "payments"),
    "payment_proposal": Noun("payment proposal", "payment proposals"),
    "accounting_period": Noun("accounting period", "accounting periods"),
    "sent_mark": Noun("mark “sent”", "marks “sent”"),
}
# What comes back to the ledger under a name of its own.
INBOUND: Mapping[str, Noun] = {"invoice": Noun("captured invoice", "captured invoices")}

# What a group of records has in common; the record's own message says more.
REASONS: Mapping[str, str] = {
    "account_target_unusable": "Mapped to an account that cannot be used",
    "adopted_changed": "Changed in the ERP, and entered there by hand",
    "after_vendor": "Go after their vendor",
    "alike_in_source": "Another invoice in the ledger looks alike",
    "amount_changed": "Amount changed after it was sent",
    "amount_differs": "Another amount was stored on the other side",
    "answer_lost": "Answer lost, being looked up",
    "archived_on_target": "Archived on the other side",
    "before_start": "Entered before the start date",
    "blocked": "Blocked for payment in the ERP",
    "blocked_after_sending": "Blocked in the ERP after it was sent",
    "cancelled": "Cancelled in the ERP",
    "cancelled_after_sending": "Cancelled in the ERP after it was sent",
    "cash": "Cash invoice, paid already",
    "changed_after_approval": "Changed after somebody approved it",
    "changed_after_payment": "Changed after payment began",
    "changed_after_sending": "Changed in the ERP after it was sent",
    "changed_on_both": "Changed on both sides",
    "changed_on_target": "Changed on the other side",
    "collect": "Collected by the supplier",
    "currency": "Currency missing or unusable",
    "dimension_target_unusable": "Mapped to a dimension value that cannot be used",
    "gone": "No longer in the ledger",
    "gone_in_source": "No longer in the ledger, but on the other side",
    "gross_up": "Grossed-up invoice",
    "ignored": "Ignored by a person",
    "in_payment_proposal": "The ERP is about to pay it",
    "inactive": "Inactive in the ledger",
    "inactive_in_source": "Inactive in the ledger",
    "incomplete": "Something is missing",
    "incomplete_address": "Remit-to address incomplete",
    "instalment_gone": "Instalment no longer in the ledger",
    "instalment_partly_paid": "Instalment partly paid",
    "instalment_unknown": "Instalment unknown",
    "instalments": "Several instalments",
    "internal": "A fault of ours",
    "invoice_type": "Invoice type nobody has decided on",
    "line_text": "Text of a line",
    "lines_do_not_add_up": "Lines do not add up to the total",
    "link_conflict": "Linked to another record already",
    "lost_workers": "It may have stopped a worker, twice",
    "may_be_paid_twice": "May be paid twice",
    "missing_on_target": "Missing on the other side",
    "multi_company": "Posted in several companies",
    "negative_line": "Negative line",
    "no_due_date": "No due date",
    "no_invoice_date": "No invoice date",
    "no_lines": "No line to send",
    "no_number": "No invoice number",
    "no_remit_address": "No valid pay address",
    "not_a_pay_address": "Not a pay address",
    "not_a_supplier": "Not a supplier",
    "not_authorised": "Not yet authorised for payment",
    "not_in_company": "Supplier not set up in this company",
    "not_paid_here": "Paid by the ERP itself",
    "not_released": "Not released in the ERP",
    "nothing_to_pay": "Total is zero",
    "number_reused": "Number came back after a long time",
    "number_too_long": "Invoice number too long",
    "offset_elsewhere": "Credit partly set off elsewhere",
    "one_time": "One-time supplier",
    "one_time_supplier": "One-time supplier",
    "other_company": "Belongs to another company",
    "paid_elsewhere": "May be paid twice",
    "paid_twice": "Paid twice",
    "partly_paid": "Partly paid before it was sent",
    "party_type": "Party is not a supplier",
    "payee_change": "Payee, address or tax id changed",
    "payee_or_currency_changed": "Payee or currency changed after it was sent",
    "possible_duplicate": "Possible duplicate",
    "possible_duplicate_vendor": "Vendor may be there already",
    "postings_unreadable": "Postings could not be read",
    "precision": "More decimals than the currency has",
    "prepayment": "Prepayment invoice",
    "reference": "Kept for mapping only",
    "rounding_account": "No account for rounding",
    "self_assessed_tax": "Self-assessed tax does not net to zero",
    "settled": "Settled in the ERP",
    "stale_version": "Changed there meanwhile",
    "tax_code_target_unusable": "Tax code mapped to an account that cannot be used",
    "tax_id_format": "Tax id does not look right",
    "too_many_lines": "Too many lines",
    "too_many_tries": "Tried too often",
    "total_unknown": "Total could not be read",
    "uncertain": "Perhaps there already: compare both sides",
    "undeclared_dimension": "Code part without a destination",
    "unknown_posting_type": "Posting type nobody has described",
    "unknown_state": "State nobody has described",
    "unlink": "Link to be taken back",
    "unlinked": "Link was taken back",
    "unmapped_account": "Account without a counterpart",
    "unmapped_dimension": "Dimension value without a counterpart",
    "unmapped_tax_code": "Tax code without an account",
    "vendor_currency": "Vendor exists in another currency only",
    "vendor_missing": "Supplier not read yet",
    "vendor_not_sent": "Supplier not on the other side yet",
    "weak_duplicate": "Same amount and date, other number",
    "went_back": "Went back after it was sent",
    "withholding": "Tax is withheld",
}

OUTCOMES: Mapping[str, str] = {
    "claimed": "still in work",
    "held": "need a person",
    "linked": "found and linked",
    "out": "out of scope",
    "repeated": "seen twice",
    "staged": "new or changed",
    "uncertain": "being looked up",
}


def reason(code: str) -> str:
    """A short title for a code; a code nobody has titled is shown as its own words."""
    return REASONS.get(code) or code.replace("_", " ").capitalize()


# The order in which a sum of outcomes is said.
_OUTCOME_ORDER = (
    *("staged", "unchanged", "repeated"),
    *(
        "created",
        "updated",
        "linked",
        "postponed",
        "waiting",
        "held",
        "uncertain",
        "failed",
        "ignored",
        "out",
        "claimed",
    ),
)


def in_order(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """(outcome, count) without zeros, what was done first, what was left last."""
    place = {name: i for i, name in enumerate(_OUTCOME_ORDER)}
    found = [(name, count) for name, count in counts.items() if count]
    return sorted(found, key=lambda pair: place.get(pair[0], len(place)))


def outcome(name: str, kind: str = "") -> str:
    """What came of records, in words; what a sweep finds new is what the ordinary runs had missed."""
    if kind == "sweep" and name == "staged":
        return "repaired by the sweep"
    return OUTCOMES.get(name, name.replace("_", " "))


# What a plan does with records of one kind of decision.
PLAN_KINDS: Mapping[str, str] = {
    "create": "Will be created",
    "update": "Will be changed",
    "act": "Will be archived, marked or noted",
    "link": "There already: adopted as they are",
    "nothing": "Agree on both sides already",
    "wait": "Wait for something",
    "hold": "Need you",
    "out": "Stay out",
}


def noun(entity: str, count: int = 2, *, inbound: bool = False) -> str:
    """The entity's word for `count` of them; `inbound`: of those that come into the ledger."""
    plain = entity.replace("_", " ")
    known = (INBOUND.get(entity) if inbound else None) or NOUNS.get(entity) or Noun(plain, f"{plain}s")
    return known.one if count == 1 else known.many


def carried(flow: Flow, count: int = 2) -> str:
    """The word for `count` of what a flow carries."""
    return noun(flow.entity, count, inbound=flow.inbound)


def listed(parts: list[str]) -> str:
    """a; a and b; a, b and c."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
