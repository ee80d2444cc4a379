"""The application's own processes: simulators, a Celery worker and beat, each killed by its pid alone."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
_CELERY = ["-W", "ignore:You're running the worker with superuser", "-m", "celery", "--quiet", "-A", "mlconnector"]


@dataclass
class Running:
    """A process that we started, alone in its group, its output in a file."""

    name: str
    arguments: Sequence[str]
    env: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> "Running":
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, *self.arguments],
                cwd=ROOT,
                env=dict(self.env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def children(self) -> list[int]:
        """Pids of the pool's processes."""
        pid = self.process.pid
        with contextlib.suppress(OSError):
            return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()]
        return []

    def kill(self) -> None:
        """The process and all of its group, without a word of warning."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def simulator(system: str, env: Mapping[str, str], folder: Path, *command: str) -> tuple[Running, str]:
    """A simulator on a free port; its address."""
    running = Running(system, command, env, folder / f"{system}.log").start()
    ends = time.monotonic() + 30
    while time.monotonic() < ends and running.process.poll() is None:
        if found := re.search(r"on (http://127\.0\.0\.1:\d+)", running.log.read_text("utf-8", "replace")):
            return running, found[1]
        time.sleep(0.05)
    running.kill()
    raise AssertionError(f"the stand-in for {system} did not start: {running.log.read_text('utf-8', 'replace')}")


def worker(env: Mapping[str, str], folder: Path, number: int) -> Running:
    """A Celery worker as `./dev up` starts it."""
    arguments = [*_CELERY, "worker", "--loglevel", "INFO", "--concurrency", "2", "--without-gossip", "--without-mingle"]
    arguments += ["--hostname", f"chaos{number}@%h"]
    return Running(f"worker{number}", arguments, env, folder / f"worker{number}.log").start()


def beat(env: Mapping[str, str], folder: Path) -> Running:
    """Celery's clock."""
    arguments = [*_CELERY, "beat", "--loglevel", "WARNING", "--pidfile=", "--schedule", str(folder / "beat")]
    return Running("beat", arguments, env, folder / "beat.log").start()


def killed(pids: Sequence[int], number: signal.Signals = signal.SIGKILL) -> int:
    """Send a signal to each of these; how many were still there."""
    hit = 0
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
            hit += 1
    return hit
