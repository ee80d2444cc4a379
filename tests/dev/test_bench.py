"""The bench at a tiny size: it runs, checks that both sides did the same work, and prints a row for every promise."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.limiter import Judge
from bench.rows import Row, table

ROOT = Path(__file__).resolve().parents[2]
PROMISES = (
    "pull: CPU s per 1,000",
    "hand loop: CPU s per 1,000",
    "dlt: records/s",
    "unchanged page",
    "whole job, 120 invoices: invoices/s",
    "whole job, 60 invoices at 200 ms",
    "limiter: refused by the judge: 0",
    "each exactly once",
    "ms of an idle tick",
    "s to verify 1,000,000 entries",
    "webhooks: CPU ms an event",
    "webhooks, 20 in one second",
)


@pytest.mark.slow
@pytest.mark.processes
def test_tiny_bench_prints_a_row_for_every_promise() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--tiny"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [promise for promise in PROMISES if promise not in done.stdout] == []


def test_judge_refuses_the_first_request_beyond_its_window() -> None:
    with Judge(allowed=2, window=60.0) as judge:
        assert [judge.judge() for _ in range(3)] == [True, True, False]


def test_missed_target_is_said_in_the_table() -> None:
    assert "MISSED" in table([Row("pull", "1.7", "≤ 1.3", met=False)])
