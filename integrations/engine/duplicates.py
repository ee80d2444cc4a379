"""Whether a bill that we are about to make is on the target already, made by somebody else.

Compared are records that this integration did not make: within the supplier's own vendors, credits apart from bills.
Two source rows are never held against each other here.
"""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import msgspec

from integrations.engine.drafts import InvoiceDraft, VendorDraft

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
    external_id: str = ""  # an invoice's: the key of the record that it was made of, where the target keeps it


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """`same`: it is the very same record, link it, sure by `score` of 100. `suspects`: a person compares.

    `weak` and `reused` are bills that look alike every day: the same amount and date under another number; the same
    number with another amount, long ago. Nothing in any of them: nothing was found.
    """

    same: Existing | None = None
    score: int = 100
    why: str = ""
    suspects: tuple[Existing, ...] = ()
    weak: tuple[Existing, ...] = ()
    reused: tuple[Existing, ...] = ()


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
        self._begun: set[str] = set()
        self._plain: dict[tuple[str, bool, str], list[Existing]] = {}
        self._digits: dict[tuple[str, bool, str], list[Existing]] = {}
        self._amounts: dict[tuple[str, bool, Decimal | None, date | None], list[Existing]] = {}
        for each in bills:
            of = (each.vendor_id, each.credit)
            self._begun |= {each.external_id} - {""}
            self._plain.setdefault((*of, plain_number(each.number)), []).append(each)
            self._digits.setdefault((*of, digits_of(each.number)), []).append(each)
            self._amounts.setdefault((*of, each.amount, each.dated), []).append(each)
        vendors = list(vendors)
        self._keeps_currency = any(vendor.currency for vendor in vendors)  # some targets have none per vendor
        self._vendor_numbers: dict[str, list[Existing]] = {}
        self._vendor_taxes: dict[str, list[Existing]] = {}
        self._vendor_names: dict[str, list[Existing]] = {}
        for vendor in vendors:
            self._vendor_numbers.setdefault(vendor.number, []).append(vendor)
            self._vendor_taxes.setdefault(vendor.tax_key, []).append(vendor)
            self._vendor_names.setdefault(plain_name(vendor.name), []).append(vendor)

    def has_begun(self, key: str) -> bool:
        """Whether an earlier try to bring this very record in has left something, which the next one completes."""
        return key in self._begun

    def invoice(self, draft: InvoiceDraft, twins: Iterable[str] = ()) -> Verdict:
        """An exact hit is linked; the same number in another spelling, or its digits with the amount, is suspect.

        So is the number with the amount under a vendor of `twins`: other suppliers with the same tax id.
        """
        alike = self._plain.get((draft.vendor_id, draft.credit, plain_number(draft.number)), [])
        same = [each for each in alike if each.number == draft.number and _agrees(each, draft)]
        if len(same) == 1:
            return Verdict(same=same[0], why="number, amount, date and currency agree")
        reused = {each: None for each in alike if self._reused(each, draft)}
        near = [*alike, *self._by_digits(draft), *self._under_twins(draft, twins)]
        suspects = {each: None for each in near if each not in reused}
        dated = self._amounts.get((draft.vendor_id, draft.credit, draft.total, draft.invoice_date), [])
        weak = tuple(each for each in dated if each not in suspects)
        return Verdict(suspects=tuple(suspects), weak=weak, reused=tuple(reused))

    def vendor(self, draft: VendorDraft, tax_key: str = "") -> Verdict:
        """An own supplier number or tax id in the same currency is the same vendor; an equal name is suspect.

        Numbers are compared as they are: ` 123 ` and `123` are two suppliers, and the bills of one must never be paid
        to the other. The same name beside them is suspect.
        """
        numbered = self._fitting(self._vendor_numbers, draft.number, draft)
        if len(numbered) == 1:
            return Verdict(same=numbered[0], why="own supplier number and currency")
        taxed = self._fitting(self._vendor_taxes, tax_key, draft)
        if len(taxed) == 1 and not numbered:
            return Verdict(same=taxed[0], score=95, why="tax id and currency")
        numbers = ("", draft.number.strip())
        named = [each for each in self._vendor_names.get(plain_name(draft.name), []) if each.number.strip() in numbers]
        named = [each for each in named if each.currency in ("", draft.currency)]
        return Verdict(suspects=tuple(numbered or taxed or named))

    def _fitting(self, index: dict[str, list[Existing]], key: str, draft: VendorDraft) -> list[Existing]:
        currency = draft.currency if self._keeps_currency else ""
        return [each for each in index.get(key, []) if key and each.currency == currency]

    def _by_digits(self, draft: InvoiceDraft) -> list[Existing]:
        digits = digits_of(draft.number)
        found = self._digits.get((draft.vendor_id, draft.credit, digits), []) if digits else []
        return [each for each in found if each.amount == draft.total]

    def _under_twins(self, draft: InvoiceDraft, twins: Iterable[str]) -> list[Existing]:
        number = plain_number(draft.number)
        found = [each for twin in twins for each in self._plain.get((twin, draft.credit, number), [])]
        return [each for each in found if each.amount == draft.total]

    def _reused(self, each: Existing, draft: InvoiceDraft) -> bool:
        far = each.dated is not None and abs((each.dated - draft.invoice_date).days) >= _REUSE_DAYS
        return self._reuse and far and each.amount != draft.total


def likeness(draft: VendorDraft, each: Existing) -> int:
    """How sure it is, of 100, that the suspect `each` is the vendor of `draft`."""
    near = plain_name(each.postal_code) == plain_name(draft.address.postal_code)
    return 80 if each.postal_code and near else 60


def _agrees(each: Existing, draft: InvoiceDraft) -> bool:
    return (each.amount, each.dated) == (draft.total, draft.invoice_date) and each.currency in ("", draft.currency)


def plain_name(name: str) -> str:
    """A name as names are compared: letters and digits alone, whatever their case."""
    return "".join(c for c in name.casefold() if c.isalnum())
