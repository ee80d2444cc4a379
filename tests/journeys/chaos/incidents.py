"""What goes wrong, at moments that are found from outside: nothing in the product knows of this file."""

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import redis

from tests.journeys.chaos.processes import killed
from tests.journeys.chaos.stand_ins import Json
from tests.journeys.chaos.world import World

_WAIT = 20.0  # seconds that a moment is waited for
_SLOW = 0.7  # seconds that a request is kept unanswered, so that the moment can be met


@dataclass
class Trouble:
    """Makes trouble in one world and counts what it really met; `chance` is seeded by the caller.

    `at` is the address that a write is met at; "" is any of those that a record of the flow is posted to.
    """

    world: World
    chance: Random
    met: Counter[str] = field(default_factory=Counter)

    @property
    def kills(self) -> int:
        """How often processes were killed."""
        return sum(count for name, count in self.met.items() if name.startswith("kill"))

    def kill_any_time(self, longest: float = 1.0) -> bool:
        """Kill the pool at a random moment; the workers' parents start a new one."""
        time.sleep(self.chance.uniform(0.0, longest))
        return self._kill("kill at a random moment")

    def kill_unanswered(self, flow: str = "invoice", at: str = "", seconds: float = _WAIT) -> bool:
        """Kill while a write is received and not answered; the target has processed it, or will."""
        when = self.chance.choice(("before", "after"))
        if self._write_under_way(flow, when, seconds, at) is None:
            return False
        return self._kill("kill while a write is unanswered")

    def kill_worker(self, seconds: float = _WAIT) -> bool:
        """Kill every worker with its pool, as a machine that is lost: only the lease's end brings its flow back."""
        if self._write_under_way("invoice", "after", seconds) is None:
            return False
        for worker in self.world.workers:
            worker.kill()
        self.world.workers.clear()
        self.met["kill of whole workers while a write is unanswered"] += 1
        self.world.more()
        return True

    def kill_reading(self, seconds: float = _WAIT) -> bool:
        """Kill while a list is asked for and not answered: nothing may depend on a look-up that never came back."""
        if self._under_way(self.world.direction.looks, "GET", "after", seconds) is None:
            return False
        return self._kill("kill while a look-up is unanswered")

    def kill_before_commit(self, flow: str = "invoice", at: str = "", seconds: float = _WAIT) -> bool:
        """Kill between answer and commit: the commit is kept waiting by a lock on the row that each commit proves."""
        write = self._write_under_way(flow, "after", seconds, at)
        if write is None:
            return False
        with self._commit_kept_waiting(flow) as waits:
            answered = self.world.wait(lambda: self._answered(write), 5)
            return bool(answered and waits()) and self._kill("kill between answer and commit")

    def stop_past_lease(self, seconds: float = 90.0) -> bool:
        """Stop the pool while a write is unanswered, until somebody else holds the lease; then let it go on."""
        if self._write_under_way("invoice", "after", 60.0) is None:
            return False
        stopped = self.world.pool()
        killed(stopped, signal.SIGSTOP)
        before = self._fence()
        self.world.more()  # somebody must be there to take over
        taken_over = self.world.wait(lambda: self._fence() > before, seconds, step=0.2)
        killed(stopped, signal.SIGCONT)
        self.met["stopped past the lease"] += bool(taken_over)
        return bool(taken_over)

    def lose_answer(self, flow: str = "invoice", at: str = "", seconds: float = _WAIT) -> bool:
        """The next write is processed, its answer lost."""
        last, target = self._last(), self.world.target
        target.fault("drop_after", path_contains=at or self._address(flow), method="POST")
        lost = self.world.wait(lambda: any(each["fault"] == "drop_after" for each in target.ledger(last)), seconds)
        if not lost:
            target.calm()
        self.met["answer lost"] += bool(lost)
        return bool(lost)

    def terminate_connections(self) -> int:
        """End every PostgreSQL session of the application."""
        query = """
            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
        """
        with self.world.database("app") as connection:
            row = connection.execute(query).fetchone()
        ended = int(row[0]) if row else 0
        self.met["PostgreSQL connections terminated"] += ended
        return ended

    def terminate_in_commit(self, flow: str = "invoice", seconds: float = _WAIT) -> bool:
        """End the application's sessions while one waits to commit what the target has answered."""
        if self._write_under_way(flow, "after", seconds) is None:
            return False
        with self._commit_kept_waiting(flow) as waits:
            if not waits():
                return False
            ended = self.terminate_connections()
        self.met["terminated between answer and commit"] += bool(ended)
        return bool(ended)

    def flush_redis(self, seconds: float = _WAIT) -> bool:
        """All of Redis is gone while a write is unanswered: messages, budgets, tokens."""
        if self._write_under_way("invoice", "after", seconds) is None:
            return False
        with redis.Redis.from_url(self.world.env["REDIS_URL"]) as client:
            client.flushdb()
        self.met["Redis flushed"] += 1
        return True

    def _kill(self, name: str) -> bool:
        hit = killed(self.world.pool())
        self.met[name] += bool(hit)
        return bool(hit)

    def _address(self, flow: str) -> str:
        return self.chance.choice(self.world.direction.writes[flow])

    def _write_under_way(self, flow: str, when: str, seconds: float, at: str = "") -> Json | None:
        return self._under_way(at or self._address(flow), "POST", when, seconds)

    def _under_way(self, path: str, method: str, when: str, seconds: float) -> Json | None:
        """The next such request, seen by the target and not yet answered."""
        last, target = self._last(), self.world.target
        target.fault("slow", path_contains=path, method=method, seconds=_SLOW, when=when)

        def under_way() -> Any:
            new = target.ledger(last)
            return next((each for each in new if each["fault"] == "slow" and not each["answered"]), None)

        found: Json | None = self.world.wait(under_way, seconds)
        if found is None:
            target.calm()
        return found

    @contextmanager
    def _commit_kept_waiting(self, flow: str) -> Iterator[Callable[[], bool]]:
        """A lock on the row that each commit of the flow proves; gives what waits until somebody waits for it."""
        with self.world.database() as connection, connection.transaction():
            query = "SELECT 1 FROM integrations_dueflow WHERE flow_id = %s FOR UPDATE"
            connection.execute(query, [self.world.flows[flow]])
            pid = connection.info.backend_pid
            yield lambda: bool(self.world.wait(lambda: self._blocked_by(pid), 5))

    def _answered(self, write: Json) -> bool:
        since = self.world.target.ledger(write["place"] - 1)
        return any(each["place"] == write["place"] and each["answered"] for each in since)

    def _blocked_by(self, pid: int) -> bool:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        query += " AND %s = ANY(pg_blocking_pids(pid))"
        with self.world.database() as connection:
            row = connection.execute(query, [pid]).fetchone()
        return bool(row and row[0])

    def _last(self) -> int:
        return int(self.world.target.stats()["requests"])

    def _fence(self) -> int:
        with self.world.database() as connection:
            query = "SELECT fence FROM integrations_dueflow WHERE flow_id = %s"
            row = connection.execute(query, [self.world.flows["invoice"]]).fetchone()
        return int(row[0]) if row else 0
