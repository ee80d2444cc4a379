"""Replay: stored records are decided again, as they are; nothing is read, and written only what the decision says."""

from typing import Any

from django.db import connection

from audit.log import record as audit
from integrations.store.answers import NEVER_BLINDLY
from tenants.scope import current_tenant

# What a person ignored, what is being looked up and what may be on the other side already is left alone. Review items
# stay open until the new decision closes or renews them.
_READY = """
    UPDATE integrations_outboxitem i SET state = 'ready', not_before = now(), attempts = 0, changed_at = now()
    WHERE i.tenant_id = %(tenant)s AND i.flow_id = ANY(%(flows)s) AND i.state IN ('done', 'waiting', 'held', 'out')
      AND (%(key)s = '' OR i.source_key = %(key)s)
      AND NOT (i.state = 'held' AND i.reason = ANY(%(never)s))
"""


def replay(flow_ids: list[int], key: str = "") -> int:
    """Make the records of these flows (or the one with this source key) ready; in the open scope. Returns how many."""
    names: dict[str, Any] = {"tenant": current_tenant(), "flows": flow_ids, "key": key, "never": sorted(NEVER_BLINDLY)}
    with connection.cursor() as cursor:
        cursor.execute(_READY, names)
        found = int(cursor.rowcount)
    if found:
        audit("replayed", subject=f"flow:{flow_ids[0]}", refs={"flows": flow_ids, "key": key, "records": found})
    return found
