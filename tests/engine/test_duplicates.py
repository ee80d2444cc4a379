"""A bill that somebody entered before us is linked or held, never doubled."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from integrations.engine.asking import NONE, Answers
from integrations.engine.decide import decide
from integrations.engine.decisions import Create, LinkTo
from integrations.engine.drafts import VendorDraft
from integrations.engine.duplicates import Existing, Guard, digits_of, plain_number
from integrations.engine.peers import Peer, Peers
from integrations.engine.policy import Policy
from integrations.engine.records import Address
from tests.engine.build import POLICY, answer, invoice, rules, said

THEIRS: dict[str, Any] = {
    "target_id": "00n9",
    "number": "INV-001",
    "vendor_id": "009A",
    "amount": Decimal("120"),
    "currency": "USD",
    "dated": date(2026, 3, 1),
}


def found(policy: Policy = POLICY, answers: Answers = NONE, given: dict[str, Any] | None = None, **theirs: Any) -> Any:
    known = rules(guard=Guard([Existing(**{**THEIRS, **theirs})]), **(given or {}))
    return decide(invoice(), None, None, known, policy, answers=answers)


def decision(**theirs: Any) -> str:
    result = found(**theirs)
    return f"link {result.target_id}" if isinstance(result, LinkTo) else said(result)


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        ({}, "link 00n9"),
        ({"amount": Decimal("119")}, "hold possible_duplicate"),
        ({"dated": date(2026, 3, 2)}, "hold possible_duplicate"),
        ({"currency": "EUR"}, "hold possible_duplicate"),
        ({"number": "inv 1"}, "hold possible_duplicate"),
        ({"number": "0001"}, "hold possible_duplicate"),
        ({"number": "0001", "amount": Decimal("119")}, "create"),
        ({"amount": Decimal("119"), "dated": date(2025, 1, 1)}, "create"),
        ({"number": "INV-002"}, "create"),
        ({"vendor_id": "009B"}, "create"),
        ({"credit": True}, "create"),
    ],
)
def test_the_same_is_linked_the_similar_held_the_rest_created(theirs: dict[str, Any], expected: str) -> None:
    assert decision(**theirs) == expected


@pytest.mark.parametrize(
    ("number", "plain"),
    [
        ("INV-001", "INV1"),
        ("inv001", "INV1"),
        ("2025/1", "2025/1"),
        ("2025 / 01", "2025/1"),
        ("2025-001", "20251"),
        ("A/7", "A7"),
        ("000", "0"),
        ("№ 7", "7"),
        ("ÄÖ-07", "ÄÖ7"),
        ("", ""),
    ],
)
def test_numbers_meet_whatever_their_spelling(number: str, plain: str) -> None:
    assert plain_number(number) == plain


def test_years_keep_numbers_apart() -> None:
    assert digits_of("2025/1") != digits_of("2026/1")


OTHER_NUMBER: dict[str, Any] = {"number": "RENT-9"}
LONG_AGO: dict[str, Any] = {"amount": Decimal(119), "dated": date(2025, 1, 1)}
STRICT = Policy(company="10", weak_duplicates="hold")


def test_a_person_links_the_suspect_or_a_second_person_lets_it_be_created() -> None:
    held = found(number="inv 1")
    acts = {choice.key: choice.act for choice in held.problems[0].choices}
    assert acts == {"link:00n9": "work", "create": "override"}
    assert decision_of(held, "link:00n9", number="inv 1") == "link 00n9"
    assert decision_of(held, "create", number="inv 1") == "create"


def decision_of(held: Any, choice: str, **theirs: Any) -> str:
    return decision(answers=answer(held, choice), **theirs)


def test_another_suspect_than_the_one_released_asks_again() -> None:
    released = answer(found(number="inv 1"), "create")
    assert decision(answers=released, number="inv 1", target_id="00n8") == "hold possible_duplicate"


def test_the_same_amount_and_date_is_a_note_or_a_hold() -> None:
    noted = found(**OTHER_NUMBER)
    assert [note.code for note in noted.notes] == ["weak_duplicate"]
    held = found(STRICT, **OTHER_NUMBER)
    assert said(held) == "hold weak_duplicate"
    assert said(found(STRICT, answer(held, "create"), **OTHER_NUMBER)) == "create"


def test_a_number_that_comes_back_long_after_is_a_note_or_a_hold() -> None:
    assert [note.code for note in found(**LONG_AGO).notes] == ["number_reused"]
    strict = rules(guard=Guard([Existing(**{**THEIRS, **LONG_AGO})], number_reuse=False))
    assert said(decide(invoice(), None, None, strict, POLICY)) == "hold possible_duplicate"


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        ({"vendor_id": "009T"}, "hold possible_duplicate"),
        ({"vendor_id": "009T", "amount": Decimal(7)}, "create"),
        ({"vendor_id": "009T", "number": "INV-002"}, "create"),
        ({"vendor_id": "009U"}, "create"),
    ],
)
def test_the_number_and_amount_under_another_supplier_with_the_tax_id_is_held(
    theirs: dict[str, Any], expected: str
) -> None:
    assert decision(given={"tax_twins": {"S1": ["009T"]}}, **theirs) == expected


@pytest.mark.parametrize(
    ("peer", "noted"),
    [
        ({"number": "INV 1"}, True),
        ({"number": "0001", "amount": Decimal(120)}, True),
        ({"number": "X", "amount": Decimal(-120), "dated": date(2026, 3, 1)}, True),
        ({"number": "X", "amount": Decimal(120)}, False),
        ({"number": "INV 1", "key": "10|1"}, False),
    ],
)
def test_source_rows_that_look_alike_are_notes_never_holds(peer: dict[str, Any], noted: bool) -> None:
    given = rules(peers={"S1": Peers([Peer(**{"key": "10|2", **peer})])})
    result = decide(invoice(), None, None, given, POLICY)
    assert isinstance(result, Create)
    assert [note.code for note in result.notes] == ["alike_in_source"] * noted


@pytest.mark.parametrize(
    ("number", "name", "expected"),
    [
        ("123", "Anybody", "same"),
        (" 123 ", "Blank Beside Plating", "new"),
        ("00123", "Zero Lead Plating", "new"),
        (" 123 ", "LEAD ZERO Plating", "suspect"),
        ("", "Lead Zero Plating", "suspect"),
        ("77", "Lead Zero Plating", "new"),
    ],
)
def test_a_supplier_is_never_paid_as_another_whose_number_looks_alike(number: str, name: str, expected: str) -> None:
    guard = Guard([], [Existing(target_id="009A", number=number, name=name, currency="USD")])
    draft = VendorDraft(name="Lead Zero Plating", number="123", currency="USD", address=Address(key="1"))
    verdict = guard.vendor(draft)
    assert (verdict.same is not None, bool(verdict.suspects)) == (expected == "same", expected == "suspect")
