"""Whether a change whose answer was lost has reached the target, judged by how the record stands now."""

from collections.abc import Mapping

from integrations.engine.ports import Write
from integrations.engine.records import (
    ApplyDraft,
    ArchiveDraft,
    InvoiceDraft,
    MarkDraft,
    PaidDraft,
    TargetRecord,
    VendorDraft,
)


def landed(write: Write, record: TargetRecord | None) -> bool | None:
    """True: it is as the write would have left it. False: it is not. None: somebody else may have been there."""
    if record is None or record.kind == "unreadable":
        return None
    match write.draft:
        case ArchiveDraft():
            return not record.active
        case PaidDraft(amount=amount) | ApplyDraft(amount=amount):
            return None if record.paid is None else record.paid >= amount  # made only where nothing was paid or applied
        case MarkDraft(fields=fields):
            return all(record.echo.get(name, "") == value for name, value in fields.items())
        case InvoiceDraft() | VendorDraft():
            return _updated(write, record)


def _updated(write: Write, record: TargetRecord) -> bool | None:
    """An unchanged version proves that nothing came; a new one is ours only if the record says what was sent."""
    if write.version and record.version == write.version:
        return False
    agrees = all(record.echo.get(name, value) == value for name, value in _says(write).items())
    if agrees:
        return True
    return None if write.version else False


def _says(write: Write) -> Mapping[str, str]:
    """The fields of the draft that every target echoes in the same form."""
    match write.draft:
        case InvoiceDraft() as draft:
            amount = format(draft.total.normalize(), "f")
            said = {"vendor_id": draft.vendor_id, "number": draft.number, "amount": amount}
            said["date"] = draft.invoice_date.isoformat()
            return said if draft.credit else said | {"due_date": draft.due_date.isoformat()}
        case VendorDraft() as draft:
            return {"number": draft.number, "currency": draft.currency}
    return {}
