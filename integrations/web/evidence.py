"""What was looked for on the other side after a lost answer, how often, and what was found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from integrations.models import ReviewItem, WriteIntent
from integrations.web.words import recognised

_CODES = frozenset({"uncertain", "link_conflict", "not_confirmed"})


@dataclass(frozen=True, slots=True)
class Evidence:
    """`wanted` is what it was looked up by; `found` are rows of (name, value), one for each record that is alike."""

    wanted: str
    sent_at: datetime
    looks: int
    again_at: datetime | None
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def evidence_of(intent: WriteIntent | None, review: ReviewItem | None) -> Evidence | None:
    """Of a write whose outcome is, or was, not known; None for every other record."""
    if intent is None:
        return None
    open_still = intent.settled_at is None and (intent.looks > 0 or intent.look_at is not None)
    held = review is not None and any(problem["code"] in _CODES for problem in review.problems)
    if not (open_still or held):
        return None
    columns = list(dict.fromkeys(name for found in intent.evidence for name in found))
    return Evidence(
        wanted=recognised(intent.natural_key),
        sent_at=intent.created_at,
        looks=intent.looks,
        again_at=intent.look_at if open_still else None,
        columns=columns,
        rows=[[str(found.get(name, "")) for name in columns] for found in intent.evidence],
    )
