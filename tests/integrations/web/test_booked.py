"""What was booked, as people see it: a voucher's rows with sums that balance, the invoices it pays, the coding."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from integrations.models import OutboxItem, RecordLink
from integrations.web.vouchers import Sides, voucher_of
from tenants.scope import tenant_scope
from tests.integrations.factories import Desk
from tests.integrations.settling import paid, refresh


@pytest.fixture
def books(desk: Desk) -> Desk:
    desk.turn_round()
    return desk


def row(account: str, amount: str, domestic: str, **more: Any) -> dict[str, Any]:
    return {"account": account, "amount": amount, "domestic": domestic, "currency": "CAD", "number": "A-1", **more}


def send(desk: Desk, item: OutboxItem, draft: dict[str, Any], **echo: str) -> None:
    """The draft as it was last written for the record."""
    with tenant_scope(desk.tenant_id):
        link = RecordLink.objects.filter(entity=item.flow.entity, source_key=item.source_key)
        link.update(sent=draft, echo=echo)


def page_of(client: Client, item: OutboxItem) -> str:
    return client.get(f"/records/{item.uuid}/").content.decode()


def test_a_voucher_balances_in_both_currencies() -> None:
    rows = [row("1150", "-100.00", "-73.00"), row("2410", "100.00", "72.99"), row("8040", "0", "0.01")]
    found = voucher_of(rows, {"1150": "1150 Clearing"}, "USD")
    assert found.balanced
    assert (found.rows[0].account, found.rows[0].amount) == ("1150 Clearing", Sides(credit=Decimal("100.00")))
    assert (found.rows[2].amount, found.home) == (Sides(), "USD")
    assert found.home_sums == Sides(Decimal("73.00"), Decimal("73.00"))


def test_what_does_not_balance_is_not_called_balanced() -> None:
    assert not voucher_of([row("1150", "-100.00", "-73.00"), row("2410", "100.00", "72.99")], {}, "USD").balanced


def test_a_correction_stays_on_its_side_with_a_minus() -> None:
    [debit, credit] = voucher_of(
        [row("2410", "-100.00", "-73.00", correction=True), row("1150", "100.00", "73.00", correction=True)], {}, "CAD"
    ).rows
    assert debit.amount == Sides(debit=Decimal("-100.00"))
    assert credit.amount == Sides(credit=Decimal("-100.00"))


def test_a_payment_shows_its_voucher_and_what_it_pays(owner: Client, books: Desk) -> None:
    payment = paid(books, "100.00", currency="CAD")
    rows = [row("1150", "-100.00", "-73.00"), row("2410", "100.00", "73.00")]
    send(books, payment, {"what": "voucher", "currency": "CAD", "voucher_type": "AVP", "rows": rows})
    refresh(books)
    page = page_of(owner, payment)
    assert all(words in page for words in ("What it pays", "AVP", "Balanced", "1150", "2410", "as a voucher"))
    with tenant_scope(books.tenant_id):
        invoice = OutboxItem.objects.get(flow__entity="invoice")
    assert f"/records/{invoice.uuid}/" in page
    assert f"/records/{payment.uuid}/" in page_of(owner, invoice)


def test_a_captured_invoice_shows_its_coding_and_its_image(owner: Client, books: Desk) -> None:
    item = books.record("done")
    line = {"net": "100.00", "account": "6050", "dimensions": {"B": "110"}, "tax_code": "NT", "text": "Travel"}
    draft = {"what": "booked_invoice", "number": "A-1", "currency": "USD", "route": "external", "lines": [line]}
    send(books, item, draft, document="attached")
    page = page_of(owner, item)
    assert "external invoice and posting proposal" in page
    assert all(words in page for words in ("6050", "tax code NT", "Travel", "Image in the ledger", "attached"))


def test_an_order_shows_its_lines(owner: Client, desk: Desk) -> None:
    item = desk.record("done")
    line = {"key": "1-1", "description": "Hex bolts", "net": "50.00", "quantity": "10", "unit": "pcs", "price": "5.00"}
    send(desk, item, {"what": "order", "number": "P1", "currency": "USD", "status": "open", "lines": [line]})
    page = page_of(owner, item)
    assert all(words in page for words in ("Hex bolts", "50.00", "Quantity", "open"))
