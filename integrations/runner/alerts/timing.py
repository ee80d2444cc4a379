"""When a member may be told: their rhythm and quiet hours, in their own time zone, correct over DST changes."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from integrations.runner.schedule import blackout_left, next_time

_MOST = 14  # windows that may follow one another


def next_telling(rhythm: str, daily_at: str, time_zone: str, quiet: Iterable[Any], now: datetime) -> datetime:
    """The earliest time for a message that could go now (aware UTC)."""
    windows = list(quiet)
    if rhythm == "hourly":
        return next_time("0 * * * *", time_zone, now, windows)
    if rhythm == "daily":
        hour, minute = daily_at.split(":")
        return next_time(f"{int(minute)} {int(hour)} * * *", time_zone, now, windows)
    at = now
    for _ in range(_MOST):
        left = blackout_left(time_zone, at, windows)
        if not left:
            break
        at += max(left, timedelta(minutes=1))
    return at
