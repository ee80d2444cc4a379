"""What a tenant writes to word a field: named fields and transforms from closed lists; anything else is refused."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.engine.template import DATES, Unfit, Unlisted, lines_of, parsed

NAMES, DAYS = (
    frozenset({"number", "po_number", "invoice_date", "payment_term", "dimensions.*"}),
    frozenset({"invoice_date"}),
)
VALUES = {
    "number": " inv-7 ",
    "po_number": "",
    "invoice_date": "2026-03-01",
    "payment_term": "30",
    "dimensions.Cost center": "100",
}


def filled(text: str, lookup: str = "") -> str:
    return parsed(text, lookup, NAMES, DAYS).filled(VALUES)


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("Entered in the ERP", "Entered in the ERP"),
        ("{number}", "inv-7"),
        ("{number|trim|upper}", "INV-7"),
        ("{ number | trim | truncate:3 }.", "inv."),
        ("No {number|trim}/{dimensions.Cost center}", "No inv-7/100"),
        ("{po_number}", ""),
        ("{po_number|upper|truncate:2}", ""),
        ("of {invoice_date|date:DD.MM.YYYY}", "of 01.03.2026"),
        ("{invoice_date|date:YYYYMMDD|truncate:6}", "202603"),
        ("{invoice_date}", "2026-03-01"),
        ("{dimensions.Z}", ""),
        ("%(number)s $number {number}", "%(number)s $number  inv-7"),
    ],
)
def test_fields_are_filled_in_and_transformed(text: str, becomes: str) -> None:
    assert filled(text) == becomes


@pytest.mark.parametrize("pattern", DATES)
def test_every_date_pattern_writes_as_many_letters_as_it_has(pattern: str) -> None:
    assert len(filled(f"{{invoice_date|date:{pattern}}}")) == len(pattern)


def test_a_table_turns_values_into_texts() -> None:
    assert filled("{payment_term|lookup}", "30=Net 30\n60=Net 60") == "Net 30"
    assert filled("{number|trim|lookup}", "*=other") == "other"
    assert filled("[{po_number|lookup}]", "*=other") == "[]"


def test_a_value_that_the_table_lacks_is_said() -> None:
    with pytest.raises(Unlisted, match=r"“30” \(payment_term\) is not in the table"):
        filled("{payment_term|lookup}", "60=Net 60")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{0.__class__}", "There is no field “0.__class__”"),
        ("{number.__class__}", "There is no field"),
        ("{number!r}", "There is no field"),
        ("{number:>10}", "There is no field"),
        ("{number[0]}", "There is no field"),
        ("{}", "There is no field “”"),
        ("{amount}", "There is no field “amount”"),
        ("{dimensions.}", "There is no field"),
        ("{{number}}", "braces do not match"),
        ("{number{po_number}}", "braces do not match"),
        ("{number", "braces do not match"),
        ("number}", "braces do not match"),
        ("", "Say what it becomes"),
        ("{number|eval:1}", "There is no transform “eval:1”"),
        ("{number|upper:2}", "There is no transform"),
        ("{number|}", "There is no transform “”"),
        ("{number|truncate}", "how many characters stay"),
        ("{number|truncate:-1}", "how many characters stay"),
        ("{number|truncate:٣}", "how many characters stay"),
        ("{number|truncate:99999999999}", "how many characters stay"),
        ("{invoice_date|date:%Y}", "There is no date pattern “%Y”"),
        ("{number|date:YYYY}", "goes first after a date"),
        ("{invoice_date|upper|date:YYYY}", "goes first after a date"),
        ("{number" + "|upper" * 9 + "}", "At most 8 transforms"),
        ("{payment_term|lookup}", "The table that lookup asks is empty"),
        ("x" * 1_000_000, "It has 1,000,000 characters; at most 500"),
        ("{" * 1_000_000, "at most 500"),
    ],
)
def test_what_is_no_template_is_refused_with_a_sentence(text: str, says: str) -> None:
    began = time.monotonic()
    with pytest.raises(Unfit, match=says):
        filled(text)
    assert time.monotonic() - began < 0.5


@pytest.mark.parametrize(
    ("lookup", "says"),
    [
        ("30", "“30” is no line of a table"),
        ("=x", "no line of a table"),
        ("30=", "no line of a table"),
        ("30=a\n30=b", "“30” stands in the table twice"),
        ("x" * 10_001, "The table has 10,001 characters"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(lookup: str, says: str) -> None:
    with pytest.raises(Unfit, match=says) as caught:
        filled("{payment_term|lookup}", lookup)
    assert caught.value.name == "lookup"


def test_a_table_that_nothing_asks_is_refused() -> None:
    with pytest.raises(Unfit, match="Nothing asks this table"):
        filled("{number}", "30=a")


def test_a_table_is_kept_in_one_form() -> None:
    assert lines_of(" 30 = Net 30 \r\n\r\n60=a=b\r") == "30=Net 30\n60=a=b"


@given(st.text(max_size=80))
def test_any_text_is_a_template_or_refused_with_a_sentence(text: str) -> None:
    try:
        found = parsed(text, "", NAMES, DAYS)
    except Unfit as refused:
        said = str(refused)
    else:
        said = "" if "{" in found.filled(VALUES) else "."
    assert said.endswith(".")
