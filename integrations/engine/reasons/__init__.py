"""The catalogue of reasons: for every code a title, what it means, whose work it is, what to do and where.

Pages, API, alerts and `docs/reasons.md` read it from here. A code of the other side's own, which nobody could list, is
described as `OTHER`.
"""

from collections.abc import Mapping

from integrations.engine.reasons.changes import CHANGES
from integrations.engine.reasons.coding import CODING
from integrations.engine.reasons.content import CONTENT
from integrations.engine.reasons.orders import ORDERS
from integrations.engine.reasons.payments import PAYMENTS
from integrations.engine.reasons.scope import SCOPE
from integrations.engine.reasons.shape import Reason, Where
from integrations.engine.reasons.suppliers import SUPPLIERS
from integrations.engine.reasons.technical import TECHNICAL
from integrations.engine.reasons.writing import OTHER, WRITING

__all__ = ["GROUPS", "OTHER", "REASONS", "Reason", "Where", "owned_by", "reason_of"]

GROUPS: Mapping[str, Mapping[str, Reason]] = {
    "Scope: what goes out, waits or stays out": SCOPE,
    "Content: what a record lacks": CONTENT,
    "Coding: accounts, dimensions, periods, settings": CODING,
    "Suppliers and duplicates": SUPPLIERS,
    "Purchase orders": ORDERS,
    "Changes after sending": CHANGES,
    "Payments and vouchers": PAYMENTS,
    "Writing: refused, lost, tried too often": WRITING,
    "Connections and runs": TECHNICAL,
}
REASONS: Mapping[str, Reason] = {code: reason for group in GROUPS.values() for code, reason in group.items()}


def reason_of(code: str) -> Reason:
    """What is known of a code; `OTHER`, titled by its own words, for one of the other side's."""
    found = REASONS.get(code)
    return found or Reason(code.replace("_", " ").capitalize() or OTHER.title, OTHER.meaning, OTHER.remedy)


def owned_by(owner: str) -> frozenset[str]:
    """The codes that are the work of this role."""
    return frozenset(code for code, reason in REASONS.items() if reason.owner == owner)
