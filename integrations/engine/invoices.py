"""Which supplier invoices become bills: state, scope, flags and what each one waits for.

The business rules and their numbers are described in docs/ap-rules.md.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from integrations.engine import fingerprint as hashing
from integrations.engine.billing import bill, total_owed
from integrations.engine.decisions import Create, Decision, Hold, Link, LinkTo, Nothing, Out, Wait
from integrations.engine.duplicates import Existing
from integrations.engine.errors import Problem
from integrations.engine.mapping import Rules, VendorLink
from integrations.engine.money import fits, is_currency
from integrations.engine.policy import Policy
from integrations.engine.records import Invoice, InvoiceDraft, InvoiceState, Vendor


def decide_invoice(source: Invoice, link: Link | None, rules: Rules, policy: Policy) -> Decision:
    """Create the bill or credit, wait, hold, or out; an invoice that was sent before is never sent twice."""
    if link is not None:
        return _already_sent(source, link)
    return (
        _out_of_scope(source, policy)
        or _held_back(source, policy)
        or _waits(source, rules, policy)
        or _send(source, rules, policy)
    )


def _already_sent(source: Invoice, link: Link) -> Decision:
    """A change after sending: held for a person, urgent where money may be paid wrongly."""
    if link.schema != hashing.VERSION:
        return Nothing(rebaseline=True)
    name = f"Invoice {source.number} ({source.vendor_name})"
    if source.state is InvoiceState.CANCELLED:
        return _hold(
            "cancelled_after_sending",
            f"{name} was cancelled in the ERP after it was sent. Stop its bill.",
            urgent=True,
        )
    if source.state in (InvoiceState.PAID, InvoiceState.PARTLY_PAID):
        return _hold(
            "paid_elsewhere",
            f"{name} was paid in the ERP after it was sent. Make sure it is not paid twice.",
            urgent=True,
        )
    if source.state not in (InvoiceState.AUTHORISED, InvoiceState.POSTED):
        return _hold("went_back", f"{name} went back to “{source.state_word}” after it was sent. Check it in the ERP.")
    if source.blocked:
        return _hold(
            "blocked_after_sending",
            f"{name} is blocked in the ERP. Stop it on the other side as well.",
            urgent=True,
        )
    return _hold("changed_after_sending", f"{name} changed in the ERP after it was sent. Compare both sides.")


def _out_of_scope(source: Invoice, policy: Policy) -> Out | None:
    if source.state is InvoiceState.PRELIMINARY:
        return Out(reason="not_released", message="Not released: it is preliminary in the ERP.")
    if source.state is InvoiceState.CANCELLED:
        return Out(reason="cancelled", message="Cancelled in the ERP.")
    if source.cash:
        return Out(reason="cash", message="A cash invoice: it is paid already.")
    total = total_owed(source)
    if total == 0:
        return Out(reason="nothing_to_pay", message="Its total is zero: nothing to pay.")
    if source.state is InvoiceState.PAID or _open_amount(source) == 0:
        return Out(reason="settled", message="Settled in the ERP.")
    started = policy.start_date is None or source.voucher_date is None or source.voucher_date >= policy.start_date
    if not started and not policy.include_open_older:
        return Out(reason="before_start", message=f"Entered before the start date {policy.start_date}.")
    return None


def _open_amount(source: Invoice) -> Decimal | None:
    if source.ledger_items and all(item.open is not None for item in source.ledger_items):
        return sum((item.open for item in source.ledger_items if item.open is not None), Decimal(0))
    return source.open_amount


def _held_back(source: Invoice, policy: Policy) -> Hold | None:
    """Reasons that lie in the invoice itself; all of them at once."""
    found: list[Problem] = []

    def hold_if(wrong: bool, code: str, message: str, field: str, value: str = "") -> None:
        if wrong:
            found.append(Problem(code, message, field=field, value=value))

    state = source.state_word or source.state
    hold_if(
        source.state is InvoiceState.UNKNOWN,
        "unknown_state",
        f"The ERP says “{state}”, a state nobody has described. Add it to the profile.",
        "state",
        state,
    )
    hold_if(
        source.state is InvoiceState.PARTLY_PAID,
        "partly_paid",
        "Partly paid in the ERP before it was sent. Decide who pays the rest.",
        "state",
        state,
    )
    hold_if(
        source.company != policy.company,
        "other_company",
        f"It belongs to company {source.company}, not {policy.company}.",
        "company",
        source.company,
    )
    hold_if(
        source.party_type != "supplier",
        "party_type",
        f"Its party is a {source.party_type}, not a supplier.",
        "party_type",
        source.party_type,
    )
    hold_if(
        not source.ordinary,
        "invoice_type",
        f"Invoice type {source.type} is neither an ordinary invoice nor a credit. Decide how this type is handled.",
        "type",
        source.type,
    )
    hold_if(
        source.prepayment and policy.prepayments == "hold",
        "prepayment",
        "A prepayment invoice. Decide whether prepayments are sent.",
        "prepayment",
    )
    hold_if(
        source.multi_company,
        "multi_company",
        "It is posted in several companies. Handle it in the ERP.",
        "multi_company",
    )
    hold_if(source.collect, "collect", "It is collected by the supplier. Handle it in the ERP.", "collect")
    hold_if(source.gross_up, "gross_up", "It is grossed up. Handle it in the ERP.", "gross_up")
    hold_if(
        source.invoice_date is None,
        "no_invoice_date",
        "It has no invoice date. Set it in the ERP.",
        "invoice_date",
    )
    hold_if(
        _due_date(source, policy) is None,
        "no_due_date",
        "It has no due date, and one is required. Set it in the ERP.",
        "due_date",
    )
    hold_if(not source.number.strip(), "no_number", "It has no invoice number. Set it in the ERP.", "number")
    hold_if(
        len(source.number) > policy.max_number_length,
        "number_too_long",
        f"Its number is longer than {policy.max_number_length} characters.",
        "number",
        source.number,
    )
    hold_if(
        not is_currency(source.currency),
        "currency",
        f"Its currency is “{source.currency or 'none'}”, which nobody can pay in. Correct it in the ERP.",
        "currency",
        source.currency,
    )
    hold_if(
        len(source.ledger_items or ()) > 1,
        "instalments",
        "It is due in several instalments. Decide how instalments are sent.",
        "ledger_items",
    )
    amounts = [source.net, source.tax, *(p.amount for p in source.postings or ())]
    hold_if(
        not all(fits(a, source.currency) for a in amounts),
        "precision",
        f"An amount has more decimals than {source.currency} has.",
        "amount",
    )
    return Hold(problems=tuple(found)) if found else None


def _waits(source: Invoice, rules: Rules, policy: Policy) -> Wait | Hold | None:
    """What must arrive first: authorisation, an unblocked supplier, the vendor on the other side."""
    if source.state not in policy.release_states:
        return Wait(
            problems=(
                Problem("not_authorised", "Posted, but not yet authorised for payment in the ERP.", field="state"),
            )
        )
    vendor = rules.vendors.get(source.vendor_key)
    name = source.vendor_name or source.vendor_key
    missing = Problem(
        "vendor_missing",
        f"Supplier {name} has not been read from the ERP yet.",
        field="vendor",
        value=source.vendor_key,
        blocker=("vendor", source.vendor_key),
    )
    if vendor is None:
        return Wait(problems=(missing,))
    unfit = _unfit(vendor, policy)
    if unfit:
        return Hold(problems=tuple(unfit))
    if source.blocked or vendor.blocked:
        who = "The supplier" if vendor.blocked else "The invoice"
        return Wait(
            problems=(
                Problem(
                    "blocked",
                    f"{who} is blocked for payment in the ERP.",
                    field="blocked",
                    blocker=("vendor", source.vendor_key),
                ),
            )
        )
    links = rules.vendor_links.get(source.vendor_key, ())
    if not links:
        return Wait(
            problems=(
                Problem(
                    "vendor_not_sent",
                    f"Supplier {name} is not on the other side yet.",
                    field="vendor",
                    value=source.vendor_key,
                    blocker=("vendor", source.vendor_key),
                ),
            )
        )
    if vendor_link(source, links) is None:
        has = ", ".join(sorted({link.currency for link in links}))
        words = (
            f"Supplier {name} exists on the other side in {has} only, this invoice is in {source.currency}. "
            f"Add a vendor in {source.currency} and link it."
        )
        return Hold(
            problems=(
                Problem(
                    "vendor_currency",
                    words,
                    field="currency",
                    value=source.currency,
                    blocker=("vendor", source.vendor_key),
                ),
            )
        )
    return None


def _unfit(vendor: Vendor, policy: Policy) -> list[Problem]:
    """Why this supplier may not be invoiced here at all."""
    key, blocker = vendor.key, ("vendor", vendor.key)
    if vendor.kind != "supplier":
        return [
            Problem(
                "not_a_supplier",
                f"{vendor.name} is a {vendor.kind}, not a supplier.",
                field="vendor",
                value=key,
                blocker=blocker,
            )
        ]
    if not vendor.in_company:
        words = (
            f"Supplier {vendor.name} is not set up for invoices in company {policy.company}. "
            "Add the company to the supplier in the ERP."
        )
        return [Problem("not_in_company", words, field="vendor", value=key, blocker=blocker)]
    if vendor.one_time:
        return [
            Problem(
                "one_time_supplier",
                f"{vendor.name} is a one-time supplier: check name and address on the invoice.",
                field="vendor",
                value=key,
            )
        ]
    return []


def _send(source: Invoice, rules: Rules, policy: Policy) -> Decision:
    lines, total, why, problems = bill(source, rules, policy)
    if problems:
        return Hold(problems=tuple(problems))
    vendor = vendor_link(source, rules.vendor_links[source.vendor_key])
    due = _due_date(source, policy)
    if (
        vendor is None or due is None or source.invoice_date is None
    ):  # ruled out before; said for the type checker and the reader
        return _hold("internal", "Vendor or date vanished between two checks.")
    draft = InvoiceDraft(
        vendor_id=vendor.target_id,
        number=source.number,
        invoice_date=source.invoice_date,
        due_date=due,
        currency=source.currency,
        total=abs(total),
        lines=tuple(lines),
        credit=total < 0,
        po_number=source.po_number,
    )
    kind = "credit" if draft.credit else "bill"
    found = rules.guard.bill(draft)
    if found.same is not None:
        return LinkTo(target_id=found.same.target_id, why=("number, amount, date and currency agree",))
    if found.suspects:
        return Hold(problems=(_duplicate(draft, found.suspects),))
    return Create(draft=draft, natural_key=f"{kind}|{vendor.target_id}|{source.number}", why=tuple(why))


def _duplicate(draft: InvoiceDraft, suspects: Sequence[Existing]) -> Problem:
    seen = "; ".join(f"{each.number} over {each.amount} of {each.dated} ({each.target_id})" for each in suspects[:3])
    words = (
        f"The other side has what may be the same, entered by somebody else: {seen}. Compare, then link or release it."
    )
    return Problem("possible_duplicate", words, field="number", value=draft.number)


def vendor_link(source: Invoice, links: Sequence[VendorLink]) -> VendorLink | None:
    """The target vendor of this supplier in the invoice's currency."""
    return next((link for link in links if link.currency == source.currency), None)


def _due_date(source: Invoice, policy: Policy) -> date | None:
    return source.planned_pay_date if policy.due_date_from == "planned_pay_date" else source.due_date


def _hold(code: str, message: str, *, urgent: bool = False) -> Hold:
    return Hold(problems=(Problem(code, message, urgent=urgent),))
