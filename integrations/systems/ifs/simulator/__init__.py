"""A local stand-in for IFS Cloud, written from the vendor's documents; it shares no code with our client."""

from integrations.systems.ifs.simulator.config import Client, SimulatorConfig
from integrations.systems.ifs.simulator.demo import SeedReport, seed
from integrations.systems.ifs.simulator.faults import Fault
from integrations.systems.ifs.simulator.ledger import load_spend
from integrations.systems.ifs.simulator.ledger_lines import LoadReport, SpendMapping
from integrations.systems.ifs.simulator.mass import MasterReport, seed_masters
from integrations.systems.ifs.simulator.options import build
from integrations.systems.ifs.simulator.seeded import seed_awkward
from integrations.systems.ifs.simulator.simulator import Simulator

__all__ = [
    "Client",
    "Fault",
    "LoadReport",
    "MasterReport",
    "SeedReport",
    "Simulator",
    "SimulatorConfig",
    "SpendMapping",
    "build",
    "load_spend",
    "seed",
    "seed_awkward",
    "seed_masters",
]
