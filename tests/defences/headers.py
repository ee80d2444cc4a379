"""Defence: what every answer tells the browser. Walks every route without ids, as a visitor and as an owner."""

from collections.abc import Iterator

from django.test import Client

from tests.defences.routes import routes
from tests.defences.stranger import body_of
from tests.factories import Cast, signed_in

WANTED = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
UNCACHED = "no-store"


def findings(cast: Cast) -> list[str]:
    """Every header that is missing or weak."""
    found = []
    for client in (Client(SERVER_NAME="127.0.0.1"), signed_in(cast.owner)):
        client.raise_request_exception = False
        for route in routes():
            if not route.places and not route.name.endswith("logout"):
                answer = client.get(f"/{route.pattern}")
                found += [f"/{route.pattern} {fault}" for fault in _faults({**answer.headers}, body_of(answer))]
    return found


def heads(cast: Cast) -> list[str]:
    """Every address that answers HEAD otherwise than GET."""
    client = signed_in(cast.owner)
    asked = [f"/{route.pattern}" for route in routes() if not route.places and not route.name.endswith("logout")]
    codes = {path: (client.head(path).status_code, client.get(path).status_code) for path in asked}
    return [f"{path} answers HEAD {head} and GET {get}" for path, (head, get) in codes.items() if head != get]


def _faults(headers: dict[str, str], body: bytes) -> Iterator[str]:
    for name, value in WANTED.items():
        if headers.get(name) != value:
            yield f"lacks {name}: {value}"
    if UNCACHED not in headers.get("Cache-Control", ""):
        yield f"lacks Cache-Control: {UNCACHED}"
    policy = headers.get("Content-Security-Policy", "")
    if "default-src 'none'" not in policy or "frame-ancestors 'none'" not in policy:
        yield "lacks a policy for its content"
    if "unsafe" in policy or "*" in policy or "http:" in policy:
        yield f"has a weak policy: {policy}"
    if b"<script>" in body or b" onclick=" in body or b"<style>" in body:
        yield "has script or style inline"
