"""Misbehaviour on demand: what to do wrong, to which requests, how often.

A fault either answers instead of the simulator (`status`, `html`, ...), loses the connection, or damages the answer
after the request was processed. `processed=True` lets an answering fault process the request first.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from time import sleep
from typing import Any

import httpx

from integrations.systems.bill.simulator.wire import Json, decode, encode

ANSWERING = frozenset(
    [
        "status", "html", "empty", "error_object", "session_lost", "rate_hourly", "concurrent", "redirect",
        "untrusted", "locked", "page_token_expired",
    ]
)  # fmt: skip
LOSING = frozenset({"drop_before", "drop_after"})
DAMAGING = frozenset(
    [
        "drip", "truncate_body", "gzip_bomb", "bad_json", "deep_json", "missing_id", "replace",
        "empty_page_with_next", "loop_page",
    ]
)  # fmt: skip
REQUEST = frozenset({"slow", "echo_differs", "partial_bulk", "meanwhile"})
KINDS = ANSWERING | LOSING | DAMAGING | REQUEST


class Fault:
    """One planned misbehaviour.

    `after` matching requests pass unharmed, then `times` of them are hit (None: every one). `path_contains` is
    looked for in path and query, `method` is compared as it is. Other keywords belong to the kind: `status`,
    `body`, `headers`, `seconds`, `when` ("before" or "after"), `location`, `find`, `text`, `length`, `megabytes`,
    `depth`, `processed`. `meanwhile` answers honestly, and right before or after (`when`; after by default) a person
    does `order`: {"act": "approve", "bill_id": ...}, as at the control endpoint /_sim/act.
    """

    def __init__(
        self,
        kind: str,
        *,
        path_contains: str = "",
        method: str = "",
        times: int | None = 1,
        after: int = 0,
        **params: Any,
    ) -> None:
        if kind not in KINDS:
            raise ValueError(f"unknown fault {kind!r}; known: {', '.join(sorted(KINDS))}")
        self.kind = kind
        self.path_contains = path_contains
        self.method = method
        self.times = times
        self.after = after
        self.params = params

    @property
    def processed(self) -> bool:
        """True when the request has its effect although the answer is wrong or lost."""
        return bool(self.params.get("processed", self.kind not in ANSWERING and self.kind != "drop_before"))

    def matches(self, method: str, target: str) -> bool:
        """True when this fault is about such a request."""
        if self.kind == "page_token_expired" and "page=" not in target:
            return False
        if self.kind == "session_lost" and target.endswith("/v3/login"):
            return False
        return self.path_contains in target and self.method in ("", method)


class Faults:
    """The planned faults, in the order in which they were added; one request meets at most one."""

    def __init__(self) -> None:
        self._planned: list[Fault] = []
        self._lock = Lock()

    def add(self, fault: Fault) -> None:
        """Plan one more."""
        with self._lock:
            self._planned.append(fault)

    def clear(self) -> None:
        """Behave again."""
        with self._lock:
            self._planned.clear()

    def take(self, method: str, target: str) -> Fault | None:
        """The fault that hits this request, counted as used."""
        with self._lock:
            for fault in self._planned:
                if not fault.matches(method, target) or fault.times == 0:
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None


@dataclass
class Dripping(httpx.SyncByteStream):
    """A body that arrives in small pieces, with pauses, and may break off."""

    data: bytes
    piece: int = 1
    pause: float = 0.0
    breaks: bool = False

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self.data), self.piece):
            if self.pause:
                sleep(self.pause)
            yield self.data[start : start + self.piece]
        if self.breaks:
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


@lru_cache(maxsize=4)
def _bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    piece = b" " * 1_000_000
    return b"".join([*(packer.compress(piece) for _ in range(megabytes)), packer.compress(b"{}"), packer.flush()])


def _without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_ids(inner) for key, inner in value.items() if key != "id"}
    return [_without_ids(inner) for inner in value] if isinstance(value, list) else value


def shorten_names(body: Any, length: int) -> Any:
    """The request as BILL would store it if its name field were shorter than documented."""
    if isinstance(body, list):
        return [shorten_names(item, length) for item in body]
    if isinstance(body, dict) and isinstance(body.get("name"), str):
        return {**body, "name": body["name"][:length]}
    return body


def damage(fault: Fault, response: httpx.Response) -> httpx.Response:
    """The answer, spoilt as the fault says. Paging faults are the list's own business."""
    headers = {key: value for key, value in response.headers.items() if key != "content-length"}
    body = response.content
    stream: httpx.SyncByteStream
    match fault.kind:
        case "drip":
            stream = Dripping(body, int(fault.params.get("piece", 1)), float(fault.params.get("seconds", 0.3)))
        case "truncate_body":
            headers["content-length"] = str(len(body))
            stream = Dripping(body[: len(body) // 2], piece=65536, breaks=True)
        case "gzip_bomb":
            headers["content-encoding"] = "gzip"
            stream = Dripping(_bomb(int(fault.params.get("megabytes", 64))), piece=16384)
        case "bad_json":
            return httpx.Response(response.status_code, headers=headers, content=body[:-1] + b",,")
        case "deep_json":
            depth = int(fault.params.get("depth", 100_000))
            return httpx.Response(response.status_code, headers=headers, content=b"[" * depth + b"]" * depth)
        case "missing_id":
            return httpx.Response(response.status_code, headers=headers, content=encode(_without_ids(decode(body))))
        case "replace":
            find, text = str(fault.params["find"]).encode(), str(fault.params["text"]).encode()
            changed = body.replace(find, text, int(fault.params.get("count", -1)))
            return httpx.Response(response.status_code, headers=headers, content=changed)
        case _:
            return response
    return httpx.Response(response.status_code, headers=headers, stream=stream)


def answer(fault: Fault) -> tuple[int, Json, bytes]:
    """(status, headers, body) of the faults that are neither JSON errors nor lost connections."""
    params = fault.params
    match fault.kind:
        case "html":
            page = b"<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"
            return int(params.get("status", 502)), {"content-type": "text/html"}, page
        case "empty":
            return int(params.get("status", 200)), {}, b""
        case "error_object":
            message = {"message": str(params.get("message", "Unauthorized"))}
            return int(params.get("status", 401)), {"content-type": "application/json"}, encode(message)
        case "redirect":
            location = str(params.get("location", "https://elsewhere.example/"))
            return int(params.get("status", 302)), {"location": location}, b""
        case _:
            body = params.get("body", "")
            content = body.encode() if isinstance(body, str) else encode(body)
            headers = {"content-type": "application/json", **params.get("headers", {})}
            return int(params.get("status", 500)), headers, content
