"""Whatever is written to IFS, by the kind of its draft; IFS takes one record at a time."""

from integrations.engine.drafts import (
    BookedInvoiceDraft,
    Draft,
    MarkDraft,
    Receipt,
    SupplierDraft,
    UnproposeDraft,
    VoucherDraft,
)
from integrations.engine.errors import Rejected, Retryable, Stale
from integrations.engine.ports import Write
from integrations.engine.targets import TargetRecord
from integrations.systems.ifs.booking import Booking
from integrations.systems.ifs.editing import Editors
from integrations.systems.ifs.new_suppliers import NewSuppliers
from integrations.systems.ifs.profile import Profile
from integrations.systems.ifs.unproposing import Unproposing
from integrations.systems.ifs.vouchers import Vouchers
from integrations.systems.ifs.writing import Marker


class Desk:
    """Writes to one tenant. Thread-safe."""

    def __init__(self, marker: Marker, editors: Editors, profile: Profile) -> None:
        self._marker = marker
        self._booking, self._vouchers = Booking(editors, profile), Vouchers(editors, profile)
        self._unproposing, self.suppliers = Unproposing(editors, profile), NewSuppliers(editors, profile)

    def write(self, write: Write) -> Receipt:
        """Writes one record. Raises Stale on a 412: what was read is not what is there any more."""
        try:
            return self._written(write)
        except Retryable as error:
            if error.code == "stale_version" and not isinstance(error, Stale):
                raise Stale(error.message, detail=error.detail) from None
            raise

    def _written(self, write: Write) -> Receipt:
        match write.draft:
            case MarkDraft() as draft:
                return self._marker.mark(write, draft)
            case BookedInvoiceDraft() as draft:
                return self._booking.book(write, draft)
            case VoucherDraft() as draft:
                return self._vouchers.enter(write, draft)
            case SupplierDraft() as draft:
                return self.suppliers.make(write, draft)
            case UnproposeDraft() as draft:
                return self._unproposing.take_out(write, draft)
        raise Rejected("This is not written to IFS.", code="undeclared")


def agrees(draft: Draft, record: TargetRecord) -> bool:
    """Whether `record`, as it stands in IFS, says what `draft` says."""
    match draft:
        case MarkDraft():
            said = draft.fields
            return bool(said) and all(record.echo.get(name) == value for name, value in said.items())
        case BookedInvoiceDraft():
            named = (record.vendor_id, record.number, record.currency)
            return (*named, record.amount) == (draft.vendor, draft.number, draft.currency, draft.net + draft.tax)
        case SupplierDraft():
            return record.name == draft.name
        case VoucherDraft():
            return record.active and record.echo.get("text", "").startswith(draft.external_id)
    return False
