"""An invoice is taken out of the payment proposals that may still be changed, and of no other."""

from typing import Any

import pytest

from integrations.engine.drafts import UnproposeDraft
from integrations.engine.errors import ConnectionBroken, OutcomeUnknown, Rejected, Stale
from tests.systems.ifs.written.books import Books

DRAFT = UnproposeDraft(company="10", vendor="S1", series="SI", number="N1")
ITEMS = "/ProposalItemSet("


def propose(books: Books, proposal: int, state: str = "Preliminary", **other: Any) -> None:
    """The invoice stands in a payment proposal."""
    key = {"Company": "10", "ProposalId": proposal}
    books.sim.insert("PaymentProposal", key | {"Objstate": state})
    item = {"LedgerItemSeriesId": "SI", "LedgerItemId": "N1", "Identity": "S1", "Currency": "USD"}
    books.sim.insert("ProposalItem", key | item | other)


def left(books: Books) -> list[int]:
    return [row["ProposalId"] for row in books.sim.rows("ProposalItem")]


def test_it_is_taken_out_of_every_proposal_that_would_pay_it(books: Books) -> None:
    propose(books, 1)
    propose(books, 2, "Acknowledged")
    propose(books, 3, "Cancelled")
    propose(books, 4, Identity="S2")
    propose(books, 5, LedgerItemSeriesId="XX")
    receipt = books.write(DRAFT)
    assert left(books) == [3, 4, 5]
    assert receipt.echo == {"proposals": "1, 2"}
    assert books.write(DRAFT).echo == {"proposals": ""}


@pytest.mark.parametrize("state", ["Ordered", "Paid", "NeverHeardOf"])
def test_a_payment_on_its_way_is_left_to_a_person_and_nothing_is_taken_out(books: Books, state: str) -> None:
    propose(books, 1)
    propose(books, 2, state)
    with pytest.raises(Rejected) as caught:
        books.write(DRAFT)
    (problem,) = caught.value.problems
    assert (caught.value.code, problem.urgent) == ("proposal_ordered", True)
    assert left(books) == [1, 2]


def test_a_proposal_changed_meanwhile_is_stale(books: Books) -> None:
    propose(books, 1)
    books.fault("stale", ITEMS, method="DELETE")
    with pytest.raises(Stale):
        books.write(DRAFT)
    assert left(books) == [1]


def test_a_lost_answer_is_unknown_and_doing_it_again_does_no_harm(books: Books) -> None:
    propose(books, 1)
    books.fault("drop_after", ITEMS, method="DELETE")
    with pytest.raises(OutcomeUnknown):
        books.write(DRAFT)
    books.write(DRAFT)
    assert left(books) == []


def test_where_ifs_shows_no_proposals_a_person_is_told(books: Books) -> None:
    books.fault("status", "/ProposalItemSet", status=403, times=None)
    with pytest.raises(Rejected) as caught:
        books.write(DRAFT)
    assert caught.value.code == "undeclared"
    books.sim.faults.clear()
    books.fault("redirect", "/ProposalItemSet", location="https://elsewhere.test", times=None)
    with pytest.raises(ConnectionBroken):
        books.write(DRAFT)
