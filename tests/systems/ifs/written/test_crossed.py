"""Answers that are of something else, lists cut short by a next link, rows that come back by their address alone."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from integrations.engine.errors import OutcomeUnknown
from tests.systems.ifs.written.books import POST, Books, captured, paid
from tests.systems.ifs.written.test_hostile import Answer, between

Json = dict[str, Any]


def answered(books: Books, method: str, text: str, change: Callable[[Json], Json | None]) -> None:
    """The next such request is carried out; `change` makes its answer from the right one, None: a sign-in page."""
    left = [1]

    def crossed(request: httpx.Request, behind: Answer) -> httpx.Response:
        answer = behind(request)
        if request.method != method or text not in request.url.path or not left:
            return answer
        left.clear()
        said = change(json.loads(answer.read()))
        if said is None:
            return httpx.Response(200, html="<html>Sign in</html>")
        return httpx.Response(answer.status_code, json=said)

    between(books, crossed)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("/ExtIncInvHeadSet", {"LoadId": "ML-OTHER", "InvoiceNo": "OTHER", "Cf_Avid_Id": "1"}),
        ("/ExtIncInvItemSet", {"LoadId": "ML-OTHER"}),
        ("/ExtIncInvPostingsSet", {"ItemId": 7}),
        ("ExtIncInvHead_Check", {"LoadId": "ML-OTHER"}),
        ("ExtIncInvHead_Create", {"LoadId": "ML-OTHER", "InvoiceId": 4711}),
        ("/PostingProposalHeadSet", {"InvoiceId": 4711, "Cf_Avid_Id": "1"}),
    ],
)
def test_an_answer_of_another_record_takes_the_invoice_nowhere(books: Books, text: str, other: Json) -> None:
    answered(books, POST, text, lambda row: row | other)
    with pytest.raises(OutcomeUnknown):
        books.write(captured())
    books.write(captured())
    assert [row["InvoiceNo"] for row in books.sim.rows("ManSuppInvoice")] == ["AV-77"]
    assert len(books.sim.rows("ExtIncInvHead")) == len(books.sim.rows("PostingProposalHead")) == 1
    assert len(books.sim.rows("ManSuppInvoicePostings")) == len(books.sim.rows("PostingProposalLine")) == 2


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("/VoucherSet", {"VoucherNo": 99, "VoucherText": "AVID-30 check 4"}),
        ("/VoucherRowSet", {"VoucherNo": 99, "ReferenceNumber": "OTHER", "Text": "AVID-30"}),
        ("Voucher_Approve", {"VoucherNo": 99}),
    ],
)
def test_an_answer_of_another_voucher_is_not_taken_for_ours(books: Books, text: str, other: Json) -> None:
    answered(books, POST, text, lambda row: row | other)
    with pytest.raises(OutcomeUnknown):
        books.write(paid())
    receipt = books.write(paid())
    (voucher,) = books.sim.rows("Voucher")
    assert receipt.target_id == f"10|AVP|2026|{voucher['VoucherNo']}"
    assert len(books.sim.rows("VoucherRow")) == 3


def test_a_change_answered_by_a_sign_in_page_is_not_taken_for_done(books: Books) -> None:
    books.lose_all_but("/ExtIncInvHeadSet")
    with pytest.raises(OutcomeUnknown):
        books.write(captured())
    books.wire.loses = lambda request: False
    answered(books, "PATCH", "/ExtIncInvHeadSet", lambda row: None)
    with pytest.raises(OutcomeUnknown):
        books.write(captured(payment_method="OTHER"))
    books.write(captured(payment_method="OTHER"))
    assert [row["PaymentMethod"] for row in books.sim.rows("ExtIncInvHead")] == ["OTHER"]


@pytest.mark.parametrize("header", ["Location", "OData-EntityId"])
@pytest.mark.parametrize("absolute", [True, False])
def test_a_row_that_ifs_numbers_and_does_not_send_back_is_read_where_it_says(
    books: Books, header: str, absolute: bool
) -> None:
    def silent(request: httpx.Request, behind: Answer) -> httpx.Response:
        answer = behind(request)
        if request.method != POST or not request.url.path.endswith("/VoucherSet"):
            return answer
        row = json.loads(answer.read())
        key = f"Company='10',VoucherType='AVP',AccountingYear=2026,VoucherNo={row['VoucherNo']}"
        where = f"{request.url.path if not absolute else request.url}({key})"
        return httpx.Response(201, headers={header: where})

    between(books, silent)
    books.write(paid())
    assert [row["Objstate"] for row in books.sim.rows("Voucher")] == ["Approved"]


@pytest.mark.parametrize("most", [1, 3])
def test_a_list_cut_by_next_links_is_read_to_its_end(books: Books, most: int) -> None:
    def cut(request: httpx.Request, behind: Answer) -> httpx.Response:
        answer = behind(request)
        rows = json.loads(answer.read()).get("value") if request.method == "GET" and not answer.is_error else None
        if rows is None or len(rows) <= most:
            return answer
        skip = int(request.url.params.get("$skip", 0))
        link = str(request.url).replace(f"&$skip={skip}", "") + f"&$skip={skip + most}"
        return httpx.Response(200, json={"value": rows[:most], "@odata.nextLink": link})

    between(books, cut)
    books.fault("status", "Voucher_Approve", status=503)
    with pytest.raises(OutcomeUnknown):
        books.write(paid())
    books.write(paid())
    assert [row["Objstate"] for row in books.sim.rows("Voucher")] == ["Approved"]
    assert len(books.sim.rows("VoucherRow")) == 3
