"""The settlement list: what was paid stands on it, unsettled until the ledger shows it gone."""

import csv
import io
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from integrations.models import RecordLink, Settlement
from tenants.scope import tenant_scope
from tests.factories import Cast, signed_in
from tests.integrations.factories import Desk
from tests.integrations.settling import paid, refresh, show_open, take_back


@pytest.fixture
def books(desk: Desk) -> Desk:
    """An integration that brings invoices and payments into the books."""
    desk.turn_round()
    return desk


def answer_of(client: Client, query: str = "") -> str:
    page = client.get(f"/settlements/{query}").content.decode()
    return re.search(r'class="answer">(.*?)</p>', page)[1].replace("\xa0", " ")  # type: ignore[index]


def states(desk: Desk) -> list[str]:
    with tenant_scope(desk.tenant_id):
        return list(Settlement.objects.order_by("id").values_list("state", flat=True))


def test_a_paid_invoice_is_unsettled_until_the_ledger_shows_it_gone(owner: Client, books: Desk) -> None:
    payment = paid(books, "100.00", "50.50")
    show_open(books, payment, "150.50")
    refresh(books)
    assert answer_of(owner) == "2 paid invoices are not settled in the ledger yet: 150.50 USD."
    show_open(books, payment, "0")
    refresh(books)
    assert answer_of(owner) == "Everything that was paid is settled in the ledger."


def test_a_reversed_payment_settles_nothing(owner: Client, books: Desk) -> None:
    payment = paid(books, "100.00")
    refresh(books)
    take_back(books, payment)
    refresh(books)
    assert states(books) == ["reversed"]
    assert answer_of(owner) == "Every payment here was taken back."


def test_a_payment_is_listed_once_however_often_one_looks(books: Desk) -> None:
    paid(books, "100.00")
    for _ in range(3):
        refresh(books)
    paid(books, "7.00")
    refresh(books)
    assert states(books) == ["paid", "paid"]


def test_what_was_booked_stays_as_it_was_booked(books: Desk) -> None:
    payment = paid(books, "100.00")
    refresh(books)
    with tenant_scope(books.tenant_id):
        payment.source.snapshot["invoices"][0]["net"] = "999.00"
        payment.source.save()
        refresh(books)
        assert str(Settlement.objects.get().amount) == "100.000000"


def test_a_link_that_is_taken_back_takes_its_rows_along(books: Desk) -> None:
    payment = paid(books, "100.00")
    refresh(books)
    with tenant_scope(books.tenant_id):
        RecordLink.objects.filter(entity="payment", source_key=payment.source_key).delete()
    refresh(books)
    assert states(books) == []


def test_currencies_are_never_added_together(owner: Client, books: Desk) -> None:
    paid(books, "100.00")
    paid(books, "20.00", currency="CAD")
    refresh(books)
    assert answer_of(owner) == "2 paid invoices are not settled in the ledger yet: 20.00 CAD and 100.00 USD."


def test_the_list_is_narrowed_by_state_supplier_and_whatever_names_it(owner: Client, books: Desk) -> None:
    settled = paid(books, "100.00", name="Ace Hardware")
    show_open(books, settled, "0")
    paid(books, "30.00")
    refresh(books)
    assert "1 paid invoice is not" in answer_of(owner, "?state=paid")
    assert answer_of(owner, "?supplier=S1") == "Everything that was paid is settled in the ledger."
    assert answer_of(owner, "?q=ace") == "Everything that was paid is settled in the ledger."
    assert answer_of(owner, "?q=nobody") == "No paid invoice matches."


def test_the_export_says_what_settles_an_item_and_starts_no_formula(owner: Client, books: Desk) -> None:
    payment = paid(books, "100.00", name="=1+1")
    show_open(books, payment, "100")
    refresh(books)
    response: Any = owner.get("/settlements.csv")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(text))
    assert row["Supplier name"] == "'=1+1"
    assert (row["Amount"], row["Discount"], row["Currency"]) == ("100.000000", "1.000000", "USD")
    assert row["State"] == "Paid, not settled"
    with tenant_scope(books.tenant_id):
        links = dict(RecordLink.objects.values_list("entity", "target_id"))
    assert (row["Ledger item"], row["Voucher"]) == (links["invoice"], links["payment"])


def test_a_stranger_sees_nothing_of_it(cast: Cast, books: Desk) -> None:
    paid(books, "100.00")
    refresh(books)
    assert answer_of(signed_in(cast.stranger)) == "Nothing was paid yet."


def test_the_dashboard_and_the_integration_say_what_waits_for_the_ledger(owner: Client, books: Desk) -> None:
    paid(books, "100.00")
    refresh(books)
    assert "1 invoice paid, still open in the ledger" in owner.get("/").content.decode()
    assert "Paid, not settled" in owner.get(f"/integrations/{books.integration.uuid}/").content.decode()


@pytest.mark.parametrize("query", ["?state=x&integration=y", "?q=%00", "?before=-1", "?supplier=%ED%A0%80"])
def test_no_query_breaks_the_page(owner: Client, books: Desk, query: str) -> None:
    assert owner.get(f"/settlements/{query}").status_code == 200
    assert owner.get(f"/settlements.csv{query}").status_code == 200


def test_more_rows_are_no_more_questions(owner: Client, books: Desk) -> None:
    asked = []
    for _ in range(2):
        for _ in range(6):
            paid(books, "1.00", "2.00")
        refresh(books)
        with CaptureQueriesContext(connection) as seen:
            owner.get("/settlements/")
        asked.append(sum("integrations_" in query["sql"] for query in seen))
    assert asked[0] == asked[1] <= 10
