"""Every setting of the policy can be explained to a person, and only what the policy takes is stored."""

import msgspec
import pytest

from integrations.engine.policy import Policy
from integrations.engine.settings import BY_NAME, FIXED, SPECS, checked, in_words

FIELDS = {field.name: field.type for field in msgspec.structs.fields(Policy)}


def test_every_setting_is_described_once_and_nothing_else() -> None:
    assert sorted(spec.name for spec in SPECS) == sorted(FIELDS.keys() - FIXED)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_its_default_and_all_its_choices_are_what_the_policy_takes(spec: object) -> None:
    assert checked(spec.name, spec.default) == spec.default  # type: ignore[attr-defined]
    for value, _ in spec.choices:  # type: ignore[attr-defined]
        checked(spec.name, [value] if spec.kind == "list" else value)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("tax_lines", "sometimes", "choose per_code or into_cost"),
        ("rounding_tolerance", "many", "write a whole number"),
        ("ignore_limit", "much", "write an amount"),
        ("start_date", "soon", "write a date"),
        ("auto_archive", "perhaps", "answer yes"),
        ("company", "20", "There is no setting company"),
    ],
)
def test_what_the_policy_does_not_take_is_refused_with_a_sentence(name: str, value: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        checked(name, value)


def test_values_are_said_in_words() -> None:
    assert in_words(BY_NAME["release_states"], ["authorised", "posted"]) == (
        "Posted and authorised, Posted, not yet authorised"
    )
    assert in_words(BY_NAME["auto_archive"], False) == "no"
    assert in_words(BY_NAME["rounding_account"], "") == "none"
