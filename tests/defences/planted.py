"""Defence: a planted secret is found nowhere: not in the database, not in Redis, not in what was logged."""

import base64
import io
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

import redis
from django.conf import settings
from django.db import connections
from psycopg import sql


def findings(secrets: Iterable[str], *, logged: str = "") -> list[str]:
    """Each place where one of the secrets is readable, in any of the spellings it could travel in."""
    spellings = {spelling for secret in secrets for spelling in _spellings(secret)}
    return [
        *(f"table {table}" for table, dump in _tables() if _shows(dump, spellings)),
        *(f"Redis key {key}" for key, value in _redis() if _shows(value, spellings)),
        *(["the log"] if _shows(logged.encode(), spellings) else []),
    ]


def _shows(text: bytes, spellings: set[bytes]) -> bool:
    return any(spelling in text for spelling in spellings)


def _spellings(secret: str) -> Iterator[bytes]:
    plain = secret.encode()
    yield plain
    yield plain.hex().encode()
    yield quote(secret, safe="").encode()
    for skipped in range(3):  # base64 of a text around it, whatever precedes it
        yield base64.b64encode(plain[skipped:])[: (len(plain) - skipped) // 3 * 4]


def _tables() -> Iterator[tuple[str, bytes]]:
    """Every table of the database as COPY writes it."""
    owner: Any = connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")
        for (table,) in cursor.fetchall():
            dump = io.BytesIO()
            with cursor.copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
                for block in copy:
                    dump.write(bytes(block))
            yield table, dump.getvalue()


def _redis() -> Iterator[tuple[str, bytes]]:
    client = redis.Redis.from_url(settings.REDIS_URL)
    for key in client.scan_iter(count=500):
        value = client.dump(key)
        if value is not None:
            yield key.decode(errors="replace"), bytes(value)
