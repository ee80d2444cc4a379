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


def _faults(headers: dict[str, str], body: bytes) -> Iterator[str]:
    for name, value in WANTED.items():
        if headers.get(name) != value:
            yield f"lacks {name}: {value}"
    policy = headers.get("Content-Security-Policy", "")
    if "default-src 'none'" not in policy or "frame-ancestors 'none'" not in policy:
        yield "lacks a policy for its content"
    if "unsafe" in policy or "*" in policy or "http:" in policy:
        yield f"has a weak policy: {policy}"
    if b"<script>" in body or b" onclick=" in body or b"<style>" in body:
        yield "has script or style inline"
