"""Events as BILL sends them: who signed them, what they are about, and our subscription there."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from integrations.engine.errors import ConnectionBroken, OutcomeUnknown, Rejected
from integrations.engine.records import Entity
from integrations.systems.bill.hooks import EVENTS, HEADER, parse, verify
from tests.systems.bill.world import ORGANIZATION, World

KEY, OTHER = "the-key-as-text", "another-key"
URL = "https://connector.example.test/hooks/bill/token/"
BILL = "00n02AAAAAAAAAAAAAA1"
EVENT: dict[str, Any] = {
    "metadata": {
        "eventId": "3f0d7d9e-6f2d-4e0e-9d63-1d0f6c4b8a11",
        "subscriptionId": "s",
        "organizationId": ORGANIZATION,
        "eventType": "bill.updated",
        "version": "1",
    },
    "bill": {"id": BILL, "amount": 120.5, "updatedTime": "2026-11-21T09:30:00.000+00:00", "description": 'a  "b" é'},
}
BODY = json.dumps(EVENT, separators=(",", ":"), ensure_ascii=False).encode()


def sign(body: bytes, key: str = KEY) -> str:
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def signed(signature: str) -> httpx.Headers:
    return httpx.Headers({HEADER: signature}, encoding="latin-1")


def test_signature_over_the_very_bytes_opens() -> None:
    assert verify(BODY, signed(sign(BODY)), [KEY])


def test_signature_over_the_minified_form_opens() -> None:
    pretty = json.dumps(EVENT, indent=4, ensure_ascii=False).encode()
    assert pretty != BODY
    assert verify(pretty, signed(sign(BODY)), [KEY])


def test_either_key_opens_while_one_is_renewed() -> None:
    assert verify(BODY, signed(sign(BODY)), [OTHER, KEY])


@pytest.mark.parametrize(
    "signature",
    [
        "",
        sign(BODY, OTHER),
        sign(BODY)[:-2] + "A=",
        sign(BODY).lower(),
        sign(BODY).rstrip("="),
        f"{sign(BODY)}, {sign(BODY)}",
        hmac.new(KEY.encode(), BODY, hashlib.sha256).hexdigest(),
        base64.urlsafe_b64encode(b"\xff" * 32).decode(),
        "é" * 44,
        "x" * 100_000,
    ],
)
def test_any_other_signature_does_not_open(signature: str) -> None:
    assert not verify(BODY, signed(signature), [KEY])


def test_no_signature_or_no_key_does_not_open() -> None:
    assert not verify(BODY, httpx.Headers(), [KEY])
    assert not verify(BODY, signed(sign(BODY)), [])


def test_white_space_inside_a_text_is_part_of_what_is_signed() -> None:
    changed = BODY.replace(b'a  \\"b', b'a \\"b')
    assert changed != BODY
    assert not verify(changed, signed(sign(BODY)), [KEY])


@pytest.mark.parametrize("body", [b'"' * 60_000, b'"\\' * 30_000, b'\\"' * 30_000, b" 1" * 30_000, b"[" * 60_000])
def test_forged_body_costs_less_than_twenty_milliseconds(body: bytes) -> None:
    verify(body, signed("no"), [KEY])
    times = []
    for _ in range(5):
        started = time.perf_counter()
        verify(body, signed("no"), [KEY, OTHER])
        times.append(time.perf_counter() - started)
    assert min(times) < 0.02


def test_event_names_its_record_and_nothing_else_is_read() -> None:
    event = parse(BODY)
    assert (event.id, event.type) == (EVENT["metadata"]["eventId"], "bill.updated")
    assert event.organization == ORGANIZATION
    assert event.touches == ((Entity.INVOICE, BILL),)
    assert event.at == datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def test_payment_touches_its_bills_too() -> None:
    paid = {"id": "0rp02AAAAAAAAAAAAAA1", "billIds": [BILL, BILL, "../x", 5]}
    event = parse(json.dumps({"metadata": {"eventType": "payment.updated"}, "payment": paid}).encode())
    assert event.touches == ((Entity.PAYMENT, paid["id"]), (Entity.INVOICE, BILL))


def test_json_in_a_json_string_is_read_as_well() -> None:
    assert parse(json.dumps(BODY.decode()).encode()) == parse(BODY)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"plain text",
        b"\xff\xfe\x00",
        b'"' + b"\\" * 9,
        b"[" * 100_000,
        b'{"metadata":' * 50_000,
        b'{"bill":{"id":' + b"9" * 5000 + b"}}",
        b'{"metadata":{"eventType":"bill.updated","eventId":"a\\u0000b"},"bill":{"id":"\\ud800"}}',
        b'{"metadata":{"eventType":7,"eventId":{}},"bill":[]}',
        b'{"metadata":[],"bill":{"id":NaN}}',
        b'{"metadata":{"eventType":"metadata.updated"}}',
        b'{"metadata":{"eventType":"bill.updated"},"bill":{"id":"../../etc"}}',
        b'{"metadata":{"eventType":"bill.updated"},"bill":{"id":"x","updatedTime":"never"}}',
        b'{"metadata":{"eventType":"bill.updated"},"bill":{"id":"x","updatedTime":"9999-12-31T23:59:59-12:00"}}',
        json.dumps(json.dumps(json.dumps({}))).encode(),
    ],
)
def test_body_that_says_nothing_is_no_error(body: bytes) -> None:
    event = parse(body)
    assert "\0" not in event.id + event.type
    assert all(key.isalnum() for _, key in event.touches)


def test_unknown_type_and_version_touch_what_they_name_or_nothing() -> None:
    later = {"metadata": {**EVENT["metadata"], "version": "2", "eventType": "bill.folded"}, "bill": EVENT["bill"]}
    assert parse(json.dumps(later).encode()).touches == ((Entity.INVOICE, BILL),)
    strange = {"metadata": {"eventType": "spaceship.landed"}, "spaceship": {"id": BILL}}
    assert parse(json.dumps(strange).encode()).touches == ()


def test_one_subscription_carries_every_event_we_need(world: World) -> None:
    made, key = world.client.hooks.create(URL)
    assert key
    assert (made.url, made.enabled, made.whole) == (URL, True, True)
    assert world.client.hooks.all() == [made]
    carried = world.sim.world.rows.sql.execute("SELECT body FROM subscription").fetchone()[0]
    assert {event["type"] for event in json.loads(carried)["events"]} == set(EVENTS)


def test_subscriptions_are_listed_to_the_last_page(worlds: Callable[..., World]) -> None:
    world = worlds(max_subscriptions=150)
    for number in range(105):
        world.client.hooks.create(f"{URL}{number}/")
    assert len(world.client.hooks.all()) == 105


def test_eleventh_subscription_is_refused(world: World) -> None:
    for number in range(10):
        world.client.hooks.create(f"{URL}{number}/")
    with pytest.raises(Rejected):
        world.client.hooks.create(URL)


def test_mending_switches_on_completes_and_moves(world: World) -> None:
    made, _ = world.client.hooks.create(URL)
    world.client._gateways.events.send(
        "PUT",
        f"/v3/subscriptions/{made.id}",
        json={
            "name": "x",
            "status": {"enabled": False},
            "events": [{"type": "vendor.created", "version": "1"}],
            "notificationUrl": "https://connector.example.test/old/",
        },
    )
    found = world.client.hooks.all()[0]
    assert (found.enabled, found.whole) == (False, False)
    mended = world.client.hooks.mend(found, URL)
    assert world.client.hooks.all() == [mended]
    assert (mended.url, mended.enabled, mended.whole) == (URL, True, True)


def test_renewed_key_signs_from_then_on(world: World) -> None:
    made, key = world.client.hooks.create(URL)
    renewed = world.client.hooks.rotate(made.id)
    assert renewed not in ("", key)
    world.vendor()
    sent: list[httpx.Request] = []

    def receive(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200)

    world.sim.deliver(receive)
    assert [verify(each.content, each.headers, [renewed]) for each in sent] == [True]
    assert not verify(sent[0].content, sent[0].headers, [key])


def test_history_tells_what_was_never_sent(world: World) -> None:
    made, _ = world.client.hooks.create(URL)
    vendor = world.vendor()
    before = world.clock.now
    world.clock.now += timedelta(hours=2)
    bill = world.post(world.invoice(vendor))[0].target_id
    told = list(world.client.hooks.history(made.id, before + timedelta(hours=1)))
    assert [(event.type, event.touches) for event in told] == [("bill.created", ((Entity.INVOICE, bill),))]
    assert len(list(world.client.hooks.history(made.id, before - timedelta(days=1)))) == 2


def test_lost_answer_to_the_making_is_unknown_and_found_by_its_address(world: World) -> None:
    world.fault("drop_after", "/v3/subscriptions", method="POST")
    with pytest.raises(OutcomeUnknown):
        world.client.hooks.create(URL)
    assert [each.url for each in world.client.hooks.all()] == [URL]


def test_login_without_the_right_is_told_apart(worlds: Callable[..., World]) -> None:
    world = worlds(token_denied=("/v3/subscriptions",))
    with pytest.raises(ConnectionBroken) as refused:
        world.client.hooks.all()
    assert refused.value.code == "forbidden"


def test_deleted_is_deleted_however_often(world: World) -> None:
    made, _ = world.client.hooks.create(URL)
    world.client.hooks.delete(made.id)
    world.faulty = True  # a second one answers 404
    world.client.hooks.delete(made.id)
    assert world.client.hooks.all() == []
