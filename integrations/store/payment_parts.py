"""What payments pay of which bills, kept with the payments as they are staged; and which bills are to be read anew."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F
from django.utils import timezone

from integrations.engine.read_back import is_noted_by_us
from integrations.engine.records import AnyRecord, Payment, Unreadable
from integrations.models import Flow, PaymentPart
from integrations.store.lease import due_now
from tenants.scope import current_tenant

_MOST = Decimal(10) ** 17
_MODIFIED = """
    SELECT source_key, (snapshot->>'modified')::timestamptz FROM integrations_sourcerecord
    WHERE tenant_id = %(tenant)s AND flow_id = %(flow)s AND source_key = ANY(%(keys)s) AND gone_since IS NULL
      AND snapshot->>'modified' IS NOT NULL
"""
_PARTS = """
    INSERT INTO integrations_paymentpart AS p (
        tenant_id, flow_id, payment, place, invoice, amount, discount, currency, state, state_word, method, dated,
        cleared_on, noted, changed_at)
    SELECT %(tenant)s, %(flow)s, c.*, now()
    FROM unnest(
        %(payments)s::text[], %(places)s::int[], %(bills)s::text[], %(amounts)s::numeric[], %(discounts)s::numeric[],
        %(currencies)s::text[], %(states)s::text[], %(words)s::text[], %(methods)s::text[], %(dates)s::date[],
        %(cleared)s::date[], %(noted)s::bool[]) c
    ON CONFLICT (tenant_id, flow_id, payment, place) DO UPDATE SET
        invoice = excluded.invoice, amount = excluded.amount, discount = excluded.discount,
        currency = excluded.currency, state = excluded.state, state_word = excluded.state_word,
        method = excluded.method, dated = excluded.dated, cleared_on = excluded.cleared_on, noted = excluded.noted,
        changed_at = now(), bill_read_at = NULL
"""
_FEWER = """
    DELETE FROM integrations_paymentpart p USING unnest(%(keys)s::text[], %(counts)s::int[]) c(payment, parts)
    WHERE p.tenant_id = %(tenant)s AND p.flow_id = %(flow)s AND p.payment = c.payment AND p.place > c.parts
"""
_STEPS = """
    INSERT INTO integrations_paymentstep (tenant_id, flow_id, payment, state, state_word, at)
    SELECT %(tenant)s, %(flow)s, c.payment, c.state, c.word, coalesce(c.at, now())
    FROM unnest(%(keys)s::text[], %(states)s::text[], %(words)s::text[], %(times)s::timestamptz[])
        c(payment, state, word, at)
    LEFT JOIN LATERAL (
        SELECT s.state, s.state_word FROM integrations_paymentstep s
        WHERE s.tenant_id = %(tenant)s AND s.flow_id = %(flow)s AND s.payment = c.payment ORDER BY s.id DESC LIMIT 1
    ) last ON true
    WHERE (last.state, last.state_word) IS DISTINCT FROM (c.state, c.word)
"""
# A bill that was linked after its payment was decided; the payment is decided anew, and its bills are read again.
_LINKED = """
    WITH woken AS (
        UPDATE integrations_outboxitem i SET state = 'ready', not_before = now(), attempts = 0, changed_at = now()
        FROM integrations_paymentpart p
        JOIN integrations_recordlink l ON l.tenant_id = p.tenant_id AND l.target_connection_id = %(ap)s
            AND l.entity = 'invoice' AND l.target_id = p.invoice
        WHERE i.tenant_id = %(tenant)s AND i.flow_id = %(flow)s AND i.state IN ('out', 'waiting', 'held')
          AND i.reason IN ('not_sent_by_us', 'invoice_not_booked', 'payment_for_unknown_invoice')
          AND p.tenant_id = i.tenant_id AND p.flow_id = i.flow_id AND p.payment = i.source_key
          AND l.linked_at > i.changed_at
        RETURNING i.source_key
    )
    UPDATE integrations_paymentpart p SET bill_read_at = NULL
    WHERE p.tenant_id = %(tenant)s AND p.flow_id = %(flow)s AND p.payment IN (SELECT source_key FROM woken)
    RETURNING p.payment
"""


class Unread(NamedTuple):
    """A part whose bill is to be read anew, and when the part changed."""

    id: int
    invoice: str
    changed_at: datetime


def outdated(flow_id: int, records: Iterable[AnyRecord | Unreadable]) -> set[str]:
    """Keys of payments that were read later already: a state goes back only when a newer read says so."""
    times = {each.key: each.modified for each in records if isinstance(each, Payment) and each.modified}
    if not times:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_MODIFIED, {"tenant": current_tenant(), "flow": flow_id, "keys": list(times)})
        return {key for key, modified in cursor.fetchall() if modified > times[key]}


def keep(cursor: Any, names: Mapping[str, Any], payments: Sequence[Payment]) -> None:
    """The parts of these payments as they are now, and a step for each that moved; inside the open commit."""
    parts = [
        (payment, place, item)
        for payment in payments
        for place, item in enumerate(payment.invoices, 1)
        if abs(item.net) < _MOST and abs(item.discount) < _MOST
    ]
    whose = [payment for payment, _, _ in parts]
    cursor.execute(
        _PARTS,
        {
            **names,
            "payments": [each.key for each in whose],
            "places": [place for _, place, _ in parts],
            "bills": [item.key[:120] for _, _, item in parts],
            "amounts": [item.net for _, _, item in parts],
            "discounts": [item.discount for _, _, item in parts],
            "currencies": [each.currency[:10] for each in whose],
            "methods": [each.method[:40] for each in whose],
            "dates": [each.dated for each in whose],
            "cleared": [each.cleared_on for each in whose],
            "noted": [is_noted_by_us(each) for each in whose],
            **_states(whose),
        },
    )
    named = {**names, "keys": [each.key for each in payments], **_states(payments)}
    cursor.execute(_FEWER, {**named, "counts": [len(each.invoices) for each in payments]})
    cursor.execute(_STEPS, {**named, "times": [each.modified for each in payments]})


def _states(payments: Iterable[Payment]) -> dict[str, list[str]]:
    found = list(payments)
    return {"states": [each.state.value for each in found], "words": [each.state_word[:80] for each in found]}


def wake_linked(flow: Flow) -> None:
    """Decide anew the payments whose bills were linked since; in the open scope."""
    names: dict[str, Any] = {"tenant": current_tenant(), "flow": flow.pk, "ap": flow.integration.ap_id}
    with connection.cursor() as cursor:
        cursor.execute(_LINKED, names)
        if cursor.rowcount:
            due_now([flow.pk])


def unread(flow: Flow, most: int) -> list[Unread]:
    """The oldest parts whose bills have not been read since they changed."""
    rows = PaymentPart.objects.filter(flow=flow, bill_read_at=None).order_by("id")[:most]
    return [Unread(*row) for row in rows.values_list("id", "invoice", "changed_at")]


def bills_read(parts: Sequence[Unread]) -> None:
    """Their bills were read; a part that changed meanwhile stays to be followed."""
    at = timezone.now()
    for part in parts:
        PaymentPart.objects.filter(pk=part.id, changed_at=part.changed_at).update(bill_read_at=at)


def nothing_to_read(flow: Flow) -> None:
    """Captured invoices are followed by a flow of their own."""
    PaymentPart.objects.filter(flow=flow, bill_read_at=None).update(bill_read_at=F("changed_at"))
