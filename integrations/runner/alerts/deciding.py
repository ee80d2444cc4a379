"""Whether an open alert is told now: once when it begins, again when it grows much, and once a day while it lasts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

SETTLING = timedelta(minutes=5)  # how long a growing cause is waited for before it is told the first time
PAUSE = timedelta(hours=1)  # between two messages of one cause
AGAIN = timedelta(days=1)
GROWN = 2  # times what was told
MORE = 5  # records at least


@dataclass(frozen=True, slots=True)
class Size:
    """How much a cause holds up."""

    count: int
    amounts: Mapping[str, Decimal] = field(default_factory=dict)

    def much_more_than(self, other: "Size") -> bool:
        """Whether the count, or the amount of any currency, is so much larger that people have to know."""
        if self.count >= max(GROWN * other.count, other.count + MORE):
            return True
        new = {c: a for c, a in self.amounts.items() if abs(a) >= GROWN * abs(other.amounts.get(c, Decimal(0)))}
        return self.count > other.count and any(new.values())


def to_tell(
    size: Size, told: Size | None, told_at: datetime | None, first_seen: datetime, *,
    urgent: bool, steady: bool, now: datetime,
) -> str:  # fmt: skip
    """What is to be told of it now: alert.raised, alert.grown, alert.reminded, or "" for nothing.

    `steady`: it is as large as at the last look. What grows is waited for, so that 500 records are one message; what is
    urgent goes at once.
    """
    if told is None or told_at is None:
        return "alert.raised" if urgent or steady or now - first_seen >= SETTLING else ""
    since = now - told_at
    if size.much_more_than(told) and (urgent or (steady and since >= PAUSE)):
        return "alert.grown"
    return "alert.reminded" if since >= AGAIN else ""
