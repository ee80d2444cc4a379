"""Freeing what waited: supplying a thing deletes its blockers and makes the items ready, in one transaction."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any

from django.db import connection

from integrations.models import Blocker
from integrations.store.lease import due_now
from tenants.scope import current_tenant

_FREE = """
    WITH freed AS (
        DELETE FROM integrations_blocker
        WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s AND kind = left(%(kind)s, 40)
          AND key IN (SELECT left(k, 200) FROM unnest(%(keys)s::text[]) k)
        RETURNING item_id
    )
    UPDATE integrations_outboxitem SET state = 'ready', not_before = now(), attempts = 0, changed_at = now()
    WHERE tenant_id = %(tenant)s AND id IN (SELECT item_id FROM freed) AND state IN ('waiting', 'held')
    RETURNING flow_id
"""


def free(integration_id: int, kind: str, keys: Sequence[str]) -> int:
    """Make ready every item of the integration that waits for one of `keys`; returns how many."""
    names: dict[str, Any] = {
        "tenant": current_tenant(),
        "integration": integration_id,
        "kind": kind,
        "keys": list(keys),
    }
    with connection.cursor() as cursor:
        cursor.execute(_FREE, names)
        flows = [row[0] for row in cursor.fetchall()]
    if flows:
        due_now(sorted(set(flows)))
    return len(flows)


def free_matching(integration_id: int, wanted: Iterable[tuple[str, str]]) -> int:
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
    return sum(free(integration_id, kind, sorted(keys)) for kind, keys in found.items() if keys)
