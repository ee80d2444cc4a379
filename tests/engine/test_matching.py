"""An invoice against its purchase orders: pass, note or hold, over all invoices minus credits so far."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.engine.charges import Orders, Use, charges_of
from integrations.engine.decide import decide
from integrations.engine.decisions import Create, Decision, Hold, Wait
from integrations.engine.mapping import Rules
from integrations.engine.policy import Policy
from integrations.engine.records import (
    Invoice,
    InvoiceLine,
    InvoiceState,
    LedgerItem,
    OrderLine,
    OrderReceipt,
    OrderState,
    PostingKind,
    PurchaseOrder,
)
from tests.engine.build import POLICY, VENDOR, answer, echo_of, invoice, posting, rules, said, sent, there

BOTH = Policy(company="10", release_states=(InvoiceState.AUTHORISED, InvoiceState.POSTED))
HOLDING = Policy(company="10", on_mismatch="hold")
BOLTS = OrderLine(
    line="1",
    release="1",
    quantity=Decimal(100),
    unit="pcs",
    price=Decimal(10),
    net=Decimal(1000),
    state=OrderState.OPEN,
)
NUTS = OrderLine(
    line="2", release="1", quantity=Decimal(50), unit="pcs", price=Decimal(4), net=Decimal(200), state=OrderState.OPEN
)


def order(**fields: Any) -> PurchaseOrder:
    """P1 of supplier S1 over 1,200.00 USD: 100 bolts at 10.00, 50 nuts at 4.00; nothing has been received."""
    clean: dict[str, Any] = {
        "key": "10|P1",
        "company": "10",
        "number": "P1",
        "vendor_key": "S1",
        "currency": "USD",
        "state": OrderState.OPEN,
        "state_word": "Released",
        "lines": (BOLTS, NUTS),
        "receipts": (),
    }
    return PurchaseOrder(**{**clean, **fields})


def item(net: str, quantity: str | None, line: str = "1", **fields: Any) -> InvoiceLine:
    """An item of order P1, by line."""
    count = None if quantity is None else Decimal(quantity)
    named = {"po_number": "P1", "po_line": line, "po_release": "1" if line else ""}
    return InvoiceLine(key=line, net=Decimal(net), quantity=count, unit="pcs" if count else "", **{**named, **fields})


def billing(*lines: InvoiceLine, key: str = "10|1", day: int = 2, **fields: Any) -> Invoice:
    """An authorised invoice of these items, untaxed, dated in the ledger on that day of March."""
    net = sum((line.net for line in lines), Decimal(0))
    rows = (
        posting("1", PostingKind.DEBT, str(-net), account="2400"),
        posting("2", PostingKind.COST, str(net), account="4000"),
    )
    clean: dict[str, Any] = {
        "key": key,
        "number": f"INV-{key}",
        "lines": lines,
        "net": net,
        "tax": Decimal(0),
        "open_amount": net,
        "postings": rows,
        "ledger_items": (LedgerItem(original=net, open=net),),
        "voucher_date": date(2026, 3, day),
        "po_number": "P1",
    }
    return invoice(**{**clean, **fields})


def use(source: Invoice, *, is_sent: bool = False) -> Use:
    return Use(key=source.key, dated=source.voucher_date, sent=is_sent, charges=charges_of(source))


def knowing(*others: Use, of: PurchaseOrder | None = None, **fields: Any) -> Rules:
    """The order as read, with what other invoices bill of it."""
    found = of or order()
    known: dict[str, Any] = {"currency": "USD", "known": {found.number: found}, "uses": {found.number: others}}
    return rules(orders=Orders(**{**known, **fields}))


def decided(source: Invoice, given_rules: Rules | None = None, policy: Policy = POLICY, **more: Any) -> Decision:
    return decide(source, None, None, given_rules or knowing(), policy, **more)


def notes(found: Decision) -> list[str]:
    assert isinstance(found, Create), found
    return [note.code for note in found.notes]


def problems(found: Decision) -> list[str]:
    assert isinstance(found, Hold | Wait), found
    return [problem.code for problem in found.problems]


def test_an_invoice_within_its_order_passes_and_says_what_it_was_matched_with() -> None:
    found = decided(billing(item("400.00", "40")))
    assert notes(found) == ["po_open"]
    assert isinstance(found, Create)
    assert found.why[-1] == "order P1: 2-way matched, 400.00 of 1,200.00 USD billed"


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        ([item("1000.00", "100"), item("200.00", "50", "2")], []),
        ([item("1020.00", "100")], []),  # 2 % of 1,000 more
        ([item("1020.01", "100")], ["po_over_price"]),
        ([item("102.01", "10")], ["po_over_price"]),
        ([item("1010.00", "101")], ["po_over_quantity"]),
        ([item("1.00", "101")], ["po_over_quantity"]),
        ([item("900.00", "100")], []),  # below the order
        ([item("50.00", None, "", po_number="")], []),
        ([item("100.00", "10"), item("50.00", None, "", po_number="")], []),
        ([item("100.00", "10"), item("50.01", None, "", po_number="")], ["po_charges"]),
        ([item("100.00", "10"), item("50.01", None, "")], ["po_charges"]),
        ([item("10.00", "1", "9")], ["po_line"]),
    ],
    ids=lambda value: str(value) if isinstance(value, list) and all(isinstance(v, str) for v in value) else "",
)
def test_each_tolerance_ends_where_the_rules_say(lines: list[InvoiceLine], codes: list[str]) -> None:
    found = decided(billing(*lines), policy=HOLDING)
    assert (problems(found) if isinstance(found, Hold) else []) == codes


def test_a_deviation_says_its_numbers() -> None:
    found = decided(billing(item("1100.00", "100")), policy=HOLDING)
    assert isinstance(found, Hold)
    assert found.problems[0].message == (
        "Line 1-1 of order P1: 1,100.00 USD billed, 100 at the order's price is 1,000.00 USD: 100.00 USD more."
    )


def test_the_price_may_be_two_per_cent_and_fifty_over_not_more_of_either() -> None:
    big = order(lines=(msgspec.structs.replace(BOLTS, net=Decimal(10000), price=Decimal(100)),))
    assert said(decided(billing(item("10050.00", "100")), knowing(of=big), HOLDING)) == "create"
    assert problems(decided(billing(item("10050.01", "100")), knowing(of=big), HOLDING)) == ["po_over_price"]


def test_the_total_may_be_one_per_cent_over() -> None:
    lines = (item("1012.00", "100"), item("200.00", "50", "2"))
    assert said(decided(billing(*lines), policy=HOLDING)) == "create"
    over = (item("1012.01", "100"), item("200.00", "50", "2"))
    assert problems(decided(billing(*over), policy=HOLDING)) == ["po_over_total"]


def test_three_invoices_and_a_credit_add_up_and_the_one_that_is_too_much_is_held() -> None:
    first, second = billing(item("600.00", "60"), key="10|1"), billing(item("400.00", "40"), key="10|2", day=3)
    third = billing(item("100.00", "10"), key="10|3", day=5)
    before = knowing(use(first), use(second), use(third))
    assert [said(decided(each, before, HOLDING)) for each in (first, second)] == ["create", "create"]
    assert problems(decided(third, before, HOLDING)) == ["po_over_quantity"]
    credit = billing(item("-100.00", "10"), key="10|4", day=4)
    with_credit = knowing(use(first), use(second), use(third), use(credit))
    assert said(decided(credit, with_credit, HOLDING)) == "create"
    assert said(decided(third, with_credit, HOLDING)) == "create"


def test_what_is_sent_counts_although_it_is_younger_in_the_ledger() -> None:
    younger = billing(item("600.00", "60"), key="10|9", day=20)
    mine = billing(item("500.00", "50"))
    assert said(decided(mine, knowing(use(younger)), HOLDING)) == "create"
    assert problems(decided(mine, knowing(use(younger, is_sent=True)), HOLDING)) == ["po_over_quantity"]


def test_a_credit_is_never_held_for_what_others_billed_too_much_but_for_more_than_was_billed() -> None:
    others = knowing(use(billing(item("2000.00", "200"), key="10|0", day=1)))
    assert said(decided(billing(item("-500.00", "50")), others, HOLDING)) == "create"
    assert problems(decided(billing(item("-500.00", "50")), knowing(), HOLDING)) == ["po_over_credited"]


def test_a_mismatch_holds_while_nobody_authorised_it_and_is_a_note_afterwards() -> None:
    over = billing(item("1100.00", "100"))
    assert notes(decided(over, policy=BOTH)) == ["po_over_price", "po_open"]
    posted = msgspec.structs.replace(over, state=InvoiceState.POSTED)
    assert problems(decided(posted, policy=BOTH)) == ["po_over_price"]
    noting = msgspec.structs.replace(BOTH, on_mismatch="note")
    assert notes(decided(posted, policy=noting)) == ["po_over_price", "po_open"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"state": OrderState.CANCELLED}, "po_state"),
        ({"state": OrderState.PLANNED}, "po_state"),
        ({"state": OrderState.STOPPED}, "po_state"),
        ({"state": OrderState.UNKNOWN}, "po_state"),
        ({"vendor_key": "S2"}, "po_other_supplier"),
        ({"currency": "EUR"}, "po_currency"),
        ({"lines": (msgspec.structs.replace(BOLTS, unit="kg"),)}, "po_unit"),
        ({"state": OrderState.CLOSED}, "po_closed"),
        ({"state": OrderState.CLOSED, "receipts": None}, "po_closed"),
    ],
    ids=str,
)
def test_these_hold_whatever_the_setting_says_until_a_person_releases_them(fields: dict[str, Any], code: str) -> None:
    noting = Policy(company="10", on_mismatch="note")
    source, found = billing(item("100.00", "10")), knowing(of=order(**fields))
    held = decided(source, found, noting)
    assert problems(held) == [code]
    released = decided(source, found, noting, answers=answer(held, "match_anyway"))
    assert isinstance(released, Create)
    assert any("released by people" in reason for reason in released.why)


def test_a_release_counts_for_these_numbers_only() -> None:
    source = billing(item("1100.00", "100"))
    given_answer = answer(decided(source, policy=HOLDING), "match_anyway")
    assert said(decided(source, policy=HOLDING, answers=given_answer)) == "create"
    more = knowing(use(billing(item("10.00", "1"), key="10|0", day=1)))
    assert "po_over_price" in problems(decided(source, more, HOLDING, answers=given_answer))


def test_a_release_takes_a_second_person() -> None:
    held = decided(billing(item("1100.00", "100")), policy=HOLDING)
    assert isinstance(held, Hold)
    assert [choice.act for choice in held.problems[0].choices] == ["override"]


ARRIVED = tuple(
    OrderReceipt(line="1", release="1", number=str(n), quantity=Decimal(30), received_on=None) for n in (1, 2)
)


@pytest.mark.parametrize(
    ("quantity", "receipts", "code"),
    [("60", ARRIVED, ""), ("61", ARRIVED, "po_over_received"), ("1", None, "po_receipts_unreadable")],
)
def test_three_way_bills_at_most_what_was_received(quantity: str, receipts: Any, code: str) -> None:
    three = Policy(company="10", po_match="3way", on_mismatch="hold")
    source = billing(item(f"{Decimal(quantity) * 10}.00", quantity))
    found = decided(source, knowing(of=order(receipts=receipts)), three)
    assert (problems(found) if isinstance(found, Hold) else []) == ([code] if code else [])


def test_a_closed_order_is_billed_as_far_as_was_received() -> None:
    closed = knowing(of=order(state=OrderState.CLOSED, receipts=ARRIVED))
    assert said(decided(billing(item("600.00", "60")), closed, HOLDING)) == "create"
    assert problems(decided(billing(item("610.00", "61")), closed)) == ["po_closed"]


def test_without_quantities_it_is_matched_on_amount_only_and_says_so() -> None:
    found = decided(billing(item("1020.00", None)), policy=HOLDING)
    assert notes(found) == ["po_amount_only", "po_open"]
    assert isinstance(found, Create)
    assert found.why[-1].startswith("order P1: matched on amount only")
    assert problems(decided(billing(item("1020.01", None)), policy=HOLDING)) == ["po_over_price"]


@pytest.mark.parametrize("lines", [None, (InvoiceLine(key="1", net=Decimal("1212.01")),)], ids=["unread", "head only"])
def test_an_invoice_that_names_the_order_alone_is_matched_with_its_total(lines: Any) -> None:
    source = msgspec.structs.replace(billing(item("1212.01", None, "")), lines=lines)
    assert problems(decided(source, policy=HOLDING)) == ["po_over_total"]
    less = msgspec.structs.replace(billing(item("1212.00", None, "")), lines=lines and (item("1212.00", None, ""),))
    assert notes(decided(less, policy=HOLDING)) == ["po_amount_only"]


def test_lines_that_cannot_be_read_are_a_mismatch() -> None:
    found = knowing(of=order(lines=None))
    assert problems(decided(billing(item("10.00", "1")), found, HOLDING)) == ["po_lines_unreadable"]


def test_an_unknown_order_is_waited_for_until_a_whole_scan_has_not_shown_it() -> None:
    source = billing(item("10.00", "1"))
    unread = rules(orders=Orders(currency="USD"))
    waits = decided(source, unread)
    assert isinstance(waits, Wait)
    assert (waits.problems[0].code, waits.problems[0].blocker) == ("po_not_read", ("order", "P1"))
    lost = rules(orders=Orders(currency="USD", missing=frozenset({(source.key, "P1")})))
    assert problems(decided(source, lost)) == ["po_unknown"]


def test_orders_that_cannot_be_read_stop_nothing_and_are_noted() -> None:
    source = billing(item("10.00", "1"))
    assert notes(decided(source, rules(orders=Orders(readable=False)))) == ["po_not_matched"]
    assert notes(decided(source, rules())) == ["po_not_matched"]


def test_switched_off_nothing_is_matched() -> None:
    off = Policy(company="10", po_match="off", on_mismatch="hold")
    assert notes(decided(billing(item("9000.00", "900")), policy=off)) == []


def test_an_invoice_without_an_order_passes_unless_its_supplier_group_needs_one() -> None:
    needing = Policy(company="10", po_required=("GOODS",))
    grouped = {"vendors": {"S1": msgspec.structs.replace(VENDOR, group="GOODS")}}
    assert said(decided(invoice(), rules(), needing)) == "create"
    assert said(decided(invoice(), rules(**grouped))) == "create"
    assert problems(decided(invoice(), rules(**grouped), needing)) == ["po_required"]


@pytest.mark.parametrize(("rate", "held"), [(Decimal("0.05"), False), (Decimal(1), True), (None, True)])
def test_amounts_of_tolerances_are_in_company_currency(rate: Decimal | None, held: bool) -> None:
    pesos = order(currency="MXN", lines=(msgspec.structs.replace(BOLTS, net=Decimal(100000), price=Decimal(1000)),))
    peso = rules(
        orders=Orders(currency="USD", known={"P1": pesos}),
        vendor_links={"S1": [msgspec.structs.replace(rules().vendor_links["S1"][0], currency="MXN")]},
    )
    source = billing(item("101000.00", "100"), currency="MXN", rate=rate)  # 1,000 MXN over: 50 USD at 0.05
    assert isinstance(decided(source, peso, HOLDING), Hold) is held


def test_a_bill_that_grows_is_matched_again() -> None:
    before, after = billing(item("600.00", "60")), billing(item("1100.00", "110"))
    link = sent(before, knowing())
    assert link.sent is not None
    found = decide(after, link, there(link, echo=echo_of(link.sent)), knowing(), HOLDING)  # type: ignore[arg-type]
    assert "po_over_quantity" in problems(found)
    less = billing(item("500.00", "50"))
    assert said(decide(less, link, there(link), knowing(), HOLDING)) == "update"


@dataclass
class Ledger:
    """Invoices as they come; each is decided with all before it."""

    uses: list[Use] = field(default_factory=list)
    billed: Decimal = Decimal(0)
    quantity: Decimal = Decimal(0)


@given(
    st.lists(
        st.tuples(st.integers(1, 60), st.integers(500, 1200), st.booleans(), st.booleans()), min_size=1, max_size=8
    )
)
def test_what_passes_unasked_never_adds_up_to_more_than_the_tolerances(
    rows: list[tuple[int, int, bool, bool]],
) -> None:
    ledger, only = Ledger(), order(lines=(BOLTS,))
    for number, (count, cents, is_credit, counted) in enumerate(rows):
        net = Decimal(count * cents).scaleb(-2) * (-1 if is_credit else 1)
        source = billing(item(f"{net:.2f}", str(count) if counted else None), key=f"10|{number}", day=2)
        found = decided(source, knowing(*ledger.uses, of=only), HOLDING)
        if isinstance(found, Create):
            ledger.uses.append(use(source, is_sent=True))
            ledger.billed += net
            assert net < 0 or ledger.billed <= Decimal(1010)
            assert ledger.billed >= 0
