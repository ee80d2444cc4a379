"""A held record beside what it may be on the other side: the records that its open questions offer to link it to."""

from collections.abc import Sequence
from dataclasses import dataclass

from integrations.models import MirrorRecord, OutboxItem, ReviewItem
from integrations.web.compare import alike, shown

AT_MOST = 5
_LINK = "link:"
_FIELDS = (
    *(("Number", "number", "number"), ("Name", "party_name", "name"), ("Amount", "amount", "amount")),
    *(("Currency", "currency", "currency"), ("Date", "dated", "dated")),
)


@dataclass(frozen=True, slots=True)
class Suspects:
    """`ids` of the other side's records, and (field, ours, [(theirs, whether the same)]) of each field."""

    ids: Sequence[str]
    rows: Sequence[tuple[str, str, Sequence[tuple[str, bool]]]]


def suspects_of(item: OutboxItem, review: ReviewItem | None) -> Suspects | None:
    """What the open questions offer, side by side; one query. None where they offer nothing that was listed."""
    offered = [
        choice["key"].removeprefix(_LINK)
        for problem in (review.problems if review else ())
        for choice in problem.get("choices", ())
        if choice["key"].startswith(_LINK)
    ]
    ids = list(dict.fromkeys(offered))[:AT_MOST]
    if not ids:
        return None
    rows = MirrorRecord.objects.filter(connection=item.flow.target, entity=item.flow.entity, target_id__in=ids)
    found = {row.target_id: row for row in rows}
    there = [found[target] for target in ids if target in found]
    return (
        Suspects([row.target_id for row in there], [_row(item, there, *names) for names in _FIELDS]) if there else None
    )


def _row(
    item: OutboxItem, there: Sequence[MirrorRecord], name: str, own: str, theirs: str
) -> tuple[str, str, Sequence[tuple[str, bool]]]:
    ours, values = getattr(item.source, own), [getattr(row, theirs) for row in there]
    cells = [
        (shown(value, row.currency), alike(value) == alike(ours)) for row, value in zip(there, values, strict=True)
    ]
    return name, shown(ours, item.source.currency), cells
