"""One act on many review items, in slices: each is a short transaction, memory stays bounded, what is left says why.

An act takes the items of one slice inside the open scope; it locks what it changes, so that of two people at once the
second is told. What opens while it runs is not touched: it ends with the last item that was open when it began.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.db.models import Max

from integrations.models import ReviewItem
from integrations.store.queue import Rows
from tenants.access import Place

SLICE = 1000
MOST = 10_000  # items of one click
GONE = "somebody else, or a run, was faster"
_SHOWN = 1000  # refusals by item that an answer names


@dataclass(slots=True)
class Outcome:
    """What came of an act: done, proposed to a second person, and why the others were left; `more` were not reached."""

    done: int = 0
    proposed: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    refused: dict[str, str] = field(default_factory=dict)  # by item, so many as an answer names
    seen: set[str] = field(default_factory=set)  # the items that were there
    more: int = 0

    def refuse(self, review: ReviewItem, why: str) -> None:
        """Note that one was left, and why."""
        self.reasons[why] += 1
        if len(self.refused) < _SHOWN:
            self.refused[str(review.uuid)] = why

    @property
    def left(self) -> int:
        """How many were left."""
        return sum(self.reasons.values())


Act = Callable[[Place, Sequence[ReviewItem], Outcome], None]


def on_each(place: Place, rows: Callable[[], Rows], act: Act) -> Outcome:
    """Do `act` to every one of `rows()`, the first MOST by age; outside of any scope.

    `rows` is called inside of a scope, for every slice anew. Refused raised by the act ends it: nothing of its slice
    stands.
    """
    with place.scope():
        last = rows().aggregate(last=Max("pk"))["last"] or 0
    outcome, after, taken = Outcome(), 0, 0
    while taken < MOST:
        with place.scope():
            left = rows().filter(pk__gt=after, pk__lte=last).select_related("item__flow", "item__source").order_by("pk")
            chunk = list(left[: min(SLICE, MOST - taken)])
            if not chunk:
                return outcome
            act(place, chunk, outcome)
            outcome.seen.update(str(review.uuid) for review in chunk)
        after, taken = chunk[-1].pk, taken + len(chunk)
    with place.scope():
        outcome.more = rows().filter(pk__gt=after, pk__lte=last).count()
    return outcome
