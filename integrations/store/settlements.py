"""The settlement list, kept up with what was booked, taken back, and settled in the ERP since."""

from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, QuerySet, Sum

from integrations.models import Flow, Settlement
from tenants.scope import current_tenant

# Links of payments are made by this flow alone, one after the other: what is newer than the newest row is new.
_BOOK = """
    INSERT INTO integrations_settlement (
        tenant_id, integration_id, link_id, place, invoice, item, number, supplier, supplier_name, payment,
        transaction_id, dated, amount, discount, currency, state)
    SELECT l.tenant_id, l.integration_id, l.id, i.place, i.paid->>'key', coalesce(b.target_id, ''),
        coalesce(nullif(m.number, ''), i.paid->>'number', ''), coalesce(nullif(m.vendor_id, ''), s.party),
        s.party_name, s.source_key, s.plain, coalesce((l.sent->>'dated')::date, s.dated),
        (i.paid->>'net')::numeric, coalesce((i.paid->>'discount')::numeric, 0), s.currency, 'paid'
    FROM integrations_recordlink l
    JOIN integrations_sourcerecord s ON s.tenant_id = %(tenant)s AND s.flow_id = %(flow)s
        AND s.source_key = l.source_key
    CROSS JOIN LATERAL jsonb_array_elements(
        coalesce(nullif(l.sent->'pays', '[]'), s.snapshot->'invoices')) WITH ORDINALITY i(paid, place)
    LEFT JOIN integrations_recordlink b ON b.tenant_id = %(tenant)s AND b.integration_id = %(integration)s
        AND b.entity = 'invoice' AND b.inbound AND b.source_key = i.paid->>'key' AND b.variant = ''
    LEFT JOIN integrations_mirrorrecord m ON m.tenant_id = %(tenant)s AND m.connection_id = b.target_connection_id
        AND m.entity = 'invoice' AND m.target_id = b.target_id
    WHERE l.tenant_id = %(tenant)s AND l.integration_id = %(integration)s AND l.entity = 'payment' AND l.inbound
      AND l.variant = '' AND l.id > (
        SELECT coalesce(max(link_id), 0) FROM integrations_settlement
        WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s)
    ON CONFLICT DO NOTHING
"""
_SETTLE = """
    UPDATE integrations_settlement x SET state = 'settled'
    FROM integrations_mirrorrecord m
    WHERE x.tenant_id = %(tenant)s AND x.integration_id = %(integration)s AND x.state = 'paid'
      AND m.tenant_id = %(tenant)s AND m.connection_id = %(erp)s AND m.entity = 'invoice' AND m.target_id = x.item
      AND m.open_amount = 0
"""
_REVERSE = """
    UPDATE integrations_settlement x SET state = 'reversed'
    FROM integrations_recordlink r
    WHERE r.tenant_id = %(tenant)s AND r.integration_id = %(integration)s AND r.entity = 'payment' AND r.inbound
      AND r.variant = 'reversal' AND x.tenant_id = %(tenant)s AND x.integration_id = %(integration)s
      AND x.payment = r.source_key AND x.state <> 'reversed'
"""


def refresh(flow: Flow) -> None:
    """Bring the list up to what the flow has booked and the mirror has seen since, in the open scope.

    Called by whoever holds the flow; again and again does no harm.
    """
    names: dict[str, Any] = {
        "tenant": current_tenant(),
        "flow": flow.pk,
        "integration": flow.integration_id,
        "erp": flow.integration.erp_id,
    }
    with connection.cursor() as cursor:
        for statement in (_BOOK, _REVERSE, _SETTLE):
            cursor.execute(statement, names)


def sums(rows: "QuerySet[Settlement]") -> dict[str, tuple[int, dict[str, Decimal]]]:
    """By state: how many rows, and their amounts by currency, which are never added together; one query."""
    found: dict[str, tuple[int, dict[str, Decimal]]] = {}
    grouped = rows.order_by().values_list("state", "currency").annotate(Count("id"), Sum("amount"))
    for state, currency, count, amount in grouped:
        before, amounts = found.get(state, (0, {}))
        found[state] = before + count, {**amounts, currency: amount}
    return found
