"""What a reason is: a title, what it means, and what mends it, by whom, where."""

from dataclasses import dataclass
from enum import StrEnum


class Where(StrEnum):
    """The place where it is mended; pages make an address of it."""

    RECORD = "record"
    MAPPING = "mapping"
    SETTINGS = "settings"
    CONNECTION = "connection"
    SOURCE = "source"
    TARGET = "target"
    NOWHERE = "nowhere"


CLERK, CONTROLLER, INTEGRATOR = "clerk", "controller", "integrator"


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do, in one or two sentences; the role whose work it is; where it is done."""

    do: str
    owner: str
    where: Where


@dataclass(frozen=True, slots=True)
class Reason:
    """One code: what a group of records has in common, and how it ends. The record's own message says more."""

    title: str
    meaning: str
    remedy: Remedy

    @property
    def do(self) -> str:
        """What to do."""
        return self.remedy.do

    @property
    def owner(self) -> str:
        """The role whose work it is."""
        return self.remedy.owner

    @property
    def where(self) -> Where:
        """Where it is done."""
        return self.remedy.where


ANSWER = Remedy("Compare both sides on its page, and answer the question there.", CLERK, Where.RECORD)
AT_SOURCE = Remedy("Correct it where it was made. It is read again and decided anew by itself.", CLERK, Where.SOURCE)
AT_TARGET = Remedy("Correct it on the other side, then retry it.", CLERK, Where.TARGET)
AT_CONNECTION = Remedy(
    "Mend the connection, then test it. Its flows go on by themselves.", INTEGRATOR, Where.CONNECTION
)
BY_SETTING = Remedy(
    "Choose it once in the integration's settings; all records that wait for it go on.", INTEGRATOR, Where.SETTINGS
)
BY_ITSELF = Remedy("Nothing to do: it goes on by itself.", CLERK, Where.NOWHERE)
MAP = Remedy("Map it once; every record that waits for it goes on at once.", CLERK, Where.MAPPING)
NOTE = Remedy("Nothing to do. It is worth knowing.", CLERK, Where.NOWHERE)
OUT = Remedy("Nothing to do: it stays out, counted with this reason.", CLERK, Where.NOWHERE)
SUPPORT = Remedy(
    "Retry it once. If it comes back, tell support its code and the record's address.", INTEGRATOR, Where.RECORD
)
TWO_PEOPLE = Remedy(
    "Compare both sides and propose the answer on its page; a controller approves it.", CONTROLLER, Where.RECORD
)
URGENT = Remedy(
    "Look at both sides today, stop what must not be paid, then settle it on its page.", CONTROLLER, Where.RECORD
)
