"""What happens to a captured invoice that is in the books when it changes, is void or removed on either side."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from integrations.engine.decide import decide
from integrations.engine.decisions import Decision, Hold, Link, Nothing
from integrations.engine.records import Gone, Invoice, InvoiceState
from integrations.engine.targets import TargetRecord
from tests.engine.build import answer, said
from tests.engine.build_books import (
    COST,
    CREDIT,
    IN_BOOKS,
    POLICY,
    SPLIT,
    TAX,
    captured,
    entered,
    linked,
    row,
    rules,
)

replace = msgspec.structs.replace


def after(source: Invoice | Gone, target: TargetRecord | None = IN_BOOKS, link: Link | None = None, **more: Any) -> str:
    """What is said of an invoice that was booked as the clean one."""
    return said(decide(source, link or entered(captured()), target, rules(), POLICY, **more))


@pytest.mark.parametrize(
    "fields",
    [
        {"company": "20"},
        {"vendor_key": "S2"},
        {"number": "INV-002"},
        {"invoice_date": date(2026, 3, 2)},
        {"due_date": None},
        {"currency": "EUR"},
        {"gross": Decimal("121.00")},
        {"po_number": "P2"},
        {"postings": (COST,)},
        {"postings": (replace(COST, account="4100"), TAX)},
        {"postings": (replace(COST, dimensions={}), TAX)},
        {"postings": (replace(COST, po_line="9"), TAX)},
        {"postings": (COST, TAX, row("3", "5.00"), row("4", "-5.00"))},
    ],
    ids=str,
)
def test_what_changed_after_it_was_booked_is_urgent(fields: dict[str, Any]) -> None:
    assert after(captured(**fields)) == "hold! changed_after_booking"


def test_what_differs_is_said_in_words() -> None:
    found = decide(captured(gross=Decimal("121.00")), entered(captured()), IN_BOOKS, rules(), POLICY)
    assert isinstance(found, Hold)
    assert "amount was 120.00, is 121.00" in found.problems[0].message


@pytest.mark.parametrize(
    "fields",
    [
        {"postings": (TAX, COST)},
        {"postings": (replace(COST, key="9", text="Nuts"), TAX)},
        {"postings": (COST, TAX, row("3", "0.00", "4999"))},
        {"vendor_key": "S1|2"},
        {"document": "/images/7001?again"},
        {"state": InvoiceState.PAID},
        {"company": ""},
    ],
    ids=str,
)
def test_what_makes_no_difference_to_the_books_is_taken_over_silently(fields: dict[str, Any]) -> None:
    found = decide(captured(**fields), entered(captured()), IN_BOOKS, rules(), POLICY)
    assert found == Nothing(rebaseline=True)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"state": InvoiceState.PAID}, "nothing"),
        ({"postings": (COST,)}, "nothing"),
        ({"postings": (COST, TAX, row("3", "0.00", "4999"))}, "nothing"),
        ({"postings": (COST, replace(TAX, amount=Decimal("10.00")))}, "hold! changed_after_booking"),
        ({"tax": Decimal("10.00")}, "hold! changed_after_booking"),
    ],
    ids=["paid", "the rest is still the tax", "nothing more", "less on the line of tax", "less tax"],
)
def test_tax_that_was_split_off_is_compared_apart(fields: dict[str, Any], expected: str) -> None:
    assert after(captured(**fields), link=entered(captured(), policy=SPLIT)) == expected


def test_a_difference_that_was_accepted_is_asked_again_only_when_it_changes_again() -> None:
    link, changed = entered(captured()), captured(gross=Decimal("121.00"))
    accepted = answer(decide(changed, link, IN_BOOKS, rules(), POLICY), "accept")
    assert after(changed, answers=accepted) == "nothing"
    assert after(captured(gross=Decimal("122.00")), answers=accepted) == "hold! changed_after_booking"


GONE = Gone(key="7001", last=captured())
VOID = captured(state=InvoiceState.CANCELLED, state_word="Void")
CANCELLED = replace(IN_BOOKS, active=False)


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        (VOID, IN_BOOKS, "hold! voided_after_booking"),
        (GONE, IN_BOOKS, "hold! removed_after_booking"),
        (captured(), CANCELLED, "hold! cancelled_in_books"),
        (captured(), None, "hold! cancelled_in_books"),
        (VOID, CANCELLED, "nothing"),
        (VOID, None, "nothing"),
        (GONE, CANCELLED, "nothing"),
        (GONE, None, "hold! removed_after_booking"),
    ],
)
def test_void_or_removed_on_one_side_alone_is_urgent_and_on_both_is_settled(
    source: Invoice | Gone, target: TargetRecord | None, expected: str
) -> None:
    assert after(source, target) == expected


@pytest.mark.parametrize(
    ("source", "target"), [(VOID, IN_BOOKS), (GONE, IN_BOOKS), (captured(), CANCELLED)], ids=["void", "gone", "books"]
)
def test_a_second_person_may_say_that_the_books_are_right(source: Invoice | Gone, target: TargetRecord) -> None:
    found: Decision = decide(source, entered(captured()), target, rules(), POLICY)
    assert isinstance(found, Hold)
    assert [(choice.key, choice.act) for choice in found.problems[0].choices] == [("accept", "override")]
    assert after(source, target, answers=answer(found, "accept")) == "nothing"


def test_one_that_was_removed_before_it_was_booked_is_out() -> None:
    assert said(decide(GONE, None, None, rules(), POLICY)) == "out gone"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"state": InvoiceState.PAID}, "nothing"),
        ({"number": "inv 1"}, "nothing"),
        ({"gross": Decimal("121.00")}, "hold! changed_after_booking"),
        ({"vendor_key": "S2"}, "hold! changed_after_booking"),
        ({"invoice_date": date(2026, 3, 2)}, "hold! changed_after_booking"),
        ({"currency": "EUR"}, "hold! changed_after_booking"),
    ],
)
def test_one_that_was_keyed_by_hand_is_compared_with_what_stands_in_the_books(
    fields: dict[str, Any], expected: str
) -> None:
    assert after(captured(**fields), link=linked(captured(), None)) == expected


def test_a_credit_keyed_by_hand_agrees_with_its_amount_in_the_books() -> None:
    target = replace(IN_BOOKS, number="CR-1", amount=Decimal("-120.00"), kind="credit")
    paid = replace(CREDIT, state=InvoiceState.PAID)
    assert after(paid, target, linked(CREDIT, None)) == "nothing"


def test_an_older_fingerprint_alone_changes_nothing() -> None:
    link = replace(entered(captured()), fingerprint="0", schema=0)
    assert decide(captured(), link, IN_BOOKS, rules(), POLICY) == Nothing(rebaseline=True)


@pytest.mark.parametrize("how", ["booked", "keyed by hand"])
@pytest.mark.parametrize(
    ("state", "choices"), [("Preliminary", ["remove_from_proposal", "keep"]), ("Ordered", ["keep"])]
)
def test_one_that_the_erp_is_about_to_pay_is_urgent_whoever_entered_it(
    how: str, state: str, choices: list[str]
) -> None:
    link = entered(captured()) if how == "booked" else linked(captured(), None)
    given = rules(proposals={("S1", "INV-001"): state})
    found = decide(captured(), link, IN_BOOKS, given, POLICY)
    assert said(found) == "hold! in_payment_proposal"
    assert isinstance(found, Hold)
    assert [choice.key for choice in found.problems[0].choices] == choices


def test_it_is_taken_out_of_the_proposal_or_left_there_and_compared_as_always() -> None:
    link, given = entered(captured()), rules(proposals={("S1", "INV-001"): "Preliminary"})
    asked = decide(captured(), link, IN_BOOKS, given, POLICY)
    taken, kept = answer(asked, "remove_from_proposal"), answer(asked, "keep")
    assert said(decide(captured(), link, IN_BOOKS, given, POLICY, answers=taken)) == "unpropose"
    assert said(decide(captured(), link, IN_BOOKS, given, POLICY, answers=kept)) == "nothing"
    void = decide(VOID, link, IN_BOOKS, given, POLICY, answers=kept)
    assert said(void) == "hold! voided_after_booking"


def test_a_credit_in_a_proposal_is_nothing_that_is_paid_twice() -> None:
    given = rules(proposals={("S1", "CR-1"): "Preliminary"})
    keyed = replace(IN_BOOKS, number="CR-1", amount=Decimal("-120.00"))
    assert decide(CREDIT, entered(CREDIT), IN_BOOKS, given, POLICY) == Nothing()
    assert decide(CREDIT, linked(CREDIT, None), keyed, given, POLICY) == Nothing()
