"""Literals, filters and the ways a page of owners is cut into questions."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.systems.ifs import odata
from integrations.systems.ifs.profile import KeyType


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        ("O'Neil", "string", "'O''Neil'"),
        ("00123", "string", "'00123'"),
        (123, "integer", "123"),
        ("Supplier", "enum", "IfsApp.SupplierHandling.PartyType'Supplier'"),
    ],
)
def test_literals(value: str | int, kind: KeyType, text: str) -> None:
    assert odata.literal(value, kind, "IfsApp.SupplierHandling.PartyType") == text


def test_a_key_is_encoded_for_a_path() -> None:
    key = odata.key_predicate({"SupplierId": odata.literal("A/B 50%?#ä"), "AddressId": odata.literal("1")})
    assert key == "(SupplierId='A%2FB%2050%25%3F%23%C3%A4',AddressId='1')"


def test_a_query_wraps_each_clause_once_and_always_says_top() -> None:
    text = odata.query(where=["Company eq '10'", "A gt 1 or B gt 2"], orderby=["A", "B"], top=7)
    assert unquote(text) == "$filter=(Company eq '10') and (A gt 1 or B gt 2)&$orderby=A,B&$top=7"
    assert "+" not in text
    assert text.startswith("$filter=")


@given(st.text(alphabet="ab'&+%#=; ä", max_size=20))
def test_no_value_breaks_out_of_its_query(value: str) -> None:
    text = odata.query(where=[f"A eq {odata.literal(value)}"], top=1)
    assert text.count("&") == 1
    assert unquote(text.partition("&")[0]) == f"$filter=(A eq {odata.literal(value)})"


def test_beyond_a_row_of_several_columns() -> None:
    lead, rest = odata.beyond(["A", "B", "C"], ["1", "2", "3"])
    assert lead == "A ge 1"
    assert rest == "(A gt 1) or (A eq 1 and B gt 2) or (A eq 1 and B eq 2 and C gt 3)"


@given(st.lists(st.text(min_size=1, max_size=50), max_size=200))
def test_chains_hold_every_value_and_stay_short(values: list[str]) -> None:
    chains = list(odata.chains("InvoiceNo", [odata.literal(value) for value in values]))
    assert sum(chain.count("(InvoiceNo eq '") for chain in chains) >= len(values)
    assert " or ".join(chains) == " or ".join(f"(InvoiceNo eq {odata.literal(value)})" for value in values)
    assert all(len(odata.encoded(chain)) < 6000 for chain in chains)


@given(st.sets(st.integers(0, 3000), max_size=600))
def test_runs_and_rest_hold_every_place_once_and_runs_are_dense(places: set[int]) -> None:
    runs, rest = odata.runs(sorted(places))
    covered = [place for place in sorted(places) if any(first <= place <= last for first, last in runs)]
    assert sorted([*covered, *rest]) == sorted(places)
    for first, last in runs:
        assert last - first + 1 <= odata.GAP * sum(first <= place <= last for place in places)
