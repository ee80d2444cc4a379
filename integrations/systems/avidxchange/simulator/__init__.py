"""A stand-in for AvidXchange, written from what is public about it. It shares no code with our client."""

from integrations.systems.avidxchange.simulator.bodies import ACCOUNTS, Line
from integrations.systems.avidxchange.simulator.config import Customer, SimulatorConfig
from integrations.systems.avidxchange.simulator.demo import seed_demo
from integrations.systems.avidxchange.simulator.faults import Fault
from integrations.systems.avidxchange.simulator.manners import Manners
from integrations.systems.avidxchange.simulator.options import build
from integrations.systems.avidxchange.simulator.seeded import seeded
from integrations.systems.avidxchange.simulator.simulator import Simulator

__all__ = [
    "ACCOUNTS", "Customer", "Fault", "Line", "Manners", "Simulator", "SimulatorConfig", "build", "seed_demo", "seeded",
]  # fmt: skip
