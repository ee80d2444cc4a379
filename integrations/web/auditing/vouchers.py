"""What went into the books late, or on another date than its own."""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from integrations.web.auditing.asked import Asked
from integrations.web.auditing.population import Cells
from tenants.scope import current_tenant

# Vouchers of payments and captured invoices as they were entered by us. What a payment is dated is its own date, what a
# captured invoice is dated the day of its approval, else its own; a reversal has no date that was meant for it.
_BOOKED = """
    FROM (
        SELECT l.id, i.name, i.company, l.entity, s.source_key, s.number, s.party, s.party_name, l.target_id,
            CASE l.entity WHEN 'invoice' THEN coalesce((s.snapshot->>'approved_on')::date, s.dated)
                ELSE s.dated END AS own,
            coalesce(l.sent->>'arrival_date', l.sent->>'dated')::date AS booked_on,
            l.linked_at, (l.linked_at AT TIME ZONE %(zone)s)::date AS entered_on, s.amount, s.currency
        FROM integrations_recordlink l
        JOIN integrations_integration i ON i.tenant_id = l.tenant_id AND i.id = l.integration_id
        JOIN integrations_flow f ON f.tenant_id = l.tenant_id AND f.integration_id = l.integration_id
            AND f.entity = l.entity AND f.inbound
        JOIN integrations_sourcerecord s ON s.tenant_id = l.tenant_id AND s.flow_id = f.id
            AND s.source_key = l.source_key
        WHERE l.tenant_id = %(tenant)s AND l.inbound AND l.entity IN ('invoice', 'payment') AND l.variant = ''
          AND l.sent IS NOT NULL AND l.linked_at <= %(at)s
          AND (%(integration)s::bigint IS NULL OR l.integration_id = %(integration)s)
    ) v
    WHERE (v.booked_on <> v.own OR v.entered_on - v.own > %(days)s)
      AND (%(since)s::date IS NULL OR v.entered_on >= %(since)s)
      AND (%(until)s::date IS NULL OR v.entered_on <= %(until)s)
"""
_SOME = f"""
    SELECT v.id, v.name, v.company, v.entity, v.source_key, v.number, v.party, v.party_name, v.target_id, v.own,
        v.booked_on, v.linked_at, v.booked_on <> v.own, v.entered_on - v.own, v.amount, v.currency
    {_BOOKED} AND v.id > %(after)s ORDER BY v.id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Vouchers:
    """Late or re-dated ones."""

    columns: tuple[str, ...] = (
        *("Integration", "Company", "Kind", "Key", "Number", "Supplier", "Supplier name", "Voucher", "Own date"),
        *("Booked on", "Entered", "Re-dated", "Days until entered", "Amount", "Currency"),
    )
    sums: tuple[str, ...] = ("Kind", "Currency", "Amount")
    query: str = (
        "Vouchers of payments and captured invoices that we entered, whose date in the books is not their own (of a "
        "payment its date, of a captured invoice the day of its approval), or that were entered more than the days of "
        "“late after” behind it; the period is that of the day on which they were entered."
    )

    def count(self, asked: Asked) -> int:
        return int(_asked(f"SELECT count(*) {_BOOKED}", asked)[0][0])

    def some(self, asked: Asked, after: int, limit: int) -> list[tuple[int, Cells]]:
        return [(row[0], _cells(*row[1:])) for row in _asked(_SOME, asked, after=after, limit=limit)]


def _cells(*row: Any) -> Cells:
    *told, redated, days, amount, currency = row
    return (*told, "yes" if redated else "no", days, amount, currency)


def _asked(statement: str, asked: Asked, **names: Any) -> list[tuple[Any, ...]]:
    values = {
        "tenant": current_tenant(),
        "zone": timezone.get_current_timezone_name(),
        "integration": asked.integration.pk if asked.integration else None,
        **{name: getattr(asked, name) for name in ("at", "days", "since", "until")},
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, {**values, **names})
        return list(cursor.fetchall())
