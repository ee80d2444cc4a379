"""Real workers, a real database, a real Redis, a BILL that takes everything twice: nothing is doubled, nothing is lost.

Judged by what BILL's stand-in holds alone. CHAOS_LONG=1 makes it 2,000 invoices and 40 kills.
"""

from pathlib import Path

import pytest

from tests.journeys.chaos.outward import Outward
from tests.journeys.chaos.runs import (
    LONG,
    SEED,
    Tell,
    chaos,
    enough,
    nothing_doubled_nothing_lost,
    something_with_every_portion,
)
from tests.journeys.chaos.seeds import sow

pytestmark = [pytest.mark.processes, pytest.mark.slow]


def outward(folder: Path, invoices: int, lag: int, released: int | None = None) -> Outward:
    """BILL's lists lag by `lag` seconds, and the connection allows for that and a second."""
    return Outward(sow(folder / "spend.csv", invoices, SEED), lag, lag + 1, released)


def test_killed_workers_and_lost_sessions(tmp_path: Path, tell: Tell) -> None:
    direction = outward(tmp_path, 1000, 2)  # more than one batch, and more in it than all lanes hold at once
    with chaos(tmp_path, tell, direction) as trouble:
        assert trouble.kill_before_commit(seconds=120)
        assert trouble.kill_unanswered(seconds=120)
        assert trouble.terminate_in_commit(seconds=120)
        nothing_doubled_nothing_lost(trouble, 240)


def test_redis_is_emptied_while_a_write_is_under_way(tmp_path: Path, tell: Tell) -> None:
    with chaos(tmp_path, tell, outward(tmp_path, 300, 1)) as trouble:
        assert trouble.flush_redis(seconds=60)
        nothing_doubled_nothing_lost(trouble, 150)


@pytest.mark.skipif(not LONG, reason="CHAOS_LONG=1 runs 2,000 invoices through 40 kills (about 8 minutes)")
def test_forty_kills(tmp_path: Path, tell: Tell) -> None:
    with chaos(tmp_path, tell, outward(tmp_path, 2000, 9, 100), workers=2) as trouble:
        assert trouble.kill_unanswered("vendor", seconds=60)
        something_with_every_portion(
            trouble,
            [
                *[trouble.kill_unanswered] * 25,
                trouble.kill_worker,
                trouble.stop_past_lease,
                *[trouble.kill_before_commit] * 9,
                *[trouble.kill_reading] * 4,
                *[lambda: trouble.kill_any_time(3.0)] * 16,
                *[trouble.lose_answer] * 4,
                *[trouble.terminate_in_commit] * 3,
            ],
        )
        nothing_doubled_nothing_lost(trouble, 400)
        enough(trouble)
