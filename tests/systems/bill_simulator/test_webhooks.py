"""Subscriptions, events and their delivery."""

import base64
import hashlib
import hmac
import json
import uuid
from typing import Any

import httpx
import pytest

from integrations.systems.bill.simulator import SimulatorConfig
from tests.systems.bill_simulator.api import Api, Place, codes

URL = "https://hooks.example.com/bill"


def _call(place: Place, method: str, path: str, key: str = "", **options: Any) -> httpx.Response:
    headers = {"X-Idempotent-Key": key or str(uuid.uuid4())}
    return place.api.call(method, path, base="/connect-events", headers=headers, **options)


def _body(*types: str, url: str = URL) -> dict[str, Any]:
    events = [{"type": kind, "version": "1"} for kind in types or ("bill.created", "bill.updated", "payment.updated")]
    return {"name": "ml-connector", "status": {"enabled": True}, "events": events, "notificationUrl": url}


def _subscribe(place: Place, *types: str) -> dict[str, Any]:
    response = _call(place, "POST", "/v3/subscriptions", json=_body(*types))
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


class Receiver:
    """Answers deliveries and keeps them."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self.status)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request.content) for request in self.requests]


def test_the_catalog_names_what_exists(place: Place) -> None:
    types = {item["type"] for item in _call(place, "GET", "/v3/events/catalog").json()}
    assert {"bill.updated", "payment.updated", "vendor.archived"} <= types
    assert "payment.created" not in types


def test_the_key_is_told_once_and_a_repeated_request_changes_nothing(place: Place) -> None:
    key = str(uuid.uuid4())
    first = _call(place, "POST", "/v3/subscriptions", key, json=_body())
    assert _call(place, "POST", "/v3/subscriptions", key, json=_body()).json() == first.json()
    listed = _call(place, "GET", "/v3/subscriptions").json()["results"]
    assert [row["id"] for row in listed] == [first.json()["id"]]
    assert "securityKey" not in listed[0]
    place.clock.forward(hours=25)
    assert _call(place, "POST", "/v3/subscriptions", key, json=_body()).status_code == 400


@pytest.mark.parametrize("key", ["none", "5f4f6f0e-e9d6-11f1-8c74-02fc00000001"])
def test_the_idempotent_key_must_be_a_uuid4(place: Place, key: str) -> None:
    assert _call(place, "POST", "/v3/subscriptions", key, json=_body()).status_code == 400


def test_subscriptions_are_checked(place: Place) -> None:
    for wrong in (
        _body(url="http://hooks.example.com/"),
        {**_body(), "events": []},
        _body("payment.created"),
        {"name": "only"},
    ):
        assert _call(place, "POST", "/v3/subscriptions", json=wrong).status_code == 400


def test_the_eleventh_and_the_same_again_are_refused(place: Place) -> None:
    _subscribe(place)
    response = _call(place, "POST", "/v3/subscriptions", json=_body())
    assert (response.status_code, codes(response)) == (400, [""])
    for number in range(9):
        assert _call(place, "POST", "/v3/subscriptions", json=_body(url=f"{URL}/{number}")).status_code == 200
    assert _call(place, "POST", "/v3/subscriptions", json=_body(url=f"{URL}/x")).status_code == 400


def test_missing_headers_are_400_here_and_wrong_ones_401(place: Place) -> None:
    stranger = Api(place.sim)
    assert stranger.call("GET", "/v3/subscriptions", base="/connect-events").status_code == 400
    stranger.http.headers.update({"sessionId": "wrong", "devKey": "demo-dev-key"})
    assert stranger.call("GET", "/v3/subscriptions", base="/connect-events").status_code == 401
    place.api.checked = False
    assert codes(place.api.get("/v3/subscriptions")) == ["BDC_1121"]


def test_deliveries_are_signed_over_their_very_bytes(place: Place) -> None:
    key = _subscribe(place)["securityKey"]
    bill = place.bill(place.vendor())
    receiver = Receiver()
    assert place.sim.deliver(receiver) == 1
    request = receiver.requests[0]
    digest = hmac.new(key.encode(), request.content, hashlib.sha256).digest()
    assert request.headers["x-bill-sha-signature"] == base64.b64encode(digest).decode()
    assert str(request.url) == URL
    body = receiver.bodies[0]
    assert body["metadata"]["eventType"] == "bill.created"
    assert body["bill"]["id"] == bill["id"]
    assert place.sim.deliver(receiver) == 0


def test_bill_updated_is_sent_for_four_fields_only_unless_switched() -> None:
    for everything, expected in ((False, 1), (True, 2)):
        place = Place(SimulatorConfig(all_bill_changes_notify=everything))
        _subscribe(place, "bill.updated")
        path = f"/v3/bills/{place.bill(place.vendor())['id']}"
        place.api.patch(path, {"dueDate": "2026-05-01"})
        place.api.patch(path, {"invoice": {"invoiceNumber": "B"}})
        assert place.sim.deliver(Receiver()) == expected


def test_payment_events_speak_single_status(place: Place) -> None:
    _subscribe(place, "payment.updated")
    bill = place.bill(place.vendor())
    payment = place.sim.pay([bill["id"]])
    place.sim.advance(payment, "PROCESSED")
    receiver = Receiver()
    place.sim.deliver(receiver, copies=2)
    assert [body["payment"]["status"] for body in receiver.bodies] == ["PROCESSED"] * 2
    assert receiver.bodies[0]["payment"]["billIds"] == [bill["id"]]
    assert len({body["metadata"]["eventId"] for body in receiver.bodies}) == 1


def test_failures_are_retried_later_and_switch_the_subscription_off(place: Place) -> None:
    subscription = _subscribe(place, "vendor.created")["id"]
    place.vendor()
    broken = Receiver(202)
    for _ in range(8):
        place.sim.deliver(broken)
        place.clock.forward(hours=3)
        place.api.login()
    assert len(broken.requests) == 6
    path = f"/v3/subscriptions/{subscription}"
    assert _call(place, "GET", path).json()["status"] == {"enabled": False}
    place.vendor()
    assert place.sim.deliver(Receiver()) == 0
    history = _call(place, "GET", f"/v3/events/subscription/{subscription}").json()["results"]
    assert [event.get("statusCode") for event in history] == [202, None]
    assert _call(place, "PATCH", path, json={"status": {"enabled": True}}).json()["status"]["enabled"] is True
    place.vendor()
    assert place.sim.deliver(Receiver()) == 1


def test_order_can_be_turned_round(place: Place) -> None:
    _subscribe(place, "vendor.created", "vendor.updated")
    place.api.patch(f"/v3/vendors/{place.vendor()}", {"phone": "1"})
    receiver = Receiver()
    place.sim.deliver(receiver, newest_first=True)
    assert [body["metadata"]["eventType"] for body in receiver.bodies] == ["vendor.updated", "vendor.created"]


def test_a_new_key_signs_from_then_on_under_either_spelling(place: Place) -> None:
    made = _subscribe(place, "vendor.created")
    path = f"/v3/subscriptions/{made['id']}"
    key = _call(place, "POST", f"{path}/security_key").json()["securityKey"]
    assert key != made["securityKey"]
    place.api.checked = False
    assert _call(place, "POST", f"{path}/security-key").json()["securityKey"] != key


def test_test_events_history_and_resending(place: Place) -> None:
    subscription = _subscribe(place)["id"]
    event = _call(place, "POST", f"/v3/subscriptions/{subscription}/test").json()
    assert json.loads(event["payload"])["metadata"]["subscriptionId"] == subscription
    assert place.sim.deliver(Receiver()) == 1
    path = f"/v3/events/subscription/{subscription}"
    assert _call(place, "POST", f"{path}/event/{event['id']}").json()["statusCode"] == 200
    receiver = Receiver()
    place.sim.deliver(receiver)
    assert receiver.bodies[0]["metadata"]["eventId"] == event["id"]
    place.bill(place.vendor())
    first = _call(place, "GET", path, params={"max": 1}).json()
    second = _call(place, "GET", path, params={"max": 1, "page": first["nextPage"]}).json()
    assert [page["results"][0]["type"] for page in (first, second)] == ["bill.created", "bill.created"]
    assert "nextPage" not in second


def test_a_deleted_subscription_hears_nothing(place: Place) -> None:
    subscription = _subscribe(place, "vendor.created")["id"]
    place.vendor()
    assert _call(place, "DELETE", f"/v3/subscriptions/{subscription}").content == b""
    assert place.sim.deliver(Receiver()) == 0
    assert _call(place, "GET", f"/v3/subscriptions/{subscription}").status_code == 404
