"""What a stretch of work cost: wall and CPU seconds of this process and of PostgreSQL, and the memory it added."""

import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_TICK = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")
_WATCHED = 0.25  # seconds between two looks at another process


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds, and megabytes of resident memory: `idle` at the start, `peak` the most during the work."""

    wall: float
    ours: float
    postgres: float
    idle: float
    peak: float

    @property
    def cpu(self) -> float:
        """Ours and PostgreSQL's."""
        return self.ours + self.postgres

    @property
    def added(self) -> float:
        """Resident memory above idle."""
        return max(0.0, self.peak - self.idle)

    def plain(self) -> dict[str, float]:
        """As JSON carries it."""
        return asdict(self)


class Meter:
    """Measures from its making until `stop()`. `backend` is the pid of a PostgreSQL backend on this machine."""

    def __init__(self, backend: int) -> None:
        self._postmaster = postmaster_of(backend)
        (_PROC / "self/clear_refs").write_text("5")  # the peak starts anew
        self._idle = resident("VmRSS")
        self._start = time.monotonic(), _own_cpu(), tree_cpu(self._postmaster)

    def stop(self) -> Cost:
        """The cost so far."""
        wall, ours, postgres = self._start
        return Cost(
            wall=time.monotonic() - wall,
            ours=_own_cpu() - ours,
            postgres=tree_cpu(self._postmaster) - postgres,
            idle=self._idle,
            peak=resident("VmHWM"),
        )


def _own_cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def resident(name: str, pid: int | str = "self") -> float:
    """VmRSS (now) or VmHWM (peak) of a process in MB."""
    for line in (_PROC / str(pid) / "status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(f"The kernel does not say {name} of process {pid}.")


def postmaster_of(backend: int) -> int:
    """The pid of the server that a backend belongs to; 0 when it runs on another machine."""
    try:
        if not (_PROC / str(backend) / "comm").read_text().startswith("postgres"):
            return 0
        return _stat(backend)[1]
    except (FileNotFoundError, ProcessLookupError):
        return 0


def tree_cpu(postmaster: int) -> float:
    """CPU seconds of a server and all its processes, those that have ended included; 0.0 for pid 0."""
    if not postmaster:
        return 0.0
    ticks = sum(_stat(postmaster)[11:15])
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            try:
                found = _stat(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has ended meanwhile and counts as its parent's
            if found[1] == postmaster:
                ticks += sum(found[11:13])
    return ticks / _TICK


def _stat(pid: int) -> list[int]:
    """Numbers of /proc/PID/stat from the state on, which itself reads 0 (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html)."""
    fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return [0, *(int(field) for field in fields[1:])]


def watch(process: Any) -> float:
    """Wait for a started process; the most resident memory it had, in MB."""
    peak = 0.0
    while process.poll() is None:
        try:
            peak = max(peak, resident("VmHWM", process.pid))
        except (LookupError, FileNotFoundError, ProcessLookupError):
            break
        time.sleep(_WATCHED)
    process.wait()
    return peak
