"""Which ready items a push takes next: oldest first, and what may have cost a worker its life in ever smaller company.

A worker that dies between its claim and its decision blames the whole batch. So the batch comes again in small parts,
then record by record; whoever was there three times, the last time alone, is held, and its neighbours went through.
"""

from collections.abc import Sequence

from integrations.engine.errors import Problem
from integrations.engine.ports import Item
from integrations.store import parking, sql
from integrations.store.frame import Frame
from integrations.store.loading import load
from integrations.store.parking import STATES, Parked

FEW = 20
_ALONE, _ENOUGH = 2, 3  # lost workers
_WORDS = (
    "Three workers ended in the middle of this record, the last one on it alone. It is left out so that the others go "
    "on. It has been logged; tell support before you retry it."
)


def claim(frame: Frame, limit: int, only: Sequence[int] | None = None) -> tuple[int, list[Item]]:
    """(how many this run had not taken before, the items), inside the open commit; each try is counted at once.

    `only`: of these items, whatever their turn.
    """
    frame.run_sql(sql.WAKE)
    busy = [row[0] for row in frame.rows(sql.BUSY)]
    due = frame.rows(sql.DUE, limit=limit, busy=busy, only=list(only) if only is not None else None)
    lost = dict(_together(due))
    claimed = frame.rows(sql.CLAIM, ids=list(lost), lost=list(lost.values()))
    items = load(frame, [row[0] for row in claimed])
    fresh = sum(1 for _, new in claimed if new)
    if max(lost.values(), default=0) < _ENOUGH:
        return fresh, items
    problem = (Problem("lost_workers", _WORDS),)
    parking.park(frame, [Parked(item, STATES.HELD, "failed", problem) for item in items])
    others, rest = claim(frame, limit, only)
    return fresh + others, rest


def _together(due: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those that may be worked on together: (id, lost workers)."""
    worst = max((lost for _, lost in due), default=0)
    alike = [each for each in due if each[1] == worst]
    if worst == 0:
        return list(due)
    return alike[:1] if worst == _ALONE else alike[:FEW]
