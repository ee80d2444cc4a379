"""When a flow is due again, and that nobody waits for nothing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.models import DueFlow
from integrations.store import lease
from tests.integrations.conftest import Bench


def due_in(bench: Bench) -> float:
    row = DueFlow.objects.get(flow_id=bench.flow.pk)
    assert row.last_served is not None
    return (row.due_at - row.last_served).total_seconds()


def poll_in(bench: Bench, seconds: float) -> None:
    row = DueFlow.objects.get(flow_id=bench.flow.pk)
    DueFlow.objects.filter(flow_id=bench.flow.pk).update(poll_at=row.due_at + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("poll", "wait", "expected"),
    [
        (-60, 30.0, 30),  # the source itself asked for the wait: a poll that is overdue does not cut it short
        (-60, 0.0, 0),
        (600, 30.0, 30),
        (20, 300.0, 20),
        (600, None, 600),
    ],
)
def test_a_flow_is_due_after_the_wait_or_at_its_next_poll(
    bench: Bench, poll: float, wait: float | None, expected: float
) -> None:
    poll_in(bench, poll)
    lease.release(bench.lease, due_in=wait)
    assert due_in(bench) == pytest.approx(expected, abs=5)


def test_a_flow_that_is_done_and_whose_poll_is_due_goes_on_at_once(bench: Bench) -> None:
    poll_in(bench, -60)
    lease.release(bench.lease, due_in=None)
    assert bench.flow.pk in [held.flow_id for held in lease.claim_due(100_000, 100_000)]


def test_nothing_was_quiet_while_a_lease_is_held(bench: Bench) -> None:
    assert not lease.quiet(120.0)


@pytest.mark.parametrize(("seconds", "expected"), [(-1, 600), (1, 0)])
def test_a_hint_that_comes_while_a_flow_reads_makes_it_read_again(
    bench: Bench, seconds: float, expected: float
) -> None:
    began = timezone.now() - timedelta(seconds=seconds)
    lease.poll_now(bench.flow.pk)
    lease.polled(bench.lease, next_at=timezone.now() + timedelta(seconds=600), began=began)
    lease.release(bench.lease, due_in=None)
    assert due_in(bench) == pytest.approx(expected, abs=5)
