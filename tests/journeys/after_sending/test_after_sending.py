"""What becomes of a bill after it was sent: changed, approved, cancelled, blocked, paid, edited, deleted."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from integrations.store import answers
from integrations.store.answers import Refused
from tests.factories import Cast
from tests.journeys.after_sending.world import Pair, pair

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def company(django_db_setup: None, django_db_blocker: Any) -> Iterator[Pair]:
    """A small company whose invoices have been sent."""
    with django_db_blocker.unblock(), pair(Cast.make()) as made:
        yield made


@pytest.fixture
def sent(company: Pair, database: None) -> Pair:
    """One of its ordinary invoices, which is a bill."""
    company.take()
    return company


def test_a_changed_amount_is_changed_on_the_bill_once(sent: Pair) -> None:
    before = Decimal(str(sent.bill_row()["amount"]))
    sent.edit_amount("12.50")
    sent.sync()
    assert Decimal(str(sent.bill_row()["amount"])) == before + Decimal("12.50")
    assert [method for method, _ in sent.writes()] == ["PATCH"]
    sent.sync()
    assert sent.writes() == []


def test_an_approver_who_acts_between_our_read_and_our_write_is_not_run_over(sent: Pair) -> None:
    before, bill_id = sent.bill_row()["amount"], sent.bill_row()["id"]
    acted: list[str] = []

    def approve(_: Pair, request: httpx.Request) -> None:
        if request.method == "GET" and bill_id in str(request.url) and not acted:
            acted.append(str(request.url))
            sent.bill.assign(bill_id)
            sent.bill.approve(bill_id)

    sent.on_bill = approve
    sent.edit_amount("12.50")
    sent.sync()
    assert acted
    assert sent.writes() == []
    assert sent.bill_row()["amount"] == before
    assert sent.item().state == "held"


def test_a_cancelled_invoice_is_archived_when_a_second_person_agrees(sent: Pair) -> None:
    sent.edit(Objstate="Cancelled")
    sent.sync()
    assert sent.held_as()[0] == "cancelled_after_sending"
    with sent.production():
        given = sent.answer("archive")
        with sent.clerk.scope(), pytest.raises(Refused):
            answers.approve(sent.clerk, given)
        with sent.controller.scope():
            answers.approve(sent.controller, given)
    sent.sync()
    assert sent.bill_row()["archived"] is True
    assert sent.item().state == "done"


def test_an_invoice_blocked_in_the_erp_is_urgent_while_its_bill_is_unpaid(sent: Pair) -> None:
    sent.edit(BlockedForPayment=True)
    sent.sync()
    assert sent.held_as() == ("blocked_after_sending", True)
    sent.edit(BlockedForPayment=False)
    sent.sync()
    assert sent.item().state == "done"


def test_an_invoice_paid_in_the_erp_is_noted_on_its_bill_once(sent: Pair) -> None:
    sent.pay_in_erp()
    sent.sync()
    assert sent.held_as() == ("paid_elsewhere", True)
    sent.answer("record_payment")
    sent.sync()
    assert sent.bill_row()["paymentStatus"] == "PAID"
    assert len(sent.bill.dump("payments")) == 1
    sent.sync()
    sent.sweep()
    assert sent.writes() == []
    assert sent.item().state == "done"


def test_a_bill_edited_by_a_person_is_never_overwritten(sent: Pair) -> None:
    sent.bill.edit_bill(sent.bill_row()["id"], amount=Decimal("999.99"))
    sent.edit(DueDate="2027-03-01")
    sent.sync()
    assert sent.held_as()[0] == "changed_on_target"
    assert "999.99" in sent.review().problems[0]["message"]
    assert sent.writes() == []


def test_an_accepted_difference_is_quiet_afterwards(sent: Pair) -> None:
    sent.bill.edit_bill(sent.bill_row()["id"], amount=Decimal("999.99"))
    sent.edit(DueDate="2027-03-01")
    sent.sync()
    sent.answer("accept")
    sent.sync()
    sent.sync()
    assert sent.bill_row()["amount"] == Decimal("999.99")
    assert sent.item().state == "done"


def test_an_invoice_that_two_sweeps_do_not_find_is_asked_about(sent: Pair) -> None:
    sent.delete_in_erp()
    sent.sweep()
    assert sent.item().state == "done"
    sent.sweep()
    assert sent.held_as() == ("gone_in_source", True)
    assert sent.writes() == []


def test_what_arrived_is_marked_in_the_erp_even_when_somebody_edits_it_first(cast: Cast) -> None:
    edited: list[int] = []

    def edit_once(place: Pair, request: httpx.Request) -> None:
        """Somebody saves the first invoice that is about to be marked, between our read and our write."""
        found = re.search(r"ManSuppInvoiceSet\(.*InvoiceId=([0-9]+)", str(request.url))
        if request.method == "GET" and found and not edited:
            edited.append(int(found[1]))
            place.ifs.edit("ManSuppInvoice", {"Company": "10", "InvoiceId": edited[0]}, NcfReference="edited")

    with pair(cast, on_ifs=edit_once, write_back_field="Cf_Sent_To_Bill") as place:
        marked = {row["InvoiceId"]: row["Cf_Sent_To_Bill"] for row in place.ifs.rows("ManSuppInvoice", Company="10")}
        bills = {row["id"] for row in place.bill.dump("bills") + place.bill.dump("vendor-credits")}
        assert [row["status"] for row in place.ifs.ledger() if row["method"] == "PATCH"].count(412) == 1
        assert marked[edited[0]] in bills
        assert {value for value in marked.values() if value} <= bills
