"""Bodies are counted and unpacked while they arrive."""

import gzip
import tracemalloc
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.transport.body import Caps, Garbled, TooLarge, read_body

SMALL = Caps(wire=1000, decoded=1000)


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def read(data: bytes, *, encoding: str = "gzip", length: str = "", caps: Caps = SMALL, size: int = 7) -> bytes:
    return read_body(pieces(data, size), encoding=encoding, length=length, caps=caps)


@given(st.binary(max_size=900), st.integers(min_value=1, max_value=50))
def test_gzip_in_pieces_of_any_size_comes_out_whole(data: bytes, size: int) -> None:
    assert read(gzip.compress(data), size=size) == data


@given(st.lists(st.binary(max_size=100), max_size=4), st.integers(min_value=1, max_value=50))
def test_members_of_gzip_in_a_row_are_one_body(parts: list[bytes], size: int) -> None:
    assert read(b"".join(gzip.compress(part) for part in parts), size=size) == b"".join(parts)


@given(st.binary(min_size=1, max_size=300), st.data())
def test_cut_gzip_is_garbled(data: bytes, draw: st.DataObject) -> None:
    packed = gzip.compress(data)
    cut = draw.draw(st.integers(min_value=1, max_value=len(packed) - 1))
    with pytest.raises(Garbled):
        read(packed[:cut])


def test_an_empty_body_is_empty_whatever_its_encoding() -> None:
    assert read(b"") == b""


def test_plain_bodies_are_counted() -> None:
    assert read(b"x" * 1000, encoding="identity") == b"x" * 1000
    with pytest.raises(TooLarge):
        read(b"x" * 1001, encoding="")


@pytest.mark.parametrize("length", ["1001", "2147483648", "9" * 4000])
def test_a_body_announced_too_large_is_not_read_at_all(length: str) -> None:
    chunks = iter([b"x"])
    with pytest.raises(TooLarge):
        read_body(chunks, encoding="", length=length, caps=SMALL)
    assert next(chunks) == b"x"


def test_a_bomb_is_stopped_at_the_cap_and_never_unpacked_whole() -> None:
    bomb = gzip.compress(b"\0" * 300_000_000, compresslevel=1)
    caps = Caps(wire=64_000_000, decoded=4_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            read(bomb, caps=caps, size=65_536)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12_000_000


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "deflate", "zstd"])
def test_packings_we_did_not_ask_for_are_garbled(encoding: str) -> None:
    with pytest.raises(Garbled):
        read(zlib.compress(b"{}"), encoding=encoding)


def test_text_that_claims_to_be_gzip_is_garbled() -> None:
    with pytest.raises(Garbled):
        read(b'{"value": []}')
