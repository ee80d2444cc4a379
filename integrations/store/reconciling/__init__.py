"""Both sides of an integration, record by record, as of one moment: each in exactly one state, proven by a row."""

from integrations.store.reconciling.reckoning import (
    CHUNK,
    Cell,
    Moving,
    Narrowed,
    Row,
    Supplier,
    alone,
    are_more_than,
    figures,
    rows,
    suppliers,
    unexplained,
)
from integrations.store.reconciling.saying import answer, totals

__all__ = [
    "CHUNK",
    "Cell",
    "Moving",
    "Narrowed",
    "Row",
    "Supplier",
    "alone",
    "answer",
    "are_more_than",
    "figures",
    "rows",
    "suppliers",
    "totals",
    "unexplained",
]
