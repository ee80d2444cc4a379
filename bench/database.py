"""A database of the bench's own, beside the configured one: made, migrated and dropped again."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from bench.meter import postmaster_of

URLS = ("DATABASE_URL", "DATABASE_OWNER_URL")


@contextmanager
def own_database() -> Iterator[None]:
    """Point both database URLs of this process's environment to a new, migrated database while the block runs."""
    before = {name: os.environ[name] for name in URLS}
    name = f"bench_{os.getpid()}"
    owner = before["DATABASE_OWNER_URL"]
    _admin(owner, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    os.environ.update({each: _beside(url, name) for each, url in before.items()})
    try:
        migrate = [sys.executable, "manage.py", "migrate", "--database", "owner", "-v", "0"]
        subprocess.run(migrate, check=True)
        yield
    finally:
        os.environ.update(before)
        _admin(owner, sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def settle() -> None:
    """Clear away what earlier measurements left, as autovacuum would in time, so that the next one does not pay."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def postmaster() -> int:
    """The pid of the server; 0 when it runs on another machine."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as connection:
        return postmaster_of(connection.info.backend_pid)


def _admin(url: str, statement: sql.Composed) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def _beside(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
