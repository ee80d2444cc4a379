"""Rhythm and quiet hours, over nights, weekends and both DST changes."""

from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.runner.alerts.timing import next_telling

NIGHT = {"days": [0, 1, 2, 3, 4, 5, 6], "from": "18:00", "to": "07:00"}
WEEKEND = {"days": [5, 6], "from": "00:00", "to": "23:59"}
LONDON = "Europe/London"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("rhythm", "zone", "quiet", "now", "then"),
    [
        ("now", LONDON, [], "2026-11-25T12:00", "2026-11-25T12:00"),
        ("now", LONDON, [NIGHT], "2026-11-25T12:00", "2026-11-25T12:00"),
        ("now", LONDON, [NIGHT], "2026-11-25T20:00", "2026-11-26T07:00"),
        ("now", LONDON, [NIGHT], "2026-11-26T03:00", "2026-11-26T07:00"),
        # the clock goes forward on 29 March 2026: 07:00 is 06:00 UTC; back on 25 October: 07:00 is 07:00 UTC
        ("now", LONDON, [NIGHT], "2026-03-28T20:00", "2026-03-29T06:00"),
        ("now", LONDON, [NIGHT], "2026-10-24T20:00", "2026-10-25T07:00"),
        ("now", "America/Chicago", [NIGHT], "2026-03-08T07:30", "2026-03-08T12:00"),
        ("now", LONDON, [NIGHT, WEEKEND], "2026-11-27T20:00", "2026-11-30T07:00"),  # Friday evening: Monday
        ("hourly", LONDON, [], "2026-11-25T12:01", "2026-11-25T13:00"),
        ("hourly", LONDON, [NIGHT], "2026-11-25T17:30", "2026-11-26T07:00"),
        ("hourly", "Asia/Kolkata", [], "2026-11-25T12:01", "2026-11-25T12:30"),
        ("daily", LONDON, [], "2026-11-25T12:01", "2026-11-26T08:15"),
        ("daily", LONDON, [], "2026-10-24T12:01", "2026-10-25T08:15"),
        ("daily", LONDON, [WEEKEND], "2026-11-27T12:01", "2026-11-30T08:15"),
    ],
)
def test_a_message_leaves_when_it_may(rhythm: str, zone: str, quiet: list[Any], now: str, then: str) -> None:
    assert next_telling(rhythm, "08:15", zone, quiet, at(now)) == at(then)
