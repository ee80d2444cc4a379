"""Real workers, a real database, a real Redis, a BILL that takes everything twice: nothing is doubled, nothing is lost.

Judged by what BILL's stand-in holds alone. CHAOS_LONG=1 makes it 2,000 invoices and 40 kills; CHAOS_SEED replays one.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from tests.journeys.chaos.incidents import Trouble
from tests.journeys.chaos.judge import Verdict, judge
from tests.journeys.chaos.seeds import sow
from tests.journeys.chaos.world import World, world

LONG = os.environ.get("CHAOS_LONG") == "1"
SEED = int(os.environ.get("CHAOS_SEED", "0")) or Random().randrange(1, 10**6)
pytestmark = [pytest.mark.processes, pytest.mark.slow]
Tell = Callable[[str], None]


@contextmanager
def chaos(
    folder: Path, tell: Tell, invoices: int, *, lag: int, workers: int = 1, released: int | None = None
) -> Iterator[Trouble]:
    """A world at work; BILL's lists lag by `lag` seconds, and the connection allows for that and a second."""
    began = time.monotonic()
    seeds = sow(folder / "spend.csv", invoices, SEED)
    with world(folder, seeds, visible_after=lag, search_lag=lag + 1, released=released) as place:
        prepared = time.monotonic() - began
        place.start(workers)
        trouble = Trouble(place, Random(SEED))
        yield trouble
        told = {**trouble.met, "kills": trouble.kills, "seed": SEED, "invoices": invoices}
        tell(f"chaos: {told}; prepared in {prepared:.1f} s, worked for {place.clock:.1f} s")


def nothing_doubled_nothing_lost(place: World, seconds: float) -> None:
    """Wait for the end, then judge; the runs add up too."""
    place.calm()
    done = place.wait(place.settled, seconds, step=0.5)
    assert judge(place, place.seeds) == Verdict(), f"seed {SEED}, invoices {place.states('invoice')}"
    assert done, f"seed {SEED}: still at work, invoices {place.states('invoice')}, vendors {place.states('vendor')}"
    assert place.states("invoice").get("held") == len(place.seeds.poison)
    assert place.wait(lambda: all(run[1:3] == ("done", True) for run in place.runs()), 90, step=0.5), place.runs()


def test_killed_workers_and_lost_sessions(tmp_path: Path, tell: Tell) -> None:
    with chaos(
        tmp_path, tell, 1000, lag=2
    ) as trouble:  # more than one batch, and more in it than all lanes hold at once
        assert trouble.kill_before_commit(seconds=120)
        assert trouble.kill_unanswered(seconds=120)
        assert trouble.terminate_in_commit(seconds=120)
        nothing_doubled_nothing_lost(trouble.world, 240)


def test_redis_is_emptied_while_a_write_is_under_way(tmp_path: Path, tell: Tell) -> None:
    with chaos(tmp_path, tell, 300, lag=1) as trouble:
        assert trouble.flush_redis(seconds=60)
        nothing_doubled_nothing_lost(trouble.world, 150)


@pytest.mark.skipif(not LONG, reason="CHAOS_LONG=1 runs 2,000 invoices through 40 kills (about 8 minutes)")
def test_forty_kills(tmp_path: Path, tell: Tell) -> None:
    with chaos(tmp_path, tell, 2000, lag=9, workers=2, released=100) as trouble:
        assert trouble.kill_unanswered("/v3/vendors", 60)
        something_with_every_portion(trouble)
        nothing_doubled_nothing_lost(trouble.world, 400)
        met = trouble.met
        assert met["kill while a write is unanswered"] + met["kill while a look-up is unanswered"] >= 20, met
        assert met["kill between answer and commit"] >= 5, met
        assert trouble.kills >= 40, met
        assert met["kill of whole workers while a write is unanswered"] == met["stopped past the lease"] == 1, met


def something_with_every_portion(trouble: Trouble) -> None:
    """Invoices are released fifty at a time, and something happens to each fifty; the lists lag behind all of it."""
    moments: list[Callable[[], object]] = [
        *[trouble.kill_unanswered] * 25,
        trouble.kill_worker,
        *[trouble.kill_before_commit] * 9,
        *[trouble.kill_reading] * 4,
        *[lambda: trouble.kill_any_time(3.0)] * 16,
        *[trouble.lose_answer] * 4,
        *[trouble.terminate_in_commit] * 3,
    ]
    trouble.chance.shuffle(moments)
    moments.insert(len(moments) // 2, trouble.stop_past_lease)
    place = trouble.world
    place.wait(lambda: place.states("invoice").get("done"), 120, step=0.5)
    portion = -(-len(place.withheld) // len(moments))
    for moment in moments:
        place.release(portion)
        moment()
