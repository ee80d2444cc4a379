"""The settlement list, kept up with what was paid, booked, taken back, and settled in the ERP since."""

from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, QuerySet, Sum

from integrations.models import Flow, Settlement
from integrations.store.books import bills_are_ours
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
# Where bills are ours: what was paid of one stands here from the day that money went out, booked or not.
_PAY = """
    INSERT INTO integrations_settlement (
        tenant_id, integration_id, place, invoice, item, number, supplier, supplier_name, payment, transaction_id,
        dated, amount, discount, currency, state)
    SELECT p.tenant_id, %(integration)s, p.place, p.invoice, l.source_key, s.number, s.party, s.party_name, p.payment,
        '', p.dated, p.amount, p.discount, p.currency, 'paid'
    FROM integrations_paymentpart p
    JOIN integrations_recordlink l ON l.tenant_id = p.tenant_id AND l.target_connection_id = %(ap)s
        AND l.entity = 'invoice' AND l.target_id = p.invoice
    JOIN integrations_flow f ON f.tenant_id = p.tenant_id AND f.integration_id = %(integration)s
        AND f.entity = 'invoice' AND NOT f.inbound
    JOIN integrations_sourcerecord s ON s.tenant_id = p.tenant_id AND s.flow_id = f.id AND s.source_key = l.source_key
    WHERE p.tenant_id = %(tenant)s AND p.flow_id = %(flow)s AND p.state IN ('issued', 'cleared') AND NOT p.noted
      AND (p.method <> 'offline' OR p.dated IS NULL OR p.dated <= current_date)
      AND NOT EXISTS (SELECT 1 FROM integrations_settlement x WHERE x.tenant_id = p.tenant_id
          AND x.integration_id = %(integration)s AND x.payment = p.payment AND x.place = p.place)
    ON CONFLICT DO NOTHING
"""
_VOUCHERS = """
    UPDATE integrations_settlement x SET link_id = l.id, dated = coalesce((l.sent->>'dated')::date, x.dated)
    FROM integrations_recordlink l
    WHERE x.tenant_id = %(tenant)s AND x.integration_id = %(integration)s AND x.link_id IS NULL
      AND l.tenant_id = x.tenant_id AND l.integration_id = x.integration_id AND l.entity = 'payment' AND l.inbound
      AND l.variant = '' AND l.source_key = x.payment
"""
# As long as it is in no voucher, a row says what the payment says.
_FOLLOW = """
    UPDATE integrations_settlement x SET amount = p.amount, discount = p.discount, dated = p.dated,
        state = CASE WHEN p.state IN ('voided', 'failed') THEN 'reversed'
                     WHEN p.state IN ('issued', 'cleared') AND x.state = 'reversed' THEN 'paid' ELSE x.state END
    FROM integrations_paymentpart p
    WHERE x.tenant_id = %(tenant)s AND x.integration_id = %(integration)s AND x.link_id IS NULL
      AND p.tenant_id = x.tenant_id AND p.flow_id = %(flow)s AND p.payment = x.payment AND p.place = x.place
      AND ((x.amount, x.discount) <> (p.amount, p.discount) OR x.dated IS DISTINCT FROM p.dated
        OR p.state IN ('voided', 'failed') AND x.state <> 'reversed'
        OR p.state IN ('issued', 'cleared') AND x.state = 'reversed')
"""
# What pays another bill now, or one that is not linked any more, is listed anew or not at all.
_DROP = """
    DELETE FROM integrations_settlement x
    WHERE x.tenant_id = %(tenant)s AND x.integration_id = %(integration)s AND x.link_id IS NULL AND NOT EXISTS (
        SELECT 1 FROM integrations_paymentpart p
        JOIN integrations_recordlink l ON l.tenant_id = p.tenant_id AND l.target_connection_id = %(ap)s
            AND l.entity = 'invoice' AND l.target_id = p.invoice
        WHERE p.tenant_id = x.tenant_id AND p.flow_id = %(flow)s AND p.payment = x.payment AND p.place = x.place
          AND p.invoice = x.invoice)
"""
# Only a look at the books that came after the payment's last move says that they have settled it.
_SETTLE = """
    UPDATE integrations_settlement x SET state = 'settled'
    FROM integrations_mirrorrecord m
    WHERE x.tenant_id = %(tenant)s AND x.integration_id = %(integration)s AND x.state = 'paid'
      AND m.tenant_id = %(tenant)s AND m.connection_id = %(erp)s AND m.entity = 'invoice' AND m.target_id = x.item
      AND m.open_amount = 0 AND NOT EXISTS (
        SELECT 1 FROM integrations_paymentpart p WHERE p.tenant_id = x.tenant_id AND p.flow_id = %(flow)s
            AND p.payment = x.payment AND p.place = x.place AND p.changed_at > m.seen_at)
"""
_REVERSE = """
    UPDATE integrations_settlement x SET state = 'reversed'
    FROM integrations_recordlink r
    WHERE r.tenant_id = %(tenant)s AND r.integration_id = %(integration)s AND r.entity = 'payment' AND r.inbound
      AND r.variant = 'reversal' AND x.tenant_id = %(tenant)s AND x.integration_id = %(integration)s
      AND x.payment = r.source_key AND x.state <> 'reversed'
"""
_CAPTURED = (_BOOK, _REVERSE, _SETTLE)
_OURS = (_VOUCHERS, _DROP, _PAY, _VOUCHERS, _FOLLOW, _REVERSE, _SETTLE)


def refresh(flow: Flow) -> None:
    """Bring the list up to what was paid and booked, and to what the mirror has seen since, in the open scope.

    Called by whoever holds the flow; again and again does no harm.
    """
    names: dict[str, Any] = {
        "tenant": current_tenant(),
        "flow": flow.pk,
        "integration": flow.integration_id,
        "erp": flow.integration.erp_id,
        "ap": flow.integration.ap_id,
    }
    with connection.cursor() as cursor:
        for statement in _OURS if bills_are_ours(flow.integration) else _CAPTURED:
            cursor.execute(statement, names)


def sums(rows: "QuerySet[Settlement]", *, invoices: bool = False) -> dict[str, tuple[int, dict[str, Decimal]]]:
    """By state: how many rows, and their amounts by currency, which are never added together; one query.

    `invoices`: how many invoices they are of, since several payments may have paid of one.
    """
    found: dict[str, tuple[int, dict[str, Decimal]]] = {}
    many = Count("invoice", distinct=True) if invoices else Count("id")
    grouped = rows.order_by().values_list("state", "currency", "integration").annotate(many, Sum("amount"))
    for state, currency, _, count, amount in grouped:
        before, amounts = found.get(state, (0, {}))
        found[state] = before + count, {**amounts, currency: amounts.get(currency, Decimal(0)) + amount}
    return found
