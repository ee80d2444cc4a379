"""The cut-off list: approved or received by the end of a period, and not in the ledger then; for accruals.

Each invoice is in exactly one period: that of the day on which it was approved, else of its own date. Net amounts by
account and dimensions, as it is coded; what is not coded stands under no account.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from integrations.models import Integration
from integrations.store.reconciling.reckoning import flows_of
from tenants.scope import current_tenant

# Captured and not booked, or booked into a later period; preliminary in the ERP; keyed by hand on the other side.
_OPEN = """
    WITH periods AS (
        SELECT (snapshot->>'starts')::date AS starts, (snapshot->>'ends')::date AS ends,
            (snapshot->>'year') || '-' || lpad(snapshot->>'period', 2, '0') AS name
        FROM integrations_sourcerecord WHERE tenant_id = %(tenant)s AND flow_id = %(periods)s AND readable AND NOT gone
    ),
    late AS (
        SELECT 'captured' AS what, s.source_key AS key, i.uuid AS item, s.number, s.party, s.party_name, s.currency,
            coalesce((s.snapshot->>'approved_on')::date, s.dated) AS day, s.snapshot,
            (l.sent->>'arrival_date')::date AS booked
        FROM integrations_sourcerecord s
        JOIN integrations_outboxitem i ON i.tenant_id = s.tenant_id AND i.source_id = s.id AND i.variant = ''
        LEFT JOIN integrations_recordlink l ON l.tenant_id = s.tenant_id AND l.integration_id = %(integration)s
            AND l.entity = 'invoice' AND l.inbound AND l.source_key = s.source_key AND l.variant = ''
        WHERE s.tenant_id = %(tenant)s AND s.flow_id = %(captured)s AND s.readable AND NOT s.gone
          AND s.snapshot->>'state' NOT IN ('cancelled', 'preliminary')
          AND (l.id IS NULL OR (l.sent->>'arrival_date')::date > coalesce((s.snapshot->>'approved_on')::date, s.dated))
        UNION ALL
        SELECT 'preliminary', s.source_key, i.uuid, s.number, s.party, s.party_name, s.currency, s.dated, s.snapshot,
            NULL
        FROM integrations_sourcerecord s
        JOIN integrations_outboxitem i ON i.tenant_id = s.tenant_id AND i.source_id = s.id AND i.variant = ''
        WHERE s.tenant_id = %(tenant)s AND s.flow_id = %(invoices)s AND s.readable AND NOT s.gone
          AND s.snapshot->>'state' = 'preliminary'
        UNION ALL
        SELECT 'by_hand', m.target_id, NULL, m.number, m.vendor_id, m.name, m.currency, m.dated,
            jsonb_build_object('net', CASE WHEN m.kind = 'credit' THEN -m.amount ELSE m.amount END), NULL
        FROM integrations_mirrorrecord m
        LEFT JOIN integrations_recordlink l ON l.tenant_id = m.tenant_id AND l.target_connection_id = m.connection_id
            AND l.entity = 'invoice' AND l.target_id = m.target_id
        WHERE m.tenant_id = %(tenant)s AND m.connection_id = %(ap)s AND m.entity = 'invoice' AND m.active
          AND %(invoices)s IS NOT NULL AND l.id IS NULL
    ),
    placed AS (
        SELECT x.*, coalesce(p.name, to_char(x.day, 'YYYY-MM'), '') AS period,
            coalesce(p.ends, (date_trunc('month', x.day) + interval '1 month - 1 day')::date) AS ends
        FROM late x
        LEFT JOIN LATERAL (
            SELECT * FROM periods q WHERE x.day BETWEEN q.starts AND q.ends ORDER BY q.ends - q.starts, q.name LIMIT 1
        ) p ON true
    )
    SELECT what, key, item, number, party, party_name, currency, day, period, booked,
        coalesce(c.value->>'account', ''), coalesce(c.value->'dimensions', '{}')::text,
        coalesce((c.value->>'amount')::numeric, (snapshot->>'net')::numeric)
    FROM placed
    LEFT JOIN LATERAL (
        SELECT value FROM jsonb_array_elements(CASE jsonb_typeof(snapshot->'postings') WHEN 'array'
            THEN snapshot->'postings' ELSE '[]' END)
        WHERE value->>'kind' IN ('cost', 'unknown') AND coalesce(value->>'reversed', 'false') = 'false'
    ) c ON true
    WHERE (booked IS NULL OR booked > ends) AND (%(period)s = '' OR period = %(period)s)
    ORDER BY period DESC, currency, 11, 12, number, key
"""


class Accrued(NamedTuple):
    """A coded part of an invoice that the ledger lacked at the end of its period; `booked` where it came later."""

    what: str
    key: str
    item: Any
    number: str
    party: str
    party_name: str
    currency: str
    day: date | None
    period: str
    booked: date | None
    account: str
    dimensions: dict[str, str]
    net: Decimal | None


class Sum(NamedTuple):
    """Net by period, currency, account and dimensions."""

    period: str
    currency: str
    account: str
    dimensions: str
    net: Decimal
    invoices: int


def accrued(integration: Integration, period: str = "") -> list[Accrued]:
    """Everything of a period, or of all of them; in the open scope."""
    names = {
        "tenant": current_tenant(),
        "integration": integration.pk,
        "ap": integration.ap_id,
        "period": period,
        **flows_of(integration),
    }
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, names)
        return [Accrued._make((*row[:11], json.loads(row[11]), row[12])) for row in cursor.fetchall()]


def sums(lines: Iterable[Accrued]) -> Sequence[Sum]:
    """For the journal: one line for each coding, currencies apart."""
    nets: dict[tuple[str, ...], Decimal] = {}
    keys: dict[tuple[str, ...], set[str]] = {}
    for line in lines:
        place = line.period, line.currency, line.account, coded(line.dimensions)
        nets[place] = nets.get(place, Decimal(0)) + (line.net or 0)
        keys.setdefault(place, set()).add(f"{line.what} {line.key}")
    return [Sum._make((*place, nets[place], len(keys[place]))) for place in nets]


def coded(dimensions: dict[str, str]) -> str:
    """Dimensions as text: B 100, C 20."""
    return ", ".join(f"{kind} {value}" for kind, value in sorted(dimensions.items()) if value)
