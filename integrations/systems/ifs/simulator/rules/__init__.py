"""Business rules of the simulated tenant, found by entity name.

Each area offers CREATE, UPDATE, DELETE and ACTIONS tables; an entity without a rule is only checked for its types.
A rule refuses with a business Refusal (HTTP 500, DATABASE_ERROR).
"""

from datetime import datetime

from integrations.systems.ifs.simulator.answers import not_found
from integrations.systems.ifs.simulator.rules import incoming, invoices, payments, suppliers, vouchers
from integrations.systems.ifs.simulator.schema import Entity
from integrations.systems.ifs.simulator.store import Row, Store

_CREATE = {**suppliers.CREATE, **invoices.CREATE, **incoming.CREATE, **vouchers.CREATE}
_UPDATE = {**invoices.UPDATE, **incoming.UPDATE, **vouchers.UPDATE}
_DELETE = {**incoming.DELETE, **vouchers.DELETE, **payments.DELETE}
_ACTIONS = {**invoices.ACTIONS, **incoming.ACTIONS, **vouchers.ACTIONS}


def creating(store: Store, entity: Entity, row: Row, now: datetime) -> None:
    """Judge and complete a row about to be inserted; it is changed in place."""
    if entity.name in _CREATE:
        _CREATE[entity.name](store, row, now)


def updating(store: Store, entity: Entity, row: Row, changes: Row) -> None:
    """Judge changes to a stored row."""
    if entity.name in _UPDATE:
        _UPDATE[entity.name](store, row, changes)


def deleting(store: Store, entity: Entity, row: Row) -> None:
    if entity.name in _DELETE:
        _DELETE[entity.name](store, row)


def act(store: Store, entity: Entity, name: str, row: Row, now: datetime) -> Row:
    """Run a bound action; returns the changes to the record."""
    run = _ACTIONS.get((entity.name, name))
    if run is None:
        raise not_found(f"The action '{name}' is not found.")
    return run(store, row, now)
