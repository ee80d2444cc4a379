"""Real workers between AvidXchange and an IFS that takes a number twice: nothing is doubled, nothing is lost.

Judged by what the stand-in for IFS holds alone. CHAOS_LONG=1 makes it 1,100 invoices, 900 payments and 40 kills.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.journeys.chaos.captured import capture
from tests.journeys.chaos.inward import Inward
from tests.journeys.chaos.runs import (
    LONG,
    SEED,
    Tell,
    chaos,
    enough,
    nothing_doubled_nothing_lost,
    something_with_every_portion,
)

pytestmark = [pytest.mark.processes, pytest.mark.slow]
_PATIENCE = 45.0  # seconds: a payment waits for its invoice, which may just have been broken off


def inward(folder: Path, invoices: int, payments: int, released: int | None = None) -> Inward:
    return Inward(capture(folder, invoices, payments, SEED, released))


def test_killed_workers_and_lost_sessions(tmp_path: Path, tell: Tell) -> None:
    with chaos(tmp_path, tell, inward(tmp_path, 150, 120, 60)) as trouble:
        something_with_every_portion(
            trouble,
            [
                partial(trouble.kill_unanswered, "invoice", "PostingProposalHeadSet"),
                partial(trouble.kill_unanswered, "payment", "VoucherRowSet", _PATIENCE),
                partial(trouble.kill_before_commit, "invoice", "ExtIncInvHead_Create"),
                partial(trouble.kill_before_commit, "payment", "Voucher_Approve", _PATIENCE),
                partial(trouble.terminate_in_commit, "payment", _PATIENCE),
                partial(trouble.lose_answer, "payment", "VoucherSet", _PATIENCE),
            ],
        )
        nothing_doubled_nothing_lost(trouble, 240)
        assert trouble.kills == 4, trouble.met


def test_redis_is_emptied_while_a_write_is_under_way(tmp_path: Path, tell: Tell) -> None:
    with chaos(tmp_path, tell, inward(tmp_path, 80, 50)) as trouble:
        assert trouble.flush_redis(seconds=60)
        nothing_doubled_nothing_lost(trouble, 150)


@pytest.mark.skipif(not LONG, reason="CHAOS_LONG=1 runs 2,000 records through 40 kills (about 12 minutes)")
def test_forty_kills(tmp_path: Path, tell: Tell) -> None:
    with chaos(tmp_path, tell, inward(tmp_path, 1100, 900, 150), workers=2) as trouble:
        moments: list[Callable[[], object]] = [
            *(partial(trouble.kill_unanswered, "invoice", each) for each in Inward.writes["invoice"] for _ in range(2)),
            *(partial(trouble.kill_unanswered, "payment", each) for each in Inward.writes["payment"] for _ in range(4)),
            *[partial(trouble.kill_before_commit, "invoice")] * 5,
            *[partial(trouble.kill_before_commit, "payment")] * 5,
            *[trouble.kill_reading] * 4,
            trouble.kill_worker,
            trouble.stop_past_lease,
            *[lambda: trouble.kill_any_time(3.0)] * 14,
            *[partial(trouble.lose_answer, flow) for flow in ("invoice", "payment") for _ in range(3)],
            *[partial(trouble.terminate_in_commit, flow) for flow in ("invoice", "payment") for _ in range(2)],
        ]
        something_with_every_portion(trouble, moments)
        nothing_doubled_nothing_lost(trouble, 400)
        enough(trouble)
