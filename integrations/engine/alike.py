"""Suppliers of the ERP that a vendor of the AP tool may be: what is known of them, and when two are alike."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from integrations.engine.duplicates import plain_name
from integrations.engine.records import Address, Vendor


class Supplier(msgspec.Struct, frozen=True, kw_only=True):
    """A supplier of the ERP that may be the vendor's; `undecided` while its own record is still on its way.

    `vendor` is the one it is linked to in the vendor's currency; "" for none, or for one that is archived there.
    """

    key: str
    name: str
    currency: str = ""
    tax_key: str = ""
    address: Address | None = None
    vendor: str = ""
    undecided: bool = False


class Newcomers(msgspec.Struct, frozen=True, kw_only=True):
    """What is known beside the vendors of a batch, by vendor: whose each is, and which suppliers are alike.

    Vendors made before `since` (aware UTC; None: no matter when) are no newcomers.
    """

    since: datetime | None = None
    known: Mapping[str, str] = {}
    alike: Mapping[str, tuple[Supplier, ...]] = {}


def is_alike(source: Vendor, number: str, name: str, tax_key: str) -> bool:
    """Whether a supplier may be this vendor's: its number or tax id is the vendor's, or its name."""
    if (source.number and source.number == number) or (source.tax_key and source.tax_key == tax_key):
        return True
    plain = plain_name(source.name)
    return bool(plain) and plain == plain_name(name)
