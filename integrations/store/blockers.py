"""Freeing what waited: supplying a thing deletes its blockers and makes the items ready, in one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from django.db import connection

from integrations.models import Blocker
from integrations.store.lease import due_now
from tenants.scope import current_tenant

_FREE = """
    WITH freed AS (
        DELETE FROM integrations_blocker
        WHERE tenant_id = %(tenant)s AND item_id IN (
            SELECT item_id FROM integrations_blocker
            WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s AND kind = left(%(kind)s, 40)
              AND key IN (SELECT left(k, 200) FROM unnest(%(keys)s::text[]) k))
        RETURNING item_id
    )
    UPDATE integrations_outboxitem i SET state = 'ready', not_before = now(), attempts = 0, changed_at = now()
    FROM integrations_sourcerecord s
    WHERE i.tenant_id = %(tenant)s AND i.id IN (SELECT item_id FROM freed) AND i.state IN ('waiting', 'held')
      AND s.tenant_id = i.tenant_id AND s.id = i.source_id
    RETURNING i.flow_id, s.currency, s.amount
"""


@dataclass(slots=True)
class Freed:
    """How many records go on, and over how much by currency."""

    count: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)

    def add(self, other: "Freed") -> None:
        """Count `other` too."""
        self.count += other.count
        for currency, amount in other.amounts.items():
            self.amounts[currency] = self.amounts.get(currency, Decimal(0)) + amount


def free(integration_id: int, kind: str, keys: Sequence[str]) -> Freed:
    """Make ready every item of the integration that waits for one of `keys`; their flows are due now."""
    names: dict[str, Any] = {
        "tenant": current_tenant(),
        "integration": integration_id,
        "kind": kind,
        "keys": list(keys),
    }
    with connection.cursor() as cursor:
        cursor.execute(_FREE, names)
        rows = cursor.fetchall()
    if rows:
        due_now(sorted({flow for flow, _, _ in rows}))
    found = Freed()
    for _, currency, amount in rows:
        found.add(Freed(1, {} if amount is None else {currency: amount}))
    return found


def free_matching(integration_id: int, wanted: Iterable[tuple[str, str]]) -> Freed:
    """As `free`, for every key that one of the patterns (`*`, `?`) of its kind matches: (kind, pattern)."""
    rows = Blocker.objects.filter(integration_id=integration_id).values_list("kind", "key").distinct()
    waiting: dict[str, set[str]] = {}
    for kind, key in rows:
        waiting.setdefault(kind, set()).add(key)
    found: dict[str, set[str]] = {}
    for kind, pattern in wanted:
        keys = waiting.get(kind, set())
        wild = any(mark in pattern for mark in "*?")
        matched = {key for key in keys if fnmatchcase(key, pattern.replace("[", "[[]"))} if wild else keys & {pattern}
        found.setdefault(kind, set()).update(matched)
    freed = Freed()
    for kind, keys in found.items():
        if keys:
            freed.add(free(integration_id, kind, sorted(keys)))
    return freed
