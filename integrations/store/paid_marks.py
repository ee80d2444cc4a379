"""Marks of payment for the source: where sent invoices carry how far they are paid, by a flow of their own."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from integrations.engine.paid_marks import ALIVE, Part, mark_of
from integrations.engine.policy import Policy
from integrations.engine.records import Entity
from integrations.models import Flow, Integration, MirrorRecord, PaymentPart, RecordLink, SourceRecord
from integrations.store import staging
from integrations.store.lease import due_now
from tenants.scope import current_tenant


def parts_of(integration: Integration, bills: Iterable[str]) -> dict[str, list[Part]]:
    """What payments pay of these bills, by bill; what was only noted by us is the ERP's own payment."""
    rows = PaymentPart.objects.filter(
        flow__integration=integration, flow__inbound=True, invoice__in=list(bills), noted=False
    )
    found: dict[str, list[Part]] = {}
    for row in rows.order_by("id"):
        part = Part(payment=row.payment, state=row.state, amount=row.amount, dated=row.dated)
        found.setdefault(row.invoice, []).append(part)
    return found


def totals(integration: Integration, bills: Iterable[str]) -> dict[str, Decimal | None]:
    """What these bills are over, as last read."""
    rows = MirrorRecord.objects.filter(connection=integration.ap_id, entity=Entity.INVOICE, target_id__in=list(bills))
    return dict(rows.values_list("target_id", "amount"))


def mark(integration: Integration, policy: Policy, bills: Sequence[str]) -> None:
    """Stage a mark for every invoice that one of `bills` was made of, in the open scope; nothing where none is wanted.

    An invoice of which nothing was ever paid gets none.
    """
    back = Flow.objects.filter(integration=integration, entity=Entity.PAID_MARK, inbound=True, enabled=True).first()
    if policy.read_back != "field" or back is None:
        return
    sent = RecordLink.objects.filter(integration=integration, entity=Entity.INVOICE, inbound=False)
    keys = set(sent.filter(target_id__in=bills).values_list("source_key", flat=True))
    of_invoice: dict[str, list[str]] = {}
    for key, target_id in sent.filter(source_key__in=keys).values_list("source_key", "target_id"):
        of_invoice.setdefault(key, []).append(target_id)
    every = [target_id for mine in of_invoice.values() for target_id in mine]
    parts, sums = parts_of(integration, every), totals(integration, every)
    known = set(SourceRecord.objects.filter(flow=back, source_key__in=keys).values_list("source_key", flat=True))
    marks = []
    for key, mine in sorted(of_invoice.items()):
        paying = [part for target_id in mine for part in parts.get(target_id, ())]
        amounts = [sums.get(target_id) for target_id in mine]
        total = sum((each for each in amounts if each is not None), Decimal(0)) if None not in amounts else None
        if key in known or any(part.state in ALIVE for part in paying):
            marks.append(mark_of(key, paying, total, policy))
    if marks:
        staging.merge(current_tenant(), back.pk, marks, due=True)
        due_now([back.pk])
