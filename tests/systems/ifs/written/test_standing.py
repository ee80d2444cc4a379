"""Invoices in the books are read set-wise, by id, supplier or number, with what is open and at which rate."""

from datetime import date
from decimal import Decimal

import pytest

from integrations.engine.errors import OutcomeUnknown
from integrations.engine.records import Entity
from integrations.engine.targets import Standing
from tests.systems.ifs.written.books import POST, Books, captured


def test_an_invoice_stands_with_its_amounts_and_its_rate(books: Books) -> None:
    books.invoice(1, VatCurrAmount=Decimal("10.00"), OpenAmountCurr=Decimal("30.00"))
    books.invoice(2, Currency="EUR", CurrRate=Decimal("112.5"), DivFactor=100, OpenAmountCurr=Decimal("100.00"))
    books.invoice(3, net="-40.00", Currency="GBP", Objstate="Cancelled")
    books.invoice(4, OpenAmountCurr=Decimal("0.00"), CurrRate=Decimal("7"))
    found = books.client.standing(Entity.INVOICE, ["10|1", "10|2", "10|3", "10|4", "10|404", "20|1", "odd", "10|x"])
    assert list(found) == ["10|1", "10|2", "10|3", "10|4"]
    one, two, three, four = found.values()
    assert (one.amount, one.paid, one.standing) == (Decimal("110.00"), Decimal("80.00"), Standing.PARTLY_PAID)
    assert (one.number, one.vendor_id, one.currency, one.kind) == ("N1", "S1", "USD", "postedauth")
    assert (one.date, one.due_date, one.echo["amount"]) == (date(2026, 11, 2), date(2026, 12, 2), "110")
    assert one.version.startswith('W/"')
    assert [each.rate for each in (one, two, three, four)] == [Decimal(1), Decimal("1.125"), None, Decimal(1)]
    assert (two.standing, three.standing, four.standing) == (Standing.UNPAID, Standing.UNKNOWN, Standing.PAID)
    assert (three.amount, three.paid, three.active) == (Decimal("-40.00"), None, False)


def test_a_thousand_are_read_in_chains_not_one_by_one(books: Books) -> None:
    books.client = books.connect(page_size="5000")
    for number in range(1, 131):
        books.invoice(number)
    found = books.client.standing(Entity.INVOICE, [f"10|{number}" for number in range(1, 131)])
    assert len(found) == 130
    assert len(books.calls("/ManSuppInvoiceSet")) <= 6


@pytest.mark.parametrize("value", ["NaN", '"wrong"', "1.005"])
def test_one_that_cannot_be_read_is_said_to_be_there(books: Books, value: str) -> None:
    books.invoice(1)
    books.invoice(2)
    books.fault("bad_field", "/ManSuppInvoiceSet", field="NetCurrAmount", raw=value, row=0, times=None)
    found = books.client.standing(Entity.INVOICE, ["10|1", "10|2"])
    assert [record.kind for record in found.values()] == ["unreadable", "postedauth"]


def test_the_invoices_of_suppliers_are_listed_as_bills_and_credits(books: Books) -> None:
    books.invoice(1)
    books.invoice(2, net="-40.00")
    books.invoice(3, Objstate="Cancelled")
    books.invoice(4, Identity="S2")
    books.invoice(5, Identity="S3")
    books.invoice(6, Company="20")
    listed = list(books.client.look_up(Entity.INVOICE, company="10", vendors="S1\nS2"))
    assert [(each.target_id, each.kind, each.active) for each in listed] == [
        ("10|1", "bill", True),
        ("10|2", "credit", True),
        ("10|3", "bill", False),
        ("10|4", "bill", True),
    ]
    assert listed[1].amount == Decimal("-40.00")
    assert [each.target_id for each in books.client.look_up(Entity.INVOICE, number="N6")] == ["20|6"]
    assert len(list(books.client.look_up(Entity.INVOICE, company="10"))) == 5


def test_a_number_with_a_quote_is_asked_for_as_it_is(books: Books) -> None:
    books.invoice(1, InvoiceNo="O'Neil & 1")
    (found,) = books.client.look_up(Entity.INVOICE, company="10", vendors="S1", number="O'Neil & 1")
    assert found.number == "O'Neil & 1"


def test_an_invoice_that_we_have_entered_stands_at_the_rate_of_the_day(books: Books) -> None:
    receipt = books.write(captured(currency="MXN"))
    record = books.client.standing(Entity.INVOICE, [receipt.target_id])[receipt.target_id]
    assert record.rate == Decimal("0.05421")
    (row,) = books.sim.rows("ManSuppInvoice")
    assert (row["NetDomAmount"], row["VatDomAmount"]) == (Decimal("8.13"), Decimal("0.68"))


def test_an_invoice_that_was_brought_in_names_its_record_whatever_has_come_of_it(books: Books) -> None:
    books.fault("drop_after", "PostingProposalHeadSet", method=POST)
    with pytest.raises(OutcomeUnknown):
        books.write(captured())
    books.invoice(900)
    listed = books.client.look_up(Entity.INVOICE, company="10", vendors="S1")
    assert {each.number: each.external_id for each in listed} == {"AV-77": "900177", "N900": ""}
