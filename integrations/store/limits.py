"""What was used of hourly limits, noted every few seconds, and told to a Redis that has forgotten it."""

from collections.abc import Mapping

from django.db import connection

_NOTE = """
    INSERT INTO integrations_hourlyuse AS u (key, hour, requests, logins)
    SELECT * FROM unnest(%s::text[], %s::int[], %s::int[], %s::int[])
    ON CONFLICT (key) DO UPDATE SET
        requests = CASE WHEN u.hour = excluded.hour THEN greatest(u.requests, excluded.requests)
                        ELSE excluded.requests END,
        logins = CASE WHEN u.hour = excluded.hour THEN greatest(u.logins, excluded.logins) ELSE excluded.logins END,
        hour = excluded.hour
    WHERE u.hour <= excluded.hour
"""
_USED = """
    SELECT requests, logins FROM integrations_hourlyuse
    WHERE key = %s AND hour = floor(extract(epoch FROM now()) / 3600)
"""


def note(used: Mapping[str, tuple[int, int, int]]) -> None:
    """Keep (hour, requests, sign-ins) by limit key; a smaller count of the same hour is a Redis that has forgotten."""
    if used:
        columns = zip(*((key, *counts) for key, counts in sorted(used.items())), strict=True)
        with connection.cursor() as cursor:
            cursor.execute(_NOTE, [list(column) for column in columns])


def used(key: str) -> tuple[int, int]:
    """(requests, sign-ins) of this clock hour, as last noted.

    On a connection of its own: it is asked in the middle of a request, in whatever thread sends it.
    """
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            cursor.execute(_USED, [key])
            row = cursor.fetchone()
    finally:
        own.close()
    return (row[0], row[1]) if row else (0, 0)
