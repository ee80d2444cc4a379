"""Defence: a planted secret is found nowhere: not in the database, in Redis, in what was logged, answered or shown."""

import base64
import io
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import redis
from django.conf import settings
from django.db import connections
from psycopg import sql

# How Django packs sessions and messages: a dot, then compressed JSON in base64.
_PACKED = re.compile(rb"\.(eJ[\w-]{8,})")


def findings(secrets: Iterable[str], *, logged: str = "", heard: Mapping[str, str] | None = None) -> list[str]:
    """Each place where one of the secrets is readable, in any of the spellings it could travel in.

    `heard` is what else came to light, by name: answers, messages, traffic, reprs.
    """
    spellings = {spelling for secret in secrets for spelling in _spellings(secret)}
    return [
        *(name for name, text in (heard or {}).items() if _shows(text.encode("utf-8", "replace"), spellings)),
        *(f"table {table}" for table, dump in _tables() if _shows(dump, spellings)),
        *(f"Redis key {key}" for key, value in _redis() if _shows(value, spellings)),
        *(["the log"] if _shows(logged.encode(), spellings) else []),
    ]


def _shows(text: bytes, spellings: set[bytes]) -> bool:
    text += b"".join(_unpacked(found) for found in _PACKED.findall(text))
    return any(spelling in text for spelling in spellings)


def _unpacked(packed: bytes) -> bytes:
    try:
        return zlib.decompress(base64.urlsafe_b64decode(packed + b"=" * (-len(packed) % 4)))
    except (ValueError, zlib.error):
        return b""


def _spellings(secret: str) -> Iterator[bytes]:
    plain = secret.encode()
    yield plain
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    yield quote(secret, safe="").encode()
    for skipped in range(3):  # base64 of a text around it, whatever precedes it
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(plain[skipped:])[: (len(plain) - skipped) // 3 * 4]


def _tables() -> Iterator[tuple[str, bytes]]:
    """Every table of the database as COPY writes it."""
    owner: Any = connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute(
            "SELECT relnamespace::regnamespace::text, relname FROM pg_class WHERE relkind IN ('r', 'p', 'm') "
            "AND relnamespace::regnamespace::text !~ '^(pg_|information_schema)'"
        )
        for schema, table in cursor.fetchall():
            dump = io.BytesIO()
            with cursor.copy(
                sql.SQL("COPY (SELECT * FROM {}) TO STDOUT").format(sql.Identifier(schema, table))
            ) as copy:
                for block in copy:
                    dump.write(bytes(block))
            yield table, dump.getvalue()


def _redis() -> Iterator[tuple[str, bytes]]:
    client = redis.Redis.from_url(settings.REDIS_URL)
    for key in client.scan_iter(count=500):
        value = client.dump(key)
        if value is not None:
            yield key.decode(errors="replace"), bytes(value)
