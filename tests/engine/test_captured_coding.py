"""How a captured invoice is coded for the books: accounts, values, tax, credits and the day that counts."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from integrations.engine.decisions import Create
from integrations.engine.policy import Policy
from tests.engine.build import said
from tests.engine.build_books import (
    APPROVED,
    COST,
    CREDIT,
    POLICY,
    SPLIT,
    TAX,
    account,
    booked,
    books,
    captured,
    closed,
    codes,
    decided,
    row,
    rules,
    value,
)

replace = msgspec.structs.replace


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (row("1", "120.00", "4999"), "unmapped_account"),
        (row("1", "120.00", "4200"), "account_target_unusable"),
        (row("1", "120.00", dimensions={"Department": "999"}), "unmapped_dimension"),
        (row("1", "120.00", dimensions={"Department": "200"}), "dimension_target_unusable"),
        (row("1", "120.00", dimensions={"Property": "7"}), "undeclared_dimension"),
        (row("1", "120.00", dimensions={"Department": "300"}), "value_not_valid"),
        (row("1", "120.00", "2400"), "account_not_usable"),
        (row("1", "120.00", "9000"), "account_not_usable"),
        (row("1", "120.00", "4300"), "account_not_usable"),
        (row("1", "120.00", "4400"), "account_not_usable"),
        (row("1", "120.00", "5000"), "code_part_demand"),
        (row("1", "120.00", "5100", dimensions={"Department": "100"}), "code_part_demand"),
        (row("1", "120.00", "5000", dimensions={"Department": "999"}), "unmapped_dimension"),
    ],
    ids=[
        *("unknown", "inactive", "unknown value", "inactive value", "undeclared", "expired value"),
        *("ledger", "statistical", "expired", "not yet valid", "mandatory missing", "blocked given"),
        "unmapped is not missing",
    ],
)
def test_coding_that_the_books_refuse_is_held_before_anything_is_written(line: Any, expected: str) -> None:
    held = books(
        account("4200", active=False),
        account("2400", control=True),
        account("9000", statistical=True),
        account("4300", valid_to=date(2026, 3, 4)),
        account("4400", valid_from=date(2026, 3, 6)),
        account("5000", demands={"B": "mandatory"}),
        account("5100", demands={"B": "blocked"}),
        value("B", "200", active=False),
        value("B", "300", valid_to=date(2026, 3, 4)),
    )
    assert codes(decided(captured(postings=(line,)), rules(held))) == [expected]


def test_demands_that_are_met_hold_nothing() -> None:
    held = books(account("4000", demands={"B": "mandatory", "F": "blocked"}))
    assert said(decided(captured(), rules(held))) == "create"


def test_the_day_of_approval_decides_what_is_valid_not_the_date_of_the_invoice() -> None:
    held = books(account("4000", valid_from=APPROVED, valid_to=APPROVED))
    assert said(decided(captured(), rules(held))) == "create"
    assert codes(decided(captured(approved_on=date(2026, 3, 6)), rules(held))) == ["account_not_usable"]


def test_an_account_that_the_books_have_not_shown_is_never_used_blindly() -> None:
    assert codes(decided(captured(), rules(books(), books=books(accounts={})))) == ["account_not_usable"] * 2


def test_every_reason_of_every_line_is_said_once() -> None:
    held = books(account("2400", control=True))
    lines = (row("1", "60.00", "2400"), row("2", "60.00", "2400"), row("3", "1.00", "4999"))
    assert codes(decided(captured(postings=lines), rules(held))) == [
        *("account_not_usable", "unmapped_account", "unbalanced")
    ]


@pytest.mark.parametrize(
    ("policy", "tax", "lines", "expected"),
    [
        (POLICY, "20.00", (COST, TAX), "create"),
        (POLICY, "0.00", (COST, TAX), "create"),
        (POLICY, "20.00", (COST,), "hold unbalanced"),
        (POLICY, "20.00", (COST, replace(TAX, amount=Decimal("20.01"))), "hold unbalanced"),
        (SPLIT, "20.00", (COST, TAX), "create"),
        (SPLIT, "20.00", (COST,), "create"),
        (SPLIT, "19.99", (COST, TAX), "hold tax_differs"),
        (SPLIT, "19.99", (COST,), "hold tax_differs"),
        (SPLIT, "20.00", (COST, replace(TAX, amount=Decimal("15.00"))), "hold tax_differs"),
        (SPLIT, "20.00", (COST, replace(TAX, account="4100")), "hold tax_differs"),
        (SPLIT, "120.00", (replace(TAX, amount=Decimal("120.00")),), "hold no_lines"),
    ],
    ids=[
        *("in cost", "in cost, tax not told", "tax not coded", "a cent off"),
        *("split", "the rest is tax", "a cent off", "the rest is not the tax", "lines of tax short", "tax as cost"),
        "nothing but tax",
    ],
)
def test_lines_add_up_as_the_tax_is_treated(policy: Policy, tax: str, lines: Any, expected: str) -> None:
    assert said(decided(captured(tax=Decimal(tax), postings=lines), policy=policy)) == expected


def test_tax_that_is_split_off_is_no_line_and_has_its_code_on_head_and_lines() -> None:
    draft = booked(captured(), policy=SPLIT)
    assert (draft.net, draft.tax, draft.tax_code) == (Decimal("100.00"), Decimal("20.00"), "T1")
    assert [(line.net, line.account, line.tax_code) for line in draft.lines] == [(Decimal("100.00"), "4000", "T1")]


def test_an_untaxed_invoice_has_the_code_of_no_tax_on_head_and_lines() -> None:
    source = captured(gross=Decimal("100.00"), tax=Decimal(0), postings=(COST,))
    draft = booked(source, policy=SPLIT)
    assert {draft.tax_code, *(line.tax_code for line in draft.lines)} == {"0"}


def test_a_line_over_nothing_is_no_line_and_is_not_asked_about() -> None:
    assert len(booked(captured(postings=(COST, TAX, row("3", "0.00", "4999")))).lines) == 2


@pytest.mark.parametrize("policy", [POLICY, SPLIT])
def test_a_credit_is_negative_head_and_lines_once(policy: Policy) -> None:
    draft = booked(CREDIT, policy=policy)
    assert draft.net + draft.tax == Decimal("-120.00")
    assert sum(line.net for line in draft.lines) == draft.net
    assert all(line.net < 0 for line in draft.lines)


def test_a_text_of_51_characters_reaches_the_books_whole() -> None:
    line = replace(COST, text="x" * 51)
    assert booked(captured(postings=(line, TAX))).lines[0].text == "x" * 51


def test_a_term_other_than_the_suppliers_is_shown_and_not_used() -> None:
    found = decided(captured(payment_term="60"))
    assert isinstance(found, Create)
    assert [note.code for note in found.notes] == ["payment_term_differs"]
    assert booked(captured(payment_term="60")).payment_term == "30"


FIRST_OPEN = replace(POLICY, closed_period="first_open_day")


@pytest.mark.parametrize(
    ("policy", "shut", "expected"),
    [
        (POLICY, closed(3), "hold closed_period"),
        (POLICY, closed(3)[1:2], "hold closed_period"),
        (POLICY, closed()[:1], "hold closed_period"),
        (FIRST_OPEN, closed(3), date(2026, 4, 1)),
        (FIRST_OPEN, closed(2), APPROVED),
        (FIRST_OPEN, closed()[2:], date(2026, 4, 1)),
        (FIRST_OPEN, closed(3, 4), "hold no_open_period"),
        (FIRST_OPEN, closed(3)[:2], "hold no_open_period"),
        (POLICY, (), APPROVED),
    ],
    ids=[
        *("closed", "the only one", "not defined", "moved", "open", "not defined, moved", "none later"),
        *("an earlier one is never taken", "the books know no periods"),
    ],
)
def test_a_closed_period_holds_or_moves_to_the_first_open_day_never_an_earlier_one(
    policy: Policy, shut: Any, expected: str | date
) -> None:
    given = rules(books(periods=shut))
    found = decided(captured(), given, policy)
    assert (booked(captured(), given, policy).arrival_date if isinstance(found, Create) else said(found)) == expected


def test_a_day_that_was_moved_is_noted_and_the_first_one_stays_in_the_text() -> None:
    given = rules(books(periods=closed(3)))
    found = decided(captured(), given, FIRST_OPEN)
    assert isinstance(found, Create)
    assert [note.code for note in found.notes] == ["period_moved"]
    draft = booked(captured(), given, FIRST_OPEN)
    assert (draft.text, draft.invoice_date) == (
        "7001 (approved 2026-03-05, in a closed period)",
        date(2026, 3, 1),
    )
