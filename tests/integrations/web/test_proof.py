"""The proof that a sent invoice was paid: on its own page, on its payment's, on the list and on the first page."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from integrations.engine.records import Entity, PaidInvoice, Payment, PaymentState
from integrations.models import Flow, OutboxItem, RecordLink
from integrations.runner.setup import Wanted, add_flow
from integrations.store import settlements, staging
from tenants.scope import tenant_scope
from tests.integrations.factories import Desk

DAY = date(2026, 3, 2)


@pytest.fixture
def invoice(desk: Desk) -> OutboxItem:
    """An invoice of 100.00 that was sent as bill 00n00001."""
    with tenant_scope(desk.tenant_id):
        desk.flows["payment"] = add_flow(desk.integration, Wanted(Entity.PAYMENT, inbound=True))
    return desk.record("done", number="INV-7")


def pays(
    desk: Desk, key: str, amount: str, state: PaymentState, word: str, bill: str = "00n00001", **more: Any
) -> None:
    """A payment as it is read, and what follows of it."""
    payment = Payment(
        key=key,
        vendor_key="V1",
        method="ach",
        state=state,
        state_word=word,
        amount=Decimal(amount),
        currency="USD",
        dated=DAY,
        invoices=(PaidInvoice(key=bill, net=Decimal(amount)),),
        **more,
    )
    with tenant_scope(desk.tenant_id):
        flow: Flow = desk.flows["payment"]
        staging.merge(desk.tenant_id, flow.pk, [payment], due=True)
        settlements.refresh(flow)


def page_of(owner: Client, desk: Desk, key: str) -> str:
    with tenant_scope(desk.tenant_id):
        uuid = OutboxItem.objects.get(source_key=key).uuid
    return owner.get(f"/records/{uuid}/").content.decode()


def test_the_page_of_an_invoice_shows_each_payment_with_its_way(owner: Client, desk: Desk, invoice: OutboxItem) -> None:
    for hour, (state, word) in enumerate(
        [(PaymentState.PENDING, "SCHEDULED"), (PaymentState.ISSUED, "SENT"), (PaymentState.CLEARED, "CLEARED")]
    ):
        pays(desk, "stp1", "30.00", state, word, modified=datetime(2026, 3, 2, hour, tzinfo=UTC))
    page = page_of(owner, desk, invoice.source_key)
    way = page[page.index('<ol class="way">') :]
    assert way.index("scheduled") < way.index("sent") < way.index("cleared")
    assert "Partly paid: " in page
    assert "stp1" in page
    assert "Paid, not settled" in page


def test_the_page_of_a_payment_names_the_invoice_that_it_pays(owner: Client, desk: Desk, invoice: OutboxItem) -> None:
    pays(desk, "stp1", "100.00", PaymentState.FAILED, "DISBURSEMENT_FAILED_ACTION_NEEDED")
    page = page_of(owner, desk, "stp1")
    assert all(words in page for words in ("INV-7", f"/records/{invoice.uuid}/", "Failed"))


def test_what_is_paid_and_open_in_the_erp_is_counted_with_its_oldest_day(
    owner: Client, desk: Desk, invoice: OutboxItem
) -> None:
    pays(desk, "stp1", "30.00", PaymentState.ISSUED, "SENT")
    pays(desk, "stp2", "70.00", PaymentState.CLEARED, "CLEARED")
    pays(desk, "stp3", "5.00", PaymentState.CLEARED, "CLEARED", bill="00nHAND")
    first = owner.get("/").content.decode()
    assert "1 invoice paid, still open in the ledger: 100.00\N{NO-BREAK SPACE}USD, since 2 March 2026." in first
    listed = owner.get("/settlements/?q=INV-7").content.decode()
    assert listed.count(f"/records/{invoice.uuid}/") == 2
    rows = b"".join(owner.get("/settlements.csv").streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert sum("INV-7" in row for row in rows) == 2


def test_a_link_that_was_taken_back_takes_the_payment_from_the_page(
    owner: Client, desk: Desk, invoice: OutboxItem
) -> None:
    pays(desk, "stp1", "100.00", PaymentState.CLEARED, "CLEARED")
    with tenant_scope(desk.tenant_id):
        RecordLink.objects.filter(source_key=invoice.source_key).delete()
    assert "How it is paid" not in page_of(owner, desk, invoice.source_key)
    assert '<ol class="way">' not in page_of(owner, desk, invoice.source_key)
