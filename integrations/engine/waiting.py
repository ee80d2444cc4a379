"""What an invoice waits for: authorisation, its supplier, that supplier's vendor on the other side."""

from integrations.engine.asking import Answers, answered, subject
from integrations.engine.decisions import Hold, Wait, Want
from integrations.engine.drafting import vendor_link
from integrations.engine.errors import Choice, Problem
from integrations.engine.mapping import Rules
from integrations.engine.policy import Policy
from integrations.engine.records import Entity, Invoice, InvoiceState, Vendor

_CREATE_VENDOR = Choice("create_vendor", "Create the vendor in this currency")


def waits(source: Invoice, rules: Rules, policy: Policy, answers: Answers) -> Wait | Hold | None:
    """What must arrive first; a partly paid invoice was authorised, whatever the states that are sent."""
    if source.state not in (*policy.release_states, InvoiceState.PARTLY_PAID):
        words = "Posted, but not yet authorised for payment in the ERP."
        return Wait(problems=(Problem("not_authorised", words, field="state"),))
    vendor = rules.vendors.get(source.vendor_key)
    if vendor is None:
        return Wait(problems=(_of_vendor(source, "vendor_missing", "has not been read from the ERP yet"),))
    if unfit := _unfit(vendor, policy):
        return Hold(problems=(unfit,))
    if source.blocked or vendor.blocked:
        return Wait(problems=(blocked(source, vendor),))
    if vendor_link(source, rules, answers):
        return None
    if not rules.vendor_links.get(source.vendor_key):
        return Wait(problems=(_of_vendor(source, "vendor_not_sent", "is not on the other side yet"),))
    return _other_currency(source, rules, policy, answers)


def blocked(source: Invoice, vendor: Vendor | None) -> Problem:
    """The invoice or its supplier is blocked for payment; freed when the supplier changes."""
    who = "The supplier" if vendor is not None and vendor.blocked else "The invoice"
    words = f"{who} is blocked for payment in the ERP."
    return Problem("blocked", words, field="blocked", blocker=("vendor", source.vendor_key))


def _of_vendor(source: Invoice, code: str, what: str) -> Problem:
    words = f"Supplier {source.vendor_name or source.vendor_key} {what}."
    return Problem(code, words, field="vendor", value=source.vendor_key, blocker=("vendor", source.vendor_key))


def _other_currency(source: Invoice, rules: Rules, policy: Policy, answers: Answers) -> Wait | Hold:
    """The supplier is there, but in other currencies: another vendor of it is asked for, or made at once."""
    links, name = rules.vendor_links[source.vendor_key], source.vendor_name or source.vendor_key
    has = ", ".join(sorted({link.currency for link in links}))
    asked = Problem(
        "vendor_currency",
        f"Supplier {name} exists on the other side in {has} only, this invoice is in {source.currency}.",
        field="currency",
        value=source.currency,
        blocker=("vendor", source.vendor_key),
        choices=(_CREATE_VENDOR,),
        subject=subject(source.vendor_key, source.currency),
    )
    if policy.vendor_per_currency != "auto" and not answered(answers, asked):
        return Hold(problems=(asked,))
    coming = _of_vendor(source, "vendor_not_sent", f"is not on the other side in {source.currency} yet")
    want = Want(entity=Entity.VENDOR, key=source.vendor_key, variant=source.currency)
    return Wait(problems=(coming,), wants=(want,))


def _unfit(vendor: Vendor, policy: Policy) -> Problem | None:
    """Why this supplier may not be invoiced here at all."""
    key, blocker = vendor.key, ("vendor", vendor.key)
    if vendor.kind != "supplier":
        words = f"{vendor.name} is a {vendor.kind}, not a supplier."
        return Problem("not_a_supplier", words, field="vendor", value=key, blocker=blocker)
    if not vendor.in_company:
        words = (
            f"Supplier {vendor.name} is not set up for invoices in company {policy.company}. "
            "Add the company to the supplier in the ERP."
        )
        return Problem("not_in_company", words, field="vendor", value=key, blocker=blocker)
    if vendor.one_time:
        words = f"{vendor.name} is a one-time supplier: check name and address on the invoice."
        return Problem("one_time_supplier", words, field="vendor", value=key, blocker=blocker, once=True)
    return None
