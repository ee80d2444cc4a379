"""Schedules as people say them: a cron expression in words, and the hours in which a flow rests."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cronsim import CronSim, CronSimError

from integrations.web.words import listed

_EVERY_MINUTES = re.compile(r"\*/(\d+) \* \* \*")
_EVERY_HOURS = re.compile(r"(\d+) \*/(\d+) \* \*")
_HOURLY = re.compile(r"(\d+) \* \* \*")
_DAILY = re.compile(r"(\d+) (\d+) \* \*")
# Windows count from Monday, 0; cron from Sunday, 0.
DAYS = {"0,1,2,3,4,5,6": "every day", "0,1,2,3,4": "on weekdays", "5,6": "at weekends"}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAYS = {"*": "", "0-6": "", "1-5": " on weekdays", "0,6": " at weekends"}
# What most people want, as they would say it.
USUAL = (
    ("*/5 * * * *", "Every 5 minutes"),
    ("*/5 * * * 1-5", "Every 5 minutes on weekdays"),
    ("*/15 * * * *", "Every 15 minutes"),
    ("0 * * * *", "Every hour"),
    ("0 6 * * *", "Every day at 06:00"),
    ("0 6 * * 1-5", "At 06:00 on weekdays"),
)


def in_words(schedule: str) -> str:
    """A cron expression as a person says it."""
    if schedule == "* * * * *":
        return "every minute"
    times, _, days = schedule.rpartition(" ")
    words = _short(times) if days in _DAYS else ""
    if _DAYS.get(days):
        words = words.removeprefix("every day ")
    return words + _DAYS[days] if words else _long(schedule)


def _short(times: str) -> str:
    if found := _EVERY_MINUTES.fullmatch(times):
        return f"every {found[1]} minutes"
    if found := _EVERY_HOURS.fullmatch(times):
        return f"every {found[2]} hours, {found[1]} minutes past"
    if found := _HOURLY.fullmatch(times):
        return "every hour" if found[1] == "0" else f"every hour, {found[1]} minutes past"
    if found := _DAILY.fullmatch(times):
        return f"every day at {int(found[2]):02}:{int(found[1]):02}"
    return ""


def _long(schedule: str) -> str:
    try:
        words: str = CronSim(schedule, datetime(2024, 1, 1)).explain()  # noqa: DTZ001  (only its fields are read)
    except CronSimError:
        return f"by the schedule {schedule}"
    return words[:1].lower() + words[1:]


def days_words(days: Sequence[int]) -> str:
    """Days of a window, Monday being 0, in words."""
    return DAYS.get(days_key(days)) or f"on {listed([WEEKDAYS[day] for day in days])}"


def days_key(days: Sequence[int]) -> str:
    """The days as a form sends them: 0,1,2."""
    return ",".join(map(str, days))


def quiet_words(window: Mapping[str, Any]) -> str:
    """A blackout window in words: from 18:00 to 20:00 on weekdays."""
    return f"from {window['from']} to {window['to']} {days_words(window['days'])}"
