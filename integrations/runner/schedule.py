"""When a flow is read next: five-field cron in its own time zone, correct over DST changes."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim


def next_time(schedule: str, time_zone: str, after: datetime) -> datetime:
    """The first time after `after` (aware), in UTC. Raises CronSimError for a bad schedule."""
    return next(CronSim(schedule, after.astimezone(ZoneInfo(time_zone)))).astimezone(UTC)
