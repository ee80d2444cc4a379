"""Misbehaviour on demand: which requests it hits, and how their answers go wrong."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from time import sleep
from typing import Any
from urllib.parse import unquote_plus

import httpx

from integrations.systems.avidxchange.simulator.errors import Refusal, fault, unauthorized
from integrations.systems.avidxchange.simulator.lanes import throttled
from integrations.systems.avidxchange.simulator.manners import Manners
from integrations.systems.avidxchange.simulator.wire import encode

ANSWERING = frozenset({"status", "html", "empty", "fault", "unauthorized", "throttled", "echo", "redirect"})
LOSING = frozenset({"drop_before", "drop_after"})
DAMAGING = frozenset({"truncate_body", "bad_json", "deep_json", "gzip_bomb", "drip", "replace"})
AROUND = frozenset({"slow", "meanwhile", "expire_tokens", "manners", "row_moves"})
KINDS = ANSWERING | LOSING | DAMAGING | AROUND


class Fault:
    """One planned misbehaviour: `after` matching requests pass, then `times` of them are hit (None: every one).

    path_contains is looked for in path and query. Params by kind: status(status, body, headers), html(status),
    empty(status), fault(status, code, format "json" or "xml"), unauthorized(shape "fault", "exception" or "challenge",
    code), throttled(retry_after "seconds", "date" or "none", seconds), echo(status): repeats the credentials it was
    sent, redirect(location); replace(find, text); deep_json(depth), gzip_bomb(megabytes), drip(seconds, piece);
    slow(seconds, when "before" or "after"), meanwhile(order, when): a person does `order` as at /_sim/act;
    manners(fields of Manners); row_moves: the list's first row changes before a later page is read.
    `processed=True` lets an answering fault carry the request out first. ValueError or TypeError for what cannot be.
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
        if kind == "manners":
            Manners(**params)
        self.kind, self.path_contains, self.method = kind, path_contains, method
        self.times, self.after, self.params = times, after, params

    @property
    def processed(self) -> bool:
        """Whether the request has its effect."""
        return bool(self.params.get("processed", self.kind not in ANSWERING and self.kind != "drop_before"))

    def claim(self, method: str, target: str) -> bool:
        """Whether it strikes this request; counts it."""
        if self.times == 0 or self.path_contains not in target or self.method not in ("", method):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Faults:
    """The planned faults in the order in which they were added; a request meets at most one."""

    def __init__(self) -> None:
        self._planned: list[Fault] = []
        self._lock = Lock()

    def add(self, *faults: Fault) -> None:
        """Plan more."""
        with self._lock:
            self._planned += faults

    def clear(self) -> None:
        """Behave again."""
        with self._lock:
            self._planned.clear()

    def take(self, method: str, target: str) -> Fault | None:
        """The fault that strikes this request."""
        with self._lock:
            return next((each for each in self._planned if each.claim(method, target)), None)


def refusal(planned: Fault, now: datetime) -> Refusal | None:
    """What a fault of the gateway's own kinds answers."""
    params = planned.params
    match planned.kind:
        case "fault":
            return fault(int(params.get("status", 403)), int(params.get("code", 900908)))
        case "unauthorized":
            code = int(params.get("code", 900901))
            return unauthorized(str(params.get("shape", "fault")), code, "The token is not valid.")
        case "throttled":
            form = str(params.get("retry_after", "seconds"))
            return throttled(900803, form, now, int(params.get("seconds", 17)))
    return None


def instead(planned: Fault, request: httpx.Request) -> httpx.Response:
    """What the other answering faults send."""
    params = planned.params
    match planned.kind:
        case "html":
            page = b"<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"
            return httpx.Response(int(params.get("status", 502)), headers={"content-type": "text/html"}, content=page)
        case "empty":
            return httpx.Response(int(params.get("status", 200)))
        case "redirect":
            where = str(params.get("location", "https://elsewhere.example/"))
            return httpx.Response(302, headers={"location": where})
        case "echo":
            sent = [f"{name}: {value}" for name, value in request.headers.items() if "auth" in name.lower()]
            form = unquote_plus(request.content.decode("utf-8", "replace"))
            text = "\n".join(["Service unavailable. Your request:", *sent, form])
            return httpx.Response(int(params.get("status", 503)), text=text)
    body = params.get("body", "")
    content = body.encode() if isinstance(body, str) else encode(body)
    headers = {"content-type": "application/json", **params.get("headers", {})}
    return httpx.Response(int(params.get("status", 500)), headers=headers, content=content)


@dataclass
class Pieces(httpx.SyncByteStream):
    """A body that arrives in pieces, slowly, or breaks off."""

    data: bytes
    piece: int = 16384
    pause: float = 0.0
    breaks: bool = False

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self.data), self.piece):
            sleep(self.pause)
            yield self.data[start : start + self.piece]
        if self.breaks:
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


def damage(planned: Fault, response: httpx.Response) -> httpx.Response:
    """An answer spoilt on its way."""
    params, body = planned.params, response.content
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    stream: httpx.SyncByteStream | None = None
    match planned.kind:
        case "truncate_body":
            headers["content-length"] = str(len(body))
            stream = Pieces(body[: len(body) // 2], breaks=True)
        case "drip":
            stream = Pieces(body, int(params.get("piece", 1)), float(params.get("seconds", 0.3)))
        case "gzip_bomb":
            headers["content-encoding"] = "gzip"
            stream = Pieces(gzip.compress(bytes(int(params.get("megabytes", 64)) * 1_000_000)))
        case "deep_json":
            depth = int(params.get("depth", 100_000))
            body = b"[" * depth + b"]" * depth
        case "bad_json":
            body = body[:-1] + b",,"
        case "replace":
            body = body.replace(str(params["find"]).encode(), str(params["text"]).encode())
    content = None if stream else body
    return httpx.Response(response.status_code, headers=headers, content=content, stream=stream)
