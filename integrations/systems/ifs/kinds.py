"""What a scan needs to know of a kind of record: which sets it walks, and how rows become records."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from integrations.engine.ports import Scope
from integrations.engine.records import AnyRecord, Unreadable
from integrations.systems.ifs.profile import Profile
from integrations.systems.ifs.reading import SetReader
from integrations.systems.ifs.walking import Batch

Readers = Callable[[str], SetReader]
Records = Sequence[AnyRecord | Unreadable]


@dataclass(frozen=True, slots=True)
class View:
    """One company of one tenant, as a scan sees it. `readers` gives the reader of a set of the profile by its name."""

    readers: Readers
    profile: Profile
    scope: Scope
    now: Callable[[], datetime]

    @property
    def within(self) -> Mapping[str, str]:
        """Fixes the company of a set."""
        return {"company": self.scope.company}

    @property
    def today(self) -> date:
        return self.now().date()


class Kind(Protocol):
    """One entity. Objects live as long as one scan."""

    within: Mapping[str, str]  # what fixes the heads' sets
    children: tuple[str, ...]  # sets whose changed rows mean a changed record

    def heads(self) -> Sequence[str]:
        """The sets that hold the records, in the order of a scan."""
        ...

    def records(self, name: str, batch: Batch) -> tuple[Records, int]:
        """(the records of a batch of the set `name`, how many were left out because we hold their version)."""
        ...

    def owners(self, name: str, rows: Sequence[Any], done: Container[str]) -> Sequence[str]:
        """Filters for the heads of changed rows of the child set `name`, but for records whose key is in `done`."""
        ...

    def by_key(self, key: str) -> tuple[str, dict[str, str]] | None:
        """(set, our fields and values) of the head with this canonical key; None when no record can have it."""
        ...
