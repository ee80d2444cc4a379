"""The ERP's books as a decision needs them: accounts, values, tax codes and periods as last read; links and vouchers.

What is read for one batch is asked for by the whole batch of keys at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from django.db import connection

from integrations.engine.books import Books, Elsewhere, Voucher
from integrations.engine.codes import code_key, code_of
from integrations.engine.drafts import Draft, VoucherDraft
from integrations.engine.mapping import Account
from integrations.engine.records import RECORDS, AccountingPeriod, Dimension, Entity, GLAccount, Payment
from integrations.engine.targets import TargetRecord
from integrations.models import Flow, Integration
from tenants.scope import current_tenant

_draft: Any = msgspec.json.Decoder(Draft).decode
_SNAPSHOTS = """
    SELECT snapshot::text FROM integrations_sourcerecord
    WHERE tenant_id = %(tenant)s AND flow_id = %(flow)s AND readable AND NOT gone
"""
_LINKED = """
    SELECT source_key, target_id FROM integrations_recordlink
    WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s AND entity = %(entity)s
      AND inbound = %(inbound)s AND {column} = ANY(%(keys)s) ORDER BY id
"""
# Every bill of the invoices that these bills are of, and the invoice.
_BILLS = """
    SELECT other.target_id, other.source_key FROM integrations_recordlink l
    JOIN integrations_recordlink other ON other.tenant_id = l.tenant_id AND other.integration_id = l.integration_id
        AND other.entity = 'invoice' AND NOT other.inbound AND other.source_key = l.source_key
    WHERE l.tenant_id = %(tenant)s AND l.target_connection_id = %(ap)s AND l.entity = 'invoice' AND NOT l.inbound
      AND l.target_id = ANY(%(keys)s)
"""
_ALIVE = """
    SELECT invoice, sum(amount + discount) FROM integrations_paymentpart
    WHERE tenant_id = %(tenant)s AND flow_id = %(flow)s AND invoice = ANY(%(keys)s) AND state IN ('issued', 'cleared')
    GROUP BY 1
"""
_ISSUED = """
    SELECT DISTINCT payment FROM integrations_paymentstep
    WHERE tenant_id = %(tenant)s AND flow_id = %(flow)s AND payment = ANY(%(own)s) AND state IN ('issued', 'cleared')
"""
# What our vouchers paid of each invoice when they were booked, whatever the payment says since, discount included;
# payments reversed or reissued by the batch left out.
_PAID = """
    SELECT i.value->>'key', sum((i.value->>'net')::numeric + coalesce(i.value->>'discount', '0')::numeric)
    FROM integrations_recordlink l
    JOIN integrations_sourcerecord s ON s.tenant_id = l.tenant_id AND s.flow_id = %(flow)s
        AND s.source_key = l.source_key
    CROSS JOIN LATERAL jsonb_array_elements(
        coalesce(nullif(l.sent->'pays', '[]'), s.snapshot->'invoices')) i
    WHERE l.tenant_id = %(tenant)s AND l.integration_id = %(integration)s AND l.entity = 'payment' AND l.inbound
      AND l.variant = '' AND i.value->>'key' = ANY(%(keys)s) AND NOT l.source_key = ANY(%(reissued)s)
      AND NOT EXISTS (
        SELECT 1 FROM integrations_recordlink r WHERE r.tenant_id = l.tenant_id
            AND r.integration_id = l.integration_id AND r.entity = 'payment' AND r.inbound
            AND r.source_key = l.source_key AND r.variant = 'reversal')
    GROUP BY 1
"""
_VOUCHERS = """
    SELECT l.source_key, l.variant, l.target_id, l.sent::text FROM integrations_recordlink l
    WHERE l.tenant_id = %(tenant)s AND l.integration_id = %(integration)s AND l.entity = 'payment' AND l.inbound
      AND l.source_key IN (
        SELECT s.source_key FROM integrations_sourcerecord s WHERE s.tenant_id = %(tenant)s AND s.flow_id = %(flow)s
            AND (s.source_key = ANY(%(keys)s) OR s.party = ANY(%(parties)s) AND s.plain = ANY(%(plains)s)))
"""
# Invoices that were paid, as long as the books have not been seen to settle them.
_UNSETTLED = """
    SELECT DISTINCT item FROM integrations_settlement
    WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s AND state = 'paid' AND item <> ''
"""
_ALIKE = """
    SELECT n.company, s.snapshot::text FROM integrations_sourcerecord s
    JOIN integrations_flow f ON f.tenant_id = s.tenant_id AND f.id = s.flow_id
    JOIN integrations_integration n ON n.tenant_id = f.tenant_id AND n.id = f.integration_id
    WHERE s.tenant_id = %(tenant)s AND n.ap_id = %(ap)s AND n.id <> %(integration)s AND f.entity = %(entity)s
      AND NOT f.inbound AND s.number = ANY(%(numbers)s) AND s.readable AND NOT s.gone
"""


def load(integration: Integration, tool: str = "") -> Books:
    """The books as last read with the reference flows of the integration; `tool` is what people call the AP tool."""
    accounts, values = codes(integration)
    sharing = list(Integration.objects.filter(ap_id=integration.ap_id).order_by("id").values_list("id", "company"))
    periods: list[AccountingPeriod] = _all(integration, Entity.ACCOUNTING_PERIOD)
    return Books(
        tool=tool,
        currency=integration.company_currency,
        accounts={each.number: each for each in accounts},
        values={(each.kind, each.value): each for each in values},
        periods=tuple(sorted(periods, key=lambda each: each.starts)),
        companies=frozenset(company for _, company in sharing),
        takes_strays=not sharing or sharing[0][0] == integration.pk,
        ours=bills_are_ours(integration),
    )


def codes(integration: Integration) -> tuple[list[GLAccount], list[Dimension]]:
    """(accounts, values) as last read from the ERP; empty as long as no flow reads them."""
    return _all(integration, Entity.GL_ACCOUNT), _all(integration, Entity.DIMENSION)


def chart(books: Books) -> tuple[list[Account], list[Account]]:
    """(accounts, values) of the books as a mapping's targets: here the number itself is the id."""
    accounts = [
        Account(target_id=a.number, number=a.number, name=a.name, kind=a.kind, active=a.active)
        for a in books.accounts.values()
    ]
    values = [
        Account(target_id=v.value, number=v.value, name=v.name, kind=v.kind, active=v.active)
        for v in books.values.values()
    ]
    return accounts, values


def suppliers(integration: Integration, codes: Iterable[str]) -> dict[str, str]:
    """The AP tool's vendor code (as given, and without an address) -> supplier key."""
    keys = sorted({part for code in codes for part in (code, code.partition("|")[0]) if part})
    return {target: source for source, target in _links(integration, Entity.VENDOR, "target_id", keys, inbound=False)}


def booked(integration: Integration, keys: Iterable[str]) -> dict[str, str]:
    """Captured invoice key -> its id in the books."""
    return dict(_links(integration, Entity.INVOICE, "source_key", sorted(set(keys)), inbound=True))


def bills_are_ours(integration: Integration) -> bool:
    """Whether the AP tool pays bills that were sent to it; else it captures the invoices itself."""
    return flow_of(integration, Entity.INVOICE, inbound=True) is None


def paid_invoices(integration: Integration, keys: Iterable[str]) -> dict[str, str]:
    """What payments call an invoice -> its id in the books; of a sent one every bill that it became."""
    if not bills_are_ours(integration):
        return booked(integration, keys)
    return dict(_rows(_BILLS, ap=integration.ap_id, keys=sorted(set(keys))))


def with_payments(
    books: Books, integration: Integration, payments: Sequence[Payment], standing: Mapping[str, TargetRecord]
) -> Books:
    """The books with what concerns these payments; `standing` are fresh reads of the invoices that they pay."""
    flow = flow_of(integration, Entity.PAYMENT, inbound=True)
    invoices = paid_invoices(integration, (paid.key for payment in payments for paid in payment.invoices))
    keys = sorted(invoices)
    own = [payment.key for payment in payments]
    reissued = [payment.replaces for payment in payments if payment.replaces]
    paid = _rows(_PAID, flow=flow, integration=integration.pk, keys=keys, reissued=reissued)
    plains = [payment.transaction_id for payment in payments if payment.transaction_id]
    parties = [payment.vendor_key for payment in payments]
    named = [*own, *(payment.replaces for payment in payments if payment.replaces)]
    names = {"flow": flow, "integration": integration.pk, "keys": named, "plains": plains, "parties": parties}
    vouchers, turned = {}, set()
    for key, variant, target_id, sent in _rows(_VOUCHERS, **names):
        draft = _draft(sent) if sent else None
        if variant:
            turned.add(key)
        elif isinstance(draft, VoucherDraft):
            vouchers[key] = Voucher(target_id=target_id, draft=draft)
    return msgspec.structs.replace(
        books,
        suppliers=suppliers(integration, parties),
        invoices=invoices,
        standing=standing,
        paid=_by_invoice(invoices, paid),
        alive=_by_invoice(invoices, _rows(_ALIVE, flow=flow, keys=keys)),
        issued=frozenset(row[0] for row in _rows(_ISSUED, flow=flow, own=own)),
        vouchers=vouchers,
        reversed=frozenset(turned),
    )


def _by_invoice(invoices: Mapping[str, str], amounts: Iterable[tuple[str, Any]]) -> dict[str, Decimal]:
    """The sums by the invoice's id in the books."""
    found: dict[str, Decimal] = {}
    for key, amount in amounts:
        if key in invoices:
            found[invoices[key]] = found.get(invoices[key], Decimal(0)) + Decimal(amount)
    return found


def unsettled(integration: Integration) -> list[str]:
    """Ids in the books of invoices that were paid and are not known to be settled."""
    return sorted(row[0] for row in _rows(_UNSETTLED, integration=integration.pk))


def elsewhere(
    integration: Integration, entity: Entity, records: Sequence[GLAccount | Dimension], day: date | None, longest: int
) -> dict[str, list[Elsewhere]]:
    """The same codes as other companies of the same AP connection have them on `day`, by what finds them there."""
    if not integration.ap_shared:
        return {}
    numbers = [each.number if isinstance(each, GLAccount) else each.value for each in records]
    kind: Any = RECORDS[entity]
    found: dict[str, list[Elsewhere]] = {}
    for company, snapshot in _rows(
        _ALIKE, ap=integration.ap_id, integration=integration.pk, entity=entity, numbers=numbers
    ):
        draft, active = code_of(msgspec.json.decode(snapshot, type=kind), day, longest)
        found.setdefault(code_key(draft), []).append(Elsewhere(company=company, name=draft.name, active=active))
    return found


def flow_of(integration: Integration, entity: Entity, *, inbound: bool) -> int | None:
    """The id of the integration's flow of this entity and direction."""
    rows = Flow.objects.filter(integration=integration, entity=entity, inbound=inbound)
    found: int | None = rows.values_list("pk", flat=True).first()
    return found


def _all(integration: Integration, entity: Entity) -> list[Any]:
    flow, kind = flow_of(integration, entity, inbound=False), RECORDS[entity]
    if flow is None:
        return []
    decode = msgspec.json.Decoder(kind).decode
    return [decode(row[0]) for row in _rows(_SNAPSHOTS, flow=flow)]


def _links(
    integration: Integration, entity: Entity, column: str, keys: Sequence[str], *, inbound: bool
) -> list[tuple[str, str]]:
    if not keys:
        return []
    statement = _LINKED.format(column=column)
    found = _rows(statement, integration=integration.pk, entity=entity, inbound=inbound, keys=list(keys))
    return [(row[0], row[1]) for row in found]


def _rows(statement: str, **names: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"tenant": current_tenant(), **names})
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
