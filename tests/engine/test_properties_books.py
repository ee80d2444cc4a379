"""What holds for every captured invoice, every way its tax is treated and every state of the periods."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from integrations.engine.decide import decide
from integrations.engine.decisions import Act, Create, Nothing, Out, Update
from integrations.engine.drafts import BookedInvoiceDraft
from integrations.engine.mapping import Rule, Rules
from integrations.engine.policy import Policy
from integrations.engine.records import Gone, Invoice, InvoiceState, Posting
from tests.engine.build_books import IN_BOOKS, account, books, captured, closed, decided, linked, row, rules

cents = st.integers(-9_999, 9_999).map(lambda n: Decimal(n) / 100)
states = st.sampled_from([*[InvoiceState.AUTHORISED] * 8, *InvoiceState])
days = st.dates(date(2026, 1, 15), date(2026, 5, 15))


@st.composite
def rows(draw: Any) -> tuple[Posting, ...]:
    """Some cost, some tax."""
    numbers = st.sampled_from(["4000", "4000", "4100", "2410"])
    coded = st.sampled_from([{}, {"Department": "100"}, {"Department": "100", "Project": "P7"}])
    amounts = draw(st.lists(cents, min_size=1, max_size=8))
    return tuple(row(str(n), str(amount), draw(numbers), dimensions=draw(coded)) for n, amount in enumerate(amounts, 1))


@st.composite
def invoices(draw: Any) -> Invoice:
    """Sums that agree in either mode, or are off by a few cents."""
    lines = draw(rows())
    coded = sum((each.amount for each in lines), Decimal(0))
    on_tax = sum((each.amount for each in lines if each.account == "2410"), Decimal(0))
    beside = draw(st.sampled_from([Decimal(0), Decimal(0), Decimal("7.00")]))
    off = draw(st.sampled_from([0, 0, 0, 0, 1, -2]))
    gross = coded + beside + Decimal(off) / 100
    return captured(
        postings=lines, gross=gross, tax=on_tax + beside, state=draw(states), approved_on=draw(st.none() | days)
    )


policies = st.builds(
    Policy,
    company=st.just("10"),
    authoriser=st.just("MEYER"),
    tax_mode=st.sampled_from(["in_cost", "split"]),
    tax_accounts=st.sampled_from([("2410",), ("2410",), ()]),
    tax_code=st.sampled_from(["T1", ""]),
    closed_period=st.sampled_from(["hold", "first_open_day"]),
    invoice_target=st.sampled_from(["external", "manual"]),
)
held = st.sampled_from([closed(), closed(), closed(2, 3), closed(3), closed(2, 3, 4), ()]).map(
    lambda periods: rules(books(periods=periods))
)
remapped = rules(rules=[Rule(id=1, version=1, table="account", source="4*", target="4100")])
refused = rules(books(account("4000", control=True), account("4100", active=False), periods=closed(2, 3, 4)))


@given(source=invoices(), ground=held, policy=policies)
def test_whatever_is_booked_adds_up_and_is_never_dated_back(source: Invoice, ground: Rules, policy: Policy) -> None:
    found = decided(source, ground, policy)
    if isinstance(found, Create) and isinstance(found.draft, BookedInvoiceDraft):
        draft = found.draft
        assert sum(line.net for line in draft.lines) == draft.net
        assert draft.net + draft.tax == source.gross
        assert all(line.net and line.account for line in draft.lines)
        assert source.state is InvoiceState.AUTHORISED
        assert draft.arrival_date is not None
        assert draft.arrival_date >= (source.approved_on or source.invoice_date or date.max)


@given(source=invoices(), ground=held, policy=policies)
def test_the_same_question_has_the_same_answer(source: Invoice, ground: Rules, policy: Policy) -> None:
    copied = msgspec.json.decode(msgspec.json.encode(source), type=Invoice)
    assert decided(copied, ground, policy) == decided(source, ground, policy)


@given(
    source=invoices(),
    policy=policies,
    later=st.one_of(held, st.just(remapped), st.just(refused)),
    other=policies,
)
def test_what_is_booked_and_unchanged_is_left_alone_whatever_rules_and_settings_become(
    source: Invoice, policy: Policy, later: Rules, other: Policy
) -> None:
    found = decided(source, policy=policy)
    if isinstance(found, Create):
        link = linked(source, found.draft)
        assert decide(source, link, IN_BOOKS, rules(), policy) == Nothing()
        assert decide(source, link, IN_BOOKS, later, other) == Nothing()
        older = msgspec.structs.replace(link, fingerprint="0", schema=0)
        assert decide(source, older, IN_BOOKS, later, other) == Nothing(rebaseline=True)


@given(before=invoices(), after=invoices(), policy=policies, active=st.sampled_from([True, True, False]))
def test_nothing_is_ever_written_again(before: Invoice, after: Invoice, policy: Policy, active: bool) -> None:
    found = decided(before, policy=policy)
    if isinstance(found, Create):
        link, target = linked(before, found.draft), msgspec.structs.replace(IN_BOOKS, active=active)
        for source in (after, Gone(key=before.key, last=before)):
            assert not isinstance(decide(source, link, target, rules(), policy), Create | Update | Act | Out)


def test_the_clean_invoice_of_these_properties_is_booked() -> None:
    assert isinstance(decided(captured()), Create)
