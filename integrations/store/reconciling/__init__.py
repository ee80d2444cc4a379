"""Both sides of an integration, record by record, as of one moment: each in exactly one state, proven by a row."""

from integrations.store.reconciling.reckoning import (
    CHUNK,
    Cell,
    Moving,
    Narrowed,
    Row,
    Supplier,
    figures,
    rows,
    suppliers,
)

__all__ = ["CHUNK", "Cell", "Moving", "Narrowed", "Row", "Supplier", "figures", "rows", "suppliers"]
