"""What a server answered, and how to read it without surprises: exact decimals, any charset, no crash on bad JSON."""

import codecs
import json
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar, cast

import httpx
import msgspec

from integrations.engine.errors import OutcomeUnknown, Retryable, SyncError
from integrations.transport.redact import is_secret_name, one_line, redact
from integrations.transport.retry import http_date
from integrations.transport.rows import BadRow, Malformed, decode_rows, split

T = TypeVar("T")
R = TypeVar("R")

# Labels that are believed when the bytes are not UTF-8, which JSON has to be (RFC 8259 section 8.1).
_CHARSETS = {"iso8859-1", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, read to its end. `sent` are the headers of the request it answers.

    `is_write` says what an unreadable answer means: OutcomeUnknown after a write, Retryable after anything else.
    """

    status: int
    headers: httpx.Headers
    body: bytes
    url: str
    is_write: bool
    sent: httpx.Headers
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def __repr__(self) -> str:
        return f"<Answer {self.status} from {self.host}, {len(self.body)} bytes>"

    @property
    def host(self) -> str:
        """The server's name, for messages."""
        return httpx.URL(self.url).host

    @property
    def date(self) -> datetime | None:
        """The server's clock (its Date header), aware UTC."""
        return http_date(self.headers.get("date", ""))

    def decode(self, type_: type[T]) -> T:
        """The JSON body as `type_`; untyped numbers are Decimal too. Raises what `unreadable` gives."""
        try:
            return _read(self._utf8(), type_)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self.unreadable(str(error)) from None

    def peek(self, type_: type[T]) -> T | None:
        """As `decode`, but None when the body is something else: for error bodies of many shapes."""
        try:
            return _read(self._utf8(), type_)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None

    def page(self, envelope: type[T], row: type[R], member: str = "value") -> tuple[T, list[R | BadRow]]:
        """A page of rows: (what stands round them, the rows). A row that cannot be read comes as a BadRow in its place.

        `envelope` is a Struct that declares the array of rows under `member`; in the slow way it stays empty there.
        A page that is no JSON at all raises what `unreadable` gives.
        """
        attribute = _attribute(cast(Hashable, envelope), member)
        try:
            whole = _read(self._utf8(), envelope)
            return whole, getattr(whole, attribute)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            why = str(error)
        parts = split(self._utf8(), member)
        if parts is None:
            raise self.unreadable(why)
        try:
            return _read(parts[0], envelope), decode_rows(parts[1], row)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, Malformed):
            raise self.unreadable(why) from None

    def rows(self, member: str = "value") -> list[bytes]:
        """The bytes of each row of the array `member` ("" = the body is the array), whatever stands in them."""
        parts = split(self._utf8(), member)
        if parts is None:
            raise self.unreadable(f"has no list {member!r}")
        return parts[1]

    def text(self, limit: int = 500) -> str:
        """The start of the body for people: secrets masked, control characters escaped."""
        raw = self._utf8()[: max(limit * 8, 65_536)].decode("utf-8", "backslashreplace")
        return one_line(redact(raw, (*self.secrets, *_secret_values(self.sent)))[:limit])[:limit]

    def unreadable(self, why: str) -> SyncError:
        """The error that says: this body is not what it should be."""
        page = self.body.lstrip()[:1] == b"<" or "html" in self.headers.get("content-type", "")
        code = "web_page" if page else "unreadable"
        what = "a web page instead of data" if page else "something that cannot be read"
        detail = f"status {self.status}; {one_line(redact(why, self.secrets))[:150]}; {self.text(300)}"
        if self.is_write:
            return OutcomeUnknown(
                f"{self.host} answered with {what}. What became of it is looked up by itself.", code=code, detail=detail
            )
        return Retryable(
            f"{self.host} answered with {what}. It is tried again by itself; if it stays so, check the address in the "
            "connection's settings.",
            code=code,
            detail=detail,
        )

    def _utf8(self) -> bytes:
        return _utf8(self.body, self.headers.get("content-type", ""))


def _utf8(body: bytes, content_type: str) -> bytes:
    """JSON text as UTF-8 without a byte-order mark. A wrong label is ignored when the bytes are valid UTF-8."""
    if body[:1] in (b"{", b"[", b'"', b"") and body[1:2] != b"\0":
        charset = "utf-8"
    else:
        charset = json.detect_encoding(body[:4])  # by mark or by the pattern of zero bytes
    if charset == "utf-8":
        label = _label(content_type)
        if label is None or _is_utf8(body):
            return body
        charset = label
    elif charset == "utf-8-sig":
        return body[3:]
    try:
        return body.decode(charset).encode("utf-8", "surrogatepass").removeprefix(codecs.BOM_UTF8)
    except UnicodeDecodeError:
        return body


def _label(content_type: str) -> str | None:
    for part in content_type.lower().split(";")[1:]:
        name, _, value = part.strip().partition("=")
        if name == "charset":
            try:
                known = codecs.lookup(value.strip(" \"'")).name
            except (LookupError, ValueError):
                return None
            return known if known in _CHARSETS else None
    return None


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _read(document: bytes, type_: type[T]) -> T:
    found: T = _decoder(cast(Hashable, type_)).decode(document)
    return found


@lru_cache(maxsize=256)
def _decoder(type_: Hashable) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(cast(type, type_), float_hook=Decimal)


@lru_cache(maxsize=256)
def _attribute(envelope: Hashable, member: str) -> str:
    return next(f.name for f in msgspec.structs.fields(cast(type, envelope)) if f.encode_name == member)


def _secret_values(headers: httpx.Headers) -> Iterable[str]:
    for name, value in headers.items():
        if is_secret_name(name):
            yield value
            yield value.rpartition(" ")[2]
