"""What the simulator answers: refusals in IFS's envelope, and pages kept apart until the last moment.

Error shapes: https://docs.ifs.com/techdocs/24r1/040_tailoring/300_extensibility/020_api_explorer/050_responses_and_status_codes/
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec

_ENCODER = msgspec.json.Encoder(decimal_format="number")
JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible={}"


def encode(value: Any) -> bytes:
    """JSON text; Decimals as exact number text."""
    return _ENCODER.encode(value)


class Refusal(Exception):
    """A request the server answers with an error. details: (code, message) pairs of the database."""

    def __init__(self, status: int, code: str, message: str, *details: tuple[str, str]) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.details = status, code, message, details

    def body(self) -> bytes:
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details:
            error["details"] = [{"code": code, "message": message} for code, message in self.details]
        return encode({"error": error})


def bad_request(message: str) -> Refusal:
    return Refusal(400, "ODP_BAD_REQUEST", message)


def unreadable(message: str = "Error while de-serializing contents.") -> Refusal:
    return Refusal(400, "ODP_DESERIALIZATION_ERROR", message)


def not_found(message: str = "The requested resource is not found.") -> Refusal:
    return Refusal(404, "ODP_RESOURCE_NOTFOUND", message)


def not_implemented(message: str) -> Refusal:
    return Refusal(501, "ODP_NOT_IMPLEMENTED", message)


def business(message: str, number: str = "20112") -> Refusal:
    """A refusal of the business logic: HTTP 500 with the server text in details."""
    return Refusal(500, "DATABASE_ERROR", "Database error.", (number, message))


@dataclass
class Page:
    """One page of a collection before it becomes text. rows: JSON texts."""

    context: str
    rows: list[bytes]
    next_link: str | None = None
    count: int | None = None

    def text(self) -> bytes:
        head = b'{"@odata.context":' + encode(self.context)
        if self.count is not None:
            head += b',"@odata.count":' + str(self.count).encode()
        tail = b"]"
        if self.next_link is not None:
            tail += b',"@odata.nextLink":' + encode(self.next_link)
        return head + b',"value":[' + b",".join(self.rows) + tail + b"}"


@dataclass
class Answer:
    """A response in the making. entity: whose rows the page holds."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    page: Page | None = None
    entity: str = ""

    def content(self) -> bytes:
        return self.page.text() if self.page is not None else self.body


def json_answer(status: int, value: Any, **headers: str) -> Answer:
    return Answer(status, encode(value), {"content-type": "application/json;charset=UTF-8", **headers})


def refusal_answer(refusal: Refusal) -> Answer:
    return Answer(refusal.status, refusal.body(), {"content-type": JSON.format("false")})


class Body(httpx.SyncByteStream):
    """A body nobody has read or decompressed yet, so the caller's own limits apply to it."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self.content


def response(answer: Answer) -> httpx.Response:
    """The unread httpx response of an answer."""
    content = answer.content()
    headers = {"odata-version": "4.0", **answer.headers, "content-length": str(len(content))}
    if answer.status == 204:
        del headers["content-length"]
    return httpx.Response(answer.status, headers=headers, stream=Body(content))
