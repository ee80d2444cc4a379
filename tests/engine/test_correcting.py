"""What a person corrected of one record's coding: used for it alone, said with what it replaces, checked like any."""

from decimal import Decimal

import msgspec
import pytest

from integrations.engine.correcting import CORRECTED, account_of, part_of, tax_of
from integrations.engine.decide import decide
from integrations.engine.decisions import Create, Decision, Hold, Update, Wait
from integrations.engine.drafts import InvoiceDraft
from integrations.engine.mapping import Account, Rules
from integrations.engine.records import PostingKind
from tests.engine import build_books
from tests.engine.build import COST, DEBT, POLICY, TAX, created, invoice, posting, rules, sent, there

MORE = [
    Account(target_id="a9", number="5999", name="Other"),
    Account(target_id="off", number="5000", active=False),
]


def said(**places: str) -> dict[tuple[str, str], str]:
    """Corrections by place: account, part B and tax of the clean invoice, its vendor."""
    names = {
        "account": account_of(COST.key),
        "part": part_of(COST.key, "B"),
        "tax": tax_of("T1"),
        "vendor": "vendor",
    }
    return {(CORRECTED, names[name]): f"set:{number}" for name, number in places.items()}


def given() -> Rules:
    base = rules()
    base.accounts.update({each.number: each for each in MORE})
    return base


def draft_of(found: Decision) -> InvoiceDraft:
    assert isinstance(found, Create | Update), found
    assert isinstance(found.draft, InvoiceDraft)
    return found.draft


def test_a_corrected_account_is_used_and_says_what_it_replaces() -> None:
    found = decide(invoice(), None, None, given(), POLICY, answers=said(account="5999"))
    assert isinstance(found, Create)
    assert draft_of(found).lines[0].account == "a9"
    why = next(each for each in found.why if "corrected" in each)
    assert why.startswith("account 4000 → 5999, corrected for this record only; else account 4000 → ")


def test_a_corrected_line_needs_no_rule() -> None:
    bare = rules(rules=(), accounts=MORE, match_by_number=False)
    held = decide(invoice(), None, None, bare, POLICY)
    assert isinstance(held, Hold)
    assert {each.code for each in held.problems} >= {"unmapped_account", "unmapped_tax_code"}
    found = decide(invoice(), None, None, bare, POLICY, answers=said(account="5999", tax="5999", part=""))
    assert isinstance(found, Create)
    assert [line.account for line in draft_of(found).lines] == ["a9", "a9"]
    assert draft_of(found).lines[0].dimensions == {}
    assert "code part B value 100: left out of this record only" in found.why


@pytest.mark.parametrize("number", ["5000", "nowhere"])
def test_a_correction_to_what_cannot_be_used_holds_with_words(number: str) -> None:
    found = decide(invoice(), None, None, given(), POLICY, answers=said(account=number))
    assert isinstance(found, Hold)
    assert found.problems[0].code == "account_target_unusable"
    assert "Correct it again" in found.problems[0].message


def test_nothing_but_coding_and_vendor_can_be_corrected() -> None:
    odd = {(CORRECTED, place): "set:1" for place in ("total", "number", "amount", "due_date", "2|amount", "currency")}
    assert decide(invoice(), None, None, rules(), POLICY, answers=odd) == decide(invoice(), None, None, rules(), POLICY)


def test_an_invoice_goes_to_the_vendor_that_was_chosen_for_it() -> None:
    alone = rules(vendor_links={})
    assert isinstance(decide(invoice(), None, None, alone, POLICY), Wait)
    assert created(invoice(), alone, answers=said(vendor="00V7")).vendor_id == "00V7"


def test_a_new_line_of_a_sent_invoice_is_corrected_and_the_old_one_keeps_its_coding() -> None:
    link = sent(invoice(), given())
    new = posting("9", PostingKind.COST, "0.00", account="4999", text="Nuts")
    rows = (
        DEBT,
        msgspec.structs.replace(COST, amount=Decimal(60)),
        msgspec.structs.replace(new, amount=Decimal(40)),
        TAX,
    )
    changed = invoice(postings=rows)
    assert isinstance(decide(changed, link, there(link), given(), POLICY), Hold)
    place = {(CORRECTED, account_of("9")): "set:5999"}
    found = decide(changed, link, there(link), given(), POLICY, answers=place)
    assert isinstance(found, Update)
    assert [line.account for line in draft_of(found).lines] == ["0ca4000", "a9", "0ca2410"]


def test_a_captured_invoice_is_booked_on_the_corrected_account() -> None:
    held = build_books.books(build_books.account("4100"), build_books.account("2400", control=True))
    source = build_books.captured()
    assert source.postings is not None
    key = source.postings[0].key
    place = (CORRECTED, account_of(key))
    found = build_books.booked(source, build_books.rules(held), answers={place: "set:4100"})
    assert found.lines[0].account == "4100"
    refused = build_books.decided(source, build_books.rules(held), answers={place: "set:2400"})
    assert "account_not_usable" in build_books.codes(refused)
