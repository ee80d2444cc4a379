"""A chaos run from its beginning to its verdict, in either direction. CHAOS_LONG=1 makes the long ones run.

CHAOS_SEED replays one run; 0 takes a seed that nobody has seen yet.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from tests.journeys.chaos.direction import Direction
from tests.journeys.chaos.incidents import Trouble
from tests.journeys.chaos.judge import Verdict, judge
from tests.journeys.chaos.world import world

LONG = os.environ.get("CHAOS_LONG") == "1"
SEED = int(os.environ.get("CHAOS_SEED", "471109")) or Random().randrange(1, 10**6)
Tell = Callable[[str], None]


@contextmanager
def chaos(folder: Path, tell: Tell, direction: Direction, *, workers: int = 1) -> Iterator[Trouble]:
    """A world at work; what it met is told at its end, whatever that is."""
    began = time.monotonic()
    with world(folder, direction) as place:
        prepared = time.monotonic() - began
        place.start(workers)
        trouble = Trouble(place, Random(SEED))
        try:
            yield trouble
        finally:
            told = {**trouble.met, "kills": trouble.kills, "seed": SEED, **direction.records}
            tell(f"chaos: {told}; prepared in {prepared:.1f} s, worked for {place.clock:.1f} s")


def nothing_doubled_nothing_lost(trouble: Trouble, seconds: float) -> None:
    """Wait for the end, then judge; the runs add up too."""
    place = trouble.world
    place.target.calm()
    direction = place.direction
    done = place.wait(place.settled, seconds, step=0.5)
    states = {entity: place.states(entity) for entity in (*direction.records, "vendor")}
    verdict = judge(direction.wanted, direction.found(place))
    trouble.met.update(doubled=len(verdict.doubled), lost=len(verdict.lost))
    assert verdict == Verdict(), f"seed {SEED}: {verdict}, {states}"
    assert done, f"seed {SEED}: still at work, {states}"
    assert {entity: states[entity].get("held", 0) for entity in direction.held} == direction.held
    assert place.wait(lambda: all(run[1:3] == ("done", True) for run in place.runs()), 90, step=0.5), place.runs()


def something_with_every_portion(trouble: Trouble, moments: list[Callable[[], object]]) -> None:
    """Records are released portion by portion, and one of the moments, in any order, happens to each."""
    trouble.chance.shuffle(moments)
    place = trouble.world
    place.wait(lambda: place.states("invoice").get("done"), 120, step=0.5)
    portion = -(-len(place.direction.withheld) // len(moments))
    for moment in moments:
        place.release(portion)
        moment()


def enough(trouble: Trouble) -> None:
    """What a long run must have met."""
    met = trouble.met
    assert met["kill while a write is unanswered"] + met["kill while a look-up is unanswered"] >= 20, met
    assert met["kill between answer and commit"] >= 5, met
    assert trouble.kills >= 40, met
    assert met["kill of whole workers while a write is unanswered"] == met["stopped past the lease"] == 1, met
