"""What proves that an invoice was paid, or what a payment pays: each payment, its amounts, and the way it came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet

from integrations.engine.paid_marks import Part, paid_of, state_of
from integrations.engine.records import Entity
from integrations.models import Flow, OutboxItem, PaymentPart, PaymentStep, RecordLink
from integrations.store.paid_marks import totals

MOST = 200  # parts that a page shows


@dataclass(frozen=True, slots=True)
class Line:
    """A part with the record behind it (of an invoice its payment, of a payment its invoice) and its payment's way."""

    part: PaymentPart
    other: UUID | None
    name: str
    way: Sequence[PaymentStep]


@dataclass(frozen=True, slots=True)
class Proof:
    """`word` says of an invoice how far it is paid, `total` what it is over where that is known."""

    lines: Sequence[Line]
    currency: str
    word: str = ""
    paid: Decimal = Decimal(0)
    total: Decimal | None = None


def proof_of(item: OutboxItem) -> Proof | None:
    """None for a record that nothing was read of. A constant number of queries."""
    flow = Flow.objects.filter(integration=item.flow.integration_id, entity=Entity.PAYMENT, inbound=True).first()
    if flow is None or item.flow.entity not in (Entity.INVOICE, Entity.PAYMENT) or item.variant == "reversal":
        return None
    rows = PaymentPart.objects.filter(flow=flow).order_by("id")
    return _of_payment(item, rows) if item.flow.entity == Entity.PAYMENT else _of_invoice(item, flow, rows)


def _of_payment(item: OutboxItem, rows: "QuerySet[PaymentPart]") -> Proof | None:
    parts = list(rows.filter(payment=item.source_key)[:MOST])
    if not parts:
        return None
    keys = _invoice_keys(item, [part.invoice for part in parts])
    invoices = OutboxItem.objects.filter(
        flow__integration=item.flow.integration_id,
        flow__entity=Entity.INVOICE,
        source_key__in=keys.values(),
        variant="",
    )
    known = {key: (uuid, number) for key, uuid, number in invoices.values_list("source_key", "uuid", "source__number")}
    way = _ways(item.flow, [item.source_key]).get(item.source_key, ())
    found = [(part, *known.get(keys.get(part.invoice, ""), (None, ""))) for part in parts]
    lines = [Line(part, uuid, number or part.invoice, way) for part, uuid, number in found]
    return Proof(lines, parts[0].currency)


def _of_invoice(item: OutboxItem, flow: Flow, rows: "QuerySet[PaymentPart]") -> Proof | None:
    bills, total = [item.source_key], item.source.amount
    if not item.flow.inbound:
        sent = RecordLink.objects.filter(integration=flow.integration_id, entity=Entity.INVOICE, inbound=False)
        mine = sent.filter(source_key=item.source_key, variant=item.variant)
        bills = list(mine.values_list("target_id", flat=True))
        known = list(totals(flow.integration, bills).values())
        total = sum((each for each in known if each is not None), Decimal(0)) if known and None not in known else None
    parts = list(rows.filter(invoice__in=bills, noted=False)[:MOST])
    if not parts:
        return None
    ways = _ways(flow, [part.payment for part in parts])
    items = OutboxItem.objects.filter(flow=flow, source_key__in=ways, variant="")
    uuids = dict(items.values_list("source_key", "uuid"))
    paying = [Part(payment=each.payment, state=each.state, amount=each.amount, dated=each.dated) for each in parts]
    lines = [Line(part, uuids.get(part.payment), part.payment, ways.get(part.payment, ())) for part in parts]
    return Proof(lines, parts[0].currency, state_of(paying, total), paid_of(paying), total)


def _invoice_keys(item: OutboxItem, bills: Sequence[str]) -> Mapping[str, str]:
    """The invoice's own key by what the payment calls it: an invoice that was sent, or the captured invoice itself."""
    sent = RecordLink.objects.filter(
        target_connection=item.flow.source, entity=Entity.INVOICE, inbound=False, target_id__in=bills
    )
    return {**{each: each for each in bills}, **dict(sent.values_list("target_id", "source_key"))}


def _ways(flow: Flow, payments: Sequence[str]) -> dict[str, list[PaymentStep]]:
    """The states of each payment in their order."""
    found: dict[str, list[PaymentStep]] = {payment: [] for payment in payments}
    for step in PaymentStep.objects.filter(flow=flow, payment__in=list(found)).order_by("id"):
        found[step.payment].append(step)
    return found
