"""Which invoices become bills, state by state and flag by flag."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from integrations.engine import fingerprint as hashing
from integrations.engine.decide import decide
from integrations.engine.decisions import Create, Decision, Hold, Link, Nothing, Out, Wait
from integrations.engine.mapping import Rules, VendorLink
from integrations.engine.policy import Policy
from integrations.engine.records import Invoice, InvoiceDraft, InvoiceState, LedgerItem, TargetRecord, Unreadable
from tests.engine.build import POLICY, VENDOR, invoice, rules


def decision(
    source: Invoice, link: Link | None = None, given: Rules | None = None, policy: Policy = POLICY
) -> Decision:
    return decide(source, link, None, given or rules(), policy)


def code(found: Decision) -> str:
    match found:
        case Out(reason=reason):
            return f"out {reason}"
        case Wait(problems=problems):
            return f"wait {problems[0].code}"
        case Hold(problems=problems):
            return f"hold {problems[0].code}"
    return type(found).__name__.lower()


def test_a_clean_invoice_becomes_a_bill_with_every_line_coded() -> None:
    found = decision(invoice())
    assert isinstance(found, Create)
    assert isinstance(found.draft, InvoiceDraft)
    lines = [(line.amount, line.account, line.dimensions) for line in found.draft.lines]
    assert lines == [(Decimal("100.00"), "0ca4000", {"department": "0de100"}), (Decimal("20.00"), "0ca2410", {})]
    assert (found.draft.total, found.draft.vendor_id, found.draft.credit) == (Decimal("120.00"), "009A", False)
    assert found.natural_key == "bill|009A|INV-001"
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
    assert code(decision(invoice(**changes))) == expected


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
    assert code(decision(invoice(), given=rules(vendors={"S1": vendor}))) == expected


def test_a_vendor_that_is_not_on_the_other_side_is_waited_for() -> None:
    assert code(decision(invoice(), given=rules(vendor_links={}))) == "wait vendor_not_sent"


def test_the_bill_goes_to_the_vendor_in_the_currency_of_the_invoice() -> None:
    links = {"S1": [VendorLink(target_id="009A", currency="USD"), VendorLink(target_id="009E", currency="EUR")]}
    found = decision(invoice(currency="EUR"), given=rules(vendor_links=links))
    assert isinstance(found, Create)
    assert isinstance(found.draft, InvoiceDraft)
    assert found.draft.vendor_id == "009E"


def test_posted_is_sent_where_the_tenant_approves_on_the_other_side() -> None:
    policy = Policy(company="10", release_states=(InvoiceState.AUTHORISED, InvoiceState.POSTED))
    assert code(decision(invoice(state=InvoiceState.POSTED), policy=policy)) == "create"


def test_entered_before_the_start_date_is_out_by_the_voucher_date() -> None:
    policy = Policy(company="10", start_date=date(2026, 3, 2))
    assert code(decision(invoice(), policy=policy)) == "create"
    assert code(decision(invoice(voucher_date=date(2026, 3, 1)), policy=policy)) == "out before_start"


def link_of(source: Invoice, **fields: Any) -> Link:
    return Link(target_id="00n1", fingerprint=hashing.fingerprint(source), schema=hashing.VERSION, **fields)


def test_an_unchanged_source_is_nothing_whatever_the_rules_say() -> None:
    assert decision(invoice(), link_of(invoice()), given=rules(accounts=[])) == Nothing()


def test_a_change_of_our_own_hashing_posts_nothing() -> None:
    old = Link(target_id="00n1", fingerprint="0" * 32, schema=hashing.VERSION - 1)
    assert decision(invoice(), old) == Nothing(rebaseline=True)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"net": Decimal("101.00")}, "hold changed_after_sending"),
        ({"state": InvoiceState.CANCELLED}, "hold cancelled_after_sending"),
        ({"state": InvoiceState.PAID}, "hold paid_elsewhere"),
        ({"state": InvoiceState.PRELIMINARY}, "hold went_back"),
        ({"blocked": True}, "hold blocked_after_sending"),
    ],
)
def test_a_sent_invoice_that_changed_is_held_and_never_sent_again(changes: dict[str, Any], expected: str) -> None:
    assert code(decision(invoice(**changes), link_of(invoice()))) == expected


def test_a_bill_archived_by_a_person_is_not_written_to() -> None:
    archived = TargetRecord(target_id="00n1", active=False)
    found = decide(invoice(number="INV-2"), link_of(invoice()), archived, rules(), POLICY)
    assert code(found) == "hold archived_on_target"


def test_an_unreadable_row_is_held_with_its_reason() -> None:
    row = Unreadable(key="10|7", code="bad_text", message="It holds a character that cannot be stored.")
    assert code(decide(row, None, None, rules(), POLICY)) == "hold bad_text"
