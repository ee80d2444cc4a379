"""`python -m tests.journeys.chaos.stand_in LAG [NAME]`: BILL's stand-in for the tenant NAME.

It accepts duplicates, and its lists lag LAG seconds.
"""

import sys

from integrations.management.serving import SimulatorServer
from integrations.systems.bill.simulator import build
from tests.journeys.chaos.outward import organization_of


def main(lag: str, name: str = "chaos") -> None:
    """Serve until killed; says where."""
    options = {"visible_after": float(lag), "duplicates": "accept", "control": True}
    server = SimulatorServer(build({**options, "organization_id": organization_of(name)}))
    sys.stdout.write(f"bill on http://127.0.0.1:{server.port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
