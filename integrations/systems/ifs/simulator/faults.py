"""Misbehaviour on demand: which requests it hits, and what happens to them before they are processed."""

import functools
import threading
import time
import zlib
from typing import Any

import httpx

from integrations.systems.ifs.simulator.answers import Answer, Refusal, json_answer, refusal_answer

# Kinds that answer in the server's place, that act on the connection, and that spoil a real answer.
INSTEAD = frozenset(
    (
        "status",
        "html",
        "empty",
        "gzip_bomb",
        "no_value",
        "deep_json",
        "bad_json",
        "rate_limited",
        "stale",
        "mi_modified",
        "redirect",
    )
)
BEFORE = frozenset({"drop_before", "slow", "expire_token"})
AFTER = frozenset(
    (
        "drop_after",
        "drip",
        "truncate_body",
        "foreign_next_link",
        "loop_next_link",
        "empty_page_with_next",
        "repeat_row",
        "omit_etag",
        "bad_field",
        "vanish_row_between_pages",
        "wrong_count",
        "encoding",
        "skew_date",
    )
)
_NEEDS = {"status": {"status"}, "redirect": {"location"}, "bad_field": {"field"}}


class Fault:
    """One planned misbehaviour.

    kind: one of INSTEAD, BEFORE, AFTER. path_contains: part of path and query; empty hits API calls, not the token
    endpoint. method: empty for all. times: how often (None: always), after the first `after` hits.
    params by kind: status(status, body, headers, processed), html(status), empty(status),
    slow(seconds, when "before" or "after"), drip(seconds, size), truncate_body(keep), gzip_bomb(size),
    deep_json(depth), rate_limited(retry_after), mi_modified(status), redirect(location, status),
    foreign_next_link(url), bad_field(field, raw or value, row), wrong_count(count), encoding(codec),
    skew_date(seconds).
    """

    def __init__(
        self,
        kind: str,
        path_contains: str = "",
        method: str = "",
        times: int | None = 1,
        after: int = 0,
        **params: Any,
    ) -> None:
        if kind not in INSTEAD | BEFORE | AFTER:
            raise ValueError(f"unknown fault {kind!r}")
        if missing := _NEEDS.get(kind, set()) - params.keys():
            raise ValueError(f"fault {kind!r} needs {', '.join(missing)}")
        self.kind, self.path_contains, self.method = kind, path_contains, method.upper()
        self.times, self.after, self.params = times, after, params
        self.fired = 0

    @property
    def is_late(self) -> bool:
        """Whether it strikes once the request has been processed, before its answer leaves."""
        return self.kind == "slow" and self.params.get("when") == "after"

    def shown(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "path_contains": self.path_contains,
            "method": self.method,
            "times": self.times,
            "after": self.after,
            "fired": self.fired,
            **self.params,
        }

    def _hits(self, method: str, path: str) -> bool:
        if self.method and self.method != method:
            return False
        if not self.path_contains:
            return path.startswith(("/main/", "/int/"))
        return self.path_contains in path

    def claim(self, method: str, path: str) -> bool:
        """Whether it strikes now; counts the hit."""
        if self.times == 0 or not self._hits(method, path):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        self.fired += 1
        return True


class Faults:
    """The faults of one simulator, in the order they were added."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[Fault] = []

    def add(self, *faults: Fault) -> None:
        with self._lock:
            self._planned += faults

    def clear(self) -> None:
        with self._lock:
            self._planned.clear()

    def shown(self) -> list[dict[str, Any]]:
        with self._lock:
            return [fault.shown() for fault in self._planned]

    def claim(self, method: str, path: str) -> list[Fault]:
        """The faults that strike this request."""
        with self._lock:
            return [fault for fault in self._planned if fault.claim(method, path)]


def strike(fault: Fault) -> None:
    """Before processing or, if late, after it: wait, or lose the connection."""
    if fault.kind == "slow":
        time.sleep(float(fault.params.get("seconds", 1)))
    if fault.kind == "drop_before":
        raise httpx.ConnectError("connection refused by the simulator")


def instead(fault: Fault) -> Answer:
    """The answer a fault gives in the server's place."""
    params = fault.params
    match fault.kind:
        case "html":
            page = b"<!DOCTYPE html><html><body><h1>Sign in</h1></body></html>"
            return Answer(int(params.get("status", 200)), page, {"content-type": "text/html"})
        case "empty":
            return Answer(int(params.get("status", 200)), b"", _json())
        case "gzip_bomb":
            return Answer(200, _bomb(int(params.get("size", 300_000_000))), {**_json(), "content-encoding": "gzip"})
        case "no_value":
            return json_answer(200, {"@odata.context": "$metadata"})
        case "deep_json":
            depth = int(params.get("depth", 100_000))
            return Answer(200, b'{"value":' + b"[" * depth + b"]" * depth + b"}", _json())
        case "bad_json":
            return Answer(200, b'{"value":[{"SupplierId":', _json())
        case "rate_limited":
            return limited(params.get("retry_after"))
        case "stale":
            return refusal_answer(stale())
        case "mi_modified":
            text = "The projection metadata has been modified. Please retry."
            return refusal_answer(Refusal(int(params.get("status", 500)), "MI_MODIFIED_ERROR", text))
        case "redirect":
            return Answer(int(params.get("status", 302)), b"", {"location": str(params["location"])})
    return _status(params)


def _status(params: dict[str, Any]) -> Answer:
    body = params.get("body", b"")
    headers = {name.lower(): str(value) for name, value in params.get("headers", {}).items()}
    if isinstance(body, dict | list):
        return json_answer(int(params["status"]), body, **headers)
    return Answer(int(params["status"]), body if isinstance(body, bytes) else str(body).encode(), headers)


def limited(retry_after: object) -> Answer:
    """429, with Retry-After unless None."""
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}
    return json_answer(429, {"error": {"code": "429", "message": "Too many requests."}}, **headers)


def stale() -> Refusal:
    return Refusal(412, "ODP_PRECONDITION_FAILED", "The record has been changed by another user.")


def _json() -> dict[str, str]:
    return {"content-type": "application/json;charset=UTF-8"}


@functools.lru_cache(maxsize=2)
def _bomb(size: int) -> bytes:
    """Gzip text that unpacks to an empty list and `size` blanks."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packer.compress(b'{"value":[')]
    block = b" " * 1_000_000
    while size > 0:
        parts.append(packer.compress(block[:size]))
        size -= len(block)
    return b"".join([*parts, packer.compress(b"]}"), packer.flush()])
