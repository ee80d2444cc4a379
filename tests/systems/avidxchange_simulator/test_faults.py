"""Every planned fault does what it says, and only to the requests it is meant for."""

import json
import time
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest
from defusedxml import ElementTree

from integrations.systems.avidxchange.simulator import Fault, SimulatorConfig
from integrations.systems.avidxchange.simulator import Simulator as Avid
from tests.systems.avidxchange_simulator.api import ACCT, Api, Place, code, vendor

PING = "/v1/accountingSystems"
LIST = f"{ACCT}/vendors"


def _plan(place: Place, kind: str, **params: Any) -> None:
    place.sim.faults.add(Fault(kind, path_contains="/vendors", **params))


def test_a_fault_strikes_after_some_requests_so_often_and_only_what_matches(place: Place) -> None:
    _plan(place, "status", method="GET", after=1, times=2, status=503, headers={"retry-after": "7"}, body="busy")
    place.api.get(PING)
    place.api.push("/vendors", vendor())
    assert [place.api.get(LIST).status_code for _ in range(4)] == [200, 503, 503, 200]


def test_a_fault_without_end_stays_until_it_is_cleared(place: Place) -> None:
    _plan(place, "html", times=None)
    answers = [place.api.get(LIST) for _ in range(3)]
    assert [(each.status_code, each.headers["content-type"]) for each in answers] == [(502, "text/html")] * 3
    place.sim.faults.clear()
    assert place.api.get(LIST).status_code == 200


def test_an_unknown_kind_is_a_mistake_of_the_test() -> None:
    with pytest.raises(ValueError, match="unknown fault 'explode'"):
        Fault("explode")


@pytest.mark.parametrize(("form", "kind"), [("json", "application/json"), ("xml", "application/xml")])
def test_gateway_faults_are_json_or_xml(place: Place, form: str, kind: str) -> None:
    _plan(place, "fault", status=403, code=900908, format=form)
    response = place.api.get(LIST)
    assert (response.status_code, response.headers["content-type"].partition(";")[0]) == (403, kind)
    found = ElementTree.fromstring(response.text)[0].text if form == "xml" else str(code(response))
    assert found == "900908"


def test_a_gateway_may_speak_xml_always() -> None:
    place = Place({}, fault_format="xml")
    assert ElementTree.fromstring(place.api.get(PING).text)[0].text == "900902"


@pytest.mark.parametrize("shape", ["fault", "exception", "challenge"])
def test_a_401_on_demand_in_each_shape(place: Place, shape: str) -> None:
    _plan(place, "unauthorized", shape=shape, code=900903)
    response = place.api.get(LIST)
    assert response.status_code == 401
    assert [shape in response.text, "www-authenticate" in response.headers] == [
        shape != "challenge",
        shape == "challenge",
    ]


def test_a_503_may_repeat_the_credentials_it_was_sent(place: Place) -> None:
    place.sim.faults.add(Fault("echo", times=2))
    form = {"grant_type": "password", "username": "ap@example.com", "password": "secret & word"}
    login = place.api.http.post("/v1/authorizations", data=form)
    assert login.status_code == 503
    assert "ap@example.com" in login.text
    assert "secret & word" in login.text
    assert "Bearer demo-user-token" in place.api.get(PING).text


def test_a_429_on_demand_says_when_or_nothing(place: Place) -> None:
    for form in ("seconds", "date", "none"):
        _plan(place, "throttled", retry_after=form, seconds=17)
    seconds, dated, silent = (place.api.get(LIST) for _ in range(3))
    assert (seconds.status_code, code(seconds), seconds.headers["retry-after"]) == (429, 900803, "17")
    wait = parsedate_to_datetime(dated.headers["retry-after"]) - parsedate_to_datetime(dated.headers["date"])
    assert 16 <= wait.total_seconds() <= 18
    assert "retry-after" not in silent.headers


@pytest.mark.parametrize(("kind", "status"), [("empty", 200), ("redirect", 302), ("status", 500)])
def test_answers_without_a_body(place: Place, kind: str, status: int) -> None:
    _plan(place, kind)
    response = place.api.push("/vendors", vendor())
    assert (response.status_code, response.content) == (status, b"")
    assert place.sim.dump("vendors") == []


def test_a_wrong_answer_may_follow_a_right_write(place: Place) -> None:
    _plan(place, "html", processed=True, status=504)
    assert place.api.push("/vendors", vendor()).status_code == 504
    assert len(place.sim.dump("vendors")) == 1


@pytest.mark.parametrize(
    ("kind", "error", "stored"), [("drop_before", httpx.ConnectError, 0), ("drop_after", httpx.ReadError, 1)]
)
def test_lost_connections(place: Place, kind: str, error: type[Exception], stored: int) -> None:
    _plan(place, kind)
    with pytest.raises(error):
        place.api.push("/vendors", vendor())
    assert len(place.sim.dump("vendors")) == stored


def test_a_body_may_break_off(place: Place) -> None:
    _plan(place, "truncate_body")
    with pytest.raises(httpx.RemoteProtocolError):
        place.api.get(LIST)


@pytest.mark.parametrize("params", [{"kind": "bad_json"}, {"kind": "deep_json", "depth": 200_000}])
def test_json_that_cannot_be_read(place: Place, params: dict[str, Any]) -> None:
    _plan(place, **params)
    response = place.api.get(LIST)
    assert response.status_code == 200
    with pytest.raises((json.JSONDecodeError, RecursionError)):
        response.json()


def test_a_small_answer_may_unpack_to_a_large_one(place: Place) -> None:
    _plan(place, "gzip_bomb", megabytes=3)
    assert len(place.api.get(LIST).content) == 3_000_000


def test_an_answer_may_drip(place: Place) -> None:
    _plan(place, "drip", piece=40, seconds=0.01)
    started = time.monotonic()
    assert place.api.get(LIST).json()["Items"] == []
    assert time.monotonic() - started > 0.05


def test_a_text_of_the_answer_may_be_another(place: Place) -> None:
    place.api.push("/vendors", vendor())
    _plan(place, "replace", find="Vendor S1", text="4111 1111 1111 1111")
    assert place.api.items(LIST)[0]["Name"] == "4111 1111 1111 1111"


def test_tokens_may_end_right_before_a_request(place: Place) -> None:
    form = {"grant_type": "client_credentials", "client_id": "demo-client", "client_secret": "demo-secret"}
    token = place.api.http.post("/token", data=form).json()["access_token"]
    api = Api(place.sim, {"Authorization": f"Bearer {token}", "X-Company-Id": "C-1001"})
    place.sim.faults.add(Fault("expire_tokens", path_contains="accountingSystems", after=1))
    assert [api.get(PING).status_code for _ in range(2)] == [200, 401]


@pytest.mark.parametrize(("when", "seen"), [("before", "Void"), ("after", "Approved")])
def test_somebody_may_act_while_a_request_is_under_way(place: Place, when: str, seen: str) -> None:
    (key,) = place.invoices(1)
    order = {"act": "void_invoice", "invoice": key}
    place.sim.faults.add(Fault("meanwhile", when=when, order=order))
    assert place.api.get(f"{ACCT}/invoices/{key}").json()["Status"] == seen
    assert place.sim.get("invoices", key)["Status"] == "Void"


def test_the_control_endpoints_plan_act_and_tell() -> None:
    sim = Avid(config=SimulatorConfig(control=True))
    api = Api(sim)
    made = api.http.post("/_sim/act", json={"act": "create_invoice", "vendor": "S1", "number": "A", "amount": "5.10"})
    key = made.json()["result"]
    assert api.http.post("/_sim/faults", json=[{"kind": "html"}]).status_code == 200
    assert [api.get(PING).status_code for _ in range(2)] == [502, 200]
    assert api.http.post("/_sim/tokens/expire").status_code == 200
    assert len(api.http.get("/_sim/ledger").json()) == 2
    assert api.http.get("/_sim/stats").json()["by_status"] == {"200": 1, "502": 1}
    page = api.http.get("/_sim/dump", params={"kind": "invoices", "max": 1}).json()
    assert [(row["Id"], row["place"], row["GrossAmount"]) for row in page["rows"]] == [(key, "4711", 5.1)]
    assert page["next"] == page["rows"][0]["seq"]
    api.http.post("/_sim/faults", json={"kind": "html"})
    api.http.delete("/_sim/faults")
    assert api.get(PING).status_code == 200


@pytest.mark.parametrize(
    ("path", "order", "status"),
    [
        ("/_sim/act", {"act": "close"}, 400),
        ("/_sim/act", {"act": "void", "payment": 1}, 404),
        ("/_sim/faults", {"kind": "nothing"}, 400),
        ("/_sim/faults", {"kind": "manners", "colour": "red"}, 400),
        ("/_sim/nothing", {}, 404),
    ],
)
def test_control_orders_that_cannot_be_carried_out(path: str, order: object, status: int) -> None:
    api = Api(Avid(config=SimulatorConfig(control=True)))
    assert api.http.post(path, json=order).status_code == status


def test_without_control_there_is_no_such_address(place: Place) -> None:
    assert place.api.get("/_sim/ledger").status_code == 404
