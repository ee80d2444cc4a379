"""What holds records up now: each missing thing with what it holds, the most money first.

Amounts are only ever added up within their currency. What holds most is what holds most in any one currency.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from tenants.scope import current_tenant

# The reason of each is said by one of its records: the problem that asks for just this. A record that needs several
# things is in each of their sums, and in the whole with the one that leads.
_LOOK = """
    WITH parts AS (
        SELECT integration_id, kind, key, currency, count(*) AS records, sum(amount) AS amount, min(due_date) AS due,
               min(since) AS since, min(item_id) AS example, count(*) FILTER (WHERE leads) AS once,
               sum(amount) FILTER (WHERE leads) AS once_amount
        FROM integrations_blocker
        WHERE tenant_id = %(tenant)s AND (%(integration)s::bigint IS NULL OR integration_id = %(integration)s)
          AND (%(kind)s = '' OR kind = %(kind)s OR kind LIKE %(kind)s || ':%%')
        GROUP BY 1, 2, 3, 4
    ), needs AS (
        SELECT integration_id, kind, key, sum(records)::bigint AS records,
               coalesce(jsonb_object_agg(currency, amount::text) FILTER (WHERE amount IS NOT NULL), '{}')::text
                   AS amounts,
               min(due) AS due, min(since) AS since, min(example) AS example, coalesce(max(abs(amount)), 0) AS risk
        FROM parts GROUP BY 1, 2, 3
    ), page AS (
        SELECT * FROM needs
        WHERE %(first)s OR (-risk, kind, key, integration_id)
            > (%(risk)s::numeric, %(after_kind)s::text, %(after_key)s::text, %(after_integration)s::bigint)
        ORDER BY -risk, kind, key, integration_id LIMIT %(limit)s
    ), sums AS (
        SELECT currency, sum(once) AS records, sum(once_amount) AS amount, min(due) AS due FROM parts GROUP BY 1
    ), whole AS (
        SELECT coalesce(sum(records), 0)::bigint AS records, min(due) AS due,
               coalesce(jsonb_object_agg(currency, amount::text) FILTER (WHERE amount IS NOT NULL), '{}')::text
                   AS amounts
        FROM sums
    )
    SELECT whole.records, whole.amounts, whole.due,
        page.integration_id, page.kind, page.key, page.records, page.amounts, page.due, page.since, page.risk,
        coalesce((
            SELECT p.value->>'message' FROM integrations_reviewitem r, jsonb_array_elements(r.problems) p
            WHERE r.tenant_id = %(tenant)s AND r.item_id = page.example AND r.status = 'open'
              AND p.value->'blocker'->>0 = page.kind AND p.value->'blocker'->>1 = page.key LIMIT 1), e.message)
    FROM whole LEFT JOIN page ON true
    LEFT JOIN integrations_outboxitem e ON e.tenant_id = %(tenant)s AND e.id = page.example
    ORDER BY -page.risk, page.kind, page.key, page.integration_id
"""


@dataclass(frozen=True, slots=True)
class Need:
    """One missing thing and what it holds; `since`: what waits longest for it was read then."""

    integration: int
    kind: str
    key: str
    records: int
    amounts: Mapping[str, Decimal]
    due: date | None
    since: datetime
    risk: Decimal
    why: str

    @property
    def place(self) -> tuple[str, str, str, int]:
        """Where the next page begins."""
        return str(-self.risk), self.kind, self.key, self.integration


@dataclass(frozen=True, slots=True)
class Total:
    """All records that are held up, each counted once."""

    records: int
    amounts: Mapping[str, Decimal]
    due: date | None


Place = tuple[str, str, str, int]


def look(
    limit: int, *, integration: int | None = None, kind: str = "", after: Place | None = None
) -> tuple[list[Need], Total]:
    """(what holds records up, the most money first, after the place of an earlier row; what all of it holds).

    `kind` without its part takes every part: "dimension" is every code part's values. In the open scope.
    """
    risk, after_kind, after_key, after_integration = after or ("0", "", "", 0)
    names = {
        "tenant": current_tenant(),
        "integration": integration,
        "kind": kind,
        "first": after is None,
        "risk": risk,
        "after_kind": after_kind,
        "after_key": after_key,
        "after_integration": after_integration,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, names)
        rows = cursor.fetchall()
    total = Total(rows[0][0], _amounts(rows[0][1]), rows[0][2])
    return [_need(row[3:]) for row in rows if row[3] is not None], total


def _need(row: tuple[Any, ...]) -> Need:
    integration, kind, key, records, amounts, due, since, risk, why = row
    return Need(integration, kind, key, records, _amounts(amounts), due, since, risk, why)


def _amounts(text: str) -> dict[str, Decimal]:
    return {currency: Decimal(amount) for currency, amount in sorted(json.loads(text).items())}
