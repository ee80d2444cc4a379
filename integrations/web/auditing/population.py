"""What every population of an export can do: be counted, and be read piece by piece so that memory stays flat."""

from collections.abc import Sequence
from typing import Protocol

from integrations.web.auditing.asked import Asked

Cells = tuple[object, ...]


class Population(Protocol):
    """Rows of one kind, in a fixed order; every method is called inside the tenant's scope."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The heads of the cells."""

    @property
    def sums(self) -> Sequence[str]:
        """The columns that amounts are added up by, then that of the amount; none: nothing is added up."""

    @property
    def query(self) -> str:
        """Which rows these are, exactly enough to ask again."""

    def count(self, asked: Asked) -> int:
        """How many there are."""

    def some(self, asked: Asked, after: int, limit: int) -> list[tuple[int, Cells]]:
        """Up to `limit` rows behind the one with the key `after`, each with its key."""
