"""Events at our door: gunicorn as `./dev up` starts it, and a sender of its own that keeps to its times.

Each event has an id of its own and a right signature. Its time runs from when it should have been sent, so that a slow
answer cannot hide behind the next event, which waits for it.
"""

import http.client
import json
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from integrations.systems.bill.hooks import HEADER, signature

LANES = 64  # connections of the sender
ORGANIZATION = "00802DEMOORGANIZA001"
KEY = "the-bench-signs-with-this"
_START_SECONDS = 60.0


def free_place() -> str:
    """Host and port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def gunicorn(place: str) -> list[str]:
    """What follows `python`, as `./dev up` starts it."""
    command = ["-m", "gunicorn", "mlconnector.wsgi:application", "--bind", place, "--no-control-socket"]
    return [*command, "--worker-class", "gthread", "--workers", "2", "--threads", "8"]


@contextmanager
def served() -> Iterator[tuple[str, int]]:
    """Host and port of the application while the block runs, and its pid. RuntimeError when it does not start."""
    place = free_place()
    process = subprocess.Popen([sys.executable, *gunicorn(place)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(place)
        yield place, process.pid
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait_for(place: str) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        try:
            wire = http.client.HTTPConnection(place, timeout=5)
            wire.request("GET", "/healthz")
            wire.getresponse().read()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("The application did not start.")


def send(place: str, path: str, rate: float, seconds: float) -> dict[str, Any]:
    """So many events a second for so long; milliseconds of each from its due time, and the answers counted."""
    bodies = [_event() for _ in range(int(rate * seconds))]
    signed = [(body, {HEADER: signature(body, KEY).decode(), "Content-Type": "application/json"}) for body in bodies]
    sender = _Sender(place, path, signed, rate)
    return {"times": sorted(sender.run()), "answers": dict(sender.answers)}


def _event() -> bytes:
    about = {"eventId": str(uuid.uuid4()), "organizationId": ORGANIZATION, "eventType": "bill.updated", "version": "1"}
    bill = {"id": f"00n{uuid.uuid4().hex[:17]}", "amount": 120.5, "description": "x" * 600}
    return json.dumps({"metadata": about, "bill": bill}, separators=(",", ":")).encode()


class _Sender:
    """Lanes that take the next event when its time has come."""

    def __init__(self, place: str, path: str, events: list[tuple[bytes, dict[str, str]]], rate: float) -> None:
        self._place, self._path, self._events, self._rate = place, path, events, rate
        self._next, self._lock = 0, threading.Lock()
        self.answers: Counter[str] = Counter()
        self.times: list[float] = []

    def run(self) -> list[float]:
        self._began = time.perf_counter() + 0.5
        lanes = [threading.Thread(target=self._lane) for _ in range(min(LANES, len(self._events)))]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()
        return self.times

    def _lane(self) -> None:
        wire = http.client.HTTPConnection(self._place, timeout=30)
        while True:
            with self._lock:
                number, self._next = self._next, self._next + 1
            if number >= len(self._events):
                return wire.close()
            due = self._began + number / self._rate
            time.sleep(max(0.0, due - time.perf_counter()))
            answer = self._post(wire, *self._events[number])
            with self._lock:
                self.times.append((time.perf_counter() - due) * 1000)
                self.answers[answer] += 1

    def _post(self, wire: http.client.HTTPConnection, body: bytes, headers: dict[str, str]) -> str:
        try:
            wire.request("POST", self._path, body, headers)
            answer = wire.getresponse()
            answer.read()
            return str(answer.status)
        except (OSError, http.client.HTTPException) as error:
            wire.close()
            return type(error).__name__
