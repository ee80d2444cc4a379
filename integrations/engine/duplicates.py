"""Whether a bill that we are about to make is on the target already, made by somebody else.

Compared are records that this integration did not make: within the supplier's own vendors, credits apart from bills.
Two source rows are never held against each other here.
"""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import msgspec

from integrations.engine.records import InvoiceDraft, VendorDraft

_PARTS = re.compile(r"[0-9]+|[^\W\d_]+|[^0-9]", re.UNICODE)
_REUSE_DAYS = 300  # a number that comes back with another amount after so long is another invoice


class Existing(msgspec.Struct, frozen=True, kw_only=True):
    """A record on the target that no source record is linked to."""

    target_id: str
    number: str = ""
    name: str = ""
    vendor_id: str = ""
    amount: Decimal | None = None
    currency: str = ""
    dated: date | None = None
    credit: bool = False
    tax_key: str = ""  # a vendor's: the keyed hash of its tax id, where the target shows it
    postal_code: str = ""  # a vendor's


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """`same`: it is the very same record, link it. `suspects`: a person compares. Neither: nothing was found."""

    same: Existing | None = None
    suspects: tuple[Existing, ...] = ()


def plain_number(number: str) -> str:
    """Upper case, separators dropped (one `/` stays between digits), leading zeros of each run of digits off."""
    found: list[str] = []
    slash = False
    for part in _PARTS.findall(number.upper()):
        if part[0].isdigit() and part.isascii():
            if slash and found and found[-1][-1].isdigit():
                found.append("/")
            found.append(part.lstrip("0") or "0")
        elif part.isalpha():
            found.append(part)
        else:
            slash = (slash and part.isspace()) or part in "/"
            continue
        slash = False
    return "".join(found)


def digits_of(number: str) -> str:
    """All digits in order, leading zeros off: INV-001, INV001 and 0001 meet, 2025/1 and 2026/1 do not."""
    return "".join(re.findall(r"[0-9]", number)).lstrip("0")


class Guard:
    """Looks drafts up among what stands on the target unlinked."""

    def __init__(
        self, bills: Iterable[Existing] = (), vendors: Iterable[Existing] = (), *, number_reuse: bool = True
    ) -> None:
        self._reuse = number_reuse
        self._plain: dict[tuple[str, bool, str], list[Existing]] = {}
        self._digits: dict[tuple[str, bool, str], list[Existing]] = {}
        for bill in bills:
            self._plain.setdefault((bill.vendor_id, bill.credit, plain_number(bill.number)), []).append(bill)
            self._digits.setdefault((bill.vendor_id, bill.credit, digits_of(bill.number)), []).append(bill)
        self._vendor_numbers: dict[str, list[Existing]] = {}
        self._vendor_names: dict[str, list[Existing]] = {}
        for vendor in vendors:
            self._vendor_numbers.setdefault(vendor.number.strip(), []).append(vendor)
            self._vendor_names.setdefault(_plain_name(vendor.name), []).append(vendor)

    def bill(self, draft: InvoiceDraft) -> Verdict:
        """An exact hit is linked; the same number in another spelling, or its digits with the amount, is suspect."""
        alike = self._plain.get((draft.vendor_id, draft.credit, plain_number(draft.number)), [])
        same = [each for each in alike if each.number == draft.number and _agrees(each, draft)]
        if len(same) == 1:
            return Verdict(same=same[0])
        suspects = [each for each in alike if not self._reused(each, draft)]
        if digits := digits_of(draft.number):
            near = self._digits.get((draft.vendor_id, draft.credit, digits), [])
            suspects += [each for each in near if each.amount == draft.total and each not in suspects]
        return Verdict(suspects=tuple(suspects))

    def vendor(self, draft: VendorDraft) -> Verdict:
        """An own supplier number in the same currency is the same vendor; an equal name is suspect."""
        same = [each for each in self._vendor_numbers.get(draft.number, []) if each.currency == draft.currency]
        if len(same) == 1:
            return Verdict(same=same[0])
        named = [each for each in self._vendor_names.get(_plain_name(draft.name), []) if not each.number.strip()]
        return Verdict(suspects=tuple(same or named))

    def _reused(self, each: Existing, draft: InvoiceDraft) -> bool:
        far = each.dated is not None and abs((each.dated - draft.invoice_date).days) >= _REUSE_DAYS
        return self._reuse and far and each.amount != draft.total


def _agrees(each: Existing, draft: InvoiceDraft) -> bool:
    return (each.amount, each.dated) == (draft.total, draft.invoice_date) and each.currency in ("", draft.currency)


def _plain_name(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())
