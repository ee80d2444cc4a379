"""`python -m bench.stand SYSTEM '{"invoices": 50000}'`: a simulator in a process of its own, its data of a known shape.

Every invoice is a header with three lines, four postings and one ledger item. Answers to reads of IFS are kept after
the first time (`remember`), so that a repeated pull is held up by what is measured and not by the simulator.
"""

import importlib
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import httpx

from integrations.management.serving import SimulatorServer

SUPPLIERS, ACCOUNTS, AREAS, LINES = 200, 40, 12, 3
COUNT, LATENCY = "/bench/requests", "/bench/latency"
_START_SECONDS = 120.0
Answer = Callable[[httpx.Request], httpx.Response]


@contextmanager
def stand(system: str, **options: Any) -> Iterator[str]:
    """The simulator's address while the block runs; RuntimeError when it does not start."""
    command = [sys.executable, "-m", "bench.stand", system, json.dumps(options)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    killer = threading.Timer(_START_SECONDS, process.kill)
    killer.start()
    try:
        address = process.stdout.readline().strip() if process.stdout else ""
        killer.cancel()
        if not address:
            raise RuntimeError(f"The stand-in for {system} did not start; what it said stands above.")
        yield address
    finally:
        killer.cancel()
        process.terminate()
        process.wait(timeout=10)


class Remembered:
    """Answers reads from memory after the first time. Sign-in, control and writes always reach the simulator."""

    def __init__(self, simulator: Answer) -> None:
        self._simulator, self._kept = simulator, {}  # type: ignore[var-annotated]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path
        if request.method != "GET" or not target.startswith(b"/main/"):
            return self._simulator(request)
        if target not in self._kept:
            answer = self._simulator(request)
            body = answer.read()
            if answer.status_code != 200:
                return httpx.Response(answer.status_code, headers=answer.headers, content=body)
            kind = {"content-type": answer.headers["content-type"]}
            self._kept[target] = (kind, body)
        headers, body = self._kept[target]
        return httpx.Response(200, headers=headers, content=body)


class Line:
    """The line to a simulator: counts requests, and makes every answer late when told to, as over a long distance.

    Requests under way at the same time wait at the same time. GET /bench/requests tells the count, PUT /bench/latency
    sets the seconds.
    """

    def __init__(self, simulator: Answer) -> None:
        self._simulator, self._seconds = simulator, 0.0
        self._requests = 0
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == COUNT:
            return httpx.Response(200, json=self._requests)
        if request.url.path == LATENCY:
            self._seconds = float(request.read())
            return httpx.Response(204)
        with self._lock:
            self._requests += 1
        due = time.monotonic() + self._seconds
        answer = self._simulator(request)
        time.sleep(max(0.0, due - time.monotonic()))
        return answer


def spend(invoices: int) -> Iterator[dict[str, str]]:
    """The lines of a spend export, newest `invoices` days apart by the minute; amounts differ and never cancel out."""
    today = datetime.now(UTC).date()
    for number in range(1, invoices + 1):
        supplier = f"S{number % SUPPLIERS:04d}"
        day = (today - timedelta(days=number % 60)).isoformat()
        for line in range(LINES):
            account = (number + line) % ACCOUNTS
            yield {
                "transaction": f"T{number:07d}",
                "line": str(line + 1),
                "paid_date": day,
                "supplier_id": supplier,
                "supplier_name": f"Supplier {supplier} and Sons Ltd",
                "service_area": f"Area {number % AREAS}",
                "expenditure_code": f"{5000 + account}",
                "expenditure_category": f"Category {account} of goods and services",
                "amount_gbp": f"{(number * 7 + line * 13) % 90_000 / 100 + 10:.2f}",
            }


def build(system: str, invoices: int = 1000, remember: bool = False) -> Answer:
    """The simulator behind its port; without limits on requests per minute, which have a row of their own."""
    made: Any = importlib.import_module(f"integrations.systems.{system}.simulator")
    if system == "bill":
        simulator: Answer = made.build({"chart": "empty", "base_currency": "GBP"})
    else:
        simulator = made.Simulator(":memory:", made.SimulatorConfig(requests_per_window=None, token_seconds=3600))
        made.load_spend(simulator, spend(invoices))
    if remember:
        simulator = Remembered(simulator)
    return Line(simulator)


class _Server(SimulatorServer):
    """Serves on when a client leaves in the middle of things, and says nothing of it."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _stop(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def main(system: str, options: str) -> None:
    """Serve until SIGTERM; the first line said is the address."""
    signal.signal(signal.SIGTERM, _stop)
    server = _Server(build(system, **json.loads(options)))
    print(f"http://127.0.0.1:{server.port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main(*sys.argv[1:])
