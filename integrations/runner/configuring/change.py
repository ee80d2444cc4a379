"""One difference between a tenant and its document."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """What, from what, to what. `do` makes it so; secrets appear in none of the texts."""

    what: str
    old: str
    new: str
    do: Callable[[], None]

    def __str__(self) -> str:
        return f"+ {self.what}: {self.new}" if not self.old else f"~ {self.what}: {self.old} -> {self.new or 'removed'}"
