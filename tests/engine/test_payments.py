"""Which payments are booked, and what holds the others back."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from integrations.engine.books import Books
from integrations.engine.decide import decide
from integrations.engine.decisions import Act, Create, Hold, Nothing, Wait, Want
from integrations.engine.drafts import UnproposeDraft
from integrations.engine.mapping import Rules
from integrations.engine.payments import counted
from integrations.engine.policy import Policy
from integrations.engine.records import Entity, Payment, PaymentState
from integrations.engine.targets import TargetRecord
from tests.engine.build import answer, said
from tests.engine.paying import (
    CLEARING,
    CONTROL,
    PERIODS,
    account,
    booked,
    books,
    decided,
    held,
    paid,
    payment,
    voucher_of,
)


def policy(**fields: Any) -> Policy:
    """Clearing, with some settings changed."""
    return msgspec.structs.replace(CLEARING, **fields)


@pytest.mark.parametrize(
    ("source", "given", "expected"),
    [
        (payment(), books(), "create"),
        (payment(company=""), books(), "create"),
        (payment(company=""), books(companies=frozenset({"10", "20"})), "hold unknown_company"),
        (payment(company=""), books(companies=frozenset({"10", "20"}), takes_strays=False), "out other_company"),
        (payment(company="20"), books(companies=frozenset({"10", "20"})), "out other_company"),
        (payment(company="99"), books(), "hold unknown_company"),
        (payment(state=PaymentState.PENDING), books(), "wait not_issued"),
        (payment(state=PaymentState.IN_FLIGHT), books(), "wait not_issued"),
        (payment(state=PaymentState.CLEARED), books(), "create"),
        (payment(method="virtual_card"), books(), "wait not_issued"),
        (payment(method="virtual_card", state=PaymentState.CLEARED), books(), "create"),
        (payment(state=PaymentState.FAILED, why="Bank closed"), books(), "wait payment_failed"),
        (payment(state=PaymentState.VOIDED), books(), "out voided"),
        (payment(state=PaymentState.UNKNOWN, state_word="Frozen"), books(), "hold unknown_payment_state"),
        (payment(dated=None), books(), "hold no_payment_date"),
        (payment(currency="usd"), books(), "hold currency"),
        (payment(amount=Decimal("100.001")), books(), "hold precision"),
        (payment(amount=Decimal("99.99")), books(), "hold! amounts_differ"),
        (payment(paid(net="0.00")), books(), "hold! no_amount"),
        (payment(paid(gross=Decimal("102.00"))), books(), "hold! discount_differs"),
        (payment(paid(net="50.00"), paid(net="50.00")), books(), "hold! invoice_twice"),
        (payment(), books(invoices={}), "wait invoice_not_booked"),
        (payment(dated=date(2026, 3, 7)), books(invoices={}), "hold! payment_for_unknown_invoice"),
        (payment(dated=date(2026, 3, 8)), books(invoices={}), "wait invoice_not_booked"),
        (payment(), books(standing={}), "hold! invoice_cancelled"),
        (payment(), books(held(active=False)), "hold! invoice_cancelled"),
        (payment(), books(held(vendor_id="S2")), "hold! other_supplier"),
        (payment(vendor_key="S1|2"), books(), "create"),
        (payment(vendor_key=""), books(), "create"),
        (payment(), books(held(currency="EUR")), "hold! other_currency"),
        (payment(), books(held(amount="99.99")), "hold! more_than_open"),
        (payment(), books(held(paid=Decimal("0.01"))), "hold! more_than_open"),
        (payment(), books(paid={"10|I1": Decimal("0.01")}), "hold! more_than_open"),
        (payment(paid(net="60.00")), books(paid={"10|I1": Decimal("40.00")}), "create"),
        (payment(), books(held(amount="-100.00")), "hold! more_than_open"),
        (payment(dated=date(2026, 2, 10)), books(), "hold closed_period"),
        (payment(dated=date(2025, 12, 31)), books(), "hold no_period"),
    ],
)
def test_what_a_payment_and_the_books_say_decides(source: Payment, given: Books, expected: str) -> None:
    assert said(decided(source, given)) == expected


def test_paid_before_the_start_stays_out() -> None:
    assert said(decided(payment(), policy=policy(start_date=date(2026, 3, 11)))) == "out before_start"


def test_only_cleared_payments_are_booked_where_the_tenant_says_so() -> None:
    assert said(decided(payment(), policy=policy(post_at="cleared"))) == "wait not_issued"


def test_without_books_a_payment_is_kept_for_comparison() -> None:
    assert said(decide(payment(), None, None, Rules(), CLEARING)) == "out reference"


@pytest.mark.parametrize(
    ("chosen", "missing"),
    [
        (CLEARING, "voucher_type"),
        (CLEARING, "settlement_account"),
        (CLEARING, "cash_account"),
        (CONTROL, "debt_account"),
        (CONTROL, "discount_account"),
        (CONTROL, "control_confirmed"),
    ],
)
def test_a_missing_setting_is_asked_for_once_and_frees_all(chosen: Policy, missing: str) -> None:
    without = msgspec.structs.replace(chosen, **{missing: False if missing == "control_confirmed" else ""})
    found = decided(payment(paid(net="98.00", discount=Decimal("2.00"))), policy=without)
    assert isinstance(found, Hold)
    (problem,) = found.problems
    assert (problem.code, problem.blocker, problem.once) == ("setting_missing", ("setting", missing), True)


@pytest.mark.parametrize(
    ("unfit", "why"),
    [
        ({"control": True}, "control account"),
        ({"statistical": True}, "statistical"),
        ({"active": False}, "not valid"),
        ({"valid_to": date(2026, 3, 9)}, "not valid"),
        ({"valid_from": date(2026, 3, 11)}, "not valid"),
        ({"demands": {"B": "mandatory"}}, "demands B"),
    ],
)
def test_an_account_that_takes_no_such_row_is_held_with_its_reason(unfit: dict[str, Any], why: str) -> None:
    given = books()
    given = msgspec.structs.replace(given, accounts={**given.accounts, "2410": account("2410", **unfit)})
    found = decided(payment(), given)
    assert isinstance(found, Hold)
    assert said(found) == "hold account_unusable"
    assert why in found.problems[0].message


def test_an_account_is_good_from_its_first_day_to_its_last() -> None:
    given, day = books(), date(2026, 3, 10)
    just = account("2410", valid_from=day, valid_to=day)
    assert (
        said(decided(payment(), msgspec.structs.replace(given, accounts={**given.accounts, "2410": just}))) == "create"
    )


def test_an_account_that_the_books_do_not_have_is_held() -> None:
    assert said(decided(payment(), policy=policy(settlement_account="9999"))) == "hold account_unusable"


def test_every_setting_that_is_missing_is_said_at_once() -> None:
    found = decided(payment(), policy=Policy(company="10"))
    assert isinstance(found, Hold)
    assert [problem.value for problem in found.problems] == ["voucher_type", "cash_account", "settlement_account"]


def test_a_missing_invoice_is_waited_for_by_its_key() -> None:
    found = decided(payment(paid("I1"), paid("I2")))
    assert isinstance(found, Wait)
    assert [problem.blocker for problem in found.problems] == [("invoice", "I2")]


def test_a_bank_account_without_a_cash_account_is_held() -> None:
    several = policy(cash_accounts=("BANK-A=1150",))
    assert said(decided(payment(payer_account="BANK-B"), policy=several)) == "hold payer_account"
    several = policy(cash_account="8100", cash_accounts=("BANK-A=1150",))
    assert voucher_of(payment(payer_account="BANK-A"), policy=several).rows[0].account == "1150"
    assert voucher_of(payment(), policy=several).rows[0].account == "8100"


def test_a_closed_period_moves_to_the_first_open_day_and_says_so() -> None:
    found = decided(payment(dated=date(2026, 2, 10)), policy=policy(closed_period="first_open_day"))
    assert isinstance(found, Create)
    assert getattr(found.draft, "dated", None) == date(2026, 3, 1)
    assert "paid 2026-02-10" in getattr(found.draft, "text", "")
    assert [note.code for note in found.notes] == ["redated"]


def test_nothing_is_ever_dated_back() -> None:
    given = books(periods=PERIODS[:2])
    assert (
        said(decided(payment(dated=date(2026, 2, 10)), given, policy(closed_period="first_open_day")))
        == "hold no_period"
    )


def test_the_same_transaction_under_another_key_asks() -> None:
    _, _, known = booked(payment())
    again = payment(key="P2")
    known = msgspec.structs.replace(known, paid={})
    found = decided(again, known)
    assert said(found) == "hold! possible_duplicate_payment"
    assert said(decided(again, known, answers=answer(found, "create"))) == "create"


@pytest.mark.parametrize("state", ["Preliminary", "Acknowledged"])
def test_an_invoice_in_a_young_proposal_is_taken_out_of_it_and_then_booked(state: str) -> None:
    proposals = {("S1", "INV-I1"): state}
    found = decided(payment(), proposals=proposals)
    assert said(found) == "hold! in_payment_proposal"
    removal = decided(payment(), proposals=proposals, answers=answer(found, "remove_from_proposal"))
    assert isinstance(removal, Act)
    assert removal.draft == UnproposeDraft(company="10", vendor="S1", series="SI", number="INV-I1")
    assert removal.again
    assert said(decided(payment(), proposals=proposals, answers=answer(found, "keep"))) == "create"


@pytest.mark.parametrize("state", ["Ordered", "Paid", ""])
def test_a_proposal_that_is_on_its_way_is_not_touched(state: str) -> None:
    found = decided(payment(), proposals={("S1", "INV-I1"): state})
    assert isinstance(found, Hold)
    assert said(found) == "hold! in_payment_proposal"
    assert [choice.key for choice in found.problems[0].choices] == ["keep"]


def test_a_booked_payment_that_moves_forward_writes_nothing() -> None:
    link, target, known = booked(payment())
    assert decided(payment(), known, link=link, target=target) == Nothing()
    cleared = payment(state=PaymentState.CLEARED, state_word="Cleared")
    assert decided(cleared, known, link=link, target=target) == Nothing(rebaseline=True)


def test_a_fingerprint_of_another_kind_is_only_renewed() -> None:
    link, target, known = booked(payment())
    older = msgspec.structs.replace(link, schema=link.schema - 1)
    assert decided(payment(), known, link=older, target=target) == Nothing(rebaseline=True)


@pytest.mark.parametrize(
    "changed",
    [
        payment(paid(net="90.00")),
        payment(paid(net="60.00"), paid("I2", "40.00")),
        payment(currency="EUR"),
        payment(vendor_key="S2"),
    ],
)
def test_a_payment_that_changes_after_booking_is_urgent(changed: Payment) -> None:
    link, target, known = booked(payment())
    found = decided(changed, known, link=link, target=target)
    assert said(found) == "hold! payment_changed"
    kept = decided(changed, known, link=link, target=target, answers=answer(found, "accept"))
    assert kept == Nothing(rebaseline=True)


@pytest.mark.parametrize("target", [None, TargetRecord(target_id="V1", active=False)])
def test_a_voucher_that_is_not_in_the_books_any_more_is_urgent(target: TargetRecord | None) -> None:
    link, _, known = booked(payment())
    assert said(decided(payment(), known, link=link, target=target)) == "hold! voucher_gone"


@pytest.mark.parametrize("state", [PaymentState.VOIDED, PaymentState.FAILED])
def test_a_payment_that_dies_after_booking_asks_for_its_reversal(state: PaymentState) -> None:
    link, target, known = booked(payment())
    found = decided(payment(state=state), known, link=link, target=target)
    assert found == Nothing(rebaseline=True, wants=(Want(entity=Entity.PAYMENT, key="P1", variant="reversal"),))


def test_a_payment_whose_voucher_was_cancelled_by_hand_needs_no_reversal() -> None:
    link, _, known = booked(payment())
    assert decided(payment(state=PaymentState.VOIDED), known, link=link) == Nothing(rebaseline=True)


def test_a_payment_that_comes_back_after_its_reversal_is_urgent() -> None:
    link, target, known = booked(payment())
    known = msgspec.structs.replace(known, reversed=frozenset({"P1"}))
    assert said(decided(payment(), known, link=link, target=target)) == "hold! payment_came_back"


def test_a_word_that_nobody_has_described_is_urgent_once_it_is_booked() -> None:
    link, target, known = booked(payment())
    strange = payment(state=PaymentState.UNKNOWN, state_word="Frozen")
    assert said(decided(strange, known, link=link, target=target)) == "hold! unknown_payment_state"


def test_a_voucher_that_a_person_linked_is_watched_by_its_total() -> None:
    link, target, known = booked(payment())
    link = msgspec.structs.replace(link, sent=None, fingerprint="")
    there = msgspec.structs.replace(target, amount=Decimal("100.00"))
    assert decided(payment(), known, link=link, target=there) == Nothing(rebaseline=True)
    other = msgspec.structs.replace(target, amount=Decimal("70.00"))
    assert said(decided(payment(), known, link=link, target=other)) == "hold! payment_changed"


def test_a_void_payment_on_a_voucher_that_a_person_linked_is_reversed_by_hand() -> None:
    link, target, known = booked(payment())
    link = msgspec.structs.replace(link, sent=None)
    found = decided(payment(state=PaymentState.VOIDED), known, link=link, target=target)
    assert said(found) == "hold! reverse_by_hand"


def test_a_reissue_is_booked_while_the_first_payment_still_stands() -> None:
    _, _, known = booked(payment())
    known = msgspec.structs.replace(known, paid={})  # what the batch reissues is left out
    found = decided(payment(key="P2", transaction_id="T2", replaces="P1"), known)
    assert isinstance(found, Create)
    assert [note.code for note in found.notes] == ["reissue"]


def test_payments_of_one_batch_count_for_each_other() -> None:
    rules = Rules(books=books())
    first = payment(paid(net="58.00", discount=Decimal("2.00")))
    rules = counted(rules, first, decide(first, None, None, rules, CLEARING))
    second, rest = (payment(paid(net=net), key="P2", transaction_id="T2") for net in ("40.01", "40.00"))
    assert said(decide(second, None, None, rules, CLEARING)) == "hold! more_than_open"
    assert said(decide(rest, None, None, rules, CLEARING)) == "create"


def test_one_transaction_twice_in_a_batch_asks() -> None:
    rules = Rules(books=books())
    first, again = payment(paid(net="10.00")), payment(paid(net="10.00"), key="P2")
    rules = counted(rules, first, decide(first, None, None, rules, CLEARING))
    assert said(decide(again, None, None, rules, CLEARING)) == "hold! possible_duplicate_payment"
