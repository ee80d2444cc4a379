"""How long we wait, and how often we repeat."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.transport.retry import LONGEST_WAIT, RetryBudget, http_date, pause, retry_after

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("-3", 0.0),
        ("99999", LONGEST_WAIT),
        ("1.5", 1.5),
        ("soon", None),
        ("", None),
        ("nan", None),
    ],
)
def test_seconds_are_obeyed_within_bounds(text: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": text}, NOW) == seconds


@pytest.mark.parametrize(("ahead", "seconds"), [(30, 30.0), (-30, 0.0), (86_400, LONGEST_WAIT)])
def test_a_date_is_a_wait_from_now(ahead: int, seconds: float) -> None:
    date = format_datetime(NOW + timedelta(seconds=ahead), usegmt=True)
    assert retry_after({"retry-after": date}, NOW) == seconds


def test_a_date_is_measured_on_the_servers_own_clock() -> None:
    there = NOW + timedelta(minutes=10)
    headers = {
        "retry-after": format_datetime(there + timedelta(seconds=20), usegmt=True),
        "date": format_datetime(there, usegmt=True),
    }
    assert retry_after(headers, NOW) == 20.0


def test_a_date_beyond_the_calendar_is_none() -> None:
    assert http_date("Fri, 31 Dec 9999 23:59:59 -1400") is None


@given(st.text(max_size=40))
def test_no_header_breaks_us(text: str) -> None:
    wait = retry_after({"retry-after": text, "date": text}, NOW)
    assert wait is None or 0 <= wait <= LONGEST_WAIT
    moment = http_date(text)
    assert moment is None or moment.tzinfo is not None


@given(st.integers(min_value=1, max_value=10_000))
def test_pauses_stay_under_a_doubling_capped_ceiling(attempt: int) -> None:
    assert 0 <= pause(attempt, base=1, cap=60) <= min(60, 2 ** min(attempt - 1, 32))


def test_repeats_stay_a_share_of_the_traffic() -> None:
    budget = RetryBudget(share=0.15, burst=5)
    repeats = 0
    for _ in range(1000):
        budget.earn()
        repeats += budget.spend()
    assert repeats <= 5 + 0.15 * 1000
