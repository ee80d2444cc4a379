"""A tenant's own texts on a bill: filled in from the source, said why, and never a reason to write anything again."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from integrations.engine.decide import decide
from integrations.engine.decisions import Create, Decision, Hold, Nothing, Update
from integrations.engine.drafts import InvoiceDraft
from integrations.engine.mapping import Rules
from integrations.engine.records import Invoice, InvoiceState, PaymentTerm
from integrations.engine.wording import TextRule
from tests.engine.build import COST, DEBT, POLICY, TAX, created, invoice, posting, rules, said, sent, there

ORDERED = invoice(po_number="P-9", series="SI", payment_term="30")


def text(field: str, template: str, lookup: str = "", version: int = 1) -> TextRule:
    return TextRule(
        id=12, version=version, field=field, template=template, lookup=lookup, approval="approved by c@example.com"
    )


def worded(*given: TextRule, **fields: Any) -> Rules:
    return rules(texts=given, **fields)


def decided(source: Invoice, given: Rules) -> Decision:
    return decide(source, None, None, given, POLICY)


def test_texts_are_worded_from_the_source_and_say_why() -> None:
    given = worded(
        text("description", "{vendor_name|upper} {number}"),
        text("po_number", "PO {po_number}"),
        text("line_description", "{text} for {dimensions.B}"),
    )
    found = decided(ORDERED, given)
    assert isinstance(found, Create)
    draft = found.draft
    assert isinstance(draft, InvoiceDraft)
    assert (draft.description, draft.po_number, draft.lines[0].description) == (
        "GRAFTON INV-001",
        "PO P-9",
        "Bolts for 100",
    )
    assert draft.lines[1].description == "Tax T1"
    rule = "by field rule 12 version 1, approved by c@example.com"
    assert f"purchase order number → “PO P-9” {rule}: PO {{po_number}} with po_number “P-9”" in found.why
    assert any(why.startswith(f"text of a line → “Bolts for 100” {rule}") for why in found.why)


def test_amounts_payee_number_and_dates_are_as_without_a_rule() -> None:
    plain = created(ORDERED)
    other = created(ORDERED, worded(text("description", "x"), text("line_description", "y"), text("po_number", "z")))
    same = ("vendor_id", "number", "invoice_date", "due_date", "currency", "total", "credit")
    assert [getattr(other, name) for name in same] == [getattr(plain, name) for name in same]
    assert [(each.amount, each.account) for each in other.lines] == [(e.amount, e.account) for e in plain.lines]


def test_a_value_without_an_entry_holds_the_record_until_the_rule_has_one() -> None:
    found = decided(ORDERED, worded(text("description", "{payment_term|lookup}", "60=Net 60")))
    assert said(found) == "hold unmapped_text"
    assert isinstance(found, Hold)
    assert found.problems[0].blocker == ("field:description", "30")
    assert created(ORDERED, worded(text("description", "{payment_term|lookup}", "30=Net"))).description == "Net"


def test_an_empty_text_leaves_what_there_was_and_is_noted() -> None:
    found = decided(ORDERED, worded(text("po_number", "{credit_for}")))
    assert isinstance(found, Create)
    assert [note.code for note in found.notes] == ["text_empty", "po_not_matched"]  # its order was never read
    assert isinstance(found.draft, InvoiceDraft)
    assert found.draft.po_number == "P-9"


def test_a_long_text_is_shortened_and_noted() -> None:
    row = replace_text("x" * 300)
    found = decided(invoice(postings=(DEBT, row, TAX)), worded(text("line_description", "{text}")))
    assert isinstance(found, Create)
    assert [note.code for note in found.notes] == ["shortened"]
    assert isinstance(found.draft, InvoiceDraft)
    assert len(found.draft.lines[0].description) == 200


def test_an_order_number_is_never_shortened() -> None:
    found = decided(invoice(po_number="9" * 120), worded(text("po_number", "{po_number}")))
    assert said(found) == "hold text_too_long"


def test_the_cash_discount_stands_in_the_description_whatever_the_rule_says() -> None:
    terms = {"30": PaymentTerm(key="30", code="30", discount_days=10, discount_percent=Decimal(2))}
    given = worded(text("description", "Invoice {number}"), terms=terms)
    assert created(ORDERED, given).description == "Invoice INV-001; 2 % discount until 11 March 2026: USD 2.40"
    own = worded(text("description", "{discount}. {number}"), terms=terms)
    assert created(ORDERED, own).description == "2 % discount until 11 March 2026: USD 2.40. INV-001"


RULES_NOW = {
    "another": (text("description", "New"), text("line_description", "New"), text("po_number", "New")),
    "none any more": (),
    "unusable": (text("description", "{nonsense}"), text("line_description", "{payment_term|lookup}", "1=2")),
}
RULES_THEN = {
    "none": (),
    "some": (text("description", "{number}"), text("line_description", "{text}!"), text("po_number", "{po_number}!")),
}


@pytest.mark.parametrize("then", RULES_THEN)
@pytest.mark.parametrize("now", RULES_NOW)
def test_a_change_of_rules_alone_writes_nothing(then: str, now: str) -> None:
    link = sent(ORDERED, worded(*RULES_THEN[then]))
    found = decide(ORDERED, link, there(link), worded(*RULES_NOW[now]), POLICY)
    assert found == Nothing()


@pytest.mark.parametrize("then", RULES_THEN)
@pytest.mark.parametrize("now", RULES_NOW)
def test_a_change_of_rules_and_of_nothing_that_is_sent_writes_nothing_either(then: str, now: str) -> None:
    link = sent(ORDERED, worded(*RULES_THEN[then]))
    moved = msgspec.structs.replace(ORDERED, state_word="Posted and authorised", state=InvoiceState.AUTHORISED)
    found = decide(moved, link, there(link), worded(*RULES_NOW[now]), POLICY)
    assert found == Nothing(rebaseline=True)


@pytest.mark.parametrize("now", ["another", "none any more"])
def test_with_a_changed_source_only_the_words_it_touches_follow_the_rules_of_today(now: str) -> None:
    link = sent(ORDERED, worded(*RULES_THEN["some"]))
    moved = msgspec.structs.replace(ORDERED, po_number="P-10", due_date=date(2026, 4, 2))
    found = decide(moved, link, there(link), worded(*RULES_NOW[now]), POLICY)
    assert isinstance(found, Update)
    draft = found.draft
    assert isinstance(draft, InvoiceDraft)
    assert (draft.description, draft.lines[0].description) == ("INV-001", "Bolts!")
    assert draft.po_number == ("New" if now == "another" else "P-10")


def test_lines_that_were_added_together_keep_their_words_too() -> None:
    row = posting("9", COST.kind, "10.00", account="4000", text="Nuts", dimensions={"B": "100"})
    debt = replace_amount("-130.00")
    source = invoice(postings=(debt, COST, row, TAX), ledger_items=None)
    policy = msgspec.structs.replace(POLICY, max_lines=2)
    link = sent(source, worded(text("line_description", "{text}!")), policy)
    assert isinstance(link.sent, InvoiceDraft)
    assert link.sent.lines[0].description == "Bolts! and 1 more lines"
    moved = msgspec.structs.replace(source, state_word="another")
    found = decide(moved, link, there(link), worded(text("line_description", "New")), policy)
    assert found == Nothing(rebaseline=True)


def replace_text(words: str) -> Any:
    return msgspec.structs.replace(COST, text=words)


def replace_amount(amount: str) -> Any:
    return msgspec.structs.replace(DEBT, amount=Decimal(amount))
