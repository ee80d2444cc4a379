"""A random sample, both ways: from the source to the target and from the target to the source.

The same seed draws the same records as long as nothing has changed; who knows the seed can draw them again.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from integrations.runner.reconciling import moving
from integrations.store import reconciling
from integrations.store.reconciling import Row
from integrations.web.auditing.asked import Asked
from integrations.web.auditing.population import Cells
from integrations.web.reconciliation import COLUMNS, SUMS, cells_of

OUT, BACK = "source to target", "target to source"


@dataclass(frozen=True, slots=True)
class Drawn:
    """Records of one integration as they are reconciled now; each side's whole population is drawn from.

    So what somebody keyed by hand there is drawn as well as what is ours.
    """

    columns: tuple[str, ...] = ("Way", *COLUMNS)
    sums: tuple[str, ...] = ("Way", *SUMS)
    query: str = (
        "Records of one integration as they are reconciled now: so many at random of all that the source has, and so "
        "many of all that the target has, with or without one of the source. Who knows the seed draws them again."
    )

    def count(self, asked: Asked) -> int:
        return len(self.some(asked, 0, 0))

    def some(self, asked: Asked, after: int, limit: int) -> list[tuple[int, Cells]]:
        """All of them at once: a sample is small."""
        integration = asked.integration
        if integration is None or after:
            return []
        rows = reconciling.rows(integration, asked.at, moving(integration, asked.at), asked.narrowed)
        here, there = ([row for row in rows if getattr(row, side) is not None] for side in ("here", "there"))
        found = [
            *((OUT, row) for row in draw(here, asked.size, f"{asked.seed} s")),
            *((BACK, row) for row in draw(there, asked.size, f"{asked.seed} t")),
        ]
        return [(place, (way, *cells_of(integration, row))) for place, (way, row) in enumerate(found, 1)]


def draw(rows: Sequence[Row], size: int, seed: str) -> list[Row]:
    """`size` of the rows (all, if there are fewer), in the order in which they were drawn."""
    chance: Any = random.Random(seed)  # noqa: S311  # to be drawn again by whoever knows the seed
    return list(chance.sample(rows, min(size, len(rows))))
