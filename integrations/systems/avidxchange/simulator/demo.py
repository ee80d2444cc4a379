"""Demo content: some of everything, for the suppliers, codes and orders of a US manufacturer's company 10."""

from integrations.systems.avidxchange.simulator.seeded import Row, seeded
from integrations.systems.avidxchange.simulator.simulator import Simulator

VENDORS = {
    "S1004": 'O\'Brien & Sons "Quality" Tooling',
    "00123": "Zero Lead Plating",
    "S1012": "Maple Leaf Castings Ltd.",
    "S1016": "Cascade Fasteners 16",
    "S1017": "Liberty Bearings Co. 17",
    "S1021": "Midwest Electric 21",
}
ACCOUNTS = ("5000", "5040", "5100", "6010", "6050", "6110", "6240", "6320")
DIMENSIONS = {"Cost center": ("100", "110", "120", "150", "200"), "Product line": ("CNC", "FOUNDRY", "ASSEMBLY")}
ORDERS = (("P10039", "S1021", (1, 2)), ("P10074", "S1021", (1, 2)))


def seed_demo(sim: Simulator, invoices: int = 60, seed: int = 7) -> list[Row]:
    """Invoices and half as many payments, every kind of both at least once; what `seeded` returns."""
    return seeded(
        sim,
        invoices,
        invoices // 2,
        seed,
        vendors=VENDORS,
        accounts=ACCOUNTS,
        dimensions=DIMENSIONS,
        orders=ORDERS,
    )
