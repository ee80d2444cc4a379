"""A captured invoice becomes one external invoice, one invoice and one posting proposal, whatever breaks off."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from integrations.engine.drafts import BookedLine
from integrations.engine.errors import ConnectionBroken, OutcomeUnknown, Rejected, Retryable, Stale, SyncError
from integrations.engine.records import Entity
from tests.systems.ifs.written.books import POST, Books, captured, paid

ALL_POSTS = 1 + 2 + 2 + 2 + 1 + 2  # head, items, postings, check and create, proposal, its lines


def one_of_each(books: Books) -> Any:
    """There is exactly one invoice with its coding proposed; gives its head."""
    (load,) = books.sim.rows("ExtIncInvHead")
    (invoice,) = books.sim.rows("ManSuppInvoice")
    assert (load["Objstate"], load["InvoiceId"]) == ("Created", invoice["InvoiceId"])
    items, postings = books.sim.rows("ExtIncInvItem"), books.sim.rows("ExtIncInvPostings")
    assert [row["NetCurrAmount"] for row in items] == [100, 50]
    assert [(row["CodeA"], row["CodeB"], row["CurrAmount"]) for row in postings] == [
        ("6120", "100", 100),
        ("6130", None, 50),
    ]
    assert len(books.sim.rows("ManSuppInvoiceItem")) == len(books.sim.rows("ManSuppInvoicePostings")) == 2
    (proposal,) = books.sim.rows("PostingProposalHead")
    assert (proposal["InvoiceId"], proposal["ProposalId"], proposal["Authorizer"]) == (invoice["InvoiceId"], 1, "ALICE")
    lines = books.sim.rows("PostingProposalLine")
    assert [(row["LineNo"], row["CodeA"], row["CurrAmount"], row["Authorizer"]) for row in lines] == [
        (1, "6120", 100, "ALICE"),
        (2, "6130", 50, "ALICE"),
    ]
    return invoice


def test_an_invoice_is_loaded_checked_created_and_its_coding_proposed(books: Books) -> None:
    receipt = books.write(captured())
    invoice = one_of_each(books)
    assert receipt.target_id == f"10|{invoice['InvoiceId']}"
    assert receipt.echo == {"amount": "162.5", "number": "AV-77", "series": "SI", "document": "by reference"}
    assert receipt.version == books.client.standing(Entity.INVOICE, [receipt.target_id])[receipt.target_id].version
    (load,) = books.sim.rows("ExtIncInvHead")
    assert load["LoadId"].startswith("ML")
    assert len(load["LoadId"]) == 20
    said = (load["ArrivalDate"], load["PaymentMethod"], load["ImageReference"], load["Cf_Avid_Id"], load["SeriesId"])
    assert said == ("2026-11-12", "AVID", "https://avid.test/images/900177", "900177", "SI")
    assert books.posts() == ALL_POSTS


def test_nothing_is_asked_about_what_was_just_made(books: Books) -> None:
    books.write(captured())
    assert len(books.wire.calls("GET")) == 5  # the id, the load, the invoice, its proposals, the invoice as it is then
    books.wire.sent.clear()
    books.write(paid())
    assert len(books.wire.calls("GET")) == 1  # the id


def test_writing_it_again_finds_it_and_sends_nothing(books: Books) -> None:
    first = books.write(captured())
    assert books.write(captured()) == first
    assert books.posts() == ALL_POSTS


@pytest.mark.parametrize("kind", ["drop_after", "drop_before", "bad_json", "truncate_body"])
@pytest.mark.parametrize("after", range(ALL_POSTS))
def test_broken_off_anywhere_it_is_completed_by_the_next_try(books: Books, kind: str, after: int) -> None:
    books.fault(kind, ".svc/", method=POST, after=after, processed=True)
    with pytest.raises((Retryable if kind == "drop_before" else OutcomeUnknown,)):
        books.write(captured())
    receipt = books.write(captured())
    assert receipt.target_id == f"10|{one_of_each(books)['InvoiceId']}"


def test_it_comes_through_even_when_no_answer_to_a_write_but_the_check_ever_arrives(books: Books) -> None:
    books.lose_all_but("_Check")
    _, failed = books.tries(captured())
    one_of_each(books)
    assert failed == ALL_POSTS - 1


def test_a_load_changed_between_read_and_action_is_read_again(books: Books) -> None:
    books.fault("stale", "ExtIncInvHead_Check", method=POST)
    books.fault("stale", "ExtIncInvHead_Create", method=POST)
    books.write(captured())
    one_of_each(books)


def test_a_load_that_changes_all_the_time_is_stale(books: Books) -> None:
    books.fault("stale", "ExtIncInvHead_Create", method=POST, times=None)
    with pytest.raises(Stale):
        books.write(captured())
    assert books.sim.rows("ManSuppInvoice") == []


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"vendor": "NOBODY"}, "supplier_not_valid"),
        ({"lines": tuple(msgspec.structs.replace(x, account="9999") for x in captured().lines)}, "posting_not_valid"),
    ],
)
def test_a_refused_load_says_why_and_a_corrected_draft_goes_through(
    books: Books, wrong: dict[str, Any], code: str
) -> None:
    with pytest.raises(Rejected) as caught:
        books.write(captured(**wrong))
    assert caught.value.code == caught.value.problems[0].code == code
    assert books.sim.rows("ManSuppInvoice") == []
    books.write(captured())
    one_of_each(books)


def test_a_corrected_draft_with_fewer_lines_leaves_none_of_the_old_ones(books: Books) -> None:
    three = (*captured().lines, msgspec.structs.replace(captured().lines[0], account="9999"))
    with pytest.raises(Rejected):
        books.write(captured(lines=three, net=Decimal("250.00"), number="AV-7"))
    books.write(captured())
    assert one_of_each(books)["InvoiceNo"] == "AV-77"


def test_lines_that_do_not_add_up_are_refused_before_anything_is_sent(books: Books) -> None:
    with pytest.raises(Rejected) as caught:
        books.write(captured(net=Decimal("150.01")))
    assert caught.value.code == "amounts_differ"
    assert books.posts() == 0


def test_a_number_that_ifs_has_already_is_a_possible_duplicate(books: Books) -> None:
    books.invoice(500, InvoiceNo="AV-77")
    with pytest.raises(Rejected) as caught:
        books.write(captured())
    assert caught.value.code == caught.value.problems[0].code == "possible_duplicate"
    assert len(books.sim.rows("ManSuppInvoice")) == 1


def test_a_load_under_our_number_that_is_not_ours_is_not_touched(books: Books) -> None:
    with pytest.raises(Rejected):
        books.write(captured(vendor="NOBODY"))
    (load,) = books.sim.rows("ExtIncInvHead")
    books.sim.edit("ExtIncInvHead", ("10", load["LoadId"]), Cf_Avid_Id="somebody else's")
    before = books.sim.rows("ExtIncInvHead")
    with pytest.raises(Rejected) as caught:
        books.write(captured(vendor="NOBODY"))
    assert caught.value.code == "possible_duplicate"
    assert books.sim.rows("ExtIncInvHead") == before


def test_an_invoice_created_under_another_supplier_is_not_created_again(books: Books) -> None:
    books.fault("drop_after", "ExtIncInvHead_Create", method=POST)
    with pytest.raises(OutcomeUnknown):
        books.write(captured())
    with pytest.raises(Rejected) as caught:
        books.write(captured(vendor="S2"))
    assert caught.value.code == "possible_duplicate"
    assert len(books.sim.rows("ManSuppInvoice")) == 1


def test_an_invoice_created_with_other_amounts_is_not_taken_for_ours(books: Books) -> None:
    books.fault("drop_after", "ExtIncInvHead_Create", method=POST)
    with pytest.raises(OutcomeUnknown):
        books.write(captured())
    with pytest.raises(Rejected) as caught:
        books.write(captured(tax=Decimal("13.00")))
    assert caught.value.code == "booked"


def test_an_invoice_that_was_cancelled_meanwhile_is_not_entered_again(books: Books) -> None:
    key = books.write(captured()).target_id.split("|")
    books.sim.edit("ManSuppInvoice", ("10", int(key[1])), Objstate="Cancelled")
    with pytest.raises(Rejected) as caught:
        books.write(captured())
    assert caught.value.code == "cancelled"


def test_a_proposal_that_the_authoriser_works_on_stays_as_it_is(books: Books) -> None:
    key = int(books.write(captured()).target_id.split("|")[1])
    books.sim.edit("PostingProposalHead", ("10", key, 1), Objstate="InProgress")
    books.sim.edit("PostingProposalLine", ("10", key, 1, 1), CodeA="5990")
    books.write(captured())
    assert books.sim.row("PostingProposalLine", ("10", key, 1, 1))["CodeA"] == "5990"


def test_a_proposal_of_somebody_else_gets_ours_beside_it(books: Books) -> None:
    books.fault("drop_after", "ExtIncInvHead_Create", method=POST)
    with pytest.raises(OutcomeUnknown):
        books.write(captured())
    (invoice,) = books.sim.rows("ManSuppInvoice")
    books.sim.insert("PostingProposalHead", {"Company": "10", "InvoiceId": invoice["InvoiceId"], "ProposalId": 1})
    books.write(captured())
    assert [row["ProposalId"] for row in books.sim.rows("PostingProposalHead")] == [1, 2]
    assert {row["ProposalId"] for row in books.sim.rows("PostingProposalLine")} == {2}


def test_a_dimension_that_is_no_code_part_is_refused_with_its_name(books: Books) -> None:
    lines = (msgspec.structs.replace(captured().lines[0], dimensions={"Region": "N"}, net=Decimal("150.00")),)
    with pytest.raises(Rejected, match="Region") as caught:
        books.write(captured(lines=lines))
    assert caught.value.code == "unknown_dimension"


@pytest.mark.parametrize("action", ["", "ExtIncInvHead_Verify"])
def test_an_action_that_the_tenant_has_not_got_is_a_fault_of_the_profile(action: str) -> None:
    books = Books(override={"written": {"external_invoice": {"actions": {"check": action}}}})
    with pytest.raises(ConnectionBroken) as caught:
        books.write(captured())
    assert caught.value.code == "profile"


def test_a_load_that_vanishes_is_made_again(books: Books) -> None:
    books.fault("status", "ExtIncInvHead_Check", method=POST, status=404)
    with pytest.raises(ConnectionBroken):
        books.write(captured())
    (load,) = books.sim.rows("ExtIncInvHead")
    for number in (1, 2):
        books.sim.delete("ExtIncInvPostings", ("10", load["LoadId"], number, 1))
        books.sim.delete("ExtIncInvItem", ("10", load["LoadId"], number))
    books.sim.delete("ExtIncInvHead", ("10", load["LoadId"]))
    books.write(captured())
    one_of_each(books)


def test_a_credit_is_entered_with_its_sign(books: Books) -> None:
    lines = tuple(msgspec.structs.replace(line, net=-line.net) for line in captured().lines)
    receipt = books.write(captured(lines=lines, net=Decimal("-150.00"), tax=Decimal("-12.50")))
    assert receipt.echo["amount"] == "-162.5"
    assert books.sim.rows("ManSuppInvoice")[0]["NetCurrAmount"] == -150


def test_a_tenant_without_the_projection_is_told(books: Books) -> None:
    books.override = {"written": {"external_invoice": {"set": "Elsewhere.svc/HeadSet"}}}
    books.client = books.connect()
    with pytest.raises(ConnectionBroken) as caught:
        books.write(captured())
    assert caught.value.code == "profile"


@pytest.mark.parametrize("kind", ["no_value", "html", "empty", "deep_json"])
def test_a_hostile_answer_to_a_read_is_retried_and_writes_nothing(books: Books, kind: str) -> None:
    books.fault(kind, "/ExtIncInvHeadSet", method="GET", times=None)
    with pytest.raises(SyncError) as caught:
        books.write(captured())
    assert isinstance(caught.value, Retryable)
    assert books.posts() == 0
    books.sim.faults.clear()
    books.write(captured())
    one_of_each(books)


def test_rows_without_a_tag_are_read_by_key_for_it(books: Books) -> None:
    books.fault("omit_etag", "?$", method="GET", times=None)
    with pytest.raises(Rejected):
        books.write(captured(lines=tuple(msgspec.structs.replace(x, account="9999") for x in captured().lines)))
    books.write(captured())
    one_of_each(books)


def test_an_invoice_in_the_books_is_not_changed_from_outside(books: Books) -> None:
    receipt = books.write(captured())
    again = {"target_id": receipt.target_id, "version": receipt.version}
    assert books.write(captured(), **again).target_id == receipt.target_id
    with pytest.raises(Rejected) as caught:
        books.write(captured(number="AV-78"), **again)
    assert caught.value.code == "booked"
    books.sim.edit("ManSuppInvoice", ("10", int(receipt.target_id.split("|")[1])), DueDate="2026-12-24")
    with pytest.raises(Stale):
        books.write(captured(), **again)


def test_a_proposal_is_authorised_where_it_is_wanted_and_ifs_offers_it(books: Books) -> None:
    books.write(captured(authorise=True))
    assert books.sim.rows("PostingProposalHead")[0]["Objstate"] == "Preliminary"
    offered = {"written": {"posting_proposal": {"actions": {"authorise": "PostingProposalHead_Authorize"}}}}
    books = Books(override=offered)
    books.write(captured())
    assert books.sim.rows("PostingProposalHead")[0]["Objstate"] == "Preliminary"
    books.write(captured(authorise=True))
    books.write(captured(authorise=True))
    assert books.sim.rows("PostingProposalHead")[0]["Objstate"] == "Authorized"
    assert len(books.sim.rows("PostingProposalLine")) == 2


@pytest.mark.parametrize(
    "options", [{"patch_status": 204}, {"paging": "nextlink"}, {"paging": "truncate-silently", "max_page": 25}]
)
def test_a_long_invoice_is_corrected_whatever_the_server_pages_like(options: dict[str, Any]) -> None:
    books = Books(options=options)
    lines = tuple(BookedLine(net=Decimal(n), account="9999", text=f"Line {n}") for n in range(1, 61))
    with pytest.raises(Rejected):
        books.write(captured(lines=lines, net=Decimal(1830)))
    mended = tuple(msgspec.structs.replace(line, account="6130") for line in lines[:-1])
    books.write(captured(lines=mended, net=Decimal(1770)))
    assert len(books.sim.rows("ManSuppInvoice")) == 1
    assert [row["CurrAmount"] for row in books.sim.rows("ManSuppInvoicePostings")] == list(range(1, 60))
    assert {row["CodeA"] for row in books.sim.rows("PostingProposalLine")} == {"6130"}
    assert len(books.sim.rows("ManSuppInvoiceItem")) == len(books.sim.rows("PostingProposalLine")) == 59


def test_a_server_that_answers_a_create_without_its_custom_fields_is_understood(books: Books) -> None:
    books.fault("bad_field", "/ExtIncInvHeadSet", method=POST, field="Cf_Avid_Id", value=None)
    books.write(captured())
    one_of_each(books)


def test_a_server_without_a_filter_on_our_id_is_asked_by_key_only(books: Books) -> None:
    books.fault("status", "Cf_Avid_Id", method="GET", times=None, status=400)
    books.write(captured())
    one_of_each(books)


def test_what_is_left_of_a_load_under_another_supplier_is_taken_back(books: Books) -> None:
    with pytest.raises(Rejected):
        books.write(captured(vendor="NOBODY"))
    books.write(captured())
    assert len(books.sim.rows("ExtIncInvHead")) == 1
    one_of_each(books)


def test_an_invoice_that_ifs_makes_later_is_waited_for(books: Books) -> None:
    books.fault("bad_field", "ExtIncInvHead_Create", method=POST, field="InvoiceId", value=None)
    with pytest.raises(OutcomeUnknown) as caught:  # which concerns this invoice alone, no run
        books.write(captured())
    assert caught.value.code == "not_shown"
    books.write(captured())
    one_of_each(books)
