"""What BILL sends to our address: who signed it, and which records it is about.

Only ids are taken from an event; the state is always read. https://developer.bill.com/docs/bill-webhook-api-notification-rules
https://developer.bill.com/docs/test-with-webhook-security
"""

import base64
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from integrations.engine.records import Entity
from integrations.systems.base import HookEvent, Hooks
from integrations.systems.bill.lists import is_id
from integrations.systems.bill.records import RowError, when
from integrations.systems.bill.settings import options

HEADER = "x-bill-sha-signature"
MOST = 10  # https://developer.bill.com/changelog/2026-04-30-webhook-subscription-limits
EVENTS = (
    *("bill.created", "bill.updated", "bill.archived", "bill.restored"),
    *("vendor.created", "vendor.updated", "vendor.archived", "vendor.restored"),
    "payment.updated",
)
ENTITIES = {"bill": Entity.INVOICE, "vendor": Entity.VENDOR, "payment": Entity.PAYMENT}

_LONGEST_REWRITTEN = 64_000  # bytes; a forged body must not cost us more than an honest one
_LONGEST = 100  # characters of an id or a type
_MOST_BILLS = 100  # of one payment
# Every byte is passed once: a string that never ends is one match too.
_NO_SPACE = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[^\s"]+', re.DOTALL)


def verify(body: bytes, headers: Mapping[str, str], keys: Sequence[str]) -> bool:
    """Whether the signature is of these very bytes, or of the same JSON without white space.

    BILL speaks of "minified JSON"; receivers in use take the raw body. The key is text, not base64.
    """
    given = headers.get(HEADER, "").strip().encode("utf-8", "replace")
    if not given:
        return False
    found = [hmac.compare_digest(signature(body, key), given) for key in keys]
    if not any(found) and len(body) <= _LONGEST_REWRITTEN:
        minified = b"".join(_NO_SPACE.findall(body))
        found = [hmac.compare_digest(signature(minified, key), given) for key in keys]
    return any(found)


def signature(body: bytes, key: str) -> bytes:
    """Base64 of HMAC-SHA256."""
    return base64.b64encode(hmac.digest(key.encode(), body, "sha256"))


def parse(body: bytes | str) -> HookEvent:
    """What an event says of itself; blank where it says nothing we can use. Never raises."""
    found = _object(body)
    about = _inner(found, "metadata")
    kind = _text(about.get("eventType"))
    name = kind.partition(".")[0]
    record = _inner(found, name)
    return HookEvent(
        id=_text(about.get("eventId")),
        type=kind,
        organization=_text(about.get("organizationId")),
        touches=_touched(name, record),
        at=time_of(record.get("updatedTime") or record.get("createdTime")),
    )


def time_of(value: object) -> datetime | None:
    try:
        return when(value) if isinstance(value, str) else None
    except RowError:
        return None


def _touched(name: str, record: Mapping[str, Any]) -> tuple[tuple[Entity, str], ...]:
    """The record itself, and the bills that a payment pays."""
    key = _text(record.get("id"))
    if name not in ENTITIES or not is_id(key):
        return ()
    paid = record.get("billIds") if name == "payment" else None
    bills = [_text(each) for each in paid[:_MOST_BILLS]] if isinstance(paid, list) else []
    return ((ENTITIES[name], key), *((Entity.INVOICE, each) for each in dict.fromkeys(bills) if is_id(each)))


def _object(body: bytes | str) -> Mapping[str, Any]:
    """The JSON object, also when it comes as a string that holds it; {} for anything else.

    Numbers are dropped: nobody computes with them, and thousands of digits cost nothing.
    """
    found: object = body
    try:
        for _ in range(2):
            if isinstance(found, bytes | str):
                found = json.loads(found, parse_int=_nothing, parse_float=_nothing, parse_constant=_nothing)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _nothing(_number: str) -> None:
    """In place of a number."""


def _inner(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = found.get(name)
    return inner if isinstance(inner, dict) else {}


def _text(value: object) -> str:
    """A plain short text, else "": NUL, surrogates and novels are no ids."""
    fits = isinstance(value, str) and len(value) <= _LONGEST and value.isascii() and value.isprintable()
    return str(value) if fits else ""


def _organization(settings: Mapping[str, str]) -> str:
    return options(settings).organization_id


HOOKS = Hooks(verify=verify, parse=parse, organization=_organization, most=MOST)
