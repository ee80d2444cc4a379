"""One poisoned row costs only itself."""

import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.transport.rows import BadRow, Malformed, decode_rows, split


class Row(msgspec.Struct):
    id: int
    amount: Decimal = Decimal(0)
    name: str = ""


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(st.lists(values, max_size=6), st.dictionaries(st.text(max_size=5), values, max_size=3), st.booleans())
def test_split_and_joined_again_is_the_same_document(rows: list[object], rest: dict[str, object], ascii_: bool) -> None:
    rest.pop("value", None)
    document = json.dumps({**rest, "value": rows, "tail": [1, {"value": [2]}]}, ensure_ascii=ascii_).encode(
        "utf-8", "surrogatepass"
    )
    parts = split(document, "value")
    assert parts is not None
    assert [json.loads(row) for row in parts[1]] == rows
    assert json.loads(parts[0]) == {**rest, "value": [], "tail": [1, {"value": [2]}]}


@pytest.mark.parametrize(
    "document", [b"", b"null", b"[]", b'{"value":{}}', b'{"value":[1,2', b'{"x":{"value":[1]}}', b'"value"']
)
def test_no_list_under_that_name_is_said(document: bytes) -> None:
    assert split(document, "value") is None


def test_a_document_that_is_the_list_itself() -> None:
    assert split(b' [ {"id":1}, [2,3] ,"]" ] ', "") == (b" [] ", [b'{"id":1}', b"[2,3]", b'"]"'])


@pytest.mark.parametrize(
    "poison",
    [
        b'{"id":2,"amount":NaN}',
        b'{"id":2,"amount":-Infinity}',
        b'{"id":2,"name":"\\ud800"}',
        b'{"id":2,"name":"\xff\xfe"}',
        b'{"id":2,"name":"\x00"}',
        b'{"id":"two"}',
        b"[2]",
        b'{"id":2,"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_the_neighbours_of_a_poisoned_row_are_read(poison: bytes) -> None:
    parts = split(b'{"value":[{"id":1,"amount":1.10},' + poison + b',{"id":3}],"next":"n"}', "value")
    assert parts is not None
    first, bad, last = decode_rows(parts[1], Row)
    assert (first, last) == (Row(1, Decimal("1.10")), Row(3))
    assert isinstance(bad, BadRow)
    assert bad.raw == poison
    assert bad.text().isascii()
    assert bad.text().isprintable()
    assert "\\x00" in bad.text() or b"\x00" not in poison


def test_a_poisoned_row_still_tells_its_key() -> None:
    row = BadRow(b'{"id":2,"amount":1.10,"rate":NaN,"name":"\\ud800","big":' + b"1" * 5000 + b"}", "poison")
    members = row.members()
    assert members["id"] == 2
    assert members["amount"] == Decimal("1.10")
    assert members["rate"] == "NaN"
    assert BadRow(b"[" * 100_000, "deep").members() == {}
    assert BadRow(b"[2]", "list").members() == {}


@pytest.mark.parametrize(
    "broken", [b'{"id":1,"name":"a"b"},{"id":2,"name":"c"}', b"{id:1}", b'{"id":1}{"id":2}', b"", b"nan"]
)
def test_a_stray_quote_cannot_swallow_the_next_row(broken: bytes) -> None:
    parts = split(b'{"value":[{"id":0},' + broken + b',{"id":9}]}', "value")
    if parts is not None:
        with pytest.raises(Malformed):
            decode_rows(parts[1], Row)
