"""What holds for every payment, every set of invoices and every rate."""

from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from integrations.engine.books import Books
from integrations.engine.decisions import Hold
from integrations.engine.money import fits
from integrations.engine.policy import Policy
from integrations.engine.records import PaidInvoice, Payment, PaymentState
from integrations.engine.vouchers import LONGEST, paid_by_invoice
from tests.engine.build import answer
from tests.engine.paying import CLEARING, CONTROL, booked, books, decided, held, payment, voucher_of

cents = st.integers(1, 9_999_999).map(lambda n: Decimal(n) / 100)
rates = st.integers(1, 3_000_000).map(lambda n: Decimal(n) / 10_000)
policies = st.sampled_from([CLEARING, CONTROL])


@st.composite
def payments(draw: Any) -> tuple[Payment, Books]:
    """A payment of one to ten open invoices and smaller credits, in any currency pair, and the books that hold them."""
    currency, domestic = draw(st.sampled_from(["USD", "EUR"])), draw(st.sampled_from(["USD", "JPY", "KWD"]))
    nets = draw(st.lists(cents, min_size=1, max_size=8))
    set_off = [-amount for amount in draw(st.lists(cents, max_size=2)) if amount < sum(nets) / 3]
    items, standing = [], []
    for n, net in enumerate([*nets, *set_off]):
        discount = draw(st.sampled_from([Decimal(0), Decimal("0.01"), Decimal("1.23")])) if net > 0 else Decimal(0)
        items.append(PaidInvoice(key=f"I{n}", net=net, gross=net + discount, discount=discount))
        standing.append(held(f"I{n}", str(net + discount), currency=currency, rate=draw(rates)))
    source = payment(*items, currency=currency, rate=draw(st.none() | rates))
    return source, books(*standing, currency=domestic)


@given(payments(), policies)
def test_a_voucher_balances_in_both_currencies(case: tuple[Payment, Books], policy: Policy) -> None:
    source, known = case
    draft = voucher_of(source, known, policy)
    assert sum(row.amount for row in draft.rows) == 0
    assert sum(row.domestic for row in draft.rows) == 0
    assert all(fits(row.amount, draft.currency) and fits(row.domestic, known.currency) for row in draft.rows)


@given(payments(), policies)
def test_a_voucher_pays_exactly_what_the_payment_says(case: tuple[Payment, Books], policy: Policy) -> None:
    source, known = case
    draft = voucher_of(source, known, policy)
    assert draft.rows[0].amount == -source.amount
    assert paid_by_invoice(draft) == {f"INV-{each.key}": each.net for each in source.invoices}
    assert len(draft.text) <= LONGEST


@given(payments(), policies)
def test_rounding_stays_below_a_minor_unit_a_row(case: tuple[Payment, Books], policy: Policy) -> None:
    source, known = case
    rows = voucher_of(source, known, policy).rows
    unit = {"USD": Decimal("0.01"), "JPY": Decimal(1), "KWD": Decimal("0.001")}[known.currency]
    rounded = sum((abs(row.domestic) for row in rows if row.account == "7990"), Decimal(0))
    assert rounded <= unit * len(rows)


@given(payments(), policies, st.sampled_from(["swap", "correction_flag"]))
def test_a_voucher_and_its_reversal_leave_nothing(case: tuple[Payment, Books], policy: Policy, how: str) -> None:
    source, known = case
    _, _, after = booked(source, known, policy)
    void = msgspec.structs.replace(source, state=PaymentState.VOIDED)
    answers = answer(decided(void, after, policy, variant="reversal"), "release")
    back, first = voucher_of(void, after, policy, variant="reversal", answers=answers), after.vouchers["P1"].draft
    assert [row.account for row in back.rows] == [row.account for row in first.rows]
    assert all(a.amount + b.amount == 0 == a.domestic + b.domestic for a, b in zip(back.rows, first.rows, strict=True))


@given(payments(), policies, st.sampled_from(["amount", "nets", "open"]))
def test_a_cent_too_much_is_never_booked(case: tuple[Payment, Books], policy: Policy, where: str) -> None:
    source, known = case
    cent = Decimal("0.01")
    if where == "amount":
        source = msgspec.structs.replace(source, amount=source.amount + cent)
    elif where == "nets":
        first, *rest = source.invoices
        more = msgspec.structs.replace(first, net=first.net + cent, gross=(first.gross or first.net) + cent)
        source = msgspec.structs.replace(source, invoices=(more, *rest), amount=source.amount + cent)
    else:
        known = msgspec.structs.replace(known, paid={"10|I0": cent})
    assert isinstance(decided(source, known, policy), Hold)


@given(payments(), policies)
def test_the_same_input_gives_the_same_answer(case: tuple[Payment, Books], policy: Policy) -> None:
    source, known = case
    assert decided(source, known, policy) == decided(source, known, policy)
