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


@pytest.mark.parametrize("name", ["ignore_limit", "po_price_percent", "max_lines"])
@pytest.mark.parametrize(
    "value",
    [
        *("NaN", "Infinity", "-5", "-0", "1e2", "1E400", "1,10", "1.234,56", "1_000", "0x10", "", " 1 ", "1.", "1.005"),
        *("\uff10.\uff11", "\u0663", "9" * 50, 10**39, True, None, [], ["5"], {}, float("nan")),
    ],
)
def test_a_number_is_plain_digits_or_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match="write a"):
        checked(name, value)


def test_an_amount_is_kept_as_it_is_written() -> None:
    assert [checked("ignore_limit", value) for value in ("1.10", "1000.00", "0", 5)] == ["1.10", "1000.00", "0", "5"]


@pytest.mark.parametrize("value", ["a\0b", "x" * 201, "a\nb", "\u202egnp"])
def test_a_text_is_one_line_that_people_can_read(value: str) -> None:
    with pytest.raises(ValueError, match="write a text"):
        checked("write_back_field", value)
    with pytest.raises(ValueError, match="write a list"):
        checked("paid_here_methods", [value])


def test_values_are_said_in_words() -> None:
    assert in_words(BY_NAME["release_states"], ["authorised", "posted"]) == (
        "Posted and authorised, Posted, not yet authorised"
    )
    assert in_words(BY_NAME["auto_archive"], False) == "no"
    assert in_words(BY_NAME["rounding_account"], "") == "none"
