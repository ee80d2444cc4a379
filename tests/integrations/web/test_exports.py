"""CSV cells that no spreadsheet takes for a formula, and that still say what they said."""

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.web.exports import lines, safe

STARTS = "=+-@\t\r\n|%\uff1d\uff0b\uff0d\uff20"


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u00a0=1", "\uff1d1", "|x", "%0A", "a\n=1", "a\r\n @x"],
)
def test_what_could_start_a_formula_is_quoted(text: str) -> None:
    assert "'" in safe(text)
    for line in safe(text).splitlines():
        assert not line.lstrip(" \u00a0").startswith(tuple(STARTS))


@pytest.mark.parametrize("text", ["00123", "MAR1", "1-2", "Grafton, Ltd", 'O"Brien', "a\nb", "name@example.test"])
def test_harmless_text_is_left_alone(text: str) -> None:
    assert safe(text) == text


def test_amounts_stay_numbers() -> None:
    assert (safe(Decimal("-12.50")), safe(Decimal("1E-7")), safe(0), safe(None)) == ("-12.50", "0.0000001", "0", "")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1, max_size=4))
def test_every_cell_comes_back_but_for_the_apostrophes(cells: list[str]) -> None:
    text = "".join(lines([cells]))
    [row] = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    assert [cell.replace("'", "") for cell in row] == [cell.replace("'", "") for cell in cells]
