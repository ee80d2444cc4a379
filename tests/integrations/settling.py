"""Payments that were booked, and what the ledger shows of the invoices they paid."""

from decimal import Decimal

from django.utils import timezone

from integrations.models import MirrorRecord, OutboxItem, RecordLink
from integrations.store import settlements
from tenants.scope import tenant_scope
from tests.integrations.factories import Desk


def paid(desk: Desk, *nets: str, currency: str = "USD", name: str = "Grafton Merchanting") -> OutboxItem:
    """A booked payment of so many booked invoices; the list does not know of it yet."""
    invoices = [desk.record("done", amount=net, currency=currency, party_name=name) for net in nets]
    rows = [{"key": i.source_key, "net": net, "discount": "1.00"} for i, net in zip(invoices, nets, strict=True)]
    total = str(sum(Decimal(net) for net in nets))
    return desk.record(
        "done", entity="payment", amount=total, currency=currency, party_name=name, snapshot={"invoices": rows}
    )


def show_open(desk: Desk, payment: OutboxItem, amount: str) -> None:
    """The ledger shows so much of the payment's invoices to be open."""
    with tenant_scope(desk.tenant_id):
        for row in payment.source.snapshot["invoices"]:
            target = RecordLink.objects.get(entity="invoice", source_key=row["key"]).target_id
            MirrorRecord.objects.update_or_create(
                connection=desk.integration.erp,
                entity="invoice",
                target_id=target,
                defaults={"number": f"N{target}", "vendor_id": "S1", "open_amount": amount, "seen_at": timezone.now()},
            )


def take_back(desk: Desk, payment: OutboxItem) -> None:
    """The voucher's reversal is in the books."""
    with tenant_scope(desk.tenant_id):
        link = RecordLink.objects.get(entity="payment", source_key=payment.source_key)
        link.pk, link.variant, link.target_id = None, "reversal", f"{link.target_id}R"
        link.save()


def refresh(desk: Desk) -> None:
    """What a slice of the payments' flow ends with."""
    with tenant_scope(desk.tenant_id):
        settlements.refresh(desk.flows["payment"])
