"""What flows in a chaos run, and where it is met: one class for each direction, one world for all."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tests.journeys.chaos.judge import Document
from tests.journeys.chaos.prepare import Tenancy

if TYPE_CHECKING:
    from tests.journeys.chaos.world import World


class Direction(Protocol):
    """Flows are named by their entity, addresses are parts of the paths that the target is asked at.

    target: who is written to, erp or ap. writes: where a record of each flow is posted to. looks: where the target is
    read. records: how many the source holds of each flow; held: how many of those a person must be asked about.
    wanted: what must stand on the target at the end. withheld: what nobody has released in the source yet.
    """

    target: str
    writes: Mapping[str, Sequence[str]]
    looks: str
    records: Mapping[str, int]
    held: Mapping[str, int]
    wanted: Counter[Document]
    withheld: list[Any]

    def servers(self, folder: Path) -> dict[str, Sequence[str]]:
        """Fills both stand-ins; the commands that serve them, by role."""
        ...

    def tenancy(self, erp: str, ap: str) -> Tenancy:
        """The tenant between these two addresses."""
        ...

    def release(self, place: "World", count: int) -> None:
        """Somebody releases the next `count` records in the source."""
        ...

    def found(self, place: "World") -> Counter[Document]:
        """What stands on the target."""
        ...
