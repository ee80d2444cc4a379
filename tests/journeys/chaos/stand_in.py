"""`python -m tests.journeys.chaos.stand_in LAG [NAME [WEB]]`: BILL's stand-in for the tenant NAME.

It accepts duplicates, its lists lag LAG seconds, and it sends its events to our web server at WEB (host:port), which
stands behind a proxy as far as that can tell.
"""

import sys
import time
from threading import Thread
from typing import NoReturn

import httpx

from integrations.management.serving import SimulatorServer
from integrations.systems.bill.simulator import Simulator, build
from tests.journeys.chaos.outward import organization_of


def main(lag: str, name: str = "chaos", web: str = "") -> None:
    """Serve until killed; says where."""
    simulator = build(
        {"visible_after": float(lag), "duplicates": "accept", "control": True, "organization_id": organization_of(name)}
    )
    server = SimulatorServer(simulator)
    sys.stdout.write(f"bill on http://127.0.0.1:{server.port}\n")
    sys.stdout.flush()
    if web:
        Thread(target=_deliver, args=(simulator, web), daemon=True).start()
    server.serve_forever()


def _deliver(simulator: Simulator, web: str) -> NoReturn:
    """What is due goes out five times a second."""
    with httpx.Client(timeout=10) as client:

        def send(request: httpx.Request) -> httpx.Response:
            headers = {**request.headers, "host": request.url.host, "x-forwarded-proto": "https"}
            return client.post(f"http://{web}{request.url.path}", content=request.content, headers=headers)

        while True:
            simulator.deliver(send)
            time.sleep(0.2)


if __name__ == "__main__":
    main(*sys.argv[1:])
