"""How far a scan has come: days behind it, the window under way, the sheet within it; as text that resumes anywhere.

Changes are asked for by whole days, of a clock whose zone nobody tells. So a scan goes on into the day that has begun
somewhere, the watermark stays at the day that has not yet ended anywhere, and the next scan begins some days before it.
The watermark moves when a window has been read to its end: who stops before that goes on in it.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from integrations.systems.avidxchange.lists import START, Place
from integrations.systems.avidxchange.profile import DatesSpec, Operation

_EAST, _WEST = timedelta(hours=14), timedelta(hours=12)  # from UTC to the first and to the last zone of a day


class Today(msgspec.Struct, frozen=True):
    """The day it is now: the latest anywhere, and the earliest."""

    latest: date
    earliest: date


class Cursor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`done`: all that changed before this day is read (None: nothing yet). `begin` and `end` are the window under way,
    both included, without a begin from ever on; `place` its next sheet, `read` its rows so far, `batch` the last batch
    of it that is read, `again` how often it was begun anew since its list moved.
    """

    done: date | None = None
    begin: date | None = None
    end: date | None = None
    place: Place = START
    read: int = 0
    batch: str = ""
    again: int = 0

    @property
    def text(self) -> str:
        """As it is stored."""
        return msgspec.json.encode(self).decode()


def resumed(text: str) -> Cursor:
    """The cursor of a stored text; a new one of an empty text."""
    return msgspec.json.decode(text, type=Cursor) if text else Cursor()


def today(now: datetime) -> Today:
    """Of an aware time."""
    utc = now.astimezone(UTC)
    return Today((utc + _EAST).date(), (utc - _WEST).date())


def begun(at: Cursor, first: date | None, now: Today, dates: DatesSpec) -> Cursor:
    """The cursor with a window under way: the one it stands in, else the next. `first` is where a first scan begins;
    None: everything there is, in one window without begin.
    """
    if at.end is not None:
        return at
    begin = first if at.done is None else at.done - timedelta(days=dates.overlap_days)
    return window(begin, now, dates)


def window(begin: date | None, now: Today, dates: DatesSpec) -> Cursor:
    """The window that begins then: not longer than allowed, not into the future."""
    if begin is None:
        return Cursor(end=now.latest)
    begin = min(begin, now.latest)
    return Cursor(begin=begin, end=min(now.latest, begin + timedelta(days=dates.max_window_days - 1)))


def behind(at: Cursor, now: Today, dates: DatesSpec) -> Cursor:
    """The cursor after its window: the next window, or none under way when today is reached."""
    end = at.end or now.latest
    if end >= now.latest:
        return Cursor(done=min(end, now.earliest))
    return window(end + timedelta(days=1), now, dates)


def filters(at: Cursor, operation: Operation, dates: DatesSpec) -> Mapping[str, str]:
    """The parameters that narrow a list to the window; one without begin is not narrowed."""
    if at.begin is None or at.end is None:
        return {}
    ends = {
        operation.from_param or dates.from_param: datetime.combine(at.begin, time.min),
        operation.to_param or dates.to_param: datetime.combine(at.end, time.max),
    }
    return {name: moment.strftime(dates.filter_format) for name, moment in ends.items()}
