"""A Redis of a world's own that can be stopped, and its database away: in the middle of a request, and for a while."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis

from bench.sender import free_place
from tests.journeys.chaos.world import World

_LOCK = "LOCK TABLE integrations_webhookevent IN EXCLUSIVE MODE"
_BLOCKED = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND %s = ANY(pg_blocking_pids(pid))"
_END = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = %s AND usename = current_user AND pid <> pg_backend_pid()
"""


@dataclass
class Redis:
    """Keeps nothing: what was in it is gone when it stops."""

    folder: Path
    place: str = field(default_factory=free_place)
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def url(self) -> str:
        return f"redis://{self.place}/0"

    def start(self) -> None:
        port = self.place.partition(":")[2]
        command = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with redis.Redis.from_url(self.url, retry=None) as client:
            for _ in range(200):
                try:
                    client.ping()
                    return
                except redis.ConnectionError:
                    time.sleep(0.05)
        raise AssertionError("Redis did not start")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def kept_waiting(place: World) -> Iterator[Callable[[], bool]]:
    """Events cannot be stored while the block runs; gives what waits until one is on its way."""
    with place.database() as connection, connection.transaction():
        connection.execute(_LOCK)
        pid = connection.info.backend_pid
        yield lambda: bool(place.wait(lambda: connection.execute(_BLOCKED, [pid]).fetchone(), 10))


@contextmanager
def database_away(place: World) -> Iterator[None]:
    """Every session of the application ends, and none begins until the block is left."""
    name = urlsplit(place.env["DATABASE_URL"]).path.strip("/")
    elsewhere = {
        role: urlsplit(place.env[role])._replace(path="/postgres").geturl()
        for role in ("DATABASE_OWNER_URL", "DATABASE_URL")
    }
    with psycopg.connect(elsewhere["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            with psycopg.connect(elsewhere["DATABASE_URL"], autocommit=True) as app:
                app.execute(_END, [name])
            yield
        finally:
            owner.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
