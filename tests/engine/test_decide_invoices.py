"""Which invoices become bills, state by state and flag by flag."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from integrations.engine.decide import decide
from integrations.engine.decisions import Act, Create, Decision, Hold, Wait, Want
from integrations.engine.drafts import InvoiceDraft, PaidDraft
from integrations.engine.mapping import Rules, VendorLink
from integrations.engine.policy import Policy
from integrations.engine.records import Entity, Invoice, InvoiceState, LedgerItem, PaymentTerm, PostingKind, Unreadable
from integrations.engine.targets import Standing
from tests.engine.build import POLICY, VENDOR, answer, created, invoice, posting, rules, said, sent, there


def decision(source: Invoice, given: Rules | None = None, policy: Policy = POLICY, **more: Any) -> Decision:
    return decide(source, None, None, given or rules(), policy, **more)


def test_a_clean_invoice_becomes_a_bill_with_every_line_coded() -> None:
    found = decision(invoice())
    assert isinstance(found, Create)
    assert isinstance(found.draft, InvoiceDraft)
    lines = [(line.amount, line.account, line.dimensions) for line in found.draft.lines]
    assert lines == [(Decimal("100.00"), "0ca4000", {"department": "0de100"}), (Decimal("20.00"), "0ca2410", {})]
    assert (found.draft.total, found.draft.vendor_id, found.draft.credit) == (Decimal("120.00"), "009A", False)
    assert found.natural_key == "invoice|009A|INV-001"
    assert "account 4000 → 4000 by equal number" in found.why


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"state": InvoiceState.PRELIMINARY}, "out not_released"),
        ({"state": InvoiceState.POSTED}, "wait not_authorised"),
        ({"state": InvoiceState.PARTLY_PAID}, "hold partly_paid"),
        ({"state": InvoiceState.PAID}, "out settled"),
        ({"state": InvoiceState.CANCELLED}, "out cancelled"),
        ({"state": InvoiceState.UNKNOWN, "state_word": "Frozen"}, "hold unknown_state"),
        ({"ledger_items": (LedgerItem(original=Decimal(120), open=Decimal(0)),)}, "out settled"),
        ({"cash": True}, "out cash"),
        ({"prepayment": True}, "hold prepayment"),
        ({"multi_company": True}, "hold multi_company"),
        ({"collect": True}, "hold collect"),
        ({"gross_up": True}, "hold gross_up"),
        ({"ordinary": False, "type": "SUPPSELF"}, "hold invoice_type"),
        ({"due_date": None}, "hold no_due_date"),
        ({"invoice_date": None}, "hold no_invoice_date"),
        ({"number": "  "}, "hold no_number"),
        ({"number": "9" * 101}, "hold number_too_long"),
        ({"company": "20"}, "hold other_company"),
        ({"party_type": "customer"}, "hold party_type"),
        ({"currency": "XXX"}, "hold currency"),
        ({"currency": "usd"}, "hold currency"),
        ({"blocked": True}, "wait blocked"),
        ({"currency": "EUR"}, "hold vendor_currency"),
        ({"vendor_key": "S9"}, "wait vendor_missing"),
        ({"ledger_items": (LedgerItem(original=Decimal(60)), LedgerItem(original=Decimal(60)))}, "hold instalments"),
    ],
)
def test_state_and_flags_decide(changes: dict[str, Any], expected: str) -> None:
    assert said(decision(invoice(**changes))) == expected


def test_all_reasons_are_said_at_once() -> None:
    found = decision(invoice(due_date=None, collect=True))
    assert isinstance(found, Hold)
    assert [problem.code for problem in found.problems] == ["collect", "no_due_date"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"kind": "prospect"}, "hold not_a_supplier"),
        ({"in_company": False}, "hold not_in_company"),
        ({"one_time": True}, "hold one_time_supplier"),
        ({"blocked": True}, "wait blocked"),
    ],
)
def test_the_supplier_decides_too(changes: dict[str, Any], expected: str) -> None:
    vendor = msgspec.structs.replace(VENDOR, **changes)
    assert said(decision(invoice(), given=rules(vendors={"S1": vendor}))) == expected


def test_a_vendor_that_is_not_on_the_other_side_is_waited_for() -> None:
    assert said(decision(invoice(), given=rules(vendor_links={}))) == "wait vendor_not_sent"


def test_the_bill_goes_to_the_vendor_in_the_currency_of_the_invoice() -> None:
    links = {"S1": [VendorLink(target_id="009A", currency="USD"), VendorLink(target_id="009E", currency="EUR")]}
    found = decision(invoice(currency="EUR"), given=rules(vendor_links=links))
    assert isinstance(found, Create)
    assert isinstance(found.draft, InvoiceDraft)
    assert found.draft.vendor_id == "009E"


def test_posted_is_sent_where_the_tenant_approves_on_the_other_side() -> None:
    policy = Policy(company="10", release_states=(InvoiceState.AUTHORISED, InvoiceState.POSTED))
    assert said(decision(invoice(state=InvoiceState.POSTED), policy=policy)) == "create"


def test_entered_before_the_start_date_is_out_by_the_voucher_date() -> None:
    policy = Policy(company="10", start_date=date(2026, 3, 2))
    assert said(decision(invoice(), policy=policy)) == "create"
    assert said(decision(invoice(voucher_date=date(2026, 3, 1)), policy=policy)) == "out before_start"


def test_an_unreadable_row_is_held_with_its_reason() -> None:
    row = Unreadable(key="10|7", code="bad_text", message="It holds a character that cannot be stored.")
    assert said(decide(row, None, None, rules(), POLICY)) == "hold bad_text"


def test_another_invoice_type_asks_once_for_all_of_it_and_goes_when_it_is_named() -> None:
    other = invoice(ordinary=False, type="SUPPSELF")
    found = decision(other)
    assert isinstance(found, Hold)
    assert found.problems[0].once
    assert found.problems[0].blocker == ("invoice_type", "SUPPSELF")
    assert said(decision(other, policy=Policy(company="10", invoice_types=("SUPPSELF",)))) == "create"


def test_prepayments_go_where_the_tenant_says_so() -> None:
    assert said(decision(invoice(prepayment=True), policy=Policy(company="10", prepayments="send"))) == "create"


@pytest.mark.parametrize(
    ("policy", "changes", "expected"),
    [
        ({"never_paid_here_methods": ("DD",)}, {"payment_method": "DD"}, "out not_paid_here"),
        ({"never_paid_here_methods": ("DD",)}, {"payment_method": "ACH"}, "create"),
        ({"paid_here": "by_method", "paid_here_methods": ("ACH",)}, {"payment_method": "ACH"}, "create"),
        ({"paid_here": "by_method", "paid_here_methods": ("ACH",)}, {"payment_method": "WIRE"}, "out not_paid_here"),
        ({"paid_here": "by_method", "paid_here_methods": ("ACH",)}, {}, "out not_paid_here"),
        ({"paid_here": "by_group", "paid_here_groups": ("DOM",)}, {}, "create"),
        ({"paid_here": "by_group", "paid_here_groups": ("EXP",)}, {}, "out not_paid_here"),
        ({}, {"party_type": "employee"}, "out not_paid_here"),
    ],
)
def test_each_invoice_has_one_payer(policy: dict[str, Any], changes: dict[str, Any], expected: str) -> None:
    given = rules(vendors={"S1": msgspec.structs.replace(VENDOR, group="DOM")})
    assert said(decision(invoice(**changes), given, Policy(company="10", **policy))) == expected


def test_what_an_ap_tool_captured_is_paid_by_that_tool() -> None:
    given = rules(captured=frozenset({"10|1"}))
    assert said(decision(invoice(), given)) == "out not_paid_here"
    assert said(decision(invoice(key="10|2"), given)) == "create"


def test_what_the_erp_is_about_to_pay_is_held() -> None:
    given = rules(proposals={("S1", "INV-001"): "preliminary"})
    found = decision(invoice(), given)
    assert isinstance(found, Hold)
    assert found.problems[0].code == "in_payment_proposal"
    assert "The ERP is about to pay this" in found.problems[0].message


PARTLY = invoice(
    state=InvoiceState.PARTLY_PAID, ledger_items=(LedgerItem(original=Decimal(120), open=Decimal("50.01")),)
)


def test_a_partly_paid_invoice_is_billed_over_its_open_amount_when_somebody_chooses_so() -> None:
    chosen = decision(PARTLY, answers=answer(decision(PARTLY), "open_amount"))
    assert isinstance(chosen, Create)
    assert isinstance(chosen.draft, InvoiceDraft)
    assert chosen.draft.total == Decimal("50.01") == sum(line.amount for line in chosen.draft.lines)
    assert not chosen.again
    assert said(decision(PARTLY, policy=Policy(company="10", partly_paid="open_amount"))) == "create"


def test_or_billed_whole_and_what_was_paid_is_recorded_once_it_is_there() -> None:
    approved = answer(decision(PARTLY), "full_and_record")
    chosen = decision(PARTLY, answers=approved)
    assert isinstance(chosen, Create)
    assert chosen.again
    link = sent(PARTLY, answers=approved)
    found = decide(PARTLY, link, there(link), rules(), POLICY, answers=approved)
    assert isinstance(found, Act)
    assert isinstance(found.draft, PaidDraft)
    assert found.draft.amount == Decimal("69.99")
    paid = there(link, standing=Standing.PARTLY_PAID, paid=Decimal("69.99"))
    assert said(decide(PARTLY, link, paid, rules(), POLICY, answers=approved)) == "nothing"


def test_a_bill_over_the_open_amount_is_not_taken_for_paid_elsewhere() -> None:
    approved = answer(decision(PARTLY), "open_amount")
    link = sent(PARTLY, answers=approved)
    assert said(decide(PARTLY, link, there(link), rules(), POLICY, answers=approved)) == "nothing"


def test_a_partly_offset_credit_is_only_offered_with_its_open_amount() -> None:
    rows = (posting("1", PostingKind.DEBT, "120.00"), posting("2", PostingKind.COST, "-120.00", account="4000"))
    item = LedgerItem(original=Decimal(-120), open=Decimal(-20))
    credit = invoice(state=InvoiceState.PARTLY_PAID, postings=rows, ledger_items=(item,))
    held = decision(credit)
    assert isinstance(held, Hold)
    assert [choice.key for choice in held.problems[0].choices] == ["open_amount"]
    found = decision(credit, answers=answer(held, "open_amount"))
    assert isinstance(found, Create)
    assert isinstance(found.draft, InvoiceDraft)
    assert (found.draft.credit, found.draft.total) == (True, Decimal(20))


def test_the_same_question_about_another_open_amount_is_asked_again() -> None:
    other = msgspec.structs.replace(PARTLY, ledger_items=(LedgerItem(original=Decimal(120), open=Decimal(10)),))
    assert said(decision(other, answers=answer(decision(PARTLY), "open_amount"))) == "hold partly_paid"


def test_a_vendor_in_the_currency_is_made_by_one_click_or_at_once() -> None:
    euros = invoice(currency="EUR")
    wanted = (Want(entity=Entity.VENDOR, key="S1", variant="EUR"),)
    clicked = decision(euros, answers=answer(decision(euros), "create_vendor"))
    at_once = decision(euros, policy=Policy(company="10", vendor_per_currency="auto"))
    assert isinstance(clicked, Wait)
    assert isinstance(at_once, Wait)
    assert clicked.wants == at_once.wants == wanted


def test_a_discount_is_said_in_words_and_changes_no_amount() -> None:
    term = PaymentTerm(key="2", code="2", discount_days=10, discount_percent=Decimal("2.0"))
    found = created(invoice(payment_term="2", term_base_date=date(2026, 3, 2)), rules(terms={"2": term}))
    assert found.description == "2 % discount until 12 March 2026: USD 2.40"
    assert found.total == Decimal(120)


def test_accounts_that_may_be_created_are_said_so() -> None:
    found = decision(invoice(), rules(match_by_number=False), Policy(company="10", create_missing=True))
    assert isinstance(found, Hold)
    assert "create it there" in found.problems[0].message
