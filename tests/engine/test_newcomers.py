"""A vendor that people made in the AP tool: known, waiting, asked about; made or linked only because people said so."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.engine import fingerprint as hashing
from integrations.engine.alike import Newcomers, Supplier, is_alike
from integrations.engine.decide import decide
from integrations.engine.decisions import Create, Decision, Hold, Link, LinkTo, Nothing
from integrations.engine.drafts import SupplierDraft, VendorDraft
from integrations.engine.duplicates import Existing, Guard
from integrations.engine.records import Address, Gone, Vendor
from integrations.engine.targets import TargetRecord
from tests.engine.build import POLICY, VENDOR, answer, rules, said

NOW = datetime(2026, 11, 27, tzinfo=UTC)
PLACE = Address(key="remit", line1="1 Mill Road", city="Austin", postal_code="78701", country="US", uses=("pay",))
NEW = Vendor(
    key="009N", name="Nordic Bolts", number="", currency="USD", tax_id="12-3456789", addresses=(PLACE,), created=NOW
)
SAME = Supplier(key="S7", name="NORDIC bolts", currency="USD")


def decided(source: Any = NEW, link: Link | None = None, answers: Any = None, **around: Any) -> Decision:
    given = rules(newcomers=Newcomers(**around))
    return decide(source, link, None, given, POLICY, answers=answers or {})


def alike(*suppliers: Supplier) -> dict[str, tuple[Supplier, ...]]:
    return {NEW.key: suppliers}


def keys(found: Decision) -> list[str]:
    assert isinstance(found, Hold)
    return [choice.key for choice in found.problems[0].choices]


@pytest.mark.parametrize(
    ("change", "around", "expected"),
    [
        ({}, {}, "hold new_vendor"),
        ({}, {"known": {"009N": "S1"}}, "out known_vendor"),
        ({"active": False}, {}, "out vendor_archived"),
        ({}, {"since": datetime(2026, 11, 28, tzinfo=UTC)}, "out before_start"),
        ({"created": None}, {"since": datetime(2026, 11, 28, tzinfo=UTC)}, "hold new_vendor"),
        ({}, {"alike": alike(msgspec.structs.replace(SAME, undecided=True))}, "wait supplier_undecided"),
        ({}, {"alike": alike(SAME)}, "hold new_vendor"),
    ],
)
def test_each_newcomer_is_known_waits_or_is_asked_about(
    change: dict[str, Any], around: dict[str, Any], expected: str
) -> None:
    assert said(decided(msgspec.structs.replace(NEW, **change), **around)) == expected


def test_a_supplier_without_a_vendor_may_be_linked_and_one_with_another_vendor_is_only_named() -> None:
    other = Supplier(key="S8", name="Nordic Bolts", currency="USD", vendor="009X")
    found = decided(alike=alike(SAME, other))
    assert keys(found) == ["link:S7", "create_supplier"]
    assert isinstance(found, Hold)
    assert "S8" in found.problems[0].message
    assert ("NORDIC bolts", "Nordic Bolts") in {(side.ledger, side.target) for side in found.problems[0].sides}


def test_to_create_it_takes_two_people_and_to_link_it_one() -> None:
    found = decided(alike=alike(SAME))
    assert isinstance(found, Hold)
    assert {choice.key: choice.act for choice in found.problems[0].choices} == {
        "link:S7": "work",
        "create_supplier": "payee",
    }


def test_approved_it_is_created_with_what_the_vendor_says_and_no_more() -> None:
    found = decided(answers=answer(decided(), "create_supplier"))
    assert isinstance(found, Create)
    assert isinstance(found.draft, SupplierDraft)
    draft = found.draft
    assert (draft.company, draft.name, draft.currency, draft.tax_id) == ("10", "Nordic Bolts", "USD", "12-3456789")
    assert (draft.external_id, draft.address.line1, draft.country) == ("009N", "1 Mill Road", "US")
    assert "12-3456789" not in repr(draft)


def test_linked_by_a_person_it_is_that_supplier() -> None:
    found = decided(alike=alike(SAME), answers=answer(decided(alike=alike(SAME)), "link:S7"))
    assert isinstance(found, LinkTo)
    assert found.target_id == "S7"


@pytest.mark.parametrize(
    ("change", "lacks"),
    [
        ({"addresses": ()}, "street, city, postal code, country"),
        ({"addresses": (msgspec.structs.replace(PLACE, postal_code=" "),)}, "postal code"),
        ({"name": " "}, "name"),
        ({"currency": ""}, "currency"),
    ],
)
def test_an_incomplete_vendor_cannot_be_proposed(change: dict[str, Any], lacks: str) -> None:
    found = decided(msgspec.structs.replace(NEW, **change))
    assert isinstance(found, Hold)
    assert keys(found) == []
    assert f"lacks {lacks}." in found.problems[0].message


def test_of_a_tax_id_the_end_is_shown() -> None:
    found = decided()
    assert isinstance(found, Hold)
    shown = str(found.problems)
    assert "…6789" in shown
    assert "3456789" not in shown


def test_once_linked_or_gone_nothing_is_done_about_it_here() -> None:
    link = Link(target_id="S7", fingerprint="old", schema=hashing.VERSION)
    changed = msgspec.structs.replace(NEW, name="Renamed")
    assert said(decided(changed, link)) == "nothing"
    assert said(decided(Gone(key="009N", last=NEW), link)) == "nothing"
    assert said(decided(Gone(key="009N", last=NEW))) == "out gone"


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ({"number": "S7"}, ("S7", "Else", ""), True),
        ({"tax_key": "k"}, ("S7", "Else", "k"), True),
        ({"name": "Nordic-Bolts"}, ("S7", "nordic bolts", ""), True),
        ({}, ("", "Else", ""), False),
        ({"name": "-"}, ("", "...", ""), False),
    ],
)
def test_who_is_alike(mine: dict[str, Any], theirs: tuple[str, str, str], expected: bool) -> None:
    assert is_alike(msgspec.structs.replace(NEW, **mine), *theirs) is expected


# what comes back of it


def test_the_new_supplier_takes_the_vendor_it_was_made_of_and_makes_none() -> None:
    given = rules(claims={("S1", "USD"): "009N"}, guard=Guard(vendors=[Existing(target_id="009Z", number="S1")]))
    found = decide(VENDOR, None, None, given, POLICY)
    assert isinstance(found, LinkTo)
    assert (found.target_id, found.variant) == ("009N", "USD")


def test_in_another_currency_it_is_a_vendor_of_its_own() -> None:
    given = rules(claims={("S1", "EUR"): "009N"})
    assert isinstance(decide(VENDOR, None, None, given, POLICY), Create)
    further = decide(VENDOR, None, None, given, POLICY, variant="EUR")
    assert isinstance(further, LinkTo)
    assert (further.target_id, further.variant) == ("009N", "EUR")


name = st.sampled_from(["Grafton", "Renamed", "Nordic Bolts"])


@given(st.lists(st.tuples(st.sampled_from(["erp", "there", "look"]), name), max_size=8), st.booleans())
def test_whatever_is_edited_afterwards_nothing_goes_round(edits: list[tuple[str, str]], blocked: bool) -> None:
    """Made there, created in the ERP, come back as a supplier: no second one on either side, no write at all."""
    made = decided(answers=answer(decided(), "create_supplier"))
    assert isinstance(made, Create)
    assert isinstance(made.draft, SupplierDraft)
    back = Link(target_id="S9", fingerprint=hashing.fingerprint(NEW), schema=hashing.VERSION, sent=made.draft)
    supplier = Vendor(key="S9", number="S9", name=NEW.name, currency="USD", blocked=blocked, addresses=(PLACE,))
    given = rules(claims={("S9", "USD"): "009N"})
    taken = decide(supplier, None, None, given, POLICY)
    assert isinstance(taken, LinkTo)
    echo = {"name": NEW.name}
    link = Link(target_id="009N", fingerprint=hashing.fingerprint(supplier), schema=hashing.VERSION, echo=echo)
    there = NEW
    for where, what in edits:
        if where == "erp":
            supplier = msgspec.structs.replace(supplier, name=what)
        elif where == "there":
            there = msgspec.structs.replace(there, name=what)
        assert isinstance(decided(there, back), Nothing)
        found = decide(supplier, link, TargetRecord(target_id="009N", echo={"name": there.name}), given, POLICY)
        assert isinstance(found, Nothing | Hold)  # people are asked; nothing is written unasked
    if not edits:
        target = TargetRecord(target_id="009N", echo=echo)
        assert isinstance(decide(supplier, link, target, given, POLICY), Nothing)


# merged and archived


def archived(**more: Any) -> Decision:
    draft = VendorDraft(name="Grafton", number="S1", currency="USD", address=PLACE)
    link = Link(target_id="009A", fingerprint=hashing.fingerprint(VENDOR), schema=hashing.VERSION, sent=draft)
    answers = more.pop("answers", {})
    target = TargetRecord(target_id="009A", active=False)
    return decide(VENDOR, link, target, rules(**more), POLICY, answers=answers)


def test_a_vendor_merged_into_another_is_linked_to_that_one_by_a_person() -> None:
    guard = Guard(vendors=[Existing(target_id="009B", name="Grafton", currency="USD")])
    found = archived(guard=guard)
    assert said(found) == "hold archived_on_target"
    assert keys(found) == ["link:009B"]
    chosen = archived(guard=guard, answers=answer(found, "link:009B"))
    assert isinstance(chosen, LinkTo)
    assert chosen.target_id == "009B"


def test_a_vendor_that_people_linked_to_the_supplier_replaces_the_archived_one() -> None:
    found = archived(claims={("S1", "USD"): "009B"})
    assert isinstance(found, LinkTo)
    assert found.target_id == "009B"
    assert said(archived(claims={("S1", "USD"): "009A"})) == "hold archived_on_target"


def test_a_supplier_taken_out_of_the_company_is_out_of_use() -> None:
    left = msgspec.structs.replace(VENDOR, in_company=False)
    link = Link(target_id="009A", fingerprint=hashing.fingerprint(VENDOR), schema=hashing.VERSION)
    found = decide(left, link, TargetRecord(target_id="009A"), rules(), POLICY)
    assert said(found) == "hold inactive_in_source"
    assert said(decide(left, None, None, rules(), POLICY)) == "out not_in_company"
