"""Linked records that somebody changed on the other side, or that the ERP is about to pay: decided again at once.

Only what a listing says is compared here, to find them; the decision reads the record afresh.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection

from integrations.engine.records import Entity
from integrations.engine.targets import Standing, TargetRecord
from integrations.store.counting import exact
from integrations.store.lease import due_now
from tenants.scope import current_tenant

_LINKED = """
    SELECT l.target_id, l.integration_id, l.inbound, l.source_key, l.echo, coalesce(m.standing, '')
    FROM integrations_recordlink l
    LEFT JOIN integrations_mirrorrecord m ON m.tenant_id = l.tenant_id AND m.connection_id = l.target_connection_id
        AND m.entity = l.entity AND m.target_id = l.target_id
    WHERE l.tenant_id = %(tenant)s AND l.target_connection_id = %(connection)s AND l.entity = %(entity)s
      AND l.target_id = ANY(%(ids)s)
"""
# A held record is asked about already: only a move of its money changes the question.
_WAKE = """
    UPDATE integrations_outboxitem i SET state = 'ready', not_before = now(), attempts = 0, changed_at = now()
    FROM unnest(%(integrations)s::bigint[], %(inbounds)s::bool[], %(keys)s::text[], %(moved)s::bool[])
        AS c(integration, inbound, key, moved)
    JOIN integrations_flow f ON f.tenant_id = %(tenant)s AND f.integration_id = c.integration
        AND f.entity = %(entity)s AND f.inbound = c.inbound
    WHERE i.tenant_id = %(tenant)s AND i.flow_id = f.id AND i.source_key = c.key
      AND (i.state = 'done' OR i.state = 'held' AND c.moved AND i.reason NOT IN ('uncertain', 'link_conflict'))
    RETURNING i.flow_id
"""
_PROPOSED = """
    UPDATE integrations_outboxitem i SET state = 'ready', not_before = now(), attempts = 0, changed_at = now()
    FROM integrations_sourcerecord s
    JOIN integrations_flow f ON f.tenant_id = s.tenant_id AND f.id = s.flow_id
    JOIN integrations_integration n ON n.tenant_id = f.tenant_id AND n.id = f.integration_id
    WHERE s.tenant_id = %(tenant)s AND f.entity = 'invoice' AND n.erp_id = %(connection)s
      AND split_part(s.party, '|', 1) = ANY(%(parties)s) AND s.number = ANY(%(numbers)s)
      AND i.tenant_id = s.tenant_id AND i.source_id = s.id
      AND (i.state = 'done' OR i.state = 'held' AND i.reason IN ('in_payment_proposal', 'may_be_paid_twice'))
    RETURNING i.flow_id
"""


def wake_changed(connection_id: int, entity: Entity, listed: Sequence[TargetRecord]) -> int:
    """Make ready what is linked to records that are not as their link remembers them; returns how many.

    To be called before the listing is merged: `standing` is compared with the last one.
    """
    by_id = {record.target_id: record for record in listed}
    names: dict[str, Any] = {"tenant": current_tenant(), "connection": connection_id, "entity": entity}
    rows: list[tuple[Any, ...]] = []
    with connection.cursor() as cursor:
        cursor.execute(_LINKED, {**names, "ids": list(by_id)})
        for target_id, integration, inbound, key, echo, standing in cursor.fetchall():
            moved = _moved(by_id[target_id], standing)
            if moved or differs(by_id[target_id], _decoded(echo), whole=entity == Entity.VENDOR):
                rows.append((integration, inbound, key, moved))
        if not rows:
            return 0
        integrations, inbounds, keys, moves = (list(column) for column in zip(*rows, strict=True))
        columns = {"integrations": integrations, "inbounds": inbounds, "keys": keys, "moved": moves}
        cursor.execute(_WAKE, {**names, **columns})
        return _due([row[0] for row in cursor.fetchall()])


def wake_proposed(connection_id: int, changed: Iterable[tuple[str, str]]) -> int:
    """Decide anew the sent or held invoices (supplier, number) that entered or left a payment proposal of this ERP."""
    pairs = sorted(set(changed))
    if not pairs:
        return 0
    with connection.cursor() as cursor:
        names: dict[str, Any] = {"tenant": current_tenant(), "connection": connection_id}
        cursor.execute(_PROPOSED, {**names, "parties": [p for p, _ in pairs], "numbers": [n for _, n in pairs]})
        return _due([row[0] for row in cursor.fetchall()])


def differs(record: TargetRecord, echo: Mapping[str, str], *, whole: bool = False) -> bool:
    """Whether a listed record is not as it was when it was last written or agreed, in what both say.

    `whole`: in every field of its echo, which a vendor has few of.
    """
    now = {
        "number": record.number,
        "name": record.name,
        "vendor_id": record.vendor_id,
        "amount": exact(record.amount) if record.amount is not None else "",
        "date": record.date.isoformat() if record.date else "",
    }
    told = {**(record.echo if whole else {}), **{name: value for name, value in now.items() if value}}
    return not record.active or any(echo.get(name, value) != value for name, value in told.items())


def _moved(record: TargetRecord, before: str) -> bool:
    known = record.standing is not Standing.UNKNOWN and before
    return bool(known) and record.standing != before


def _decoded(echo: Any) -> dict[str, str]:
    found: dict[str, str] = json.loads(echo) if isinstance(echo, str) else echo
    return found


def _due(flows: Sequence[int]) -> int:
    if flows:
        due_now(sorted(set(flows)))
    return len(flows)
