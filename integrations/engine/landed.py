"""Whether a change whose answer was lost has reached the target, judged by how the record stands now."""

from integrations.engine.drafts import ApplyDraft, ArchiveDraft, MarkDraft, PaidDraft
from integrations.engine.ports import Target, Write
from integrations.engine.targets import TargetRecord


def landed(write: Write, record: TargetRecord | None, target: Target) -> bool | None:
    """True: it is as the write would have left it. False: it is not. None: somebody else may have been there."""
    if record is None or record.kind == "unreadable":
        return None
    match write.draft:
        case ArchiveDraft():
            return not record.active
        case PaidDraft(amount=amount) | ApplyDraft(amount=amount):
            return None if record.paid is None else record.paid >= amount  # made only where nothing was paid or applied
        case MarkDraft():
            return target.agrees(write, record)
        case _:
            return _updated(write, record, target)


def _updated(write: Write, record: TargetRecord, target: Target) -> bool | None:
    """An unchanged version proves that nothing came; a new one is ours only if the record says what was sent."""
    if write.version and record.version == write.version:
        return False
    if target.agrees(write, record):
        return True
    return None if write.version else False
