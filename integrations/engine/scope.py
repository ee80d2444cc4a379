"""Which invoices are for us at all, and what in the invoice itself holds it back."""

from decimal import Decimal

from integrations.engine.billing import total_owed
from integrations.engine.decisions import Hold, Out
from integrations.engine.drafting import due_date
from integrations.engine.errors import Problem
from integrations.engine.mapping import Rules
from integrations.engine.money import fits, is_currency
from integrations.engine.policy import Policy
from integrations.engine.records import Invoice, InvoiceState
from integrations.engine.shares import open_amount


def out_of_scope(source: Invoice, rules: Rules, policy: Policy) -> Out | None:
    """Not ours: by state, by what is left to pay, by date, by who pays."""
    if source.state is InvoiceState.PRELIMINARY:
        return Out(reason="not_released", message="Not released: it is preliminary in the ERP.")
    if source.state is InvoiceState.CANCELLED:
        return Out(reason="cancelled", message="Cancelled in the ERP.")
    if source.cash:
        return Out(reason="cash", message="A cash invoice: it is paid already.")
    if total_owed(source) == 0:
        return Out(reason="nothing_to_pay", message="Its total is zero: nothing to pay.")
    if source.state is InvoiceState.PAID or open_amount(source) == 0:
        return Out(reason="settled", message="Settled in the ERP.")
    started = policy.start_date is None or source.voucher_date is None or source.voucher_date >= policy.start_date
    if not started and not policy.include_open_older:
        return Out(reason="before_start", message=f"Entered before the start date {policy.start_date}.")
    return _paid_elsewhere(source, rules, policy)


def _paid_elsewhere(source: Invoice, rules: Rules, policy: Policy) -> Out | None:
    """One payer per invoice: who captured it pays it, and the tenant says which suppliers are paid here."""
    if source.key in rules.captured:
        return _not_paid_here("It was captured in an AP tool and booked from there, which pays it too.")
    vendor, method = rules.vendors.get(source.vendor_key), source.payment_method
    if source.party_type == "employee" or (vendor is not None and vendor.kind == "employee"):
        return _not_paid_here("Employees are paid by the ERP.")
    if method and method in policy.never_paid_here_methods:
        return _not_paid_here(f"Payment method {method} is never paid here.")
    if policy.paid_here == "by_method" and method not in policy.paid_here_methods:
        return _not_paid_here(f"Payment method {method or '(none)'} is paid by the ERP.")
    if policy.paid_here == "by_group" and vendor is not None and vendor.group not in policy.paid_here_groups:
        return _not_paid_here(f"Supplier group {vendor.group or '(none)'} is paid by the ERP.")
    return None


def _not_paid_here(message: str) -> Out:
    return Out(reason="not_paid_here", message=message)


def held_back(source: Invoice, policy: Policy) -> Hold | None:
    """Reasons that lie in the invoice itself; all of them at once."""
    found = [*_flagged(source, policy), *_incomplete(source, policy)]
    return Hold(problems=tuple(found)) if found else None


def _flagged(source: Invoice, policy: Policy) -> list[Problem]:
    """States, parties, types and flags that a person must look at."""
    found: list[Problem] = []
    if source.state is InvoiceState.UNKNOWN:
        found.append(unknown_state(source))
    if source.company != policy.company:
        words = f"It belongs to company {source.company}, not {policy.company}."
        found.append(Problem("other_company", words, field="company", value=source.company))
    if source.party_type != "supplier":
        words = f"Its party is a {source.party_type}, not a supplier."
        found.append(Problem("party_type", words, field="party_type", value=source.party_type))
    if not source.ordinary and source.type not in policy.invoice_types:
        found.append(_other_type(source))
    if source.prepayment and policy.prepayments == "hold":
        words = "A prepayment invoice. Decide whether prepayments are sent."
        found.append(Problem("prepayment", words, field="prepayment", blocker=("setting", "prepayments")))
    flags = {
        "multi_company": "It is posted in several companies. Handle it in the ERP.",
        "collect": "It is collected by the supplier. Handle it in the ERP.",
        "gross_up": "It is grossed up. Handle it in the ERP.",
    }
    return found + [Problem(name, words, field=name) for name, words in flags.items() if getattr(source, name)]


def unknown_state(source: Invoice) -> Problem:
    """A word that the profile does not describe."""
    state = source.state_word or source.state
    words = f"The ERP says “{state}”, a state nobody has described. Add it to the profile."
    return Problem("unknown_state", words, field="state", value=state)


def _other_type(source: Invoice) -> Problem:
    """Asked once for all invoices of the type."""
    words = (
        f"Invoice type {source.type} is neither an ordinary invoice nor a credit. Decide once how this type is "
        "handled: name it in the settings, or ignore its invoices."
    )
    blocker = ("invoice_type", source.type)
    return Problem("invoice_type", words, field="type", value=source.type, blocker=blocker, once=True)


def _incomplete(source: Invoice, policy: Policy) -> list[Problem]:
    """What a bill cannot be without; none of it is ever made up."""
    found: list[Problem] = []
    if source.invoice_date is None:
        found.append(Problem("no_invoice_date", "It has no invoice date. Set it in the ERP.", field="invoice_date"))
    if due_date(source, policy) is None:
        words = "It has no due date, and one is required. Set it in the ERP."
        found.append(Problem("no_due_date", words, field="due_date"))
    if not source.number.strip():
        found.append(Problem("no_number", "It has no invoice number. Set it in the ERP.", field="number"))
    if len(source.number) > policy.max_number_length:
        words = f"Its number is longer than {policy.max_number_length} characters."
        found.append(Problem("number_too_long", words, field="number", value=source.number))
    if not is_currency(source.currency):
        words = f"Its currency is “{source.currency or 'none'}”, which nobody can pay in. Correct it in the ERP."
        found.append(Problem("currency", words, field="currency", value=source.currency))
    if not all(fits(amount, source.currency) for amount in _amounts(source)):
        words = f"An amount has more decimals than {source.currency} has."
        found.append(Problem("precision", words, field="amount"))
    return found


def _amounts(source: Invoice) -> list[Decimal]:
    items = [
        amount for item in source.ledger_items or () for amount in (item.original, item.open) if amount is not None
    ]
    return [source.net, source.tax, *items, *(row.amount for row in source.postings or ())]
