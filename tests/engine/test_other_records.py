"""Records that are gone, marks that are written back, credits that are set off, instalments, reference data."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from integrations.engine import fingerprint as hashing
from integrations.engine.decide import decide
from integrations.engine.decisions import Act, Hold, Link, Nothing, Out, Want
from integrations.engine.drafts import ApplyDraft, MarkDraft
from integrations.engine.policy import Policy
from integrations.engine.records import Entity, Gone, InvoiceState, LedgerItem, PaymentTerm, PostingKind, SentMark
from integrations.engine.targets import Approval, Standing, TargetRecord
from tests.engine.build import (
    COST,
    DEBT,
    POLICY,
    TAX,
    VENDOR,
    answer,
    created,
    invoice,
    posting,
    rules,
    said,
    sent,
    there,
)

GONE = Gone(key="10|1", last=invoice())


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({}, "hold! gone_in_source"),
        ({"standing": Standing.SCHEDULED}, "hold! gone_in_source"),
        ({"active": False}, "nothing"),
    ],
)
def test_a_sent_record_that_is_gone_is_urgent_until_it_is_archived(how: dict[str, Any], expected: str) -> None:
    link = sent(invoice())
    assert said(decide(GONE, link, there(link, **how), rules(), POLICY)) == expected


def test_it_is_archived_when_approved_but_not_once_its_payment_is_scheduled() -> None:
    link = sent(invoice())
    approved = answer(decide(GONE, link, there(link), rules(), POLICY), "archive")
    moving = there(link, standing=Standing.SCHEDULED)
    assert said(decide(GONE, link, there(link), rules(), POLICY, answers=approved)) == "archive"
    held = decide(GONE, link, moving, rules(), POLICY, answers=approved)
    assert isinstance(held, Hold)
    assert [choice.key for choice in held.problems[0].choices] == ["keep"]


def test_gone_and_never_sent_is_out_and_a_gone_supplier_is_not_urgent() -> None:
    assert said(decide(GONE, None, None, rules(), POLICY)) == "out gone"
    link = Link(target_id="009A", fingerprint="", schema=1)
    found = decide(Gone(key="S1", last=VENDOR), link, TargetRecord(target_id="009A"), rules(), POLICY)
    assert said(found) == "hold gone_in_source"


MARK = SentMark(key="10|1", field="SentTo", value="00n1")


def test_a_mark_is_written_once_and_again_when_it_changes() -> None:
    first = decide(MARK, None, None, rules(), POLICY)
    assert isinstance(first, Act)
    assert first.draft == MarkDraft(entity=Entity.INVOICE, key="10|1", fields={"SentTo": "00n1"})
    link = Link(target_id="10|1", fingerprint=hashing.fingerprint(MARK), schema=hashing.VERSION, sent=first.draft)
    assert decide(MARK, link, None, rules(), POLICY) == Nothing()
    assert said(decide(msgspec.structs.replace(MARK, value="00n2"), link, None, rules(), POLICY)) == "mark"
    older = msgspec.structs.replace(link, fingerprint="0", schema=hashing.VERSION - 1)
    assert decide(MARK, older, None, rules(), POLICY) == Nothing(rebaseline=True)


def test_reference_records_are_kept_and_not_written() -> None:
    assert said(decide(PaymentTerm(key="30", code="30"), None, None, rules(), POLICY)) == "out reference"


CREDIT = invoice(
    key="10|2",
    number="CR-1",
    credit_for="INV-001",
    postings=(posting("1", PostingKind.DEBT, "50.00"), posting("2", PostingKind.COST, "-50.00", account="4000")),
    ledger_items=(LedgerItem(original=Decimal(-50), open=Decimal(-50)),),
)
APPLY = Policy(company="10", apply_credits="to_named_invoice")
BILL = TargetRecord(
    target_id="00n1",
    vendor_id="009A",
    currency="USD",
    amount=Decimal(120),
    paid=Decimal(0),
    standing=Standing.UNPAID,
)
KNOWN = rules(sent_bills={("S1", "INV-001"): "00n1"})


def applied(policy: Policy = APPLY, target: dict[str, Any] | None = None, **bill: Any) -> str:
    link = msgspec.structs.replace(sent(CREDIT), target_id="00c1")
    given = KNOWN.with_bills({"00n1": msgspec.structs.replace(BILL, **bill)})
    return said(decide(CREDIT, link, there(link, **(target or {})), given, policy))


def test_a_credit_that_names_its_invoice_is_looked_at_again_once_it_is_there() -> None:
    assert decide(CREDIT, None, None, KNOWN, APPLY).again  # type: ignore[union-attr]
    assert not decide(CREDIT, None, None, KNOWN, POLICY).again  # type: ignore[union-attr]
    assert not decide(CREDIT, None, None, rules(), APPLY).again  # type: ignore[union-attr]


def test_a_credit_has_no_discount() -> None:
    term = PaymentTerm(key="2", code="2", discount_days=10, discount_percent=Decimal(2))
    assert created(msgspec.structs.replace(CREDIT, payment_term="2"), rules(terms={"2": term})).description == ""


def test_it_is_set_off_against_the_open_bill_over_what_both_have() -> None:
    link = msgspec.structs.replace(sent(CREDIT), target_id="00c1")
    small = KNOWN.with_bills({"00n1": msgspec.structs.replace(BILL, amount=Decimal(30))})
    found = decide(CREDIT, link, there(link), small, APPLY)
    assert isinstance(found, Act)
    assert found.draft == ApplyDraft(
        vendor_id="009A", bill_id="00n1", credit_id="00c1", amount=Decimal(30), currency="USD"
    )


@pytest.mark.parametrize(
    ("policy", "target", "bill", "expected"),
    [
        (APPLY, {}, {}, "apply"),
        (POLICY, {}, {}, "nothing"),
        (APPLY, {"paid": Decimal(50)}, {}, "nothing"),
        (APPLY, {"version": "2"}, {}, "nothing"),
        (APPLY, {}, {"approval": Approval.ACTED}, "nothing"),
        (APPLY, {}, {"standing": Standing.SCHEDULED}, "nothing"),
        (APPLY, {}, {"currency": "EUR"}, "nothing"),
        (APPLY, {}, {"vendor_id": "009B"}, "nothing"),
        (APPLY, {}, {"active": False}, "nothing"),
    ],
    ids=["open", "not chosen", "applied", "touched", "approver", "scheduled", "currency", "vendor", "archived"],
)
def test_it_is_set_off_only_while_nobody_has_touched_either(
    policy: Policy, target: dict[str, Any], bill: dict[str, Any], expected: str
) -> None:
    assert applied(policy, target, **bill) == expected


ITEMS = (
    LedgerItem(instalment=1, original=Decimal("40.01"), open=Decimal("40.01"), due_date=None),
    LedgerItem(instalment=2, original=Decimal("39.99"), open=Decimal("39.99"), due_date=None),
    LedgerItem(instalment=3, original=Decimal("40.00"), open=Decimal("40.00"), due_date=None),
)
PARTS = invoice(ledger_items=ITEMS, postings=(DEBT, COST, TAX))
EACH = Policy(company="10", instalments="bill_each")


def test_instalments_are_held_or_sent_as_a_bill_each() -> None:
    assert said(decide(PARTS, None, None, rules(), POLICY)) == "hold instalments"
    found = decide(PARTS, None, None, rules(), EACH)
    assert isinstance(found, Out)
    assert found.wants == tuple(Want(entity=Entity.INVOICE, key="10|1", variant=str(n)) for n in (1, 2, 3))


def test_the_bills_of_all_instalments_give_the_invoice_back_to_the_cent_line_by_line() -> None:
    bills = [created(PARTS, policy=EACH, variant=str(n)) for n in (1, 2, 3)]
    assert [bill.number for bill in bills] == ["INV-001/1", "INV-001/2", "INV-001/3"]
    assert [bill.total for bill in bills] == [sum(line.amount for line in bill.lines) for bill in bills]
    assert [bill.total for bill in bills] == [item.original for item in ITEMS]
    by_account: dict[str, Decimal] = {}
    for line in [line for bill in bills for line in bill.lines]:
        by_account[line.account] = by_account.get(line.account, Decimal(0)) + line.amount
    assert by_account == {"0ca4000": Decimal(100), "0ca2410": Decimal(20)}


def test_an_instalment_is_due_and_paid_by_itself() -> None:
    items = (msgspec.structs.replace(ITEMS[0], open=Decimal(0)), *ITEMS[1:])
    source = msgspec.structs.replace(PARTS, ledger_items=items, state=InvoiceState.PARTLY_PAID)
    decided = [said(decide(source, None, None, rules(), EACH, variant=str(n))) for n in (1, 2, 3, 4)]
    assert decided == ["out settled", "create", "create", "out instalment_gone"]


def test_a_changed_instalment_is_compared_with_its_own_bill() -> None:
    link = sent(PARTS, policy=EACH, variant="2")
    moved = msgspec.structs.replace(PARTS, po_number="P-7")
    assert said(decide(moved, link, there(link), rules(), EACH, variant="2")) == "update"
    alone = msgspec.structs.replace(PARTS, ledger_items=ITEMS[:1])
    assert said(decide(alone, link, there(link), rules(), EACH, variant="2")) == "hold! instalment_gone"
