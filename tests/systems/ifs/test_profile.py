"""A profile is checked as a whole, and every fault is said at once."""

import json
from typing import Any

import pytest

from integrations.engine.errors import ConnectionBroken
from integrations.systems.ifs.profile import PRESETS, load


def faults(overrides: Any) -> str:
    with pytest.raises(ConnectionBroken) as caught:
        load("default", overrides if isinstance(overrides, str) else json.dumps(overrides))
    assert caught.value.code == "profile"
    return caught.value.message


@pytest.mark.parametrize("preset", PRESETS)
def test_the_presets_are_sound(preset: str) -> None:
    assert load(preset).name == preset


def test_brief_differs_from_default_where_it_says_so() -> None:
    default, brief = load("default"), load("brief")
    assert brief.sets["supplier"].set == "SupplierHandling.svc/SupplierSet"
    assert {spec.change.column for spec in brief.sets.values()} == {"ModifiedDate"}
    assert brief.sets["invoice"].fields == default.sets["invoice"].fields
    assert brief.digest != default.digest


def test_an_override_changes_one_name_and_leaves_the_others() -> None:
    changed = load("default", '{"sets": {"invoice": {"fields": {"net": "NetAmount"}}}, "states": {"Frozen": "posted"}}')
    assert changed.sets["invoice"].fields["net"] == "NetAmount"
    assert changed.sets["invoice"].fields["tax"] == "VatCurrAmount"
    assert changed.states["PostedAuth"] == "authorised"


def test_a_key_is_replaced_whole() -> None:
    changed = load("default", '{"sets": {"invoice": {"key": {"invoice_id": "integer"}}}}')
    assert list(changed.sets["invoice"].key) == ["invoice_id"]


def test_every_fault_is_said_at_once() -> None:
    said = faults({"code_parts": "BX", "sets": {"invoice": {"set": "Nowhere", "fields": {"colour": "C", "net": ""}}}})
    for part in ("'X' is not a code part", "'Nowhere' is not written as", "'colour' is not one of", "'net' is needed"):
        assert part in said


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ("{", "not valid JSON"),
        ("[]", "must be a JSON object"),
        ({"sets": {"bill": {"set": "A.svc/B", "key": {}, "fields": {}}}}, "'bill' is not a set this product knows"),
        ({"sets": {"bill": {}}}, "missing required field"),
        ({"states": {"Posted": "lost"}}, "states"),
        ({"unheard_of": 1}, "unheard_of"),
        ({"sets": {"invoice": {"fields": {"name": "Currency"}}}}, "'Currency' is given twice"),
        ({"sets": {"invoice": {"fields": {"name": "a b"}}}}, "'a b' is not a field name"),
        ({"sets": {"invoice": {"change": {"strategy": "timestamp"}}}}, "needs the name of its column"),
        ({"write_back": {"account": ["Cf_Sent"]}}, "'account' cannot be marked"),
        ({"write_back": {"invoice": ["Due Date"]}}, "'Due Date' is not a field name"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(overrides: Any, words: str) -> None:
    assert words in faults(overrides)


def test_code_parts_are_sets_of_their_own() -> None:
    needs = dict(load("default", '{"code_parts": "BJ"}').needs())
    assert needs["code_part_value J"].set == "CodeJHandling.svc/CodeJSet"
    assert needs["code_part_value J"].fields["value"] == "CodeJ"
    assert "code_part_value C" not in needs
