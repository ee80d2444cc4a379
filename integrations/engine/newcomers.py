"""A vendor that people made in the AP tool: whose supplier it is, or a proposal to make it one in the ERP.

What we made ourselves, and what is linked, is known and never asked about. A person links the vendor, leaves it out, or
proposes it; a second one approves, and the supplier is made blocked for payment, without any bank data.
"""

from collections.abc import Sequence

import msgspec

from integrations.engine.alike import Newcomers, Supplier
from integrations.engine.asking import LINK, Answers, answered, hold, link_to, subject
from integrations.engine.decisions import Create, Decision, Link, LinkTo, Nothing, Out, Wait
from integrations.engine.drafts import SupplierDraft
from integrations.engine.errors import Choice, Problem, Sides
from integrations.engine.money import is_currency
from integrations.engine.records import Address, Vendor
from integrations.engine.vendors import incomplete

PROPOSE = Choice("create_supplier", "Create it in the ERP, blocked for payment", "payee")


def decide_newcomer(source: Vendor, link: Link | None, around: Newcomers, company: str, answers: Answers) -> Decision:
    """Known: out. Else people choose its supplier, or have it made; with that the supplier's record goes on."""
    if link is not None:
        return Nothing(rebaseline=True)
    if key := around.known.get(source.key):
        return Out(reason="known_vendor", message=f"It is the vendor of supplier {key} of the ERP.")
    if not source.active:
        return Out(reason="vendor_archived", message=f"{source.name} is archived in the AP tool.")
    if around.since is not None and source.created is not None and source.created < around.since:
        return Out(reason="before_start", message=f"{source.name} was there before the two were joined.")
    alike = around.alike.get(source.key, ())
    if undecided := [each for each in alike if each.undecided]:
        return Wait(problems=tuple(_matching(each) for each in undecided))
    return _chosen(source, alike, company, answers)


def newcomer_gone(link: Link | None) -> Decision:
    """It is not in the AP tool any more: its supplier's own record asks about that."""
    return Nothing() if link is not None else Out(reason="gone", message="It is no longer in the AP tool.")


def _chosen(source: Vendor, alike: Sequence[Supplier], company: str, answers: Answers) -> Decision:
    draft = draft_supplier(source, company)
    asked = _asked(source, alike, draft)
    chosen = answered(answers, asked)
    if chosen.startswith(LINK):
        return LinkTo(target_id=chosen.removeprefix(LINK), why=("linked by a person",))
    if chosen == PROPOSE.key and isinstance(draft, SupplierDraft):
        why = ("made in the AP tool, approved by people", "blocked for payment")
        return Create(draft=draft, natural_key=f"supplier|{company}|{source.key}", why=why)
    return hold(asked)


def draft_supplier(source: Vendor, company: str) -> SupplierDraft | str:
    """The supplier as it would be made; or what the vendor lacks for that, in words."""
    address = next(iter(source.addresses), Address(key=""))
    lacks = [*([] if source.name.strip() else ["name"]), *incomplete(address)]
    lacks += [] if is_currency(source.currency) else ["currency"]
    if lacks:
        return ", ".join(lacks)
    return SupplierDraft(
        company=company,
        name=source.name,
        currency=source.currency,
        address=msgspec.structs.replace(address, key="", uses=(), default_for=()),
        external_id=source.key,
        country=source.country or address.country,
        tax_id=source.tax_id.strip(),
    )


def _matching(supplier: Supplier) -> Problem:
    words = f"It may be the vendor of supplier {supplier.key}, {supplier.name}, which is decided first."
    return Problem("supplier_undecided", words, field="vendor", value=supplier.key, blocker=("vendor", supplier.key))


def _asked(source: Vendor, alike: Sequence[Supplier], draft: SupplierDraft | str) -> Problem:
    """The one question about it. Whatever of the vendor or of those alike changes, it is asked anew."""
    free = [each for each in alike if not each.vendor]
    words = [f"{source.name or 'A vendor without a name'} was made in the AP tool, and no supplier is linked to it."]
    words += [f"Supplier {each.key}, {each.name}, may be it." for each in free]
    words += [
        f"Supplier {each.key}, {each.name}, is like it and has vendor {each.vendor}: is it there twice?"
        for each in alike
        if each.vendor
    ]
    choices = [link_to(each.key, f"supplier {each.key}, {each.name}") for each in free]
    if isinstance(draft, SupplierDraft):
        words.append("Link it, propose it to the ERP, or leave it out.")
        choices.append(PROPOSE)
    else:
        words.append(f"To propose it to the ERP, complete it in the AP tool; it lacks {draft}.")
    return Problem(
        "new_vendor",
        " ".join(words),
        field="vendor",
        value=source.number,
        choices=tuple(choices),
        subject=subject(source.key, *(f"{each.key}={each.vendor}" for each in alike)),
        sides=_sides(source, next(iter([*free, *alike]), None)),
    )


def _sides(source: Vendor, supplier: Supplier | None) -> tuple[Sides, ...]:
    """The vendor beside the supplier most like it; of a tax id its end."""
    address = next(iter(source.addresses), None)
    told = (
        ("name", supplier.name if supplier else "", source.name),
        ("address", _in_one_line(supplier.address if supplier else None), _in_one_line(address)),
        ("currency", supplier.currency if supplier else "", source.currency),
        ("tax_id", _same_tax(source, supplier), _end(source.tax_id)),
        ("email", "", source.email),
    )
    return tuple(Sides(name, ours, "", theirs) for name, ours, theirs in told if ours or theirs)


def _same_tax(source: Vendor, supplier: Supplier | None) -> str:
    if supplier is None or not supplier.tax_key:
        return ""
    return _end(source.tax_id) if supplier.tax_key == source.tax_key else "another one"


def _end(tax_id: str) -> str:
    plain = "".join(sign for sign in tax_id if sign.isalnum())
    return f"…{plain[-4:]}" if len(plain) > 6 else ""


def _in_one_line(address: Address | None) -> str:
    if address is None:
        return ""
    parts = (address.line1, address.line2, address.city, address.state, address.postal_code, address.country)
    return ", ".join(part for part in parts if part)
