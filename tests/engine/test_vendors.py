"""Suppliers and their vendors: matched, created, refreshed, and never a payee changed by one person."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from integrations.engine import fingerprint as hashing
from integrations.engine.asking import NONE, Answers
from integrations.engine.decide import decide
from integrations.engine.decisions import Create, Decision, Hold, Link, LinkTo, Nothing, Update
from integrations.engine.drafts import VendorDraft
from integrations.engine.duplicates import Existing, Guard
from integrations.engine.mapping import Rule, Rules
from integrations.engine.policy import Policy
from integrations.engine.records import Address, Vendor
from integrations.engine.targets import TargetRecord
from tests.engine.build import ADDRESS, POLICY, VENDOR, answer, rules, said


def vendor(**fields: Any) -> Vendor:
    return msgspec.structs.replace(VENDOR, **fields)


def first(source: Vendor, given: Rules | None = None, **more: Any) -> Decision:
    return decide(source, None, None, given or rules(), POLICY, **more)


def drafted(source: Vendor, given: Rules | None = None, **more: Any) -> VendorDraft:
    found = first(source, given, **more)
    assert isinstance(found, Create), found
    assert isinstance(found.draft, VendorDraft)
    return found.draft


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        ({"number": "S1", "name": "Other", "currency": "USD"}, "linkto"),
        ({"number": "S1", "name": "Other", "currency": "EUR"}, "create"),
        ({"name": "Other", "currency": "USD", "tax_key": "k7"}, "linkto"),
        ({"name": "Other", "currency": "EUR", "tax_key": "k7"}, "create"),
        ({"name": "GRAFTON", "currency": "USD"}, "hold possible_duplicate_vendor"),
        ({"name": "GRAFTON", "currency": "EUR"}, "create"),
        ({"number": "S7", "name": "Grafton"}, "create"),
    ],
)
def test_a_vendor_is_the_same_by_its_own_number_or_tax_id_only(theirs: dict[str, Any], expected: str) -> None:
    given = rules(guard=Guard(vendors=[Existing(target_id="009X", **theirs)]))
    assert said(first(vendor(tax_key="k7"), given)) == expected


def test_a_match_says_how_sure_it_is() -> None:
    number = rules(guard=Guard(vendors=[Existing(target_id="009X", number="S1", currency="USD")]))
    taxed = rules(guard=Guard(vendors=[Existing(target_id="009X", tax_key="k7", currency="USD")]))
    found = [first(vendor(tax_key="k7"), given) for given in (number, taxed)]
    assert [each.score for each in found if isinstance(each, LinkTo)] == [100, 95]


@pytest.mark.parametrize(("zip_code", "score"), [("ls11aa", "80 of 100"), ("", "60 of 100"), ("X1", "60 of 100")])
def test_a_name_is_a_suspect_that_a_person_links_or_has_created(zip_code: str, score: str) -> None:
    existing = Existing(target_id="009X", name="Grafton", currency="USD", postal_code=zip_code)
    given = rules(guard=Guard(vendors=[existing]))
    held = first(VENDOR, given)
    assert isinstance(held, Hold)
    assert score in held.problems[0].message
    assert said(first(VENDOR, given, answers=answer(held, "link:009X"))) == "linkto"
    assert said(first(VENDOR, given, answers=answer(held, "create"))) == "create"


def test_two_vendors_with_the_number_are_for_a_person() -> None:
    twice = [Existing(target_id=f"009{n}", number="S1", currency="USD") for n in "XY"]
    assert said(first(VENDOR, rules(guard=Guard(vendors=twice)))) == "hold possible_duplicate_vendor"


def test_a_further_currency_is_a_vendor_of_its_own() -> None:
    found = first(VENDOR, variant="EUR")
    assert isinstance(found, Create)
    assert isinstance(found.draft, VendorDraft)
    assert (found.draft.currency, found.variant, found.natural_key) == ("EUR", "EUR", "S1|EUR")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"kind": "prospect"}, "out not_a_supplier"),
        ({"in_company": False}, "out not_in_company"),
        ({"one_time": True}, "out one_time"),
        ({"active": False}, "out inactive"),
        ({"currency": ""}, "hold currency"),
        ({"addresses": ()}, "hold no_remit_address"),
        ({"addresses": (msgspec.structs.replace(ADDRESS, city=" "),)}, "hold incomplete_address"),
    ],
)
def test_who_is_no_vendor_and_who_cannot_be_one_yet(changes: dict[str, Any], expected: str) -> None:
    assert said(first(vendor(**changes))) == expected


def test_the_pay_address_of_today_is_the_remit_to_else_the_document_address_with_a_note() -> None:
    over = msgspec.structs.replace(ADDRESS, key="0", city="York", valid_to=date(2025, 12, 31))
    papers = Address(key="2", line1="2", city="Bath", postal_code="B", country="GB", uses=("document",))
    today = rules(today=date(2026, 3, 1))
    assert drafted(vendor(addresses=(papers, over, ADDRESS)), today).address.city == "Leeds"
    found = first(vendor(addresses=(papers, over)), today)
    assert isinstance(found, Create)
    assert [note.code for note in found.notes] == ["not_a_pay_address"]


@pytest.mark.parametrize(
    ("country", "tax_id", "goes"),
    [("US", "12-3456789", True), ("US", "12345678", False), ("US", "12345678X9", False), ("GB", "GB 7", True)],
)
def test_a_tax_id_goes_only_where_it_can_be_one(country: str, tax_id: str, goes: bool) -> None:
    source = vendor(country=country, tax_id=tax_id)
    assert drafted(source).tax_id == (tax_id if goes else "")
    found = first(source)
    assert isinstance(found, Create)
    assert [note.code for note in found.notes] == [] if goes else ["tax_id_format"]
    assert not any(tax_id in note.message for note in found.notes)


ECHO = {"name": "Grafton", "number": "S1", "currency": "USD", "address.city": "Leeds"}


def linked(source: Vendor = VENDOR, **fields: Any) -> Link:
    known = {"target_id": "009A", "variant": "USD", "fingerprint": hashing.fingerprint(source), "echo": ECHO}
    return Link(**{**known, "schema": hashing.VERSION, "sent": drafted(source), **fields})


def again(
    source: Vendor,
    link: Link | None = None,
    policy: Policy = POLICY,
    answers: Answers = NONE,
    **target: Any,
) -> Decision:
    now = TargetRecord(**{"target_id": "009A", "version": "3", "echo": ECHO, **target})
    return decide(source, link or linked(), now, rules(), policy, answers=answers)


MOVED = vendor(addresses=(msgspec.structs.replace(ADDRESS, city="York"),))


@pytest.mark.parametrize(
    "source",
    [MOVED, vendor(name="Grafton Ltd"), vendor(email="new@grafton.example"), vendor(tax_id="GB 9", tax_key="k9")],
    ids=["address", "name", "email", "tax id"],
)
def test_a_change_of_payee_is_released_by_people(source: Vendor) -> None:
    held = again(source)
    assert isinstance(held, Hold)
    problem = held.problems[0]
    assert (problem.code, problem.choices[0].key, problem.choices[0].act) == ("payee_change", "send", "payee")
    assert "GB 9" not in problem.message.replace("…GB 9", "")
    assert isinstance(again(source, answers=answer(held, "send")), Update)
    assert again(source, answers=answer(held, "keep")) == Nothing(rebaseline=True)


def test_one_person_is_enough_for_an_address_where_the_tenant_says_so_and_for_nothing_else() -> None:
    alone = Policy(company="10", remit_hold="one_person")
    assert said(again(MOVED, policy=alone)) == "update"
    assert said(again(vendor(name="Grafton Ltd"), policy=alone)) == "hold payee_change"


def test_a_released_change_is_of_these_values_only() -> None:
    released = answer(again(MOVED), "send")
    further = vendor(addresses=(msgspec.structs.replace(ADDRESS, city="Hull"),))
    assert said(again(further, answers=released)) == "hold payee_change"


def test_what_we_do_not_send_changes_nothing() -> None:
    assert again(vendor(group="DOM")) == Nothing(rebaseline=True)
    assert again(VENDOR) == Nothing()


def test_an_address_that_is_used_for_more_or_for_longer_is_the_same_address() -> None:
    longer = msgspec.structs.replace(ADDRESS, key="9", uses=("pay", "document"), valid_to=date(2030, 1, 1))
    assert again(vendor(addresses=(longer,))) == Nothing(rebaseline=True)


def test_a_change_of_our_own_hashing_writes_nothing() -> None:
    assert again(VENDOR, linked(schema=hashing.VERSION - 1)) == Nothing(rebaseline=True)


DRIFTED: dict[str, Any] = {"echo": {**ECHO, "name": "Grafton Inc"}}


def test_a_field_of_the_erp_changed_on_the_other_side_is_held_with_both_values() -> None:
    held = again(VENDOR, **DRIFTED)
    assert isinstance(held, Hold)
    assert "name: Grafton → Grafton Inc" in held.problems[0].message
    accepted = again(VENDOR, answers=answer(held, "accept"), **DRIFTED)
    assert accepted == Nothing(rebaseline=True, echo=DRIFTED["echo"])
    assert said(again(VENDOR, answers=answer(held, "update"), **DRIFTED)) == "update"


def test_changed_on_both_sides_is_said_so() -> None:
    assert said(again(MOVED, **DRIFTED)) == "hold changed_on_both"


def test_a_refresh_writes_only_the_fields_that_it_is_about() -> None:
    found = again(MOVED, policy=Policy(company="10", remit_hold="one_person"))
    assert isinstance(found, Update)
    assert isinstance(found.draft, VendorDraft)
    assert found.draft.only == ("address",)


def test_what_differs_is_shown_side_by_side() -> None:
    held = again(MOVED, **DRIFTED)
    assert isinstance(held, Hold)
    shown = [(each.field, each.ledger, each.agreed, each.target) for each in held.problems[0].sides]
    address = "1 Mill Road, York, LS1 1AA, GB"
    assert shown == [("name", "Grafton", "Grafton", "Grafton Inc"), ("address", address, "Leeds", "Leeds")]


@pytest.mark.parametrize(("name", "act"), [("name", "payee"), ("address.city", "payee"), ("number", "work")])
def test_to_accept_another_payee_takes_two_people(name: str, act: str) -> None:
    held = again(VENDOR, echo={**ECHO, name: "else"})
    assert isinstance(held, Hold)
    assert [(each.key, each.act) for each in held.problems[0].choices] == [("accept", act), ("update", "payee")]


PAID = {**ECHO, "pay.bank": "no account", "pay.method": "check"}


def test_changed_payment_details_are_flagged_with_their_day_until_two_people_have_checked() -> None:
    link, now = linked(echo=PAID), {**PAID, "pay.bank": "net linked account"}
    held = again(VENDOR, link, echo=now, changed_at=datetime(2026, 11, 27, tzinfo=UTC))
    assert isinstance(held, Hold)
    problem = held.problems[0]
    assert (problem.code, problem.urgent, [each.act for each in problem.choices]) == (
        *("payment_details_changed", True),
        ["payee"],
    )
    assert "on 27 Nov 2026: bank: no account → net linked account" in problem.message
    assert again(VENDOR, link, echo=now, answers=answer(held, "checked")) == Nothing(echo=now)


def test_what_is_the_other_sides_own_is_remembered_without_a_question() -> None:
    now = {**ECHO, "email": "new@x"}
    assert again(VENDOR, linked(echo={**ECHO, "email": "old@x"}), echo=now) == Nothing(echo=now)


def test_fields_given_to_the_payment_tool_are_left_to_it() -> None:
    theirs = Policy(company="10", tool_fields=("address",))
    now = {**ECHO, "address.city": "York"}
    assert again(VENDOR, policy=theirs, echo=now) == Nothing(echo=now)
    assert again(MOVED, policy=theirs) == Nothing(rebaseline=True)


@pytest.mark.parametrize(("name", "expected"), [("email", "nothing"), ("address.city", "hold changed_on_target")])
def test_what_the_other_side_owns_is_its_own_business(name: str, expected: str) -> None:
    link = linked(echo={**ECHO, "email": "old@x"})
    assert said(again(VENDOR, link, echo={**ECHO, "email": "old@x", name: "else"})) == expected


def test_the_address_of_a_network_vendor_is_the_networks() -> None:
    assert said(again(VENDOR, echo={**ECHO, "address.city": "York"}, connected=True)) == "nothing"
    assert again(MOVED, connected=True) == Nothing(rebaseline=True)


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        (vendor(active=False), {}, "hold inactive_in_source"),
        (vendor(active=False), {"active": False}, "nothing"),
        (VENDOR, {"active": False}, "hold archived_on_target"),
    ],
)
def test_out_of_use_on_either_side(source: Vendor, target: dict[str, Any], expected: str) -> None:
    assert said(again(source, **target)) == expected


def test_an_inactive_supplier_is_archived_by_people() -> None:
    held = again(vendor(active=False))
    assert said(again(vendor(active=False), answers=answer(held, "archive"))) == "archive"


def test_a_vendor_that_somebody_else_made_is_changed_by_people_only() -> None:
    adopted = linked(sent=None)
    assert said(again(MOVED, adopted)) == "hold payee_change"
    assert again(VENDOR, adopted) == Nothing()
    assert again(VENDOR, linked(sent=None, echo={})) == Nothing(echo=ECHO)


def test_a_vendor_that_is_not_there_any_more_is_held() -> None:
    assert said(decide(VENDOR, linked(), None, rules(), POLICY)) == "hold missing_on_target"


TERMS = [
    Rule(id=7, version=2, table="payment_term", source="30", target="00t30"),
    Rule(id=8, version=1, table="payment_term", source="6*", target="00t60", company="10"),
]


@pytest.mark.parametrize(("code", "term"), [("30", "00t30"), ("60", "00t60"), ("90", ""), ("", "")])
def test_a_vendor_takes_the_payment_term_that_a_rule_names(code: str, term: str) -> None:
    found = first(vendor(payment_term=code), rules(rules=TERMS))
    assert isinstance(found, Create)
    assert isinstance(found.draft, VendorDraft)
    assert found.draft.payment_term == term
    assert [note.code for note in found.notes] == (["unmapped_payment_term"] if code == "90" else [])
    assert ("payment term 30 → 00t30 by rule 7 version 2" in found.why) == (code == "30")


def test_where_no_terms_are_mapped_none_is_missed() -> None:
    found = first(vendor(payment_term="30"))
    assert isinstance(found, Create)
    assert (found.notes, found.draft.payment_term if isinstance(found.draft, VendorDraft) else "?") == ((), "")


def test_a_rule_for_a_term_writes_nothing_by_itself_and_none_takes_one_away() -> None:
    source = vendor(payment_term="30")
    link = linked(source, sent=drafted(source, rules(rules=TERMS)))
    now = TargetRecord(target_id="009A", version="3", echo=ECHO)
    other = rules(rules=[Rule(id=7, version=3, table="payment_term", source="30", target="00tXX")])
    assert decide(source, link, now, other, POLICY) == Nothing()
    moved = vendor(payment_term="30", group="DOM")
    assert decide(moved, link, now, rules(), POLICY) == Nothing(rebaseline=True)
    later = decide(vendor(payment_term="60"), link, now, rules(rules=TERMS), POLICY)
    assert isinstance(later, Update)
    assert isinstance(later.draft, VendorDraft)
    assert later.draft.payment_term == "00t60"


def test_no_tax_id_is_in_what_a_log_would_print() -> None:
    tax_id = "12-3456789"
    source = Vendor(key="S1", version="1", name="Acme", number="S1", tax_id=tax_id)
    draft = VendorDraft(name="Acme", number="S1", currency="USD", address=ADDRESS, tax_id=tax_id)
    shown = f"{source} {[draft]} {draft!r}"
    assert "S1" in shown
    assert tax_id not in shown
