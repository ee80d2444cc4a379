"""Captured invoices into the books: which are booked, as what, and what is wrong with the others."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from integrations.engine.books import Books
from integrations.engine.decide import decide
from integrations.engine.decisions import Create, Hold
from integrations.engine.mapping import Rule
from integrations.engine.records import InvoiceState
from tests.engine.build import answer, said
from tests.engine.build_books import (
    APPROVED,
    COST,
    IN_BOOKS,
    POLICY,
    SUPPLIER,
    TAX,
    booked,
    books,
    captured,
    codes,
    decided,
    entered,
    row,
    rules,
)

replace = msgspec.structs.replace


@pytest.mark.parametrize(
    ("state", "fresh", "after"),
    [
        (InvoiceState.PRELIMINARY, "out not_approved", "hold! voided_after_booking"),
        (InvoiceState.AUTHORISED, "create", "nothing"),
        (InvoiceState.PAID, "hold paid_before_booked", "nothing"),
        (InvoiceState.PARTLY_PAID, "hold paid_before_booked", "nothing"),
        (InvoiceState.CANCELLED, "out cancelled", "hold! voided_after_booking"),
        (InvoiceState.UNKNOWN, "hold unknown_state", "hold unknown_state"),
    ],
)
def test_only_what_is_approved_is_booked_and_what_was_booked_is_compared(
    state: InvoiceState, fresh: str, after: str
) -> None:
    source = captured(state=state, state_word="Word")
    assert said(decided(source)) == fresh
    assert said(decide(source, entered(captured()), IN_BOOKS, rules(), POLICY)) == after


def test_a_booked_invoice_says_all_that_the_books_ask_for() -> None:
    draft = booked(captured())
    head = (draft.company, draft.vendor, draft.series, draft.number, draft.currency, draft.external_id)
    assert head == ("10", "S1", "SI", "INV-001", "USD", "7001")
    days = (draft.invoice_date, draft.arrival_date, draft.due_date)
    assert days == (date(2026, 3, 1), APPROVED, date(2026, 3, 31))
    assert (draft.net, draft.tax, draft.tax_code, draft.payment_term) == (Decimal("120.00"), Decimal(0), "0", "30")
    assert (draft.route, draft.authoriser, draft.authorise) == ("external", "MEYER", False)
    assert (draft.po_number, draft.document, draft.text) == ("P1", "/images/7001", "7001")


def test_a_line_keeps_its_sign_text_and_order_line_and_names_where_it_came_from() -> None:
    first, second = booked(captured(postings=(replace(COST, po_line="3"), TAX))).lines
    assert (first.net, first.account, first.dimensions) == (Decimal("100.00"), "4000", {"B": "100"})
    assert (first.text, first.po_line, first.source_keys, first.tax_code) == ("Bolts", "3", ("1",), "0")
    assert first.origin == "4000|Department=100"
    assert (second.net, second.account) == (Decimal("20.00"), "2410")


def test_why_it_is_coded_so_is_told_line_by_line() -> None:
    given = rules(rules=[Rule(id=5, version=2, table="account", source="4000", target="4100")])
    found = decided(captured(), given)
    assert isinstance(found, Create)
    assert found.why[0] == "line 1: account 4000 → 4100 by rule 5 version 2"
    assert booked(captured(), given).lines[0].account == "4100"


def test_a_manual_invoice_needs_no_authoriser_and_names_none() -> None:
    manual = replace(POLICY, invoice_target="manual")
    assert booked(captured(), policy=manual).authoriser == ""
    assert said(decided(captured(), policy=replace(manual, authoriser=""))) == "create"


def test_the_missing_authoriser_is_asked_for_once_for_all() -> None:
    found = decided(captured(), policy=replace(POLICY, authoriser=""))
    assert isinstance(found, Hold)
    (problem,) = found.problems
    assert (problem.code, problem.value, problem.once) == ("setting_missing", "authoriser", True)
    assert problem.blocker == ("setting", "authoriser")


SHARED = books(companies=frozenset({"10", "20"}))


@pytest.mark.parametrize(
    ("company", "held", "expected"),
    [
        ("10", SHARED, "create"),
        ("20", SHARED, "out other_company"),
        ("99", SHARED, "hold unknown_company"),
        ("", SHARED, "hold unknown_company"),
        ("99", replace(SHARED, takes_strays=False), "out other_company"),
        ("", replace(SHARED, takes_strays=False), "out other_company"),
        ("", books(), "create"),
        ("99", books(), "hold unknown_company"),
    ],
)
def test_each_company_books_its_own_and_one_of_them_asks_about_strays(company: str, held: Books, expected: str) -> None:
    assert said(decided(captured(company=company), rules(held))) == expected


@pytest.mark.parametrize(
    ("approved", "expected"),
    [(date(2026, 2, 28), "out before_start"), (date(2026, 3, 1), "create"), (None, "out before_start")],
)
def test_the_day_of_approval_decides_whether_it_is_before_the_start(approved: date | None, expected: str) -> None:
    source = captured(approved_on=approved, invoice_date=date(2026, 2, 20))
    assert said(decided(source, policy=replace(POLICY, start_date=date(2026, 3, 1)))) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"number": "  "}, ["no_number"]),
        ({"invoice_date": None}, ["no_invoice_date"]),
        ({"currency": "XXX"}, ["currency"]),
        ({"currency": "usd"}, ["currency"]),
        ({"gross": Decimal("0.00"), "tax": Decimal(0)}, ["zero_amount"]),
        ({"gross": None}, ["zero_amount"]),
        ({"postings": ()}, ["no_lines"]),
        ({"postings": None}, ["no_lines"]),
        ({"gross": Decimal("120.001")}, ["precision"]),
        ({"currency": "JPY", "gross": Decimal("120.50")}, ["precision"]),
        ({"gross": Decimal("NaN")}, ["precision"]),
        ({"number": "", "currency": "", "postings": ()}, ["no_number", "currency", "no_lines"]),
        ({"state": InvoiceState.PAID, "number": ""}, ["paid_before_booked", "no_number"]),
    ],
)
def test_what_is_wrong_with_the_invoice_itself_is_said_all_at_once(fields: dict[str, Any], expected: list[str]) -> None:
    assert codes(decided(captured(**fields))) == expected


def test_one_that_was_paid_before_is_booked_when_a_person_says_so() -> None:
    source = captured(state=InvoiceState.PAID)
    assert said(decided(source, answers=answer(decided(source), "book"))) == "create"


@pytest.mark.parametrize(("code", "known"), [("S1", {"S1": "S1"}), ("S1|2", {"S1": "S1"}), ("V9|2", {"V9|2": "S1"})])
def test_a_vendor_code_may_carry_an_address(code: str, known: dict[str, str]) -> None:
    assert booked(captured(vendor_key=code), rules(books(suppliers=known))).vendor == "S1"


@pytest.mark.parametrize(
    ("code", "vendor", "expected"),
    [
        ("S9", SUPPLIER, "unknown_vendor"),
        ("", SUPPLIER, "unknown_vendor"),
        ("|2", SUPPLIER, "unknown_vendor"),
        ("S" * 51, SUPPLIER, "unknown_vendor"),
        ("S1", replace(SUPPLIER, active=False), "vendor_inactive"),
        ("S1", replace(SUPPLIER, in_company=False), "not_in_company"),
        ("S1", None, "vendor_missing"),
    ],
)
def test_a_vendor_that_is_no_supplier_of_ours_is_held(code: str, vendor: Any, expected: str) -> None:
    found = decided(captured(vendor_key=code), rules(vendors={"S1": vendor} if vendor else {}))
    assert codes(found) == [expected]


def test_an_unknown_vendor_and_an_unknown_account_are_said_together() -> None:
    source = captured(vendor_key="S9", postings=(row("1", "120.00", "4999"),))
    assert codes(decided(source)) == ["unknown_vendor", "unmapped_account"]
