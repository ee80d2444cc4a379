"""Our subscription at BILL, on the gateway that administers webhooks.

One subscription carries all events we need. https://developer.bill.com/docs/bill-webhook-api-general-rules
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

import msgspec

from integrations.engine.errors import Retryable
from integrations.systems.base import HookEvent, Subscription
from integrations.systems.bill.hooks import EVENTS, parse, time_of
from integrations.systems.bill.wire import Text
from integrations.transport.answer import Answer
from integrations.transport.client import ApiClient
from integrations.transport.paging import LoopGuard

NAME = "ml-connector"
_PATH = "/v3/subscriptions"
_PAGE = 100


class WireEventType(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    type: Text = None
    version: Text = None


class WireStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    enabled: bool = False


class WireSubscription(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The key stands in the answer to its making and to a renewal, and never again."""

    id: Text = None
    notification_url: Text = None
    status: WireStatus | None = None
    events: list[WireEventType] | None = None
    security_key: Text = None

    def __repr__(self) -> str:
        return f"<WireSubscription {self.id}>"


class WireSubscriptions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    results: list[WireSubscription] | None = None
    next_page: Text = None


class WireSent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An event in the history; `payload` is what was sent, as text."""

    id: Text = None
    type: Text = None
    payload: Text = None
    created_time: Text = None


class WireHistory(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    results: list[WireSent] | None = None
    next_page: Text = None


P = TypeVar("P", WireSubscriptions, WireHistory)


class Subscriptions:
    """See HookAdmin. A login without the right raises ConnectionBroken `forbidden`."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    def all(self) -> Sequence[Subscription]:
        """See HookAdmin."""
        return [_subscription(row) for page in self._pages(_PATH, WireSubscriptions) for row in page.results or ()]

    def create(self, url: str) -> tuple[Subscription, str]:
        """See HookAdmin. Raises OutcomeUnknown: it may be there, and is then found by its address."""
        answer = self._api.send("POST", _PATH, json=_body(url), headers=_once())
        made = answer.decode(WireSubscription)
        if not (made.id and made.security_key):
            raise answer.unreadable("the new subscription has no id or no key")
        return _subscription(made), made.security_key

    def mend(self, found: Subscription, url: str) -> Subscription:
        """See HookAdmin. The same again does no harm."""
        path = f"{_PATH}/{found.id}"
        if not found.whole:
            _there(self._api.send("PUT", path, json=_body(url), harmless=True))
        if found.url != url or not found.enabled:
            changes = {"status": {"enabled": True}, "notificationUrl": url}
            _there(self._api.send("PATCH", path, json=changes, harmless=True))
        return replace(found, url=url, enabled=True, whole=True)

    def rotate(self, subscription: str) -> str:
        """See HookAdmin. The address has an underscore in the reference and a hyphen in the guides."""
        path = f"{_PATH}/{subscription}/security"
        answer = self._api.send("POST", f"{path}_key", headers=_once(), harmless=True)
        if answer.status == 404:
            answer = _there(self._api.send("POST", f"{path}-key", headers=_once(), harmless=True))
        key = answer.decode(WireSubscription).security_key
        if not key:
            raise answer.unreadable("the renewal's answer has no key")
        return key

    def delete(self, subscription: str) -> None:
        """See HookAdmin. One that is not there is as good as deleted."""
        self._api.send("DELETE", f"{_PATH}/{subscription}", harmless=True)

    def history(self, subscription: str, since: datetime) -> Iterator[HookEvent]:
        """See HookAdmin. BILL keeps 180 days and lists them from the start."""
        for page in self._pages(f"/v3/events/subscription/{subscription}", WireHistory):
            for row in page.results or ():
                at = time_of(row.created_time)
                if at is None or at >= since:
                    event = parse(row.payload or "")
                    yield replace(event, id=event.id or (row.id or "")[:100], at=at)

    def _pages(self, path: str, kind: type[P]) -> Iterator[P]:
        guard, params = LoopGuard(), {"max": str(_PAGE)}
        while True:
            answer = _there(self._api.get(path, params=params))
            page = answer.decode(kind)
            yield page
            if not page.next_page:
                return
            guard.step(page.next_page, answer.host)
            params = {"max": str(_PAGE), "page": page.next_page}


def _there(answer: Answer) -> Answer:
    """The answer, unless it says that there is no such thing. Raises Retryable."""
    if answer.status == 404:
        raise Retryable("BILL does not have this webhook any more; they are looked at again later.", code="no_webhook")
    return answer


def _subscription(row: WireSubscription) -> Subscription:
    carried = {event.type for event in row.events or ()}
    return Subscription(
        id=row.id or "",
        url=row.notification_url or "",
        enabled=bool(row.status and row.status.enabled),
        whole=carried.issuperset(EVENTS),
    )


def _body(url: str) -> Mapping[str, object]:
    events = [{"type": kind, "version": "1"} for kind in EVENTS]
    return {"name": NAME, "status": {"enabled": True}, "events": events, "notificationUrl": url}


def _once() -> dict[str, str]:
    """A key of its own for each request that makes something. https://developer.bill.com/docs/bill-webhook-api-general-rules"""
    return {"X-Idempotent-Key": str(uuid.uuid4())}
