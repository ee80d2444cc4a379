"""When a flow is read next: five-field cron in its own time zone, correct over DST changes, outside its blackouts."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from cronsim import CronSim, CronSimError

_LONGEST = 100  # characters of a schedule
_LOOK_AHEAD = 2000  # times of a schedule that a blackout may swallow
_CLOCK = "%H:%M"


class Blackout(msgspec.Struct, frozen=True, rename={"starts": "from", "ends": "to"}, forbid_unknown_fields=True):
    """A weekly window without traffic, in the flow's zone. Days are 0 (Monday) to 6; `to` before `from` is next day."""

    days: tuple[int, ...]
    starts: str
    ends: str

    def left(self, at: datetime) -> timedelta | None:
        """How long this window still lasts at the local time `at`; None outside."""
        for back in (0, 1):
            day = at.date() - timedelta(days=back)
            if day.weekday() in self.days:
                begins, ends = _at(day, self.starts, at), _at(day, self.ends, at)
                ends = ends if ends > begins else _at(day + timedelta(days=1), self.ends, at)
                if begins <= at < ends:
                    return ends.astimezone(UTC) - at.astimezone(UTC)
        return None


def next_time(schedule: str, time_zone: str, after: datetime, blackouts: Iterable[Any] = ()) -> datetime:
    """The first time after `after` (aware) outside every blackout, in UTC. Raises CronSimError for a bad schedule.

    A schedule that only ever falls into blackouts gets the end of the one it meets first.
    """
    return next_times(schedule, time_zone, after, blackouts, 1)[0]


def next_times(
    schedule: str, time_zone: str, after: datetime, blackouts: Iterable[Any] = (), count: int = 3
) -> list[datetime]:
    """The next `count` times, as `next_time` gives the first."""
    zone, windows = ZoneInfo(time_zone), windows_of(blackouts)
    times = CronSim(schedule, after.astimezone(zone))
    found: list[datetime] = []
    fallback: datetime | None = None
    for at in islice(times, _LOOK_AHEAD):
        left = _longest(windows, at)
        if left is None:
            found.append(at.astimezone(UTC))
            if len(found) == count:
                return found
        elif fallback is None:
            fallback = at.astimezone(UTC) + left
    return found or [fallback or after.astimezone(UTC) + timedelta(days=1)]


def blackout_left(time_zone: str, at: datetime, blackouts: Iterable[Any]) -> timedelta | None:
    """How long the blackout that holds at `at` still lasts; None when there is none."""
    return _longest(windows_of(blackouts), at.astimezone(ZoneInfo(time_zone)))


def windows_of(blackouts: Iterable[Any]) -> tuple[Blackout, ...]:
    """The stored rows as windows. Raises msgspec.ValidationError for what is none; `problems` says it in words."""
    return tuple(msgspec.convert(each, Blackout, strict=False) for each in blackouts)


def problems(schedule: str, time_zone: str, blackouts: Sequence[Any] = ()) -> dict[str, str]:
    """What is wrong with them, by field (schedule, time_zone, blackouts): each a sentence that says how to mend it."""
    found = {}
    if not _is_schedule(schedule):
        found["schedule"] = (
            "Write five fields: minute, hour, day of month, month, day of week, such as */15 * * * * for every "
            "15 minutes. The day has to exist in some year."
        )
    if time_zone not in available_timezones():
        found["time_zone"] = "Choose a time zone by its name, such as Europe/London or America/Chicago."
    if not _are_windows(blackouts):
        found["blackouts"] = "A blackout has days from 0 (Monday) to 6 and two times such as 18:00 and 20:30."
    return found


def _is_schedule(schedule: str) -> bool:
    if len(schedule) > _LONGEST or len(schedule.split()) != 5:
        return False
    try:
        return next(CronSim(schedule, datetime(2026, 1, 1, tzinfo=UTC)), None) is not None
    except CronSimError:
        return False


def _are_windows(blackouts: Sequence[Any]) -> bool:
    try:
        windows = windows_of(blackouts)
        for each in windows:
            datetime.strptime(each.starts, _CLOCK)  # noqa: DTZ007 - a time of day has no zone of its own
            datetime.strptime(each.ends, _CLOCK)  # noqa: DTZ007
    except (msgspec.ValidationError, ValueError, TypeError):
        return False
    return all(each.days and set(each.days) <= set(range(7)) for each in windows)


def _longest(windows: Sequence[Blackout], at: datetime) -> timedelta | None:
    return max((left for each in windows if (left := each.left(at)) is not None), default=None)


def _at(day: Any, clock: str, like: datetime) -> datetime:
    hour, minute = clock.split(":")
    return datetime.combine(day, time(int(hour), int(minute)), like.tzinfo)
