"""Linked records read anew, many at a time: what the engine decides on has to be true now.

Lists serve a hundred ids a request, but they may lag behind and leave fields out: what they lack is read by id.
https://developer.bill.com/docs/search-op-with-lists
"""

from collections.abc import Callable, Sequence

from integrations.engine.errors import SyncError
from integrations.engine.records import Entity
from integrations.engine.targets import TargetRecord
from integrations.systems.bill import wire
from integrations.systems.bill.currencies import Currencies
from integrations.systems.bill.echoes import thin
from integrations.systems.bill.lists import PAGE_SIZE, Query, batches, is_id
from integrations.systems.bill.look_up import UNREADABLE
from integrations.systems.bill.reading import lists_of, resources_of, vendor_id
from integrations.systems.bill.resources import Resource
from integrations.systems.bill.targets import target
from integrations.transport.client import ApiClient
from integrations.transport.rows import BadRow

Row = Callable[[Resource, str], wire.Wire | None]
Found = dict[str, tuple[Resource, wire.Wire]]


class Standings:
    """Fresh reads of one organization; `row(resource, id)` reads one record by its id."""

    def __init__(self, api: ApiClient, currencies: Currencies, row: Row) -> None:
        self._api, self._currencies, self._row = api, currencies, row

    def of(self, entity: Entity, target_ids: Sequence[str]) -> dict[str, TargetRecord]:
        """These records as they stand now; one that BILL says it does not have is left out.

        A record that cannot be read comes with kind "unreadable", nothing known of it: that is no reason to hold up
        the others, and none to say that it is gone. Raises Retryable or ConnectionBroken.
        """
        wanted = list(dict.fromkeys(key for key in target_ids if is_id(key)))
        rows, poisoned = self._listed(entity, wanted)
        for key in wanted:
            if key not in poisoned and (key not in rows or thin(rows[key][1])):
                self._read(entity, key, rows, poisoned)
        currencies = self._currencies.of([vendor_id(row) for _, row in rows.values()])
        told = {key: target(row, resource.kind, currencies) for key, (resource, row) in rows.items()}
        return told | {key: TargetRecord(target_id=key, kind=UNREADABLE) for key in poisoned}

    def _listed(self, entity: Entity, wanted: Sequence[str]) -> tuple[Found, set[str]]:
        """What the lists show, records in use first; and the ids of rows that cannot be read."""
        rows: Found = {}
        poisoned: set[str] = set()
        for resource, archived in lists_of(entity):
            left = [key for key in wanted if key not in rows and key not in poisoned]
            for start in range(0, len(left), PAGE_SIZE):
                asked = tuple(left[start : start + PAGE_SIZE])
                for batch in batches(self._api, Query(resource, archived=archived, ids=asked)):
                    for row in batch.rows:
                        if isinstance(row, BadRow):
                            poisoned |= {key for key in asked if row.members().get("id") == key}
                        elif row.id in asked:
                            rows[row.id] = resource, row
        return rows, poisoned

    def _read(self, entity: Entity, key: str, rows: Found, poisoned: set[str]) -> None:
        """One record by its id, in place of a thin row or of none."""
        known = (rows.pop(key)[0],) if key in rows else resources_of(entity)
        try:
            for resource in known:
                if (row := self._row(resource, key)) is not None:
                    rows[key] = resource, row
                    return
        except SyncError as error:
            if error.code != "unreadable":  # what repeating in place did not cure stays with this one record
                raise
            poisoned.add(key)
