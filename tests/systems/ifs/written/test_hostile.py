"""An IFS that shows late or not at all, numbers for itself, says nothing, or means something else: nothing twice."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest

from integrations.engine.errors import OutcomeUnknown, Rejected, Retryable, Stale
from tests.systems.ifs.written.books import POST, Books, captured, paid

Answer = Callable[[httpx.Request], httpx.Response]


def between(books: Books, change: Callable[[httpx.Request, Answer], httpx.Response]) -> None:
    """From now on `change` stands between the client and the simulator."""
    behind = books.wire.simulator
    books.wire.simulator = lambda request: change(request, behind)


def is_list(request: httpx.Request, name: str) -> bool:
    return request.method == "GET" and request.url.path.endswith(name)


def listed_with(books: Books, name: str, **fields: Any) -> None:
    """From now on every row of the list `name` comes with these fields."""

    def change(request: httpx.Request, behind: Answer) -> httpx.Response:
        answer = behind(request)
        if not is_list(request, name):
            return answer
        return httpx.Response(200, json={"value": [row | fields for row in json.loads(answer.read())["value"]]})

    between(books, change)


def test_a_list_that_begins_anew_for_ever_ends() -> None:
    books = Books()
    rows = [{"Company": "10", "VoucherType": "AVP", "AccountingYear": 2026, "VoucherNo": n} for n in range(200)]

    def change(request: httpx.Request, behind: Answer) -> httpx.Response:
        return httpx.Response(200, json={"value": rows}) if is_list(request, "/VoucherSet") else behind(request)

    between(books, change)
    with pytest.raises(Retryable) as caught:
        books.write(paid())
    assert caught.value.code == "page_loop"
    assert len(books.wire.calls("GET", "/VoucherSet")) == 2
    assert books.posts() == 0


def test_what_is_made_without_a_word_is_read(books: Books) -> None:
    def change(request: httpx.Request, behind: Answer) -> httpx.Response:
        answer = behind(request)
        silent = request.method == POST and "/projection/" in request.url.path and answer.status_code < 300
        return httpx.Response(204) if silent else answer

    between(books, change)
    books.write(captured())
    _, failed = books.tries(paid())
    assert failed == 1  # the number of a voucher is nobody's to guess: it is found by its text
    assert len(books.sim.rows("ManSuppInvoice")) == len(books.sim.rows("Voucher")) == 1


def test_a_load_that_ifs_numbers_for_itself_is_found_and_not_taken_for_a_stranger(books: Books) -> None:
    def change(request: httpx.Request, behind: Answer) -> httpx.Response:
        if request.method == POST and request.url.path.endswith("/ExtIncInvHeadSet"):
            body = json.dumps({**json.loads(request.content), "LoadId": "IFS-1"}).encode()
            request = httpx.Request(POST, request.url, headers=request.headers, content=body)
            request.headers["content-length"] = str(len(body))
        return behind(request)

    between(books, change)
    books.fault("drop_after", "ExtIncInvHead_Create", method=POST)
    with pytest.raises(OutcomeUnknown):
        books.write(captured())
    assert books.write(captured()) == books.write(captured())
    (load,) = books.sim.rows("ExtIncInvHead")
    assert load["LoadId"] == "IFS-1"
    assert len(books.sim.rows("ManSuppInvoice")) == len(books.sim.rows("PostingProposalHead")) == 1


@pytest.mark.parametrize("route", ["external", "manual"])
def test_an_invoice_that_ifs_does_not_show_concerns_nobody_else(books: Books, route: Any) -> None:
    """Row security, or a list that lags: it is looked up later, and no neighbour waits."""

    def change(request: httpx.Request, behind: Answer) -> httpx.Response:
        hidden = request.method == "GET" and "/ManSuppInvoiceSet(" in request.url.path
        return httpx.Response(404) if hidden else behind(request)

    shown = books.wire.simulator
    between(books, change)
    for _ in range(2):
        with pytest.raises(OutcomeUnknown) as caught:
            books.write(captured(route=route))
        assert caught.value.code == "not_shown"
    books.wire.simulator = shown
    books.write(captured(route=route))
    assert len(books.sim.rows("ManSuppInvoice")) == 1


def test_a_record_that_vanishes_between_read_and_change_is_decided_again_alone(books: Books) -> None:
    books.fault("drop_after", "ExtIncInvItemSet", method=POST)
    with pytest.raises(OutcomeUnknown):
        books.write(captured())

    def change(request: httpx.Request, behind: Answer) -> httpx.Response:
        return httpx.Response(404) if request.method == "PATCH" else behind(request)

    between(books, change)
    with pytest.raises(Stale):
        books.write(captured(due_date=date(2026, 12, 24)))


def test_a_voucher_that_is_not_approved_is_not_in_the_books(books: Books) -> None:
    def change(request: httpx.Request, behind: Answer) -> httpx.Response:
        answer = behind(request)
        if not request.url.path.endswith("Voucher_Approve"):
            return answer
        return httpx.Response(200, json={**json.loads(answer.read()), "Objstate": "Confirmed"})

    between(books, change)
    with pytest.raises(Rejected) as caught:
        books.write(paid())
    assert caught.value.code == "not_approved"
    assert "Confirmed" in caught.value.message


def lost_after_approval(books: Books) -> None:
    books.fault("drop_after", "Voucher_Approve", method=POST)
    with pytest.raises(OutcomeUnknown):
        books.write(paid())


def test_a_voucher_is_found_although_the_setting_of_its_type_has_changed(books: Books) -> None:
    books.sim.insert("VoucherTypeDef", {"Company": "10", "VoucherType": "AVQ", "Description": "Payments"})
    lost_after_approval(books)
    receipt = books.write(paid(voucher_type="AVQ"))
    assert receipt.target_id.startswith("10|AVP|")
    assert len(books.sim.rows("Voucher")) == 1


def test_a_half_voucher_of_another_type_is_cancelled_and_made_anew(books: Books) -> None:
    books.sim.insert("VoucherTypeDef", {"Company": "10", "VoucherType": "AVQ", "Description": "Payments"})
    books.fault("drop_after", "VoucherRowSet", method=POST, after=1)
    with pytest.raises(OutcomeUnknown):
        books.write(paid())
    books.write(paid(voucher_type="AVQ"))
    assert [(row["VoucherType"], row["Objstate"]) for row in books.sim.rows("Voucher")] == [
        ("AVP", "Cancelled"),
        ("AVQ", "Approved"),
    ]


def test_without_string_functions_a_voucher_is_found_although_its_day_has_moved_on(books: Books) -> None:
    def change(request: httpx.Request, behind: Answer) -> httpx.Response:
        asked = "startswith" in request.url.params.get("$filter", "")
        return httpx.Response(501, json={"error": {"code": "NOT_IMPLEMENTED"}}) if asked else behind(request)

    between(books, change)
    lost_after_approval(books)
    books.write(paid(dated=date(2026, 12, 1)))
    assert len(books.sim.rows("Voucher")) == 1


def test_an_invoice_is_found_although_the_setting_of_its_series_has_changed(books: Books) -> None:
    books.fault("drop_after", "ManSuppInvoiceSet", method=POST)
    with pytest.raises(OutcomeUnknown):
        books.write(captured(route="manual"))
    books.write(captured(route="manual", series="SX"))
    assert len(books.sim.rows("ManSuppInvoice")) == 1


def test_a_stranger_who_adds_a_row_before_the_approval_is_noticed(books: Books) -> None:
    """The next try takes nothing of it for ours."""
    books.fault("drop_before", "Voucher_Approve", method=POST)
    with pytest.raises(Retryable):
        books.write(paid())
    (head,) = books.sim.rows("Voucher")
    key = {name: head[name] for name in ("Company", "VoucherType", "AccountingYear", "VoucherNo")}
    books.sim.insert("VoucherRow", {**key, "RowNo": 9, "Account": "5990", "Amount": 5, "CurrencyAmount": 5})
    books.write(paid())
    assert [row["Objstate"] for row in books.sim.rows("Voucher")] == ["Cancelled", "Approved"]


@pytest.mark.parametrize("text", [None, ""])
def test_a_voucher_that_came_without_its_text_may_be_ours(books: Books, text: Any) -> None:
    lost_after_approval(books)
    listed_with(books, "/VoucherSet", VoucherText=text)
    with pytest.raises(OutcomeUnknown):
        books.write(paid())
    assert len(books.sim.rows("Voucher")) == 1


@pytest.mark.parametrize("spelt", ["1,2", "NaN", "x", "1e999999999"])
def test_a_row_whose_amount_is_none_is_not_what_was_sent(books: Books, spelt: str) -> None:
    lost_after_approval(books)
    listed_with(books, "/VoucherRowSet", DebetAmount=spelt)
    with pytest.raises(Rejected) as caught:
        books.write(paid())
    assert caught.value.code == "booked"
