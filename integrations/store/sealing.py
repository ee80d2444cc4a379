"""Tax ids at rest: sealed with the tenant's own key on the way in, opened only where a record is decided or written.

Beside the sealed id stands a keyed hash of it, equal for equal ids of one tenant: enough to match by, and no more.
"""

from base64 import b64decode, b64encode
from typing import TypeVar

from msgspec.structs import replace

from integrations.engine.drafts import Draft, SupplierDraft, VendorDraft
from integrations.engine.records import AnyRecord, Unreadable, Vendor
from tenants.credentials import Sealed
from tenants.keys import Keys
from tenants.models import KeyPurpose

R = TypeVar("R", bound=AnyRecord | Unreadable)
D = TypeVar("D", bound=Draft)
_BOUND = "tax_id"


def keyed(record: R) -> R:
    """The record with the keyed hash that its fingerprint sees; still plain."""
    if isinstance(record, Vendor) and record.tax_id:
        return replace(record, tax_key=key_of(record.tax_id))
    return record


def sealed(record: R) -> R:
    """The keyed record as it may be stored. Once per record."""
    if isinstance(record, Vendor) and record.tax_id:
        return replace(record, tax_id=_seal(record.tax_id))
    return record


def opened(record: R) -> R:
    """The record as it was read, from its stored form."""
    if isinstance(record, Vendor) and record.tax_id:
        return replace(record, tax_id=_open(record.tax_id))
    return record


def sealed_draft(draft: D) -> D:
    """The draft as it may be stored."""
    if isinstance(draft, VendorDraft | SupplierDraft) and draft.tax_id:
        return replace(draft, tax_id=_seal(draft.tax_id))
    return draft


def opened_draft(draft: D) -> D:
    """The draft as it is sent, from its stored form."""
    if isinstance(draft, VendorDraft | SupplierDraft) and draft.tax_id:
        return replace(draft, tax_id=_open(draft.tax_id))
    return draft


def hashed_draft(draft: D) -> D:
    """The draft as digests see it: from a plain hash of it a tax id could be guessed, number by number."""
    if isinstance(draft, VendorDraft | SupplierDraft) and draft.tax_id:
        return replace(draft, tax_id=key_of(draft.tax_id))
    return draft


def key_of(tax_id: str) -> str:
    """The keyed hash of a tax id, whatever its separators and case; "" for none."""
    plain = "".join(sign for sign in tax_id.upper() if sign.isalnum())
    return Keys.of_scope().hashed(KeyPurpose.CREDENTIALS, f"{_BOUND}:{plain}") if plain else ""


def _seal(tax_id: str) -> str:
    return b64encode(Sealed({_BOUND: tax_id}).stored(_BOUND)).decode()


def _open(stored: str) -> str:
    found: str = Sealed.from_store(b64decode(stored), _BOUND).reveal()[_BOUND]
    return found
