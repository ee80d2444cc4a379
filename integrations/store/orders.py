"""The purchase orders that the invoices of a batch name, and all that is billed of them; a few queries however many."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from django.db import connection

from integrations.engine.charges import Charge, Orders, Use, charges_of
from integrations.engine.records import Entity, Invoice, PurchaseOrder
from integrations.models import Checkpoint, Flow, Integration, SourceRecord
from integrations.store.books import flow_of
from integrations.store.search import term_of
from tenants.scope import current_tenant

_decode = msgspec.json.Decoder(PurchaseOrder).decode
_KNOWN = """
    SELECT s.number, s.snapshot::text FROM integrations_searchterm t
    JOIN integrations_sourcerecord s ON s.tenant_id = t.tenant_id AND s.id = t.source_id
    WHERE t.tenant_id = %(tenant)s AND t.term = ANY(%(terms)s) AND s.flow_id = %(flow)s AND s.number = ANY(%(numbers)s)
      AND s.readable AND NOT s.gone
"""
# What is preliminary or cancelled bills nothing.
_USES = """
    SELECT b.order_number, s.source_key, s.snapshot->>'voucher_date', l.id IS NOT NULL,
           b.line, b.release, b.net, b.quantity, b.unit
    FROM integrations_billedline b
    JOIN integrations_sourcerecord s ON s.tenant_id = b.tenant_id AND s.id = b.source_id
    LEFT JOIN integrations_recordlink l ON l.tenant_id = b.tenant_id AND l.integration_id = %(integration)s
        AND l.entity = 'invoice' AND NOT l.inbound AND l.source_key = s.source_key AND l.variant = ''
    WHERE b.tenant_id = %(tenant)s AND b.flow_id = %(flow)s AND b.order_number = ANY(%(numbers)s)
      AND NOT s.gone AND coalesce(s.snapshot->>'state', '') NOT IN ('preliminary', 'cancelled')
    ORDER BY b.order_number, s.id, b.place
"""


def named(integration: Integration, invoices: Sequence[Invoice]) -> Orders | None:
    """What these invoices are matched with; None where orders are not read for this integration."""
    flow = Flow.objects.filter(integration=integration, entity=Entity.PURCHASE_ORDER, enabled=True).first()
    numbers = sorted({charge.order for each in invoices for charge in charges_of(each)})
    if flow is None or not numbers:
        return None
    read = Checkpoint.objects.filter(flow=flow, complete=True).first()
    known = found(flow, numbers)
    wanted = [each for each in invoices if any(c.order not in known for c in charges_of(each))]
    return Orders(
        currency=integration.company_currency,
        readable=read is not None,
        known=known,
        uses=uses(integration, numbers),
        missing=_missing(integration, wanted, read, known) if read is not None and wanted else frozenset(),
    )


def found(flow: Flow, numbers: Sequence[str]) -> dict[str, PurchaseOrder]:
    """The orders of these numbers, as last read."""
    terms = sorted({term_of(number) for number in numbers})
    rows = _rows(_KNOWN, flow=flow.pk, terms=terms, numbers=list(numbers))
    return {number: _decode(snapshot) for number, snapshot in rows}


def uses(integration: Integration, numbers: Iterable[str]) -> dict[str, list[Use]]:
    """By order: every invoice and credit in the ERP's ledger that bills it."""
    flow = flow_of(integration, Entity.INVOICE, inbound=False)
    rows = _rows(_USES, flow=flow, integration=integration.pk, numbers=list(numbers))
    heads: dict[tuple[str, str], tuple[date | None, bool]] = {}
    charges: dict[tuple[str, str], list[Charge]] = {}
    for order, key, dated, is_sent, line, release, net, quantity, unit in rows:
        heads[order, key] = date.fromisoformat(dated) if dated else None, is_sent
        charge = Charge(order=order, net=_exact(net), line=line, release=release, quantity=_known(quantity), unit=unit)
        charges.setdefault((order, key), []).append(charge)
    result: dict[str, list[Use]] = {}
    for (order, key), (dated, is_sent) in heads.items():
        use = Use(key=key, dated=dated, sent=is_sent, charges=tuple(charges[order, key]))
        result.setdefault(order, []).append(use)
    return result


def _missing(
    integration: Integration, invoices: Sequence[Invoice], read: Checkpoint, known: dict[str, PurchaseOrder]
) -> frozenset[tuple[str, str]]:
    """Unknown orders of invoices that were there before the last whole scan of the orders ended."""
    flow = flow_of(integration, Entity.INVOICE, inbound=False)
    rows = SourceRecord.objects.filter(flow_id=flow, source_key__in=[each.key for each in invoices])
    before = set(rows.filter(changed_at__lt=read.swept_at or read.at).values_list("source_key", flat=True))
    unknown = ((each.key, c.order) for each in invoices if each.key in before for c in charges_of(each))
    return frozenset((key, order) for key, order in unknown if order not in known)


def _exact(amount: Decimal) -> Decimal:
    """As it was read: columns add zeros."""
    return amount.normalize()


def _known(quantity: Decimal | None) -> Decimal | None:
    return None if quantity is None else quantity.normalize()


def _rows(statement: str, **names: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"tenant": current_tenant(), **names})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
