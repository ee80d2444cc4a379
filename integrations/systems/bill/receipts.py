"""What BILL's answer to a write means: which row is of which draft."""

from collections.abc import Iterable, Iterator, Sequence

from integrations.engine.drafts import InvoiceDraft, VendorDraft
from integrations.engine.errors import OutcomeUnknown
from integrations.engine.ports import Write
from integrations.systems.bill import drafts, wire
from integrations.systems.bill.lists import envelope, is_id, list_of
from integrations.systems.bill.resources import Resource
from integrations.transport.answer import Answer
from integrations.transport.rows import BadRow

Key = tuple[str, str]


def alike(key: Key) -> Key:
    """The key as BILL may give it back: trimmed, in another case."""
    return key[0].strip().casefold(), key[1].strip().casefold()


def readable(rows: Iterable[wire.Wire | BadRow]) -> Iterator[wire.Wire]:
    """The rows that could be read."""
    return (row for row in rows if isinstance(row, wire.Wire))


def rows_of(answer: Answer, resource: Resource) -> Sequence[wire.Wire]:
    """The rows of a bulk answer: bare, or in the resource's wrapper."""
    if not resource.wrapper:
        return answer.decode(list_of(resource.row))
    _, rows = answer.page(envelope(resource.row, resource.wrapper), resource.row, resource.wrapper)
    return list(readable(rows))


def one(answer: Answer, row: wire.Wire, write: Write | None = None) -> wire.Wire:
    """The one row of a single write, made or changed by it.

    With `write` it has to be of that record: what a proxy gives of another one is no answer, and nothing is known of
    ours. A number that BILL has cut short is still its own.
    """
    if not is_id(row.id or ""):
        raise answer.unreadable("the answer has no id")
    if write is not None and _of_another(row, write):
        raise answer.unreadable("the answer is of another record")
    return row


def _of_another(row: wire.Wire, write: Write) -> bool:
    if write.target_id:
        return row.id != write.target_id
    named, wanted = alike(key_of(row)), alike(_key(write))
    return not any(named) or not all(map(_kin, named, wanted))


def _kin(theirs: str, ours: str) -> bool:
    """Whether both may be the same word; one that is not said may be any."""
    return not theirs or not ours or theirs.startswith(ours) or ours.startswith(theirs)


def matched(answer: Answer, rows: Sequence[wire.Wire], writes: Sequence[Write]) -> list[wire.Wire]:
    """The row of each write, by vendor and number; positions prove nothing. OutcomeUnknown when one is missing."""
    found = {alike(key_of(row)): row for row in rows if is_id(row.id or "")}
    missing = [write for write in writes if alike(_key(write)) not in found]
    if missing or len(found) != len(writes):
        raise OutcomeUnknown(
            f"BILL confirmed {len(writes) - len(missing)} of {len(writes)} records. All are looked up by themselves.",
            code="incomplete_answer",
            detail=answer.text(),
        )
    return [found[alike(_key(write))] for write in writes]


def _key(write: Write) -> Key:
    return drafts.key_of(write.draft) if isinstance(write.draft, VendorDraft | InvoiceDraft) else ("", "")


def key_of(row: wire.Wire) -> Key:
    """What `drafts.key_of` is of a draft, of a row."""
    match row:
        case wire.WireVendor():
            return (row.short_name, "") if row.short_name else ("", row.name or "")
        case wire.WireBill():
            return row.vendor_id or "", (row.invoice.invoice_number or "") if row.invoice else ""
        case wire.WireCredit():
            return row.vendor_id or "", row.reference_number or ""
    return "", ""
