"""A captured invoice that stands twice: under another id of the AP tool, or keyed by hand in the books."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from integrations.engine.decisions import Hold, LinkTo
from integrations.engine.duplicates import Existing, Guard
from integrations.engine.peers import Peer, Peers
from tests.engine.build import answer, said
from tests.engine.build_books import (
    CREDIT,
    books,
    captured,
    decided,
    rules,
)

replace = msgspec.structs.replace


OLDER = Peer(key="6999", number="inv 1", amount=Decimal("120.00"), dated=date(2026, 2, 1))
ITSELF = Peer(key="7001", number="INV-001", amount=Decimal("120.00"), dated=date(2026, 3, 1))


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        (OLDER, "hold possible_duplicate"),
        (replace(OLDER, amount=Decimal("7.00")), "hold possible_duplicate"),
        (replace(OLDER, key="999"), "hold possible_duplicate"),
        (replace(OLDER, key="10000"), "create"),
        (replace(OLDER, amount=Decimal("-120.00")), "create"),
        (replace(OLDER, number="INV-002"), "create"),
    ],
    ids=["older", "other amount", "ids are numbers", "younger", "credit", "other number"],
)
def test_of_one_number_under_two_ids_the_older_goes(peer: Peer, expected: str) -> None:
    assert said(decided(captured(), rules(peers={"S1": Peers([ITSELF, peer])}))) == expected


def test_what_an_earlier_try_has_left_in_the_books_is_completed_not_linked() -> None:
    left = Existing(
        target_id="10|77", number="INV-001", vendor_id="S1", amount=Decimal("120.00"), currency="USD",
        dated=date(2026, 3, 1), external_id="7001",
    )  # fmt: skip
    assert said(decided(captured(), rules(guard=Guard([left])))) == "create"
    assert said(decided(captured(), rules(guard=Guard([replace(left, external_id="")])))) == "linkto"


def test_an_older_one_waits_for_a_person_where_the_younger_is_in_the_books() -> None:
    held = books(invoices={"10000": "10|56"})
    given = rules(held, peers={"S1": Peers([ITSELF, replace(OLDER, key="10000")])})
    assert said(decided(captured(), given)) == "hold possible_duplicate"


def test_a_twin_under_another_address_of_the_supplier_is_found() -> None:
    source = captured(vendor_key="S1|2")
    assert said(decided(source, rules(peers={"S1": Peers([OLDER])}))) == "hold possible_duplicate"


def test_it_is_booked_when_a_second_person_says_that_it_is_another_and_asked_again_of_one_more() -> None:
    given = rules(peers={"S1": Peers([OLDER])})
    found = decided(captured(), given)
    assert isinstance(found, Hold)
    assert [(choice.key, choice.act) for choice in found.problems[0].choices] == [("create", "override")]
    said_so = answer(found, "create")
    assert said(decided(captured(), given, answers=said_so)) == "create"
    more = rules(peers={"S1": Peers([OLDER, replace(OLDER, key="6998")])})
    assert said(decided(captured(), more, answers=said_so)) == "hold possible_duplicate"


KEYED = Existing(
    target_id="10|44",
    number="INV-001",
    vendor_id="S1",
    amount=Decimal("120.00"),
    currency="USD",
    dated=date(2026, 3, 1),
)


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        ({}, "linkto"),
        ({"amount": Decimal("99.00")}, "hold possible_duplicate"),
        ({"number": "inv1"}, "hold possible_duplicate"),
        ({"number": "X-9"}, "create"),
        ({"credit": True}, "create"),
        ({"vendor_id": "S2"}, "create"),
    ],
)
def test_an_invoice_keyed_by_hand_is_linked_or_asked_about(theirs: dict[str, Any], expected: str) -> None:
    given = rules(guard=Guard([replace(KEYED, **theirs)]))
    assert said(decided(captured(), given)) == expected


def test_a_credit_keyed_by_hand_is_linked_by_its_amount_without_a_sign() -> None:
    keyed = replace(KEYED, number="CR-1", credit=True)
    found = decided(CREDIT, rules(guard=Guard([keyed])))
    assert isinstance(found, LinkTo)
    assert found.target_id == "10|44"
