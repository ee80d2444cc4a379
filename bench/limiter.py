"""Several worker processes under one limit, and a judge of its own who counts what arrives in any window."""

import os
import socket
import socketserver
import threading
import time
from collections import deque
from typing import Any

import redis

from integrations.engine.errors import Retryable
from integrations.transport.throttle import RedisBudgets

GO, REFUSED = b"+", b"-"


class Judge(socketserver.ThreadingTCPServer):
    """Answers every arrival by a strict sliding window on its own clock, as a vendor would; refused ones count not."""

    daemon_threads = True

    def __init__(self, allowed: int, window: float) -> None:
        super().__init__(("127.0.0.1", 0), _Arrival)
        self._allowed, self._window = allowed, window
        self._recent: deque[float] = deque()
        self._lock = threading.Lock()
        self.times: list[float] = []
        self.refused = 0

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def judge(self) -> bool:
        """Whether one more may pass now."""
        with self._lock:
            now = time.monotonic()
            while self._recent and self._recent[0] <= now - self._window:
                self._recent.popleft()
            if len(self._recent) >= self._allowed:
                self.refused += 1
                return False
            self._recent.append(now)
            self.times.append(now)
            return True

    def used(self) -> float:
        """The share of the allowed rate that was used, over whole windows after the first, which is but the start."""
        begin = self.times[0] + self._window
        windows = int((self.times[-1] - begin) / self._window)
        end = begin + windows * self._window
        return sum(begin < at <= end for at in self.times) / (windows * self._allowed)


class _Arrival(socketserver.BaseRequestHandler):
    server: Judge

    def handle(self) -> None:
        while self.request.recv(1):
            self.request.sendall(GO if self.server.judge() else REFUSED)


def work(judge: int, allowed: int, window: float, seconds: float, key: str) -> dict[str, Any]:
    """One worker: a request as soon as the budget lets it, until time is up."""
    made = RedisBudgets(redis.Redis.from_url(os.environ["REDIS_URL"]), prefix=f"bench:{key}:", window=window)
    made.begin()
    budget = made("judge", per_minute=allowed)
    sent = 0
    until = time.monotonic() + seconds
    with socket.create_connection(("127.0.0.1", judge)) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while time.monotonic() < until:
            try:
                with budget.slot():
                    wire.sendall(GO)
                    wire.recv(1)
                    sent += 1
            except Retryable as error:
                time.sleep(error.after or 0.1)
    return {"sent": sent}
