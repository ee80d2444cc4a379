"""From posting rows to bill lines: totals, tax, rounding, credits, limits."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.engine.billing import payable
from integrations.engine.decide import decide
from integrations.engine.decisions import Create, Hold, Out
from integrations.engine.drafts import InvoiceDraft
from integrations.engine.mapping import Account, Rules
from integrations.engine.money import fits, spread
from integrations.engine.policy import Policy
from integrations.engine.records import LedgerItem, Posting, PostingKind
from tests.engine.build import COST, DEBT, POLICY, TAX, invoice, posting, rules


def lines(postings: tuple[Posting, ...], total: str, policy: Policy = POLICY, given: Rules | None = None) -> list[Any]:
    source = invoice(postings=postings, ledger_items=(LedgerItem(original=Decimal(total)),))
    found = payable(source, given or rules(), policy)
    return [p.code for p in found.problems] or [(line.amount, line.description) for line in found.lines]


def test_tax_is_one_line_per_code_on_the_mapped_account() -> None:
    assert lines((DEBT, COST, TAX), "120.00") == [(Decimal("100.00"), "Bolts"), (Decimal("20.00"), "Tax T1")]


def test_tax_can_be_spread_over_the_taxed_lines_to_the_cent() -> None:
    costs = tuple(posting(str(n), PostingKind.COST, "33.33", account="4000", tax_code="T1") for n in range(3))
    tax = posting("9", PostingKind.TAX, "10.01", tax_code="T1")
    found = lines((*costs, tax), "110.00", Policy(company="10", tax_lines="into_cost"))
    assert [amount for amount, _ in found] == [Decimal("36.67"), Decimal("36.67"), Decimal("36.66")]


def test_self_assessed_tax_never_reaches_the_bill() -> None:
    pair = (
        posting("4", PostingKind.SELF_ASSESSED_TAX, "8.00", tax_code="U1"),
        posting("5", PostingKind.SELF_ASSESSED_TAX, "-8.00", tax_code="U1"),
    )
    assert lines((DEBT, COST, TAX, *pair), "120.00") == lines((DEBT, COST, TAX), "120.00")
    assert lines((DEBT, COST, TAX, pair[0]), "120.00") == ["self_assessed_tax"]


def test_rows_of_the_preliminary_voucher_and_reversed_rows_are_no_lines() -> None:
    ghosts = (
        posting("6", PostingKind.COST, "55.00", account="9999", preliminary=True),
        posting("7", PostingKind.COST, "55.00", account="9999", reversed=True),
    )
    assert lines((DEBT, COST, TAX, *ghosts), "120.00") == lines((DEBT, COST, TAX), "120.00")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (posting("8", PostingKind.UNKNOWN, "1.00"), ["unknown_posting_type"]),
        (posting("8", PostingKind.WITHHOLDING, "-12.00"), ["withholding"]),
    ],
)
def test_what_nobody_described_holds_the_invoice(row: Posting, expected: list[str]) -> None:
    assert lines((DEBT, COST, TAX, row), "120.00") == expected


def test_a_small_difference_is_one_visible_rounding_line() -> None:
    policy = Policy(company="10", rounding_account="7990")
    found = lines((DEBT, COST, TAX), "120.03", policy)
    assert found[-1] == (Decimal("0.03"), "Rounding")
    assert lines((DEBT, COST, TAX), "120.03") == ["rounding_account"]
    assert lines((DEBT, COST, TAX), "120.06", policy) == ["lines_do_not_add_up"]


def test_a_negative_total_is_a_credit_with_all_signs_turned_once() -> None:
    rows = (
        posting("1", PostingKind.DEBT, "120.00"),
        posting("2", PostingKind.COST, "-150.00", account="4000"),
        posting("3", PostingKind.COST, "30.00", account="4000"),
    )
    found = decide(invoice(postings=rows, ledger_items=None, open_amount=None), None, None, rules(), POLICY)
    assert isinstance(found, Create)
    assert isinstance(found.draft, InvoiceDraft)
    assert found.draft.credit
    assert found.draft.total == Decimal("120.00")
    assert [line.amount for line in found.draft.lines] == [Decimal("150.00"), Decimal("-30.00")]


def test_nothing_to_pay_is_out() -> None:
    found = decide(invoice(ledger_items=(LedgerItem(original=Decimal(0)),)), None, None, rules(), POLICY)
    assert isinstance(found, Out)
    assert found.reason == "nothing_to_pay"


def test_postings_that_could_not_be_read_hold_the_invoice() -> None:
    found = decide(invoice(postings=None), None, None, rules(), POLICY)
    assert isinstance(found, Hold)
    assert found.problems[0].code == "postings_unreadable"


def test_unmapped_accounts_and_dimensions_are_all_said_at_once_and_block_on_what_is_missing() -> None:
    odd = posting("9", PostingKind.COST, "0.00", account="5555", dimensions={"B": "999", "C": "P1"})
    source = invoice(postings=(DEBT, COST, TAX, odd))
    problems = payable(source, rules(), POLICY).problems
    assert {p.blocker for p in problems} == {("account", "5555"), ("dimension:B", "999"), ("part", "C")}


def test_equal_numbers_mean_nothing_unless_the_tenant_says_so() -> None:
    assert lines((DEBT, COST, TAX), "120.00", given=rules(match_by_number=False)) == [
        "unmapped_account",
        "unmapped_dimension",
    ]


def test_an_inactive_target_account_holds() -> None:
    dead = rules(
        accounts=[Account(target_id="0ca", number="4000", active=False), Account(target_id="0cb", number="2410")]
    )
    assert lines((DEBT, COST, TAX), "120.00", given=dead) == ["account_target_unusable"]


def test_a_fallback_account_is_used_only_when_chosen() -> None:
    odd = posting("2", PostingKind.COST, "120.00", account="5555")
    assert lines((DEBT, odd), "120.00") == ["unmapped_account"]
    policy = Policy(company="10", unmapped="fallback", fallback_account="7000")
    assert lines((DEBT, odd), "120.00", policy) == [(Decimal("120.00"), "")]


def test_too_many_lines_are_joined_where_the_coding_is_the_same() -> None:
    rows = tuple(posting(str(n), PostingKind.COST, "1.00", account="4000", text=f"row {n}") for n in range(150))
    assert lines(rows, "150.00") == [(Decimal("150.00"), "row 0 and 149 more lines")]


def test_more_decimals_than_the_currency_has_hold() -> None:
    found = decide(invoice(currency="JPY", net=Decimal("100.50")), None, None, rules(), POLICY)
    assert isinstance(found, Hold)
    assert "precision" in [p.code for p in found.problems]


cents = st.integers(-10_000, 10_000).map(lambda n: Decimal(n) / 100)


@given(total=cents, weights=st.lists(st.integers(1, 9999).map(Decimal), min_size=1, max_size=30))
def test_a_spread_adds_up_exactly_and_fits_the_currency(total: Decimal, weights: list[Decimal]) -> None:
    shares = spread(total, weights, "USD")
    assert sum(shares) == total
    assert all(fits(share, "USD") for share in shares)
