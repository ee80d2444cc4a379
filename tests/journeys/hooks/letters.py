"""Events as anybody may send them to our door, byte by byte: what W-lines say, and more of their kind."""

import gzip
import json
import re
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.integrations.hooks.conftest import event, sign

LARGEST = 256 * 1024
SIGNED = "x-bill-sha-signature"
Request = bytes | Sequence[bytes]  # in pieces: a moment passes between them


@dataclass(frozen=True)
class Letter:
    """Where an event goes and with which key it is signed."""

    path: str
    key: str
    elsewhere: str  # another tenant's address
    body: bytes = field(default_factory=lambda: packed(event()))

    def post(self, body: bytes | None = None, *, signature: str | None = None, **more: Any) -> bytes:
        """A right POST, but for what is given."""
        body = self.body if body is None else body
        signature = sign(body, self.key) if signature is None else signature
        headers = {SIGNED: signature} if signature else {}
        return self.http(body, headers=headers | more.pop("headers", {}), **more)

    def http(
        self,
        body: bytes = b"",
        *,
        method: str = "POST",
        path: str = "",
        version: str = "1.1",
        headers: Mapping[str, str] | None = None,
        length: bool = True,
    ) -> bytes:
        """The request, and that the connection is to be closed behind it."""
        given = {"host": "127.0.0.1", "connection": "close"}
        given |= {"content-type": "application/json"} | ({"content-length": str(len(body))} if length else {})
        given |= headers or {}
        lines = [f"{name}: {value}\r\n" for name, value in given.items()]
        return f"{method} {path or self.path} HTTP/{version}\r\n{''.join(lines)}\r\n".encode("latin-1") + body


@dataclass(frozen=True)
class Line:
    """What is sent, which answers are right, and how many events are kept of it; `leaves`: the sender, then."""

    words: str
    make: Callable[[Letter], Request]
    answers: Sequence[int]
    kept: int = 0
    leaves: bool = False


def packed(told: object) -> bytes:
    return json.dumps(told, separators=(",", ":")).encode()


def about(**fields: Any) -> bytes:
    return packed(event(**fields))


def chunked(body: bytes, size: int = 8192) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def dated(stamp: str) -> bytes:
    told = event()
    told["bill"]["updatedTime"] = stamp
    return packed(told)


def padded(size: int) -> bytes:
    body = about()
    return body + b" " * (size - len(body))


def speak(place: str, request: Request, *, leaves: bool = False, seconds: float = 20) -> list[int]:
    """The statuses of all that is answered until the line is closed."""
    host, _, port = place.partition(":")
    with socket.create_connection((host, int(port)), timeout=seconds) as line:
        answer = b""
        try:
            for piece in [request] if isinstance(request, bytes) else request:
                line.sendall(piece)
                time.sleep(0 if isinstance(request, bytes) else 0.3)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has said what it had to say, and does not listen any more
        if leaves:
            line.shutdown(socket.SHUT_WR)
        try:
            while more := line.recv(65536):
                answer += more
        except ConnectionResetError:
            pass
    return [int(status) for status in re.findall(rb"^HTTP/1\.[01] (\d{3})", answer, re.MULTILINE)]


def old() -> str:
    return (datetime.now(UTC) - timedelta(days=179)).isoformat()


_WRONG = [401]
_NESTED = b'{"metadata":{"eventType":"bill.updated"},"bill":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
_TWO = b'{"metadata":{"organizationId":"00802ANOTHERORGANIZA"},"metadata":%b}'

SENT: dict[str, list[Line]] = {
    "W01": [Line("no signature", lambda to: to.post(signature=""), _WRONG)],
    "W02": [Line("blank signature", lambda to: to.post(signature=" "), _WRONG)],
    "W03": [Line("one bit off", lambda to: to.post(signature=_one_off(sign(to.body, to.key))), _WRONG)],
    "W04": [Line("another connection's key", lambda to: to.post(signature=sign(to.body, "another")), _WRONG)],
    "W05": [Line("right for us, sent to another tenant", lambda to: to.post(path=to.elsewhere), _WRONG)],
    "W06": [Line("hex", lambda to: to.post(signature=sign(to.body, to.key).encode().hex()), _WRONG)],
    "W08": [
        Line("other white space", lambda to: to.post(_spaced(to.body), signature=sign(to.body, to.key)), [200], 1),
        Line("other order", lambda to: to.post(_turned(to.body), signature=sign(to.body, to.key)), _WRONG),
    ],
    "W14": [Line("from 179 days ago", lambda to: to.post(dated(old())), [200], 1)],
    "W15": [
        Line("unknown type", lambda to: to.post(about(kind="spaceship.landed")), [200], 1),
        Line("version 2", lambda to: to.post(about(version="2")), [200], 1),
    ],
    "W16": [
        Line("no metadata", lambda to: to.post(packed({"bill": {"id": "00n1"}})), [200], 1),
        Line("no event id", lambda to: to.post(about(eventId=None)), [200], 1),
    ],
    "W18": [Line("another organization", lambda to: to.post(about(organizationId="00802ANOTHERORGANIZA")), _WRONG)],
    "W19": [Line("a bill nobody knows", lambda to: to.post(about(key="00n02NOBODYKNOWSTHIS")), [200], 1)],
    "W21": [
        Line("empty", lambda to: to.post(b""), [200], 1),
        Line("array", lambda to: to.post(b"[]"), [200], 1),
        Line("plain text", lambda to: to.post(b"plain text"), [200], 1),
    ],
    "W22": [Line("JSON in a string", lambda to: to.post(packed(to.body.decode())), [200], 1)],
    "W24": [
        Line("as large as can be", lambda to: to.post(padded(LARGEST)), [200], 1),
        Line("one byte more", lambda to: to.post(padded(LARGEST + 1)), [413]),
        Line("10 MB", lambda to: to.post(padded(10_000_000)), [413]),
        Line("chunked", lambda to: _chunked(to, to.body), [200], 1),
        Line("chunked, one byte more", lambda to: _chunked(to, padded(LARGEST + 1)), [413]),
        Line("chunked, 10 MB", lambda to: _chunked(to, padded(10_000_000)), [413]),
    ],
    "W26": [
        Line(
            "a bomb",
            lambda to: to.post(gzip.compress(b" " * 50_000_000), headers={"content-encoding": "gzip"}),
            [415],
        )
    ],
    "W27": [
        Line(method, lambda to, method=method: to.post(method=method), [405])  # type: ignore[misc]
        for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")
    ],
    "W28": [
        Line("one letter less", lambda to: to.post(path=f"{to.path[:-2]}/"), _WRONG),
        Line("NUL", lambda to: to.post(path="/hooks/bill/%00/"), _WRONG),
        Line("not UTF-8", lambda to: to.post(path="/hooks/bill/%ff%fe/"), _WRONG),
        Line("novel", lambda to: to.post(path=f"/hooks/bill/{'x' * 3000}/"), _WRONG),
        Line("another system's", lambda to: to.post(path=to.path.replace("/bill/", "/avidxchange/")), _WRONG),
    ],
    "W34": [
        Line("capitals", lambda to: to.post(signature="", headers={SIGNED.upper(): sign(to.body, to.key)}), [200], 1),
        Line(
            "underscores",
            lambda to: to.post(signature="", headers={SIGNED.replace("-", "_"): sign(to.body, to.key)}),
            _WRONG,
        ),
    ],
    "W36": [
        Line("nested 100,000 deep", lambda to: to.post(_NESTED), [200], 1),
        Line("NaN", lambda to: to.post(b'{"metadata":{"version":NaN}}'), [200], 1),
        Line("5,000 digits", lambda to: to.post(b'{"bill":{"id":' + b"9" * 5000 + b"}}"), [200], 1),
        Line("NUL and half a surrogate", lambda to: to.post(about(eventId="a\0b", kind="bill.\ud800")), [200], 1),
    ],
    "W37": [
        Line(
            "another address each time",
            lambda to: [
                to.post(headers={"x-forwarded-for": "10.0.0.1", "connection": "keep-alive"}),
                to.post(headers={"x-forwarded-for": "10.0.0.2"}),
            ],
            [200, 200],
            1,
        )
    ],
    "W46": [
        Line(kind, lambda to, kind=kind: to.post(headers={"content-type": kind}), [200], 1)  # type: ignore[misc]
        for kind in ("", "text/plain", "application/json; charset=utf-99", "multipart/form-data; boundary=x")
    ],
    "more": [
        Line("signature twice", lambda to: to.post(headers={SIGNED.title(): sign(to.body, to.key)}), _WRONG),
        Line("two organizations, ours last", lambda to: to.post(_two(to.body)), [200], 1),
        Line("an organization that is no text", lambda to: to.post(about(organizationId=["x"])), [200], 1),
        Line("an event id longer than its column", lambda to: to.post(about(eventId="e" * 5000)), [200], 1),
        Line("from the future", lambda to: to.post(dated("2999-01-01T00:00:00Z")), [200], 1),
        Line("from the end of time", lambda to: to.post(dated("9999-12-31T23:59:59-14:00")), [200], 1),
        Line("from before time", lambda to: to.post(dated("0001-01-01T00:00:00+14:00")), [200], 1),
        Line("HTTP/1.0", lambda to: to.post(version="1.0"), [200], 1),
        Line("HTTP/1.0 without length", lambda to: to.post(version="1.0", length=False), _WRONG),
        Line("without length", lambda to: to.post(length=False), _WRONG),
        Line("two lengths", lambda to: to.post(headers={"Content-Length": "3"}), [400]),
        Line("length and chunks", lambda to: to.post(headers={"transfer-encoding": "chunked"}), [400]),
        Line("length that is none", lambda to: to.post(length=False, headers={"content-length": "1e3"}), [400]),
        Line("slow body", lambda to: _pieces(to.post(), 4), [200], 1),
        Line("cut body", lambda to: to.post()[:-5], _WRONG, leaves=True),
        Line("less than promised", lambda to: to.post(headers={"content-length": "9999"}), [200], 1, leaves=True),
        Line("two at once on one line", lambda to: _pipelined(to), [200, 200], 2),
        Line("100-continue", lambda to: _expecting(to), [100, 200], 1),
        Line("a fragment and a query", lambda to: to.post(path=f"{to.path}?a=b"), [200], 1),
        Line("method in a header", lambda to: to.post(method="GET", headers={"x-http-method-override": "POST"}), [405]),
    ],
}


def _one_off(signature: str) -> str:
    return ("B" if signature[0] == "A" else "A") + signature[1:]


def _spaced(body: bytes) -> bytes:
    return json.dumps(json.loads(body), indent=2).encode()


def _turned(body: bytes) -> bytes:
    return packed(dict(reversed(json.loads(body).items())))


def _chunked(to: Letter, body: bytes) -> bytes:
    head = to.post(body, length=False, headers={"transfer-encoding": "chunked"})
    return head[: head.index(b"\r\n\r\n") + 4] + chunked(body)


def _two(body: bytes) -> bytes:
    inner = json.loads(body)
    return _TWO.replace(b"%b", packed(inner["metadata"])).replace(b"}}", b'},"bill":' + packed(inner["bill"]) + b"}")


def _pieces(request: bytes, count: int) -> list[bytes]:
    size = len(request) // count + 1
    return [request[at : at + size] for at in range(0, len(request), size)]


def _pipelined(to: Letter) -> bytes:
    return to.post(about(), headers={"connection": "keep-alive"}) + to.post(about())


def _expecting(to: Letter) -> list[bytes]:
    head, _, body = to.post(headers={"expect": "100-continue"}).partition(b"\r\n\r\n")
    return [head + b"\r\n\r\n", body]
