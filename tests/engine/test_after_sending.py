"""What a change after sending does, row by row of section 5: by what changed and by how far the bill has come."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from integrations.engine import fingerprint as hashing
from integrations.engine.decide import decide
from integrations.engine.decisions import Act, Decision, Hold, Link, Nothing, Update
from integrations.engine.drafts import ArchiveDraft, InvoiceDraft, PaidDraft
from integrations.engine.mapping import Account, Rule, Rules, VendorLink
from integrations.engine.policy import Policy
from integrations.engine.records import Entity, Invoice, InvoiceState, LedgerItem, PostingKind
from integrations.engine.targets import Approval, Standing, TargetRecord
from tests.engine.build import COST, DEBT, POLICY, TAX, VENDOR, answer, invoice, posting, rules, said, sent, there

BEFORE = invoice()
OPEN: dict[str, Any] = {}
ACTED = {"approval": Approval.ACTED}
DENIED = {"approval": Approval.DENIED}
SCHEDULED = {"standing": Standing.SCHEDULED}
PARTLY = {"standing": Standing.PARTLY_PAID, "paid": Decimal(50)}
PAID = {"standing": Standing.PAID, "paid": Decimal(120)}
UNKNOWN = {"standing": Standing.UNKNOWN}


def owing(total: str, cost: str, **fields: Any) -> Invoice:
    """The invoice over another total, its cost line carries the change."""
    rows = (
        posting("1", PostingKind.DEBT, f"-{total}"),
        msgspec.structs.replace(COST, amount=Decimal(cost)),
        TAX,
    )
    item = LedgerItem(original=Decimal(total), open=Decimal(total))
    return invoice(postings=rows, ledger_items=(item,), **fields)


RECODED = invoice(postings=(DEBT, msgspec.structs.replace(COST, account="7000"), TAX))
RETEXTED = invoice(postings=(DEBT, msgspec.structs.replace(COST, text="Nuts"), TAX))
EUROS = {
    "vendor_links": {"S1": [VendorLink(target_id="009A", currency="USD"), VendorLink(target_id="009E", currency="EUR")]}
}


def after(
    source: Invoice,
    how: dict[str, Any] | None = None,
    given: Rules | None = None,
    policy: Policy = POLICY,
    link: Link | None = None,
    **more: Any,
) -> Decision:
    link = link or sent(BEFORE)
    return decide(source, link, there(link, **(how or {})), given or rules(), policy, **more)


@pytest.mark.parametrize(
    ("source", "opened", "acted", "moving"),
    [
        (owing("130.00", "110.00"), "update", "hold changed_after_approval", "hold! changed_after_payment"),
        (invoice(number="INV-2"), "update", "hold changed_after_approval", "hold! changed_after_payment"),
        (
            invoice(invoice_date=date(2026, 3, 2)),
            *("update", "hold changed_after_approval", "hold! changed_after_payment"),
        ),
        (invoice(due_date=date(2026, 3, 20)), "update", "hold changed_after_approval", "hold! changed_after_payment"),
        (invoice(due_date=date(2026, 4, 20)), "update", "hold changed_after_approval", "note changed_after_payment"),
        (RECODED, "update", "hold changed_after_approval", "note changed_after_payment"),
        (RETEXTED, "update", "update", "note changed_after_payment"),
        (invoice(po_number="P-7"), "update", "update", "note changed_after_payment"),
        (
            invoice(currency="EUR"),
            *("hold payee_or_currency_changed", "hold payee_or_currency_changed", "hold! changed_after_payment"),
        ),
    ],
    ids=["amount", "number", "date", "earlier due", "later due", "coding", "text", "PO number", "currency"],
)
def test_the_table_of_changes(source: Invoice, opened: str, acted: str, moving: str) -> None:
    given = rules(**EUROS)
    assert said(after(source, OPEN, given)) == opened
    assert [said(after(source, how, given)) for how in (ACTED, DENIED)] == [acted, acted]
    assert {said(after(source, how, given)) for how in (SCHEDULED, PARTLY, PAID, UNKNOWN)} == {moving}


def test_an_update_carries_the_new_bill_and_the_version_it_was_decided_on() -> None:
    found = after(owing("130.00", "110.00"), {"version": "9"})
    assert isinstance(found, Update)
    assert isinstance(found.draft, InvoiceDraft)
    assert (found.target_id, found.version, found.draft.total) == ("00n1", "9", Decimal("130.00"))


def test_amounts_are_held_where_the_tenant_says_so_and_released_by_the_answer() -> None:
    policy, changed = Policy(company="10", amount_change="hold"), owing("130.00", "110.00")
    held = after(changed, policy=policy)
    assert said(held) == "hold amount_changed"
    assert said(after(changed, policy=policy, answers=answer(held, "update"))) == "update"
    assert after(changed, policy=policy, answers=answer(held, "keep")) == Nothing(rebaseline=True)


def test_coding_is_written_after_approval_only_where_the_tenant_says_so() -> None:
    policy = Policy(company="10", recode_after_approval=True)
    assert said(after(RECODED, ACTED, policy=policy)) == "update"
    assert said(after(owing("130.00", "110.00"), ACTED, policy=policy)) == "hold changed_after_approval"


def test_an_answer_given_before_an_approver_acted_is_asked_again() -> None:
    policy, changed = Policy(company="10", amount_change="hold"), owing("130.00", "110.00")
    early = answer(after(changed, policy=policy), "update")
    assert said(after(changed, ACTED, policy=policy, answers=early)) == "hold changed_after_approval"


def test_an_unchanged_source_is_nothing_whatever_the_rules_say() -> None:
    assert after(BEFORE, given=rules(accounts=[])) == Nothing()


def test_lines_unchanged_since_posting_keep_their_coding_and_new_ones_use_todays_rules() -> None:
    rows = (
        posting("1", PostingKind.DEBT, "-130.00"),
        COST,
        TAX,
        posting("9", PostingKind.COST, "10.00", account="4000"),
    )
    changed = invoice(postings=rows, ledger_items=(LedgerItem(original=Decimal(130), open=Decimal(130)),))
    moved = Rule(id=2, version=1, table="account", source="4000", target="7000")
    found = after(changed, given=rules(rules=[moved]))  # the tax code is not mapped any more either
    assert isinstance(found, Update)
    assert isinstance(found.draft, InvoiceDraft)
    assert [line.account for line in found.draft.lines] == ["0ca4000", "0ca7000", "0ca2410"]


def test_a_line_whose_coding_changed_in_the_erp_takes_todays_rules() -> None:
    found = after(RECODED, given=rules())
    assert isinstance(found, Update)
    assert isinstance(found.draft, InvoiceDraft)
    assert [line.account for line in found.draft.lines] == ["0ca7000", "0ca2410"]


def test_a_line_whose_amount_changed_takes_todays_rules() -> None:
    moved = Rule(id=2, version=1, table="account", source="4000", target="7000")
    found = after(owing("130.00", "110.00"), given=rules(rules=[moved]))
    assert isinstance(found, Update)
    assert isinstance(found.draft, InvoiceDraft)
    assert [line.account for line in found.draft.lines] == ["0ca7000", "0ca2410"]


def test_a_new_line_without_a_mapping_holds_the_change_not_the_bill() -> None:
    rows = (DEBT, COST, TAX, posting("9", PostingKind.COST, "0.00", account="5555"))
    assert said(after(invoice(postings=rows))) == "hold unmapped_account"


def test_a_change_that_we_do_not_send_is_remembered_silently() -> None:
    assert after(invoice(payment_method="CHECK")) == Nothing(rebaseline=True)


def test_a_change_of_our_own_hashing_posts_nothing_but_misses_no_real_change() -> None:
    old = msgspec.structs.replace(sent(BEFORE), fingerprint="0" * 32, schema=hashing.VERSION - 1)
    moved = rules(rules=[], accounts=[Account(target_id="x", number="4000"), Account(target_id="y", number="2410")])
    assert after(BEFORE, link=old) == Nothing(rebaseline=True)
    assert not isinstance(after(BEFORE, link=old, given=moved), Update)
    assert said(after(owing("130.00", "110.00"), link=old)) == "update"


EDITED = {"echo": {**sent(BEFORE).echo, "due_date": "2026-05-01"}}


@pytest.mark.parametrize("how", [OPEN, ACTED, SCHEDULED, PAID])
def test_a_bill_edited_on_the_other_side_is_never_overwritten(how: dict[str, Any]) -> None:
    held = after(BEFORE, {**EDITED, **how})
    assert isinstance(held, Hold)
    assert "due date: 2026-03-31 → 2026-05-01" in held.problems[0].message
    assert said(after(owing("130.00", "110.00"), {**EDITED, **how})) == "hold changed_on_target"


def test_an_accepted_edit_is_quiet_until_something_else_is_edited() -> None:
    accepted = answer(after(BEFORE, EDITED), "accept")
    assert after(BEFORE, EDITED, answers=accepted) == Nothing(echo=EDITED["echo"])
    again = {"echo": {**EDITED["echo"], "amount": "90"}}
    assert said(after(BEFORE, again, answers=accepted)) == "hold changed_on_target"


def test_an_accepted_edit_is_not_overwritten_by_the_next_change_without_asking() -> None:
    link = msgspec.structs.replace(sent(BEFORE), echo=EDITED["echo"])
    assert said(after(owing("130.00", "110.00"), link=link)) == "hold adopted_changed"


def test_a_bill_that_somebody_else_made_is_changed_by_people_only() -> None:
    made = sent(BEFORE)
    adopted = msgspec.structs.replace(made, sent=None)
    now = there(made)
    assert decide(BEFORE, adopted, now, rules(), POLICY) == Nothing()
    changed = owing("130.00", "110.00")
    held = decide(changed, adopted, now, rules(), POLICY)
    assert said(held) == "hold adopted_changed"
    assert said(decide(changed, adopted, now, rules(), POLICY, answers=answer(held, "update"))) == "update"
    assert decide(RECODED, adopted, now, rules(), POLICY) == Nothing(rebaseline=True)


def test_an_adopted_bill_is_watched_from_its_first_read() -> None:
    blind = msgspec.structs.replace(sent(BEFORE), sent=None, echo={})
    now = there(sent(BEFORE))
    assert decide(BEFORE, blind, now, rules(), POLICY) == Nothing(echo=now.echo)


CANCELLED = invoice(state=InvoiceState.CANCELLED)


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (OPEN, "hold! cancelled_after_sending"),
        (ACTED, "hold! cancelled_after_sending"),
        (SCHEDULED, "hold! cancelled_after_sending"),
        (PAID, "hold! cancelled_after_sending"),
        ({"active": False}, "nothing"),
    ],
)
def test_cancelled_in_the_erp(how: dict[str, Any], expected: str) -> None:
    assert said(after(CANCELLED, how)) == expected


def test_a_cancelled_invoice_is_archived_when_approved_or_where_the_tenant_chose_it_while_nobody_acted() -> None:
    auto = Policy(company="10", auto_archive=True)
    found = after(CANCELLED, answers=answer(after(CANCELLED), "archive"))
    assert isinstance(found, Act)
    assert found.draft == ArchiveDraft(entity=Entity.INVOICE)
    assert said(after(CANCELLED, policy=auto)) == "archive"
    assert said(after(CANCELLED, ACTED, policy=auto)) == "hold! cancelled_after_sending"
    assert said(after(CANCELLED, SCHEDULED, policy=auto)) == "hold! cancelled_after_sending"


def test_an_archive_approved_before_the_payment_was_scheduled_is_not_done() -> None:
    early = answer(after(CANCELLED), "archive")
    assert said(after(CANCELLED, SCHEDULED, answers=early)) == "hold! cancelled_after_sending"


def test_leaving_it_as_it_is_counts_only_as_far_as_the_bill_has_come() -> None:
    kept = answer(after(CANCELLED), "keep")
    assert after(CANCELLED, answers=kept) == Nothing(rebaseline=True)
    assert said(after(CANCELLED, SCHEDULED, answers=kept)) == "hold! cancelled_after_sending"


def test_an_answer_that_was_not_offered_does_nothing() -> None:
    ((asked, _),) = answer(after(CANCELLED, SCHEDULED), "keep").items()
    assert said(after(CANCELLED, SCHEDULED, answers={asked: "archive"})) == "hold! cancelled_after_sending"
    assert said(after(CANCELLED, SCHEDULED, answers={asked: "yes"})) == "hold! cancelled_after_sending"


def paid_in_erp(still_open: str) -> Invoice:
    state = InvoiceState.PAID if Decimal(still_open) == 0 else InvoiceState.PARTLY_PAID
    return invoice(state=state, ledger_items=(LedgerItem(original=Decimal(120), open=Decimal(still_open)),))


@pytest.mark.parametrize(
    ("left", "how", "expected"),
    [
        ("0", OPEN, "hold! paid_elsewhere"),
        ("70", OPEN, "hold! paid_elsewhere"),
        ("0", ACTED, "hold! paid_elsewhere"),
        ("0", SCHEDULED, "hold! paid_twice"),
        ("0", PARTLY, "hold! paid_twice"),
        ("0", UNKNOWN, "hold! paid_twice"),
        ("0", PAID, "nothing"),
        ("70", PARTLY, "nothing"),
        ("60", PARTLY, "hold! paid_twice"),
    ],
)
def test_paid_in_the_erp(left: str, how: dict[str, Any], expected: str) -> None:
    assert said(after(paid_in_erp(left), how)) == expected


def test_a_payment_of_the_erp_is_recorded_when_approved_and_agrees_afterwards() -> None:
    source = paid_in_erp("70")
    approved = answer(after(source), "record_payment")
    found = after(source, answers=approved)
    assert isinstance(found, Act)
    assert isinstance(found.draft, PaidDraft)
    assert (found.draft.amount, found.draft.bill_id) == (Decimal(50), "00n1")
    assert after(source, PARTLY, answers=approved) == Nothing(rebaseline=True)


@pytest.mark.parametrize(
    ("changes", "how", "expected"),
    [
        ({"state": InvoiceState.PRELIMINARY}, OPEN, "hold went_back"),
        ({"state": InvoiceState.PRELIMINARY}, SCHEDULED, "hold! went_back"),
        ({"state": InvoiceState.POSTED}, OPEN, "nothing"),
        ({"state": InvoiceState.UNKNOWN, "state_word": "Frozen"}, OPEN, "hold unknown_state"),
        ({"blocked": True}, OPEN, "hold! blocked_after_sending"),
        ({"blocked": True}, PAID, "nothing"),
        ({}, {"active": False}, "hold archived_on_target"),
    ],
)
def test_the_state_decides_before_any_difference(changes: dict[str, Any], how: dict[str, Any], expected: str) -> None:
    assert said(after(invoice(**changes), how)) == expected


def test_a_supplier_blocked_after_sending_is_urgent_too() -> None:
    blocked = rules(vendors={"S1": msgspec.structs.replace(VENDOR, blocked=True)})
    assert said(after(BEFORE, given=blocked)) == "hold! blocked_after_sending"


def test_a_bill_in_a_payment_proposal_of_the_erp_may_be_paid_twice() -> None:
    about_to = rules(proposals={("S1", "INV-001"): "acknowledged"})
    assert said(after(BEFORE, given=about_to)) == "hold! may_be_paid_twice"
    assert said(after(BEFORE, PAID, given=about_to)) == "hold! may_be_paid_twice"
    settled = msgspec.structs.replace(BEFORE, state=InvoiceState.PAID)
    assert said(after(settled, PAID, given=about_to)) == "hold! may_be_paid_twice"
    assert said(after(settled, PAID)) == "nothing"


def test_a_bill_that_is_not_there_any_more_is_held() -> None:
    assert said(decide(BEFORE, sent(BEFORE), None, rules(), POLICY)) == "hold missing_on_target"


def test_a_credit_that_was_offset_in_the_erp_is_not_recorded_as_paid() -> None:
    rows = (posting("1", PostingKind.DEBT, "120.00"), posting("2", PostingKind.COST, "-120.00", account="4000"))
    whole = LedgerItem(original=Decimal(-120), open=Decimal(-120))
    link = sent(invoice(postings=rows, ledger_items=(whole,)))
    offset = invoice(
        postings=rows, ledger_items=(LedgerItem(original=Decimal(-120), open=Decimal(0)),), state=InvoiceState.PAID
    )
    held = after(offset, link=link)
    assert said(held) == "hold! offset_elsewhere"
    assert said(after(offset, link=link, answers=answer(held, "archive"))) == "archive"


def test_a_target_record_of_an_unread_kind_never_reaches_a_write() -> None:
    bare = TargetRecord(target_id="00n1")
    found = decide(owing("130.00", "110.00"), sent(BEFORE), bare, rules(), POLICY)
    assert said(found) == "hold! changed_after_payment"
