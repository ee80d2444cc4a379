"""A payment becomes one approved, balanced voucher, however often it breaks off."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from integrations.engine.drafts import ArchiveDraft
from integrations.engine.errors import OutcomeUnknown, Rejected, Retryable, Stale
from integrations.engine.records import Entity
from tests.systems.ifs.written.books import POST, Books, captured, ledger_row, paid

ALL_POSTS = 1 + 3 + 1  # head, rows, approval


def approved(books: Books) -> Any:
    """There is exactly one voucher in the books, and it balances; gives its head."""
    living = [row for row in books.sim.rows("Voucher") if row["Objstate"] != "Cancelled"]
    (head,) = living
    rows = books.sim.rows("VoucherRow", VoucherNo=head["VoucherNo"])
    assert head["Objstate"] == "Approved"
    assert sum(row["Amount"] for row in rows) == sum(row["CurrencyAmount"] for row in rows) == 0
    return head


def test_a_payment_is_entered_and_approved(books: Books) -> None:
    receipt = books.write(paid())
    head = approved(books)
    assert receipt.target_id == f"10|AVP|2026|{head['VoucherNo']}"
    assert receipt.echo == {"text": "AVID-31 check 5 S1 AV-77", "date": "2026-11-20"}
    first, second, _ = books.sim.rows("VoucherRow")
    assert (first["CurrencyDebetAmount"], first["DebetAmount"], first["CurrencyCreditAmount"]) == (100, 100, None)
    assert (second["CurrencyCreditAmount"], second["CreditAmount"]) == (Decimal("100.01"), Decimal("100.01"))
    named = (first["PartyType"], first["PartyTypeId"], first["ReferenceSerie"], first["ReferenceNumber"])
    assert named == ("Supplier", "S1", "SI", "AV-77")
    assert (second["PartyType"], second["TransCode"]) == (None, "CHK 5")
    assert books.write(paid()) == receipt
    assert books.posts() == ALL_POSTS


@pytest.mark.parametrize("kind", ["drop_after", "drop_before", "bad_json"])
@pytest.mark.parametrize("after", range(ALL_POSTS))
def test_broken_off_anywhere_it_is_completed_by_the_next_try(books: Books, kind: str, after: int) -> None:
    books.fault(kind, ".svc/", method=POST, after=after, processed=True)
    with pytest.raises((Retryable if kind == "drop_before" else OutcomeUnknown,)):
        books.write(paid())
    books.write(paid())
    approved(books)
    assert len(books.sim.rows("Voucher")) == 1


def test_it_comes_through_even_when_no_answer_to_a_write_ever_arrives(books: Books) -> None:
    books.lose_all_but("nothing")
    _, failed = books.tries(paid())
    approved(books)
    assert len(books.sim.rows("Voucher")) == 1
    assert failed == ALL_POSTS


def test_a_voucher_is_found_although_its_day_has_moved_on(books: Books) -> None:
    books.fault("drop_after", "Voucher_Approve", method=POST)
    with pytest.raises(OutcomeUnknown):
        books.write(paid())
    books.write(paid(dated=date(2026, 12, 1)))
    assert approved(books)["VoucherDate"] == "2026-11-20"


def test_a_half_voucher_of_a_changed_draft_is_cancelled_and_made_anew(books: Books) -> None:
    books.fault("drop_after", "VoucherRowSet", method=POST, after=1)
    with pytest.raises(OutcomeUnknown):
        books.write(paid())
    rows = (ledger_row("2410", "80.00", vendor="S1"), ledger_row("1150", "-80.00"))
    books.write(paid(rows=rows))
    assert [row["Objstate"] for row in books.sim.rows("Voucher")] == ["Cancelled", "Approved"]
    assert {row["VoucherNo"] for row in books.sim.rows("VoucherRow") if row["Amount"] == 80} == {
        approved(books)["VoucherNo"]
    }


def test_an_approved_voucher_is_never_made_a_second_time_with_other_rows(books: Books) -> None:
    books.fault("drop_after", "Voucher_Approve", method=POST)
    with pytest.raises(OutcomeUnknown):
        books.write(paid())
    rows = (ledger_row("2410", "80.00", vendor="S1"), ledger_row("1150", "-80.00"))
    with pytest.raises(Rejected) as caught:
        books.write(paid(rows=rows))
    assert caught.value.code == "booked"
    approved(books)


def test_a_longer_id_that_begins_alike_is_another_payment(books: Books) -> None:
    books.write(paid(external_id="AVID-312", text="AVID-312 check"))
    books.write(paid(external_id="AVID-31R", text="AVID-31R reverses AVID-31"))
    books.write(paid())
    books.write(paid(external_id="O'N", text="O'N"))
    books.write(paid(external_id="O'N", text=""))
    assert len(books.sim.rows("Voucher")) == 4
    (asked, *_) = books.wire.calls("GET", "AVID-31%20")
    assert "AVID-312" not in asked.url.query.decode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rows": (ledger_row("2100", "5.00"), ledger_row("1150", "-5.00"))}, "ledger account"),
        ({"rows": (ledger_row("9999", "5.00"), ledger_row("1150", "-5.00"))}, "does not exist"),
        ({"dated": date(2026, 10, 5)}, "closed"),
        ({"voucher_type": "ZZ"}, "does not exist"),
    ],
)
def test_what_ifs_refuses_goes_to_a_person_and_a_corrected_draft_goes_through(
    books: Books, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(Rejected) as caught:
        books.write(paid(**change))
    assert words in caught.value.message
    books.write(paid())
    approved(books)


def test_what_does_not_balance_is_refused_before_anything_is_sent(books: Books) -> None:
    for rows in ((), (ledger_row("2410", "5.00"), ledger_row("1150", "-4.99"))):
        with pytest.raises(Rejected) as caught:
            books.write(paid(rows=rows))
        assert caught.value.code == "unbalanced"
    assert books.posts() == 0


def test_a_correction_keeps_the_side_and_turns_the_sign(books: Books) -> None:
    rows = (
        ledger_row("2410", "-100.00", correction=True),
        ledger_row("1150", "100.00", correction=True),
    )
    books.write(paid(rows=rows))
    debit, credit = books.sim.rows("VoucherRow")
    assert (debit["CurrencyDebetAmount"], debit["DebetAmount"], debit["Correction"]) == (-100, -100, True)
    assert (credit["CurrencyCreditAmount"], credit["CreditAmount"]) == (-100, -100)


def test_an_exchange_difference_has_no_amount_in_the_currency(books: Books) -> None:
    euro = {"currency": "EUR", "rate": Decimal("1.1")}
    rows = (
        msgspec.structs.replace(ledger_row("2410", "100.00", **euro), domestic=Decimal("110.00")),
        msgspec.structs.replace(ledger_row("1150", "-100.00", **euro), domestic=Decimal("-108.00")),
        msgspec.structs.replace(ledger_row("5990", "0.00", **euro), domestic=Decimal("-2.00")),
    )
    books.write(paid(rows=rows))
    approved(books)
    third = books.sim.rows("VoucherRow")[2]
    assert (third["CurrencyCreditAmount"], third["CreditAmount"]) == (0, 2)


def test_a_stale_approval_is_read_again_and_one_that_stays_so_is_stale(books: Books) -> None:
    books.fault("stale", "Voucher_Approve", method=POST)
    books.write(paid())
    approved(books)
    books.fault("stale", "Voucher_Approve", method=POST, times=None)
    with pytest.raises(Stale):
        books.write(paid(external_id="AVID-32", text="AVID-32"))


def test_a_tenant_that_knows_no_string_functions_is_asked_for_the_day(books: Books) -> None:
    books.fault("status", "startswith", method="GET", times=None, status=501)
    first = books.write(paid())
    assert books.write(paid()) == first
    approved(books)


def test_a_voucher_in_the_books_is_not_changed(books: Books) -> None:
    receipt = books.write(paid())
    assert books.write(paid(), target_id=receipt.target_id, version=receipt.version) == receipt
    with pytest.raises(Stale):
        books.write(paid(), target_id=receipt.target_id, version='W/"old"')
    with pytest.raises(Rejected):
        books.write(paid(), target_id="10|AVP|2026|404")


def test_vouchers_stand_as_they_are_in_the_books(books: Books) -> None:
    receipt = books.write(paid())
    asked = [receipt.target_id, "10|AVP|2026|404", "nonsense"]
    found = books.client.standing(Entity.PAYMENT, asked)
    assert list(found) == [receipt.target_id]
    record = found[receipt.target_id]
    assert (record.active, record.kind, record.version, record.echo) == (
        True,
        "approved",
        receipt.version,
        receipt.echo,
    )
    books.sim.edit("Voucher", ("10", "AVP", 2026, int(receipt.target_id.split("|")[3])), Objstate="Cancelled")
    assert not books.client.standing(Entity.PAYMENT, asked)[receipt.target_id].active


def test_only_what_ifs_takes_is_written(books: Books) -> None:
    assert books.client.keyed == {Entity.INVOICE, Entity.PAYMENT, Entity.VENDOR}
    assert books.write(captured()).target_id != books.write(paid()).target_id


def test_what_is_no_record_of_an_erp_is_not_written(books: Books) -> None:
    with pytest.raises(Rejected) as caught:
        books.write(ArchiveDraft(entity=Entity.VENDOR))
    assert caught.value.code == "undeclared"
    assert books.wire.sent == []


@pytest.mark.parametrize("kind", ["no_value", "html", "empty", "bad_json"])
@pytest.mark.parametrize("path", ["/VoucherSet", "/VoucherRowSet"])
def test_a_hostile_answer_to_a_read_makes_no_second_voucher(books: Books, kind: str, path: str) -> None:
    first = books.write(paid())
    books.fault(kind, path, method="GET", times=None)
    with pytest.raises(Retryable):
        books.write(paid())
    books.sim.faults.clear()
    assert books.write(paid()) == first
    assert len(books.sim.rows("Voucher")) == 1


def test_a_voucher_that_somebody_cancelled_is_made_again(books: Books) -> None:
    books.lose_all_but("Set")
    with pytest.raises(OutcomeUnknown):
        books.write(paid())
    (head,) = books.sim.rows("Voucher")
    books.sim.edit("Voucher", ("10", "AVP", 2026, head["VoucherNo"]), Objstate="Cancelled")
    books.wire.loses = lambda request: False
    books.write(paid())
    assert [row["Objstate"] for row in books.sim.rows("Voucher")] == ["Cancelled", "Approved"]
