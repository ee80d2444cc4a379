"""The entity table of the simulated tenant, one data file an area."""

from integrations.systems.ifs.simulator.entities import (
    accounting,
    incoming,
    invoices,
    payments,
    purchasing,
    suppliers,
    vouchers,
)
from integrations.systems.ifs.simulator.entities.enums import ENUMS
from integrations.systems.ifs.simulator.schema import table

ENTITIES = table(
    suppliers.ENTITIES,
    accounting.ENTITIES,
    purchasing.ENTITIES,
    invoices.ENTITIES,
    incoming.ENTITIES,
    vouchers.ENTITIES,
    payments.ENTITIES,
)

__all__ = ["ENTITIES", "ENUMS"]
