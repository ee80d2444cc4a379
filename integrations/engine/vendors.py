"""Which suppliers become vendors on the target, and with which address."""

from datetime import date

from integrations.engine.decisions import Create, Decision, Hold, Link, LinkTo, Out
from integrations.engine.errors import Problem
from integrations.engine.mapping import Rules
from integrations.engine.money import is_currency
from integrations.engine.policy import Policy
from integrations.engine.records import Address, Vendor, VendorDraft

_USES = ("pay", "document")  # in this order; any other use is no place to send a payment


def decide_vendor(source: Vendor, link: Link | None, rules: Rules, policy: Policy) -> Decision:
    """Create the vendor, or say why not. A changed supplier that was sent before is held for a person."""
    if source.kind != "supplier":
        return Out(reason="not_a_supplier", message=f"{source.name} is a {source.kind}, not a supplier.")
    if not source.in_company:
        return Out(
            reason="not_in_company",
            message=f"{source.name} is not set up for invoices in company {policy.company}.",
        )
    if source.one_time:
        return Out(
            reason="one_time",
            message="A one-time supplier has no master data to send; its invoices are held.",
        )
    if link is not None:
        return Hold(
            problems=(
                Problem(
                    "changed_after_sending",
                    f"Supplier {source.name} changed after it was sent. Check name and remit-to address on both sides, "
                    "then accept the change.",
                    field="vendor",
                    value=source.key,
                ),
            )
        )
    address, problems = remit_to(source, None)
    if not is_currency(source.currency):
        problems.append(
            Problem(
                "currency",
                f"Supplier {source.name} has the currency “{source.currency or 'none'}”. Set one in the ERP.",
                field="currency",
                value=source.currency,
            )
        )
    if problems or address is None:
        return Hold(problems=tuple(problems))
    draft = VendorDraft(
        name=source.name, number=source.number, currency=source.currency, address=address, email=source.email
    )
    found = rules.guard.vendor(draft)
    if found.same is not None:
        return LinkTo(
            target_id=found.same.target_id, variant=source.currency, why=("own supplier number and currency",)
        )
    if found.suspects:
        seen = "; ".join(
            f"{each.name} {each.number} ({each.target_id})".replace("  ", " ") for each in found.suspects[:3]
        )
        words = (
            f"The other side has what may be {source.name} already: {seen}. Compare, then link it or have it created."
        )
        return Hold(problems=(Problem("possible_duplicate_vendor", words, field="name", value=source.name),))
    reason = f"remit-to address {address.key} ({'pay' if 'pay' in address.uses else 'document, not a pay address'})"
    return Create(draft=draft, natural_key=f"{source.number}|{source.currency}", variant=source.currency, why=(reason,))


def remit_to(source: Vendor, day: date | None) -> tuple[Address | None, list[Problem]]:
    """The default address of type pay, else of type document, valid on `day` (None: any)."""
    valid = [a for a in source.addresses if day is None or ((a.valid_from or day) <= day <= (a.valid_to or day))]
    for use in _USES:
        fitting = sorted((a for a in valid if use in a.uses), key=lambda a: (use not in a.default_for, a.key))
        if fitting:
            return fitting[0], _incomplete(source, fitting[0])
    return None, [
        Problem(
            "no_remit_address",
            f"Supplier {source.name} has no valid address of type Pay or Document. Add one in the ERP.",
            field="addresses",
            value=source.key,
        )
    ]


def _incomplete(source: Vendor, address: Address) -> list[Problem]:
    wanted = {
        "street": address.line1,
        "city": address.city,
        "postal code": address.postal_code,
        "country": address.country,
    }
    missing = [name for name, value in wanted.items() if not value.strip()]
    if not missing:
        return []
    words = f"The remit-to address {address.key} of {source.name} lacks {', '.join(missing)}. Complete it in the ERP."
    return [Problem("incomplete_address", words, field="addresses", value=address.key)]
