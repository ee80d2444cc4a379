"""A captured invoice entered by hand's way: one manual invoice with items and postings."""

from decimal import Decimal
from typing import Any

import pytest

from integrations.engine.errors import OutcomeUnknown, Rejected
from tests.systems.ifs.written.books import POST, Books, captured

ALL_POSTS = 1 + 2 + 2


def entered(books: Books) -> Any:
    """There is exactly one invoice with its lines; gives its head."""
    (invoice,) = books.sim.rows("ManSuppInvoice")
    assert [row["NetCurrAmount"] for row in books.sim.rows("ManSuppInvoiceItem")] == [100, 50]
    rows = [(row["CodeA"], row["PostingType"], row["CurrAmount"]) for row in books.sim.rows("ManSuppInvoicePostings")]
    assert rows == [("6120", "IP2", 100), ("6130", "IP2", 50)]
    return invoice


def test_it_is_entered_with_items_and_postings(books: Books) -> None:
    receipt = books.write(captured(route="manual"))
    invoice = entered(books)
    assert receipt.target_id == f"10|{invoice['InvoiceId']}"
    assert (invoice["InvoiceNo"], invoice["Cf_Avid_Id"], invoice["Objstate"]) == ("AV-77", "900177", "Preliminary")
    assert books.sim.rows("ExtIncInvHead") == books.sim.rows("PostingProposalHead") == []
    assert books.write(captured(route="manual")) == receipt
    assert books.posts() == ALL_POSTS


@pytest.mark.parametrize("after", range(ALL_POSTS))
def test_broken_off_anywhere_it_is_completed_by_the_next_try(books: Books, after: int) -> None:
    books.fault("drop_after", ".svc/", method=POST, after=after)
    with pytest.raises(OutcomeUnknown):
        books.write(captured(route="manual"))
    books.write(captured(route="manual"))
    entered(books)


def test_an_invoice_of_somebody_else_with_that_number_is_a_possible_duplicate(books: Books) -> None:
    books.invoice(500, InvoiceNo="AV-77")
    with pytest.raises(Rejected) as caught:
        books.write(captured(route="manual"))
    assert caught.value.code == "possible_duplicate"
    assert len(books.sim.rows("ManSuppInvoice")) == 1


def test_a_cancelled_one_and_one_of_another_series_do_not_stand_in_the_way(books: Books) -> None:
    books.invoice(500, InvoiceNo="AV-77", Objstate="Cancelled")
    books.invoice(501)
    books.sim.edit("ManSuppInvoice", ("10", 501), InvoiceNo="AV-77", SeriesId="XX")
    books.write(captured(route="manual"))
    assert len(books.sim.rows("ManSuppInvoice")) == 3


def test_without_a_field_for_the_id_nothing_is_taken_for_ours(books: Books) -> None:
    books.override = {"written": {"manual_invoice": {"fields": {"external_id": ""}}}}
    books.client = books.connect()
    books.write(captured(route="manual"))
    with pytest.raises(Rejected) as caught:
        books.write(captured(route="manual"))
    assert caught.value.code == "possible_duplicate"


def test_what_ifs_refuses_as_a_duplicate_is_called_one(books: Books) -> None:
    body = {"error": {"code": "DATABASE_ERROR", "message": "Database error.", "details": [{"code": "20112"}]}}
    books.fault("status", "/ManSuppInvoiceSet", method=POST, status=500, body=body)
    with pytest.raises(Rejected) as caught:
        books.write(captured(route="manual"))
    assert caught.value.code == caught.value.problems[0].code == "possible_duplicate"


def test_rows_that_ifs_has_added_itself_stay(books: Books) -> None:
    books.fault("drop_after", "ManSuppInvoicePostingsSet", method=POST, after=1)
    with pytest.raises(OutcomeUnknown):
        books.write(captured(route="manual"))
    (invoice,) = books.sim.rows("ManSuppInvoice")
    debt = {"PostingType": "IP1", "CodeA": "2100", "CurrAmount": Decimal("-162.50")}
    key = {"Company": "10", "InvoiceId": invoice["InvoiceId"], "ItemId": 1, "RowId": 9}
    books.sim.insert("ManSuppInvoicePostings", key | debt)
    books.write(captured(route="manual"))
    assert len(books.sim.rows("ManSuppInvoicePostings")) == 3
