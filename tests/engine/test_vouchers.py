"""The rows of a voucher, in both currencies, and the mirror that takes them back."""

from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest

from integrations.engine.decisions import Create, Hold, Nothing
from integrations.engine.drafts import VoucherDraft
from integrations.engine.records import PaymentState
from integrations.engine.targets import TargetRecord
from integrations.engine.vouchers import LONGEST, paid_by_invoice, text_of
from tests.engine.build import answer, said
from tests.engine.paying import (
    CLEARING,
    CONTROL,
    PERIODS,
    booked,
    books,
    decided,
    held,
    paid,
    payment,
    sides,
    voucher_of,
)

TWO = (paid("I1", "60.00"), paid("I2", "40.00"))
VOID = payment(state=PaymentState.VOIDED, state_word="Void", cleared_on=date(2026, 3, 12), why="Stopped")


def euros(*rates: str | None) -> list[TargetRecord]:
    """Invoices of 100.00 EUR each that were booked at these rates, on one day after the other."""
    return [
        held(f"I{n}", currency="EUR", rate=Decimal(rate) if rate else None, date=date(2026, 3, n))
        for n, rate in enumerate(rates, 1)
    ]


def test_clearing_debits_settlement_per_invoice_and_credits_the_total() -> None:
    draft = voucher_of(payment(*TWO), books(held("I1"), held("I2")))
    assert sides(draft) == ["1150 -100.00", "2410 60.00", "2410 40.00"]
    assert [(row.series, row.number) for row in draft.rows[1:]] == [("SI", "INV-I1"), ("SI", "INV-I2")]


def test_every_row_names_supplier_invoice_and_transaction() -> None:
    draft = voucher_of(payment(*TWO), books(held("I1"), held("I2")))
    assert all((row.vendor, row.series, row.transaction_id) == ("S1", "SI", "T1") and row.number for row in draft.rows)


def test_the_head_finds_the_payment_again() -> None:
    found = decided(payment())
    assert isinstance(found, Create)
    assert isinstance(found.draft, VoucherDraft)
    assert found.natural_key == "voucher|10|P1"
    assert found.draft.text == "P1 check 5001 Grafton INV-I1"
    assert (found.draft.voucher_type, found.draft.dated) == ("AVP", date(2026, 3, 10))


def test_a_credit_inside_a_payment_stands_on_the_other_side() -> None:
    draft = voucher_of(payment(paid("I1"), paid("C1", "-30.00")), books(held("I1"), held("C1", "-30.00")))
    assert sides(draft) == ["1150 -70.00", "2410 100.00", "2410 -30.00"]


def test_clearing_leaves_the_discount_to_the_ledger() -> None:
    source = payment(paid(net="98.00", gross=Decimal("100.00"), discount=Decimal("2.00")))
    assert sides(voucher_of(source)) == ["1150 -98.00", "2410 98.00"]


def test_an_invoice_that_its_discount_pays_whole_has_no_row() -> None:
    whole = paid("I2", "0.00", gross=Decimal("5.00"), discount=Decimal("5.00"))
    assert sides(voucher_of(payment(paid(), whole), books(held(), held("I2", "5.00")))) == [
        "1150 -100.00",
        "2410 100.00",
    ]


def test_clearing_carries_one_rate_on_both_sides() -> None:
    source = payment(currency="EUR", rate=Decimal("1.10"))
    assert sides(voucher_of(source, books(*euros("1.20")))) == ["1150 -100.00 = -110.00", "2410 100.00 = 110.00"]


def test_without_a_rate_of_its_own_the_newest_invoice_tells_it() -> None:
    source = payment(paid("I1"), paid("I2"), currency="EUR")
    assert {row.rate for row in voucher_of(source, books(*euros("1.20", "1.25"))).rows} == {Decimal("1.25")}


@pytest.mark.parametrize("rate", [None, Decimal(0), Decimal(-1), Decimal("NaN")])
def test_without_any_rate_it_is_held(rate: Decimal | None) -> None:
    assert said(decided(payment(currency="EUR", rate=rate), books(*euros(None)))) == "hold rate_unknown"


def test_rounding_goes_to_its_account_without_currency() -> None:
    thirds = [paid(f"I{n}", "0.01") for n in range(1, 4)]
    draft = voucher_of(payment(*thirds, currency="EUR", rate=Decimal("1.4")), books(*euros("1.4", "1.4", "1.4")))
    assert sides(draft)[-1] == "7990 0 = 0.01"
    assert sum(row.domestic for row in draft.rows) == 0


def test_rounding_without_an_account_is_held() -> None:
    thirds = [paid(f"I{n}", "0.01") for n in range(1, 4)]
    policy = msgspec.structs.replace(CLEARING, rounding_account="")
    source = payment(*thirds, currency="EUR", rate=Decimal("1.4"))
    assert said(decided(source, books(*euros("1.4", "1.4", "1.4")), policy)) == "hold rounding"


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        ("1.10", "8100 0 = -9.80"),  # less was paid for the debt than it was booked with
        ("1.30", "8200 0 = 9.80"),
    ],
)
def test_control_books_the_debt_at_its_own_rate_and_the_difference_apart(rate: str, expected: str) -> None:
    source = payment(paid(net="98.00", discount=Decimal("2.00")), currency="EUR", rate=Decimal(rate))
    rows = sides(voucher_of(source, books(*euros("1.20")), CONTROL))
    assert rows[1:] == ["2400 100.00 = 120.00", "7100 -2.00 = -2.40", expected]


def test_control_at_one_rate_has_rounding_and_no_exchange_difference() -> None:
    source = payment(paid(net="0.01", discount=Decimal("0.01")), currency="EUR", rate=Decimal("1.3"))
    rows = sides(voucher_of(source, books(*euros("1.3")), CONTROL))
    assert rows == ["1150 -0.01", "2400 0.02 = 0.03", "7100 -0.01", "7990 0 = -0.01"]


def test_control_in_the_companys_own_currency_knows_no_difference() -> None:
    assert sides(voucher_of(payment(), policy=CONTROL)) == ["1150 -100.00", "2400 100.00"]


def test_control_without_the_invoices_rate_is_held() -> None:
    source = payment(currency="EUR", rate=Decimal("1.10"))
    assert said(decided(source, books(*euros(None)), CONTROL)) == "hold rate_unknown"


def test_what_each_invoice_was_paid_can_be_read_from_the_voucher() -> None:
    source = payment(paid(net="98.00", discount=Decimal("2.00")), currency="EUR", rate=Decimal("1.10"))
    for policy in (CLEARING, CONTROL):
        draft = voucher_of(source, books(*euros("1.20")), policy)
        assert paid_by_invoice(draft) == {"INV-I1": Decimal("98.00")}


def test_a_long_text_ends_at_a_whole_number_and_counts_the_rest() -> None:
    text = text_of(("P1", "", "check"), [f"INV-{n:04}" for n in range(100)])
    shown = text.split()
    assert len(text) <= LONGEST
    assert shown[:3] == ["P1", "check", "INV-0000"]
    assert shown[-1] == f"+{100 - (len(shown) - 3)}"


def test_words_that_fill_the_text_alone_are_cut() -> None:
    assert text_of(("P1", "x" * 300), ["INV-1"]) == "P1 " + "x" * 197


def test_a_reversal_is_prepared_shown_and_booked_only_when_it_is_released() -> None:
    _, _, known = booked(payment())
    found = decided(VOID, known, variant="reversal")
    assert isinstance(found, Hold)
    assert said(found) == "hold! reversal_prepared"
    assert "debit 1150 100.00 USD; credit 2410 100.00 USD" in found.problems[0].message
    assert [(choice.key, choice.act) for choice in found.problems[0].choices] == [
        ("release", "payee"),
        ("keep", "override"),
    ]
    released = decided(VOID, known, variant="reversal", answers=answer(found, "release"))
    assert isinstance(released, Create)
    assert isinstance(released.draft, VoucherDraft)
    assert (released.natural_key, released.variant) == ("voucher|10|P1R", "reversal")
    assert sides(released.draft) == ["1150 100.00", "2410 -100.00"]
    assert released.draft.text.startswith("P1R reverses P1 V1 ")
    assert released.draft.dated == date(2026, 3, 12)


def test_a_reversal_by_correction_stays_on_its_side() -> None:
    _, _, known = booked(payment())
    policy = msgspec.structs.replace(CLEARING, reversal="correction_flag")
    found = decided(VOID, known, policy, variant="reversal")
    assert isinstance(found, Hold)
    assert "credit 1150 -100.00 USD; debit 2410 -100.00 USD" in found.problems[0].message
    draft = voucher_of(VOID, known, policy, variant="reversal", answers=answer(found, "release"))
    assert all(row.correction for row in draft.rows)


def test_a_reversal_that_nobody_wants_stays_out() -> None:
    _, _, known = booked(payment())
    found = decided(VOID, known, variant="reversal")
    assert said(decided(VOID, known, variant="reversal", answers=answer(found, "keep"))) == "out not_reversed"


def test_a_reversal_falls_away_when_the_payment_lives_again() -> None:
    _, _, known = booked(payment())
    assert said(decided(payment(), known, variant="reversal")) == "out not_voided"


def test_without_a_voucher_there_is_nothing_to_reverse() -> None:
    assert said(decided(VOID, variant="reversal")) == "out never_booked"


def test_a_booked_reversal_is_done() -> None:
    link, target, known = booked(payment())
    assert decided(VOID, known, link=link, target=target, variant="reversal") == Nothing(rebaseline=True)


@pytest.mark.parametrize(
    ("cleared", "modified", "expected"),
    [
        (None, datetime(2026, 3, 14, 9, tzinfo=UTC), date(2026, 3, 14)),
        (None, None, date(2026, 3, 11)),  # today
        (date(2026, 3, 1), None, date(2026, 3, 10)),  # never before the voucher itself
    ],
)
def test_a_reversal_is_dated_when_the_payment_became_void(
    cleared: date | None, modified: datetime | None, expected: date
) -> None:
    _, _, known = booked(payment())
    void = msgspec.structs.replace(VOID, cleared_on=cleared, modified=modified)
    answers = answer(decided(void, known, variant="reversal"), "release")
    assert voucher_of(void, known, variant="reversal", answers=answers).dated == expected


def test_a_reversal_moves_to_the_first_open_day_or_waits_for_one() -> None:
    january = payment(dated=date(2026, 1, 20))
    _, _, known = booked(january)
    void = msgspec.structs.replace(january, state=PaymentState.VOIDED, cleared_on=date(2026, 2, 3))
    answers = answer(decided(void, known, variant="reversal"), "release")
    assert voucher_of(void, known, variant="reversal", answers=answers).dated == date(2026, 3, 1)
    shut = msgspec.structs.replace(known, periods=PERIODS[:2])
    assert said(decided(void, shut, variant="reversal")) == "hold no_period"
