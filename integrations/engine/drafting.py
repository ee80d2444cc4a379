"""The bill or credit that an invoice is on the other side: vendor, number, dates, total, lines, discount in words."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from integrations.engine.asking import NONE, Answers
from integrations.engine.billing import payable
from integrations.engine.coding import Posted
from integrations.engine.correcting import VENDOR, Corrections
from integrations.engine.drafts import InvoiceDraft
from integrations.engine.errors import Problem
from integrations.engine.mapping import Rules, VendorLink
from integrations.engine.money import minor_unit
from integrations.engine.policy import Policy
from integrations.engine.records import Invoice, PaymentTerm
from integrations.engine.shares import Share, cut, instalment, share_of
from integrations.engine.wording import Worded, head, worded


class Drafted(msgspec.Struct, frozen=True, kw_only=True):
    """What would be sent and why it is coded so; without a draft, `problems` say why there is none."""

    draft: InvoiceDraft | None = None
    why: tuple[str, ...] = ()
    notes: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()


def draft_bill(
    source: Invoice,
    rules: Rules,
    policy: Policy,
    *,
    variant: str = "",
    open_only: Decimal | None = None,
    sent: InvoiceDraft | None = None,
    answers: Answers = NONE,
) -> Drafted:
    """The draft of all of `source`, of its instalment `variant`, or of `open_only` (signed) of it.

    What is as it was when `sent` was posted keeps its coding and its words, whatever the rules say today. What people
    corrected of this record's coding or vendor is among the `answers`.
    """
    part = instalment(source, variant) if variant else source
    share = share_of(source, variant) if variant else Share(amount=open_only)
    vendor = vendor_link(source, rules, answers)
    due = due_date(part, policy) if part else None
    if part is None or share is None:
        return Drafted(problems=(_no_instalment(variant),))
    if vendor is None or due is None or source.invoice_date is None:
        words = "Its vendor or one of its dates is missing. Look at the supplier and at the dates in the ERP."
        return Drafted(problems=(Problem("incomplete", words),))
    whole = share.amount is None
    billed = payable(source, rules, policy, Posted(sent.lines if sent else (), whole=whole), answers)
    total = billed.total if share.amount is None else share.amount
    texts = _texts(part, discount(source, total, rules), rules, sent)
    if problems := (*billed.problems, *(each for text in texts.values() for each in text.problems)):
        return Drafted(problems=problems)
    draft = InvoiceDraft(
        vendor_id=vendor.target_id,
        number=part.number,
        invoice_date=source.invoice_date,
        due_date=due,
        currency=source.currency,
        total=abs(total),
        lines=cut(billed.lines, share, source.currency),
        credit=total < 0,
        po_number=texts["po_number"].text,
        description=texts["description"].text,
        inputs={field: text.inputs for field, text in texts.items() if text.inputs},
    )
    chosen = (f"vendor {vendor.target_id}, chosen for this record only",) if Corrections(answers).at(VENDOR) else ()
    why = [reason for text in texts.values() for reason in text.why]
    notes = [note for text in texts.values() for note in text.notes]
    return Drafted(draft=draft, why=(*chosen, *billed.why, *why), notes=(*billed.notes, *notes))


def _texts(source: Invoice, saving: str, rules: Rules, sent: InvoiceDraft | None) -> dict[str, Worded]:
    """Description and order number by field; what paying early saves always stands in the description."""

    def values() -> dict[str, str]:
        return head(source, rules.vendors.get(source.vendor_key), saving)

    def word(field: str, without: str) -> Worded:
        before = (getattr(sent, field), sent.inputs.get(field, {})) if sent else None
        return worded(field, rules.texts.get(field), without, values, before)

    description = word("description", saving)
    if saving and saving not in description.text:
        description = msgspec.structs.replace(description, text=f"{description.text}; {saving}")
    return {"po_number": word("po_number", source.po_number), "description": description}


def natural_key(draft: InvoiceDraft) -> str:
    """What finds the bill or credit again on the target."""
    return f"{'credit' if draft.credit else 'invoice'}|{draft.vendor_id}|{draft.number}"


def vendor_link(source: Invoice, rules: Rules, answers: Answers = NONE) -> VendorLink | None:
    """The target vendor of this supplier in the invoice's currency, or the one a person chose for this invoice."""
    if chosen := Corrections(answers).at(VENDOR):
        return VendorLink(target_id=chosen, currency=source.currency)
    links = rules.vendor_links.get(source.vendor_key, ())
    return next((link for link in links if link.currency == source.currency), None)


def due_date(source: Invoice, policy: Policy) -> date | None:
    """The due date that the tenant chose; it is never made up."""
    return source.planned_pay_date if policy.due_date_from == "planned_pay_date" else source.due_date


def discount(source: Invoice, total: Decimal, rules: Rules) -> str:
    """What paying early saves, in words; amounts never change for it."""
    term = rules.terms.get(source.payment_term)
    until = discount_day(source, term)
    if term is None or until is None or total <= 0 or not term.discount_percent:
        return ""
    saved = (total * term.discount_percent / 100).quantize(minor_unit(source.currency), ROUND_HALF_UP)
    percent = format(term.discount_percent.normalize(), "f")
    return f"{percent} % discount until {until.day} {until:%B %Y}: {source.currency} {saved}"


def discount_day(source: Invoice, term: PaymentTerm | None) -> date | None:
    """The last day on which paying early saves something; None where nothing is saved."""
    base = source.term_base_date or source.invoice_date
    if term is None or base is None or not term.discount_percent or term.discount_days is None:
        return None
    try:
        return base + timedelta(days=term.discount_days)
    except OverflowError:
        return None


def _no_instalment(variant: str) -> Problem:
    words = f"Instalment {variant} cannot be billed: the ERP does not show its amount, or no longer has it."
    return Problem("instalment_unknown", words, field="ledger_items", value=variant)
