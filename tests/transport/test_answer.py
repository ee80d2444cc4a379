"""Reading an answer, whatever it is made of."""

import codecs
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.engine.errors import OutcomeUnknown, Retryable
from integrations.transport.answer import Answer
from integrations.transport.rows import BadRow


class Row(msgspec.Struct):
    id: int
    amount: Decimal = Decimal(0)


class Page(msgspec.Struct):
    rows: list[Row] = msgspec.field(name="value")
    next: str = msgspec.field(name="@odata.nextLink", default="")


def answer(
    body: bytes, *, is_write: bool = False, secrets: tuple[str, ...] = (), sent: Any = None, **headers: str
) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    url = "https://erp.example.com/x?token=t0ken"
    return Answer(200, httpx.Headers(named), body, url, is_write, httpx.Headers(sent or {}), secrets)


@pytest.mark.parametrize("text", ["0.1", "1e2", "1E-7", "-0", "228.99", '"228.99"', "12345678901234567890.123456789"])
def test_amounts_are_exact(text: str) -> None:
    found = answer(f'{{"id":1,"amount":{text}}}'.encode()).decode(Row)
    assert found.amount == Decimal(text.strip('"'))


def test_untyped_numbers_are_no_floats_either() -> None:
    found = answer(b'{"a":[1.10,{"b":1e2}]}').decode(dict[str, Any])
    assert found == {"a": [Decimal("1.10"), {"b": Decimal(100)}]}
    assert isinstance(found["a"][0], Decimal)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ('{"name":"Müller ✓"}'.encode(), "application/json"),
        ('{"name":"Müller ✓"}'.encode(), "application/json; charset=iso-8859-1"),
        ('{"name":"Müller ✓"}'.encode(), "application/json; charset=no-such"),
        (codecs.BOM_UTF8 + '{"name":"Müller ✓"}'.encode(), "application/json"),
        ('{"name":"Müller ✓"}'.encode("utf-16"), "application/json"),
        ('{"name":"Müller ✓"}'.encode("utf-16-le"), "application/json; charset=utf-8"),
        (codecs.BOM_UTF16_BE + '{"name":"Müller ✓"}'.encode("utf-16-be"), ""),
        ('{"name":"Müller ✓"}'.encode("utf-32"), ""),
    ],
)
def test_every_unicode_is_read_whatever_the_label(body: bytes, content_type: str) -> None:
    assert answer(body, content_type=content_type).decode(dict[str, str]) == {"name": "Müller ✓"}


def test_a_label_is_believed_when_the_bytes_are_no_utf8() -> None:
    body = '{"name":"Müller"}'.encode("latin-1")
    assert answer(body, content_type='text/json; charset="ISO-8859-1"').decode(dict[str, str]) == {"name": "Müller"}
    with pytest.raises(Retryable):
        answer(body, content_type="application/json").decode(dict[str, str])


BAD = [
    b"",
    b"{",
    b"null",
    b'{"value":null}',
    b'{"no":"value"}',
    b"[]",
    b"<html>sign in</html>",
    b"\x1f\x8b\x08",
    b"\xff\xfe{",
    b"[" * 100_000 + b"]" * 100_000,
    b'{"value":' + b"[" * 100_000,
    b'{"value":[]} and more',
]


@pytest.mark.parametrize("body", BAD)
@pytest.mark.parametrize("is_write", [True, False])
def test_what_cannot_be_read_is_unknown_after_a_write_and_retryable_after_a_read(body: bytes, is_write: bool) -> None:
    expected = OutcomeUnknown if is_write else Retryable
    with pytest.raises(expected) as decoded:
        answer(body, is_write=is_write).decode(Page)
    with pytest.raises(expected):
        answer(body, is_write=is_write).page(Page, Row)
    assert answer(body).peek(Page) is None
    assert decoded.value.code == ("web_page" if body[:1] == b"<" else "unreadable")
    assert len(decoded.value.detail) <= 500


@given(st.binary(max_size=200), st.sampled_from(["", "application/json; charset=utf-16", "text/html; charset=\x00"]))
def test_no_body_breaks_us(body: bytes, content_type: str) -> None:
    one = answer(body, content_type=content_type)
    one.peek(Page)
    assert one.text().isprintable()
    for read in (lambda: one.page(Page, Row), one.rows):
        with suppress(Retryable):
            read()


def test_a_good_page_is_read_at_once() -> None:
    envelope, rows = answer(b'{"@odata.nextLink":"n","value":[{"id":1,"amount":1.10}]}').page(Page, Row)
    assert envelope.next == "n"
    assert rows == [Row(1, Decimal("1.10"))]


def test_one_poisoned_row_in_thousands_costs_only_itself() -> None:
    rows = [f'{{"id":{i},"amount":1.10}}' for i in range(5000)]
    rows[1234] = '{"id":1234,"amount":NaN}'
    body = f'{{"value":[{",".join(rows)}],"@odata.nextLink":"n"}}'.encode()
    envelope, found = answer(body).page(Page, Row)
    assert envelope.next == "n"
    assert len(found) == 5000
    bad = [row for row in found if isinstance(row, BadRow)]
    assert [row.members()["id"] for row in bad] == [1234]
    assert isinstance(found[1234], BadRow)


def test_a_page_with_a_stray_quote_is_not_guessed_at() -> None:
    with pytest.raises(Retryable):
        answer(b'{"value":[{"id":1,"n":"a"b"},{"id":2,"n":"c"}]}').page(Page, Row)


def test_text_for_people_holds_no_secret_and_no_control_character() -> None:
    body = b'{"message":"bad key k3y-value\\u0000","password":"pw one","hint":"use s3ss"}\r\n\x1b[2J\xe2\x80\xae'
    text = answer(body, secrets=("k3y-value",), sent={"sessionId": "s3ss"}).text()
    assert text.isprintable()
    for secret in ("k3y-value", "pw one", "s3ss"):
        assert secret not in text
    assert len(answer(b"x" * 10_000).text(40)) == 40


def test_a_secret_at_the_edge_of_the_excerpt_is_not_half_shown() -> None:
    assert "k3y" not in answer(b"x" * 497 + b"k3y-value", secrets=("k3y-value",)).text(500)


def test_repr_shows_neither_body_nor_query_nor_secrets() -> None:
    one = answer(b"body text", secrets=("k3y",), sent={"devKey": "d3v"})
    assert repr(one) == "<Answer 200 from erp.example.com, 9 bytes>"


def test_the_servers_clock_is_aware_utc() -> None:
    one = answer(b"", date="Fri, 20 Nov 2026 12:00:00 GMT")
    assert one.date == datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert answer(b"", date="yesterday").date is None
    assert answer(b"").date is None
