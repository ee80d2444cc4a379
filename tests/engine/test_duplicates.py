"""A bill that somebody entered before us is linked or held, never doubled."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from integrations.engine.decide import decide
from integrations.engine.decisions import Create, Hold, LinkTo
from integrations.engine.duplicates import Existing, Guard, digits_of, plain_number
from integrations.engine.records import Invoice
from tests.engine.build import POLICY, VENDOR, invoice, rules

THEIRS = {
    "target_id": "00n9",
    "number": "INV-001",
    "vendor_id": "009A",
    "amount": Decimal("120"),
    "currency": "USD",
    "dated": date(2026, 3, 1),
}


def decision(source: Invoice | None = None, **theirs: Any) -> str:
    given = rules(guard=Guard([Existing(**{**THEIRS, **theirs})]))
    match decide(source or invoice(), None, None, given, POLICY):
        case LinkTo(target_id=target):
            return f"link {target}"
        case Hold(problems=problems):
            return f"hold {problems[0].code}"
        case Create():
            return "create"
    return "other"


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


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        ({"number": "S1", "name": "Other", "currency": "USD"}, "LinkTo"),
        ({"number": "S1", "name": "Other", "currency": "EUR"}, "Create"),
        ({"name": "GRAFTON", "currency": "USD"}, "Hold"),
        ({"number": "S7", "name": "Grafton"}, "Create"),
    ],
)
def test_a_vendor_is_the_same_by_its_own_number_only(theirs: dict[str, Any], expected: str) -> None:
    given = rules(guard=Guard(vendors=[Existing(target_id="009X", **theirs)]))
    assert type(decide(VENDOR, None, None, given, POLICY)).__name__ == expected
