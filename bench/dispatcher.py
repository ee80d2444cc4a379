"""Due flows of many tenants, claimed by several dispatchers at once; and what a tick costs when nothing is due."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import Any
from uuid import uuid4

from django.db import connection

from integrations.store.lease import claim_due

FIRST = 10**12  # flow ids that no real flow has
_NOBODY = "UPDATE integrations_dueflow SET lease_until = NULL WHERE flow_id > %s AND lease_until IS NOT NULL"
_FILL = """
    INSERT INTO integrations_dueflow (flow_id, tenant_id, due_at, poll_at, fence, enabled)
    SELECT %s + n, (%s::uuid[])[1 + n %% %s], now() - interval '1 second', now(), 0, true
    FROM generate_series(1, %s) AS n
"""


def claim_all(flows: int, tenants: int, dispatchers: int) -> dict[str, Any]:
    """Claim every flow, each dispatcher in a thread with a connection of its own, until nobody finds one more."""
    with connection.cursor() as cursor:
        cursor.execute(_FILL, [FIRST, [uuid4() for _ in range(tenants)], tenants, flows])
    began = time.monotonic()
    with ThreadPoolExecutor(dispatchers) as pool:
        found = [flow for part in pool.map(_dispatch, [flows] * dispatchers) for flow in part]
    seconds = time.monotonic() - began
    counted = Counter(flow for flow in found if flow > FIRST)  # earlier sections leave flows that are due too
    _set(_NOBODY)
    return {"claimed": len(counted), "twice": sum(times > 1 for times in counted.values()), "seconds": seconds}


def few(times: int = 9) -> float:
    """Milliseconds to claim what a dispatcher asks for in life, a few slots, with every flow due."""
    return median([_claimed_few() for _ in range(times)])


def idle(times: int = 200) -> float:
    """Milliseconds of a tick with nothing due. RuntimeError when something was."""
    return median([_timed(1000, 1000, nothing=True) for _ in range(times)])


def rest() -> None:
    """Every flow is due in an hour and held by nobody."""
    _set("UPDATE integrations_dueflow SET lease_until = NULL, due_at = now() + interval '1 hour' WHERE flow_id > %s")


def clear() -> None:
    """The flows are gone."""
    _set("DELETE FROM integrations_dueflow WHERE flow_id > %s")


def _set(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [FIRST])


def _dispatch(flows: int) -> list[int]:
    mine: list[int] = []
    try:
        empty = 0
        while empty < 2:  # a first empty answer may mean that the others held the rows just then
            claimed = [lease.flow_id for lease in claim_due(2 * flows, flows)]
            mine += claimed
            empty = 0 if claimed else empty + 1
    finally:
        connection.close()
    return mine


def _timed(slots: int, per_tenant: int, *, nothing: bool = False) -> float:
    began = time.perf_counter()
    claimed = claim_due(slots, per_tenant)
    if nothing and claimed:
        raise RuntimeError("A flow was claimed although none was due.")
    return (time.perf_counter() - began) * 1000


def _claimed_few() -> float:
    milliseconds = _timed(4, 3)
    _set(_NOBODY)
    return milliseconds
