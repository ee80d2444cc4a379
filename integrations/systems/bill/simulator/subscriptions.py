"""Webhook administration on the connect-events gateway.

Vendor pages: https://developer.bill.com/docs/bill-webhook-api-general-rules
https://developer.bill.com/changelog/2026-04-30-webhook-subscription-limits
"""

import uuid
from collections.abc import Callable
from typing import Any

from integrations.systems.bill.simulator.call import Answer, Call, Handler, Route
from integrations.systems.bill.simulator.checks import Checks
from integrations.systems.bill.simulator.errors import invalid, not_found
from integrations.systems.bill.simulator.events import CATALOG, new_security_key
from integrations.systems.bill.simulator.listing import make_token, page_size, read_token
from integrations.systems.bill.simulator.wire import Json, decode, encode

_DAY = 86_400_000


class IdempotentAnswers:
    """Answers kept 24 hours per (organization, path, X-Idempotent-Key)."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str], tuple[int, Answer]] = {}

    def once(self, handler: Handler) -> Handler:
        """A handler that answers a repeated key with the first answer; 400 without a UUID4 key."""

        def guarded(call: Call) -> Answer:
            key = call.headers.get("x-idempotent-key", "")
            if not _is_uuid4(key):
                raise invalid(["X-Idempotent-Key: must be a UUID4"])
            slot = (call.organization, call.path, key.lower())
            now = call.world.rows.now()
            kept = self._kept.get(slot)
            if kept is not None and now - kept[0] < _DAY:
                return kept[1]
            answer = handler(call)
            self._kept[slot] = (now, answer)
            return answer

        return guarded


def _is_uuid4(text: str) -> bool:
    try:
        return uuid.UUID(text).version == 4
    except ValueError:
        return False


def _check(item: Json, *, complete: bool) -> None:
    checks = Checks()
    if complete or item.get("name") is not None:
        checks.text(item, "name", "", required=True, longest=255)
    status = checks.object(item, "status", "", required=complete)
    if status is not None:
        checks.flag(status, "enabled", "status.", required=True)
    if complete or item.get("events") is not None:
        for index, event in enumerate(checks.objects(item, "events", "", required=True)):
            kind = checks.text(event, "type", f"events[{index}].", required=True)
            version = checks.text(event, "version", f"events[{index}].", required=True)
            if (kind and kind not in CATALOG) or (version and version != "1"):
                checks.add(f"events[{index}]", "unknown event type or version")
    if complete or item.get("notificationUrl") is not None:
        checks.pattern(item, "notificationUrl", "", r"https://[^\s]+", required=True)
    if checks.messages:
        raise invalid(checks.messages)


def _same(one: Json, other: Json) -> bool:
    def events(body: Json) -> set[tuple[str, str]]:
        return {(event["type"], event["version"]) for event in body["events"]}

    return one["notificationUrl"] == other["notificationUrl"] and events(one) == events(other)


def _all(call: Call) -> list[Json]:
    query = "SELECT body FROM subscription WHERE organization = ? ORDER BY seq"
    return [decode(text) for (text,) in call.world.rows.sql.execute(query, (call.organization,))]


def _find(call: Call) -> Json:
    for body in _all(call):
        if body["id"] == call.parts["id"]:
            return body
    raise not_found(call.parts["id"])


def create(call: Call) -> Answer:
    """POST /v3/subscriptions: 200, and the only time the security key is told without asking for a new one"""
    item = call.object()
    _check(item, complete=True)
    others = _all(call)
    if len(others) >= call.world.config.max_subscriptions:
        raise invalid([f"Max number of subscriptions reached: {call.world.config.max_subscriptions}"])
    if any(_same(item, other) for other in others):
        raise invalid(["A subscription with the same events and notificationUrl exists"])
    instant, key = call.world.rows.instants()[0], new_security_key()
    body = {
        "id": str(uuid.uuid4()),
        "name": item["name"],
        "organizationId": call.organization,
        "status": {"enabled": item["status"]["enabled"]},
        "events": [{"type": event["type"], "version": event["version"]} for event in item["events"]],
        "notificationUrl": item["notificationUrl"],
        "createdTime": instant,
        "updatedTime": instant,
    }
    call.world.rows.sql.execute(
        "INSERT INTO subscription (organization, id, security_key, body) VALUES (?,?,?,?)",
        (call.organization, body["id"], key, encode(body).decode()),
    )
    call.world.events.reload()
    return Answer.of({**body, "securityKey": key})


def _changing(*, complete: bool) -> Callable[[Call], Answer]:
    def change(call: Call) -> Answer:
        body, item = _find(call), call.object()
        _check(item, complete=complete)
        names = ("name", "status", "events", "notificationUrl")
        body |= {name: item[name] for name in names if item.get(name) is not None}
        if any(_same(body, other) for other in _all(call) if other["id"] != body["id"]):
            raise invalid(["A subscription with the same events and notificationUrl exists"])
        body["updatedTime"] = call.world.rows.instants()[0]
        call.world.rows.sql.execute(
            "UPDATE subscription SET body = ? WHERE id = ?", (encode(body).decode(), body["id"])
        )
        call.world.events.reload()
        return Answer.of(body)

    return change


def remove(call: Call) -> Answer:
    """DELETE /v3/subscriptions/{id}"""
    body = _find(call)
    call.world.rows.sql.execute("DELETE FROM subscription WHERE id = ?", (body["id"],))
    call.world.rows.sql.execute("UPDATE event SET due = NULL WHERE subscription = ?", (body["id"],))
    call.world.events.reload()
    return Answer(200, b"")


def rotate_key(call: Call) -> Answer:
    """POST /v3/subscriptions/{id}/security_key: the old key stops signing at once"""
    body, key = _find(call), new_security_key()
    call.world.rows.sql.execute("UPDATE subscription SET security_key = ? WHERE id = ?", (key, body["id"]))
    return Answer.of({"securityKey": key})


def test(call: Call) -> Answer:
    """POST /v3/subscriptions/{id}/test: an event of invented values is sent"""
    body = _find(call)
    item = call.object() if call.content else {}
    kind = str(item.get("eventType") or body["events"][0]["type"])
    if kind not in CATALOG:
        raise invalid(["eventType: unknown"])
    invented = {
        "id": "00n02TESTTESTTESTTEST",
        "vendorId": "00902TESTTESTTESTTES",
        "amount": 1,
        "archived": False,
    }
    entity = item.get(kind.partition(".")[0]) or invented
    return Answer.of(call.world.events.queue(body["id"], call.organization, kind, entity, due=True))


def _page(call: Call, name: str, query: str, values: tuple[object, ...], show: Callable[[Any], Json]) -> Answer:
    """One page, forward only; `query` ends with a condition on `seq >` the last value."""
    size = page_size(call)
    after = read_token(call, call.query["page"])[0][0] if call.query.get("page") else 0
    found = call.world.rows.sql.execute(
        f"{query} AND seq > ? ORDER BY seq LIMIT ?", (*values, after, size + 1)
    ).fetchall()
    page: Json = {name: [show(row) for row in found[:size]]}
    if len(found) > size:
        page["nextPage"] = make_token(call, [found[size - 1][0]])
    return Answer.of(page)


def show_list(call: Call) -> Answer:
    """GET /v3/subscriptions"""
    query = "SELECT seq, body FROM subscription WHERE organization = ?"
    return _page(call, "results", query, (call.organization,), lambda row: decode(row[1]))


def history(call: Call) -> Answer:
    """GET /v3/events/subscription/{id}: 180 days, oldest first; `entityId` narrows it"""
    subscription = _find(call)["id"]
    since = call.world.rows.now() - 180 * _DAY
    query, values = "SELECT * FROM event WHERE subscription = ? AND created >= ?", (subscription, since)
    if call.query.get("entityId"):
        return _page(
            call,
            "results",
            f"{query} AND entity = ?",
            (*values, call.query["entityId"]),
            call.world.events.record,
        )
    return _page(call, "results", query, values, call.world.events.record)


def resend(call: Call) -> Answer:
    """POST /v3/events/subscription/{id}/event/{eventId}: the same event once more"""
    subscription, sql = _find(call)["id"], call.world.rows.sql
    query = "SELECT * FROM event WHERE subscription = ? AND id = ?"
    row = sql.execute(query, (subscription, call.parts["eventId"])).fetchone()
    if row is None:
        raise not_found(call.parts["eventId"])
    sql.execute("UPDATE event SET due = ? WHERE seq = ?", (call.world.rows.now(), row[0]))
    return Answer.of(call.world.events.record(row))


def catalog(_call: Call) -> Answer:
    """GET /v3/events/catalog"""
    return Answer.of([{"type": kind, "versions": ["1"]} for kind in CATALOG])


def routes(answers: IdempotentAnswers) -> list[Route]:
    """The gateway's routes; `answers` remembers idempotent keys for one simulator."""
    return [
        ("GET", "/v3/events/catalog", catalog),
        ("GET", "/v3/subscriptions", show_list),
        ("POST", "/v3/subscriptions", answers.once(create)),
        ("GET", "/v3/subscriptions/{id}", lambda call: Answer.of(_find(call))),
        ("PUT", "/v3/subscriptions/{id}", _changing(complete=True)),
        ("PATCH", "/v3/subscriptions/{id}", _changing(complete=False)),
        ("DELETE", "/v3/subscriptions/{id}", remove),
        ("POST", "/v3/subscriptions/{id}/security_key", answers.once(rotate_key)),
        ("POST", "/v3/subscriptions/{id}/security-key", answers.once(rotate_key)),
        ("POST", "/v3/subscriptions/{id}/test", test),
        ("GET", "/v3/events/subscription/{id}", history),
        ("POST", "/v3/events/subscription/{id}/event/{eventId}", resend),
    ]
