"""Schedules: cron in a zone of its own, over DST changes, outside blackouts; bad ones get a sentence."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.runner.schedule import blackout_left, next_time, next_times, problems

EVENING = {"days": [0, 1, 2, 3, 4], "from": "18:00", "to": "20:00"}
NIGHT = {"days": [5], "from": "22:00", "to": "06:00"}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_daily_job_runs_once_on_the_night_the_clock_goes_back() -> None:
    times = next_times("30 1 * * *", "Europe/London", utc("2026-10-24T12:00"), count=2)
    assert times[1] - times[0] >= timedelta(hours=23)
    assert [t.date().isoformat() for t in times] == ["2026-10-25", "2026-10-26"]


def test_a_daily_job_runs_once_on_the_night_its_hour_does_not_exist() -> None:
    times = next_times("30 1 * * *", "Europe/London", utc("2026-03-28T12:00"), count=2)
    assert [t.date().isoformat() for t in times] == ["2026-03-29", "2026-03-30"]


def test_times_in_a_blackout_are_passed_over() -> None:
    assert next_time("*/30 * * * *", "UTC", utc("2026-11-26T17:45"), [EVENING]) == utc("2026-11-26T20:00")


def test_a_blackout_may_pass_midnight() -> None:
    assert blackout_left("UTC", utc("2026-11-29T05:00"), [NIGHT]) == timedelta(hours=1)
    assert blackout_left("UTC", utc("2026-11-29T06:00"), [NIGHT]) is None


def test_a_blackout_is_a_matter_of_the_flows_own_zone() -> None:
    assert blackout_left("America/Chicago", utc("2026-11-27T00:30"), [EVENING]) == timedelta(hours=1, minutes=30)


def test_a_schedule_inside_its_own_blackout_runs_when_that_ends() -> None:
    assert next_time("0 19 * * 1-5", "UTC", utc("2026-11-26T12:00"), [EVENING]) == utc("2026-11-26T20:00")


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("schedule", ("* * * * * *", "UTC", [])),
        ("schedule", ("0 0 31 2 *", "UTC", [])),
        ("schedule", ("* " * 5000, "UTC", [])),
        ("schedule", ("every day", "UTC", [])),
        ("time_zone", ("* * * * *", "Mars/Olympus", [])),
        ("blackouts", ("* * * * *", "UTC", [{"days": [7], "from": "1:00", "to": "2:00"}])),
        ("blackouts", ("* * * * *", "UTC", [{"days": [1], "from": "25:00", "to": "2:00"}])),
        ("blackouts", ("* * * * *", "UTC", ["always"])),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(field: str, given: tuple[str, str, list[Any]]) -> None:
    found = problems(*given)
    assert list(found) == [field]
    assert found[field].endswith(".")


def test_good_ones_pass() -> None:
    assert problems("*/5 * * * 1-5", "America/Chicago", [EVENING, NIGHT]) == {}
