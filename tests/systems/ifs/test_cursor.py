"""The cursor's watermark never passes what was seen, nor the server's clock."""

from datetime import UTC, datetime

import pytest

from integrations.systems.ifs.cursor import Cursor
from integrations.systems.ifs.profile import Strategy
from integrations.systems.ifs.walking import Place

START = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
PLACE = Place(after=("10", 7), skip=2)


def since(*changes: str | None, strategy: Strategy = "timestamp", start: datetime = START) -> str:
    """Where the next scan begins after one that saw `changes`."""
    return Cursor(strategy, since="before").moved("invoice", PLACE, start, changes).finished().since


def test_a_cursor_survives_its_text() -> None:
    cursor = Cursor("timestamp", "2026-01-01T00:00:00Z", START, "2026-05-31T00:00:00Z", "invoice", PLACE)
    assert Cursor.load(cursor.text(), "timestamp") == cursor


OTHERS = ['{"strategy":"date","since":"2026-01-01"}', '{"strategy":"timestamp","extra":1}']


@pytest.mark.parametrize("text", ["", "x", "{}", "[]", *OTHERS])
def test_what_is_no_cursor_of_this_strategy_starts_over(text: str) -> None:
    assert Cursor.load(text, "timestamp") == Cursor("timestamp")


def test_the_latest_change_less_the_overlap_is_next() -> None:
    assert since("2026-06-01T11:00:00Z", None, "2026-06-01T10:00:00Z") == "2026-06-01T10:50:00Z"


def test_a_stamp_in_the_future_does_not_carry_the_watermark_away() -> None:
    assert since("2026-06-01T13:00:00Z") == "2026-06-01T11:50:00Z"


def test_stamps_are_compared_as_moments_not_as_text() -> None:
    assert since("2026-06-01T13:30:00+05:30", "2026-06-01T09:00:00Z") == "2026-06-01T08:50:00Z"


def test_a_quiet_set_is_followed_at_two_days_distance() -> None:
    assert since("2026-01-01T00:00:00Z") == "2026-05-30T11:50:00Z"


def test_a_scan_that_saw_nothing_moves_nothing() -> None:
    assert since() == "before"


def test_days_are_read_again_from_their_beginning() -> None:
    assert since("2026-05-30", strategy="date") == "2026-05-30"
    assert since("2026-06-09", strategy="date") == "2026-06-01"


def test_a_whole_scan_begins_again_at_the_beginning() -> None:
    assert Cursor("etag_scan").moved("invoice", PLACE, START, ["2026-06-01"]).finished() == Cursor("etag_scan")


def test_only_the_first_page_sets_the_clock() -> None:
    first = Cursor("timestamp").moved("invoice", PLACE, START, [])
    assert first.moved("invoice", PLACE, START.replace(hour=15), []).start == START
