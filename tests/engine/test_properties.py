"""What holds for every invoice, every set of rules and every state of the bill."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from integrations.engine.decide import decide
from integrations.engine.decisions import Act, Create, Decision, Hold, LinkTo, Nothing, Out, Update, Wait
from integrations.engine.drafts import InvoiceDraft
from integrations.engine.mapping import Account, Rule, Rules
from integrations.engine.policy import Policy
from integrations.engine.records import Invoice, InvoiceState, LedgerItem, Posting, PostingKind
from integrations.engine.targets import Approval, Standing
from tests.engine.build import POLICY, invoice, posting, rules, sent, there

states = st.sampled_from([*[InvoiceState.AUTHORISED] * 8, InvoiceState.PARTLY_PAID, *InvoiceState])
cents = st.integers(-99_999, 99_999).filter(bool).map(lambda n: Decimal(n) / 100)
accounts = st.sampled_from(["4000", "7000", "7990"])


@st.composite
def ledgers(draw: Any) -> tuple[Posting, ...]:
    """A debt, some cost rows, some tax: sums that need not agree to the cent."""
    rows = [
        posting(f"c{n}", PostingKind.COST, str(amount), account=draw(accounts), tax_code=draw(st.sampled_from("TU")))
        for n, amount in enumerate(draw(st.lists(cents, min_size=1, max_size=12)))
    ]
    rows += [
        posting(f"t{n}", PostingKind.TAX, str(amount), tax_code=draw(st.sampled_from("TU")))
        for n, amount in enumerate(draw(st.lists(cents, max_size=3)))
    ]
    off = Decimal(draw(st.sampled_from([0, 0, 0, 0, 2, -3, 7]))) / 100
    return (posting("d", PostingKind.DEBT, str(-(sum((row.amount for row in rows), Decimal(0)) + off))), *rows)


@st.composite
def invoices(draw: Any) -> Invoice:
    """An invoice of any state, in one to three instalments, open in part or whole."""
    rows = draw(ledgers())
    total = -rows[0].amount
    parts = draw(st.lists(st.integers(1, 9), min_size=1, max_size=3))
    each = [(total * part / sum(parts)).quantize(Decimal("0.01")) for part in parts[:-1]]
    each.append(total - sum(each, Decimal(0)))
    left = draw(st.sampled_from(["all", "all", "half", "none"]))
    kept = {"all": Decimal(1), "half": Decimal("0.5"), "none": Decimal(0)}[left]
    items = tuple(
        LedgerItem(instalment=n, original=amount, open=(amount * kept).quantize(Decimal("0.01")))
        for n, amount in enumerate(each, 1)
    )
    return invoice(postings=rows, ledger_items=items, state=draw(states))


@st.composite
def pairs(draw: Any) -> tuple[Invoice, Invoice]:
    """An invoice as it was sent, and as it is after one of its rows, its due date or its state changed."""
    before = invoice(postings=draw(ledgers()), ledger_items=None, open_amount=None)
    debt, row, *rest = before.postings or ()
    more = draw(st.sampled_from(["0.00", "0.00", "10.00"]))
    row = msgspec.structs.replace(row, amount=row.amount + Decimal(more), account=draw(accounts))
    debt = msgspec.structs.replace(debt, amount=debt.amount - Decimal(more))
    due = draw(st.sampled_from([date(2026, 3, 20), date(2026, 3, 31), date(2026, 4, 20)]))
    return before, msgspec.structs.replace(before, postings=(debt, row, *rest), due_date=due, state=draw(states))


policies = st.builds(
    Policy,
    company=st.just("10"),
    tax_lines=st.sampled_from(["per_code", "into_cost"]),
    negative_lines=st.sampled_from(["keep", "keep", "net_same_coding", "hold"]),
    rounding_account=st.sampled_from(["7990", "7990", ""]),
    instalments=st.sampled_from(["hold", "bill_each"]),
    partly_paid=st.sampled_from(["hold", "open_amount", "record_payment"]),
    max_lines=st.sampled_from([100, 100, 2]),
)
taxes = [Rule(id=n, version=1, table="tax_code", source=code, target="2410") for n, code in enumerate("TU", 1)]
GIVEN = rules(rules=taxes)
remapped = st.lists(accounts, min_size=3, max_size=3).map(
    lambda targets: rules(
        rules=[
            Rule(id=10 + n, version=2, table="account", source=source, target=target)
            for n, (source, target) in enumerate(zip(("4000", "7000", "7990"), targets, strict=True))
        ]
    )
)
unmapped = st.just(rules(accounts=[Account(target_id="x", number="1")]))


@given(source=invoices(), policy=policies, variant=st.sampled_from(["", "1", "2"]))
def test_the_lines_of_whatever_is_created_add_up_to_its_total(source: Invoice, policy: Policy, variant: str) -> None:
    found = decide(source, None, None, GIVEN, policy, variant=variant)
    if isinstance(found, Create) and isinstance(found.draft, InvoiceDraft):
        assert sum(line.amount for line in found.draft.lines) == found.draft.total > 0
        assert all(line.account and line.amount for line in found.draft.lines)


@given(source=invoices(), policy=policies, variant=st.sampled_from(["", "1", "2"]))
def test_the_same_question_has_the_same_answer(source: Invoice, policy: Policy, variant: str) -> None:
    first = decide(source, None, None, GIVEN, policy, variant=variant)
    copied = msgspec.json.decode(msgspec.json.encode(source), type=Invoice)
    assert decide(copied, None, None, GIVEN, policy, variant=variant) == first


@given(rows=ledgers(), given_rules=st.one_of(remapped, unmapped), policy=policies, other=policies)
def test_a_change_of_rules_or_settings_alone_writes_nothing(
    rows: tuple[Posting, ...], given_rules: Rules, policy: Policy, other: Policy
) -> None:
    source = invoice(postings=rows, ledger_items=None, open_amount=None)
    found = decide(source, None, None, GIVEN, policy)
    if isinstance(found, Create):
        link = sent(source, GIVEN, policy)
        assert decide(source, link, there(link), given_rules, other) == Nothing()


@given(
    pair=pairs(),
    standing=st.sampled_from([*[Standing.UNPAID] * 4, *Standing]),
    approval=st.sampled_from([Approval.NONE, *Approval]),
    active=st.sampled_from([True, True, True, False]),
    policy=policies,
)
def test_nothing_is_updated_while_money_moves_and_no_amount_after_an_approver_acted(
    pair: tuple[Invoice, Invoice], standing: Standing, approval: Approval, active: bool, policy: Policy
) -> None:
    before, after = pair
    if not isinstance(decide(before, None, None, GIVEN, policy), Create):
        return
    link = sent(before, GIVEN, policy)
    found = decide(after, link, there(link, standing=standing, approval=approval, active=active), GIVEN, policy)
    assert not isinstance(found, Create | LinkTo)
    if isinstance(found, Update) and isinstance(found.draft, InvoiceDraft) and isinstance(link.sent, InvoiceDraft):
        assert (standing, active) == (Standing.UNPAID, True)
        assert approval is Approval.NONE or found.draft.total == link.sent.total


@given(source=invoices(), policy=policies)
def test_only_writes_name_a_write(source: Invoice, policy: Policy) -> None:
    found: Decision = decide(source, None, None, GIVEN, policy)
    match found:
        case Create() | Update() | Act():
            assert found.natural_key
        case _:
            assert isinstance(found, LinkTo | Nothing | Wait | Hold | Out)
            assert not hasattr(found, "draft")


def test_the_clean_invoice_of_these_properties_is_created() -> None:
    assert isinstance(decide(invoice(), None, None, rules(), POLICY), Create)
