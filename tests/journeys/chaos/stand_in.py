"""`python -m tests.journeys.chaos.stand_in LAG`: BILL's stand-in, accepting duplicates, lists lagging LAG seconds."""

import sys

from integrations.management.serving import SimulatorServer
from integrations.systems.bill.simulator import build


def main(lag: str) -> None:
    """Serve until killed; says where."""
    simulator = build({"visible_after": float(lag), "duplicates": "accept", "control": True})
    server = SimulatorServer(simulator)
    sys.stdout.write(f"bill on http://127.0.0.1:{server.port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
