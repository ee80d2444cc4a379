"""Reads an answer's body while it arrives: counts wire and decoded bytes, unpacks gzip, stops a bomb early."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Caps:
    """The most bytes one answer may have, on the wire and unpacked.

    The largest page we ask for (5,000 rows with all their fields) has about 20 MiB. 64 MiB leaves room and still keeps
    a worker that holds body and records at once under 300 MB, so unpacked is not allowed to be larger than the wire.
    """

    wire: int = 64 * _MIB
    decoded: int = 64 * _MIB


DEFAULT_CAPS = Caps()


class TooLarge(Exception):
    """The answer has more bytes than the caps allow."""


class Garbled(Exception):
    """The body is not what its headers announce."""


def read_body(chunks: Iterable[bytes], *, encoding: str, length: str, caps: Caps) -> bytes:
    """The unpacked body. `encoding` and `length` are the Content-Encoding and Content-Length headers, "" when missing.

    Raises TooLarge or Garbled, and whatever `chunks` raises.
    """
    if length.isascii() and length.isdigit() and (len(length) > 18 or int(length) > caps.wire):
        raise TooLarge(f"announces {length[:18]} bytes")
    names = [name for name in (part.strip().lower() for part in encoding.split(",")) if name not in ("", "identity")]
    if not names:
        return _join(_counted(chunks, caps.wire), caps.decoded)
    if names in (["gzip"], ["x-gzip"]):
        return _join(_unpacked(_counted(chunks, caps.wire), caps.decoded), caps.decoded)
    raise Garbled(f"is packed as {', '.join(names)[:40]}, which was not asked for")


def _counted(chunks: Iterable[bytes], cap: int) -> Iterable[bytes]:
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > cap:
            raise TooLarge(f"has more than {cap} bytes on the wire")
        yield chunk


def _unpacked(chunks: Iterable[bytes], cap: int) -> Iterable[bytes]:
    unpacker = zlib.decompressobj(wbits=31)
    started = False
    for chunk in chunks:
        started = started or bool(chunk)
        while chunk:
            if unpacker.eof:  # several gzip members one after the other are one stream
                unpacker = zlib.decompressobj(wbits=31)
            try:
                yield unpacker.decompress(chunk, min(cap, _MIB))
            except zlib.error as error:
                raise Garbled("is not the gzip data it announces") from error
            chunk = unpacker.unconsumed_tail or unpacker.unused_data
    if started and not unpacker.eof:
        raise Garbled("ends in the middle of its gzip data")


def _join(chunks: Iterable[bytes], cap: int) -> bytes:
    parts, total = [], 0
    for chunk in chunks:
        total += len(chunk)
        if total > cap:
            raise TooLarge(f"unpacks to more than {cap} bytes")
        parts.append(chunk)
    return b"".join(parts)
