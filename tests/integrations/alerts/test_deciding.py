"""When an open alert is told again."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from integrations.runner.alerts.deciding import Size, to_tell

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def asked(size: Size, told: Size | None = None, *, ago: timedelta = timedelta(0), **more: bool) -> str:
    values = {"urgent": False, "steady": True, **more}
    return to_tell(size, told, NOW - ago if told else None, NOW, now=NOW, **values)


def test_a_new_one_is_told_once_it_stopped_growing() -> None:
    assert asked(Size(3), steady=False) == ""
    assert asked(Size(3)) == "alert.raised"


def test_an_urgent_one_is_told_at_once() -> None:
    assert asked(Size(1), steady=False, urgent=True) == "alert.raised"


def test_one_that_never_stops_growing_is_told_after_five_minutes() -> None:
    began = NOW - timedelta(minutes=5)
    assert to_tell(Size(90), None, None, began, urgent=False, steady=False, now=NOW) == "alert.raised"


@pytest.mark.parametrize(
    ("told", "size", "much"),
    [
        (Size(10), Size(12), False),
        (Size(10), Size(20), True),
        (Size(1), Size(2), False),
        (Size(1), Size(6), True),
        (Size(100), Size(150), False),
        (Size(10, {"USD": Decimal(100)}), Size(11, {"USD": Decimal(250)}), True),
        (Size(10, {"USD": Decimal(100)}), Size(11, {"USD": Decimal(100), "EUR": Decimal(5)}), True),
        (Size(10, {"USD": Decimal(-100)}), Size(11, {"USD": Decimal(-120)}), False),
        (Size(10, {"USD": Decimal(0)}), Size(11, {"USD": Decimal(0)}), False),
    ],
)
def test_it_is_told_again_when_it_grew_much(told: Size, size: Size, much: bool) -> None:
    assert asked(size, told, ago=timedelta(hours=2)) == ("alert.grown" if much else "")


def test_growth_within_the_hour_waits_unless_it_is_urgent() -> None:
    assert asked(Size(50), Size(5), ago=timedelta(minutes=20)) == ""
    assert asked(Size(50), Size(5), ago=timedelta(minutes=20), urgent=True) == "alert.grown"


def test_it_is_told_again_after_a_day() -> None:
    assert asked(Size(5), Size(5), ago=timedelta(hours=23)) == ""
    assert asked(Size(5), Size(5), ago=timedelta(hours=24)) == "alert.reminded"
