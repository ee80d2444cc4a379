"""What holds records up now: each missing thing with what it holds, the most money first.

Amounts are only ever added up within their currency. What holds most is what holds most in any one currency.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from tenants.scope import current_tenant

_HELD = """
    FROM integrations_blocker b
    JOIN integrations_outboxitem i ON i.tenant_id = b.tenant_id AND i.id = b.item_id AND i.state IN ('held', 'waiting')
    JOIN integrations_sourcerecord s ON s.tenant_id = i.tenant_id AND s.id = i.source_id
    WHERE b.tenant_id = %(tenant)s AND (%(integration)s::bigint IS NULL OR b.integration_id = %(integration)s)
      AND (%(kind)s = '' OR b.kind = %(kind)s OR b.kind LIKE %(kind)s || ':%%')
"""
# The reason is said by one of the records: the problem that asks for just this.
_NEEDS = f"""
    WITH parts AS (
        SELECT b.integration_id, b.kind, b.key, s.currency, count(*) AS records, sum(s.amount) AS amount,
               min(s.due_date) AS due, min(s.changed_at) AS since, min(b.item_id) AS example
        {_HELD} GROUP BY 1, 2, 3, 4
    ), needs AS (
        SELECT integration_id, kind, key, sum(records)::bigint AS records,
               coalesce(jsonb_object_agg(currency, amount::text) FILTER (WHERE amount IS NOT NULL), '{{}}')::text
                   AS amounts,
               min(due) AS due, min(since) AS since, min(example) AS example, coalesce(max(abs(amount)), 0) AS risk
        FROM parts GROUP BY 1, 2, 3
    ), page AS (
        SELECT * FROM needs
        WHERE %(first)s OR (-risk, kind, key, integration_id)
            > (%(risk)s::numeric, %(after_kind)s::text, %(after_key)s::text, %(after_integration)s::bigint)
        ORDER BY -risk, kind, key, integration_id LIMIT %(limit)s
    )
    SELECT page.integration_id, page.kind, page.key, page.records, page.amounts, page.due, page.since, page.risk,
        coalesce((
            SELECT p.value->>'message' FROM integrations_reviewitem r, jsonb_array_elements(r.problems) p
            WHERE r.tenant_id = %(tenant)s AND r.item_id = page.example AND r.status = 'open'
              AND p.value->'blocker'->>0 = page.kind AND p.value->'blocker'->>1 = page.key LIMIT 1), e.message)
    FROM page JOIN integrations_outboxitem e ON e.tenant_id = %(tenant)s AND e.id = page.example
    ORDER BY -page.risk, page.kind, page.key, page.integration_id
"""
_TOTALS = f"""
    SELECT currency, count(*), sum(amount), min(due_date) FROM (
        SELECT DISTINCT ON (i.id) s.currency, s.amount, s.due_date {_HELD} ORDER BY i.id
    ) each_once GROUP BY 1
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


def needs(limit: int, *, integration: int | None = None, kind: str = "", after: Place | None = None) -> list[Need]:
    """What holds records up, the most money first, after the place of an earlier row; in the open scope.

    `kind` without its part takes every part: "dimension" is every code part's values.
    """
    risk, after_kind, after_key, after_integration = after or ("0", "", "", 0)
    rows = _rows(
        _NEEDS,
        integration=integration,
        kind=kind,
        first=after is None,
        risk=risk,
        after_kind=after_kind,
        after_key=after_key,
        after_integration=after_integration,
        limit=limit,
    )
    return [Need(*row[:4], _amounts(row[4]), *row[5:]) for row in rows]


def total(*, integration: int | None = None, kind: str = "") -> Total:
    """What all of it holds."""
    rows = _rows(_TOTALS, integration=integration, kind=kind)
    return Total(
        records=sum(row[1] for row in rows),
        amounts={row[0]: row[2] for row in rows if row[2] is not None},
        due=min((row[3] for row in rows if row[3]), default=None),
    )


def _amounts(text: str) -> dict[str, Decimal]:
    return {currency: Decimal(amount) for currency, amount in sorted(json.loads(text).items())}


def _rows(statement: str, **names: Any) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"tenant": current_tenant(), **names})
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
