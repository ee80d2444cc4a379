"""Which suppliers become vendors on the target, under which currency, and with which address and tax id."""

import re
from datetime import date

import msgspec

from integrations.engine.asking import CREATE_ANYWAY, LINK, Answers, about, answered, hold, link_to
from integrations.engine.decisions import Create, Decision, Hold, LinkTo, Out
from integrations.engine.drafts import VendorDraft
from integrations.engine.duplicates import Existing, likeness
from integrations.engine.errors import Problem
from integrations.engine.mapping import Rules
from integrations.engine.money import is_currency
from integrations.engine.policy import Policy
from integrations.engine.records import Address, Vendor

_USES = ("pay", "document")  # in this order; any other use is no place to send a payment


class DraftedVendor(msgspec.Struct, frozen=True, kw_only=True):
    """What would be sent, or why there is nothing to send."""

    draft: VendorDraft | None = None
    why: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()


def decide_new_vendor(source: Vendor, rules: Rules, policy: Policy, variant: str, answers: Answers) -> Decision:
    """Create it in its own currency (`variant` "") or in `variant`, link what is there already, or say why not."""
    if out := not_a_vendor(source, policy):
        return out
    if claimed := rules.claims.get((source.key, variant or source.currency)):
        return LinkTo(target_id=claimed, variant=variant or source.currency, why=("people said that it is its vendor",))
    if not source.active:
        return Out(reason="inactive", message=f"{source.name} is inactive in the ERP.")
    drafted = draft_vendor(source, rules, variant, policy.company)
    draft = drafted.draft
    if draft is None:
        return Hold(problems=drafted.problems)
    found = rules.guard.vendor(draft, source.tax_key)
    if found.same is not None:
        same = found.same.target_id
        return LinkTo(target_id=same, variant=draft.currency, why=(found.why,), score=found.score)
    if found.suspects:
        asked = _asked(source, draft, found.suspects)
        chosen = answered(answers, asked)
        if chosen.startswith(LINK):
            same = chosen.removeprefix(LINK)
            return LinkTo(target_id=same, variant=draft.currency, why=("linked by a person",))
        if chosen != CREATE_ANYWAY.key:
            return hold(asked)
    return Create(
        draft=draft,
        natural_key=vendor_key(draft),
        variant=draft.currency,
        why=drafted.why,
        notes=drafted.notes,
    )


def not_a_vendor(source: Vendor, policy: Policy) -> Out | None:
    """Parties that never get a vendor of their own."""
    if source.kind != "supplier":
        return Out(reason="not_a_supplier", message=f"{source.name} is a {source.kind}, not a supplier.")
    if not source.in_company:
        words = f"{source.name} is not set up for invoices in company {policy.company}."
        return Out(reason="not_in_company", message=words)
    if source.one_time:
        words = "A one-time supplier has no master data to send; its invoices are held."
        return Out(reason="one_time", message=words)
    return None


def draft_vendor(source: Vendor, rules: Rules, variant: str, company: str) -> DraftedVendor:
    """The vendor as it would be sent: the remit-to address of today, a tax id only where it can be one."""
    currency = variant or source.currency
    address, problems = remit_to(source, rules.today)
    if not is_currency(currency):
        words = f"Supplier {source.name} has the currency “{currency or 'none'}”. Set one in the ERP."
        problems.append(Problem("currency", words, field="currency", value=currency))
    if problems or address is None:
        return DraftedVendor(problems=tuple(problems))
    tax_id, notes = _tax_id(source, address)
    kind = "pay" if "pay" in address.uses else "document, not a pay address"
    if kind != "pay":
        words = f"Its remit-to address {address.key} is of type document, not a pay address."
        notes.append(Problem("not_a_pay_address", words, field="addresses", value=address.key))
    term, reason, unmapped = rules.payment_term(company, source.payment_term)
    notes += [unmapped] if unmapped else []
    draft = VendorDraft(
        name=source.name,
        number=source.number,
        currency=currency,
        address=address,
        email=source.email,
        tax_id=tax_id,
        payment_term=term,
    )
    why = (f"remit-to address {address.key} ({kind})", *([reason] if reason else []))
    return DraftedVendor(draft=draft, why=why, notes=tuple(notes))


def vendor_key(draft: VendorDraft) -> str:
    """What finds the vendor again on the target."""
    return f"{draft.number}|{draft.currency}"


def remit_to(source: Vendor, day: date | None) -> tuple[Address | None, list[Problem]]:
    """The default address of type pay, else of type document, valid on `day` (None: any)."""
    valid = [a for a in source.addresses if day is None or ((a.valid_from or day) <= day <= (a.valid_to or day))]
    for use in _USES:
        fitting = sorted((a for a in valid if use in a.uses), key=lambda a: (use not in a.default_for, a.key))
        if fitting:
            return fitting[0], _incomplete(source, fitting[0])
    words = f"Supplier {source.name} has no valid address of type Pay or Document. Add one in the ERP."
    return None, [Problem("no_remit_address", words, field="addresses", value=source.key)]


def incomplete(address: Address) -> list[str]:
    """What an address lacks for a payment to be sent there."""
    wanted = {
        "street": address.line1,
        "city": address.city,
        "postal code": address.postal_code,
        "country": address.country,
    }
    return [name for name, value in wanted.items() if not value.strip()]


def _incomplete(source: Vendor, address: Address) -> list[Problem]:
    missing = incomplete(address)
    if not missing:
        return []
    words = f"The remit-to address {address.key} of {source.name} lacks {', '.join(missing)}. Complete it in the ERP."
    return [Problem("incomplete_address", words, field="addresses", value=address.key)]


def _tax_id(source: Vendor, address: Address) -> tuple[str, list[Problem]]:
    """The tax id as it stands, "" with a note where it cannot be one: in the US it has nine digits."""
    written = source.tax_id.strip()
    american = (source.country or address.country) == "US"
    if not written or not american or len(re.sub(r"[\s-]", "", written)) == len(re.findall(r"[0-9]", written)) == 9:
        return written, []
    words = f"The tax id of {source.name} does not have nine digits, so it is not sent. Correct it in the ERP."
    return "", [Problem("tax_id_format", words, field="tax_id")]


def _asked(source: Vendor, draft: VendorDraft, suspects: tuple[Existing, ...]) -> Problem:
    seen = "; ".join(f"{shown_vendor(each)}, {likeness(draft, each)} of 100" for each in suspects[:3])
    words = f"The other side has what may be {source.name} already: {seen}. Compare, then link it or have it created."
    choices = (*(link_to(each.target_id, shown_vendor(each)) for each in suspects), CREATE_ANYWAY)
    code, subject = "possible_duplicate_vendor", about(each.target_id for each in suspects)
    return Problem(code, words, field="name", value=source.name, choices=choices, subject=subject)


def shown_vendor(each: Existing) -> str:
    """A vendor of the other side, for people."""
    return " ".join(part for part in (each.name, each.number, f"({each.target_id})") if part)
