"""A stand-in for BILL v3, written from its public documents. It shares no code with our client."""

from integrations.systems.bill.simulator.chart import DEFAULT_CHART
from integrations.systems.bill.simulator.config import Credential, Organization, SimulatorConfig
from integrations.systems.bill.simulator.demo import build, seed, seed_demo
from integrations.systems.bill.simulator.faults import Fault
from integrations.systems.bill.simulator.simulator import Simulator

__all__ = [
    "DEFAULT_CHART", "Credential", "Fault", "Organization", "Simulator", "SimulatorConfig", "build", "seed",
    "seed_demo",
]  # fmt: skip
