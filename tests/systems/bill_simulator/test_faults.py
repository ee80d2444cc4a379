"""Every planned fault does what it says, and only to the requests it is meant for."""

import json
import time
from typing import Any

import httpx
import pytest

from integrations.systems.bill.simulator import Fault, SimulatorConfig
from tests.systems.bill_simulator.api import ADDRESS, USER, Place, codes

VENDOR = {"name": "A vendor with a name of more than twenty letters", "address": ADDRESS}


@pytest.fixture
def faulty(place: Place) -> Place:
    """A simulator whose answers are not checked against the OpenAPI document."""
    place.api.checked = False
    return place


def _plan(place: Place, kind: str, **params: Any) -> None:
    place.sim.faults.add(Fault(kind=kind, path_contains="/v3/vendors", **params))


def test_faults_hit_after_k_requests_n_times_and_only_what_matches(faulty: Place) -> None:
    _plan(faulty, "status", method="GET", after=1, times=2, status=503, headers={"retry-after": "7"}, body="busy")
    faulty.api.get("/v3/bills")
    statuses = [faulty.api.get("/v3/vendors").status_code for _ in range(4)]
    assert statuses == [200, 503, 503, 200]
    assert faulty.vendor()


def test_a_fault_without_end_stays_until_cleared(faulty: Place) -> None:
    _plan(faulty, "html", times=None)
    for _ in range(3):
        response = faulty.api.get("/v3/vendors")
        assert (response.status_code, response.headers["content-type"]) == (502, "text/html")
    faulty.sim.faults.clear()
    assert faulty.api.get("/v3/vendors").status_code == 200


def test_an_unknown_kind_is_a_mistake_of_the_test() -> None:
    with pytest.raises(ValueError, match="unknown fault 'explode'"):
        Fault(kind="explode")


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        ("empty", 200, b""),
        ("error_object", 401, b'{"message":"Unauthorized"}'),
        ("redirect", 302, b""),
        ("status", 500, b""),
    ],
)
def test_answers_instead_of_the_simulator(faulty: Place, kind: str, status: int, body: bytes) -> None:
    _plan(faulty, kind)
    response = faulty.api.post("/v3/vendors", VENDOR)
    assert (response.status_code, response.content) == (status, body)
    assert faulty.sim.dump("vendors") == []


def test_a_redirect_points_where_it_is_told(faulty: Place) -> None:
    _plan(faulty, "redirect", location="http://169.254.169.254/", status=308)
    response = faulty.api.get("/v3/vendors")
    assert (response.status_code, response.headers["location"]) == (308, "http://169.254.169.254/")


def test_an_answer_may_be_wrong_although_the_request_was_processed(faulty: Place) -> None:
    _plan(faulty, "html", processed=True, status=504)
    assert faulty.api.post("/v3/vendors", VENDOR).status_code == 504
    assert len(faulty.sim.dump("vendors")) == 1


@pytest.mark.parametrize(
    ("kind", "error", "stored"), [("drop_before", httpx.ConnectError, 0), ("drop_after", httpx.ReadError, 1)]
)
def test_lost_connections(faulty: Place, kind: str, error: type[Exception], stored: int) -> None:
    _plan(faulty, kind)
    with pytest.raises(error):
        faulty.api.post("/v3/vendors", VENDOR)
    assert len(faulty.sim.dump("vendors")) == stored
    entry = faulty.sim.ledger()[-1]
    assert (entry["status"], entry["fault"]) == (0, kind)
    assert faulty.api.get("/v3/vendors").status_code == 200


@pytest.mark.parametrize("when", ["before", "after"])
def test_slow_answers(faulty: Place, when: str) -> None:
    _plan(faulty, "slow", seconds=0.15, when=when)
    started = time.perf_counter()
    assert faulty.api.post("/v3/vendors", VENDOR).status_code == 201
    assert time.perf_counter() - started >= 0.15


def test_drip_sends_byte_by_byte(faulty: Place) -> None:
    _plan(faulty, "drip", seconds=0.001)
    with faulty.api.http.stream("GET", "/connect/v3/vendors") as response:
        pieces = list(response.iter_raw())
    assert b"".join(pieces) == b'{"results":[]}'
    assert {len(piece) for piece in pieces} == {1}


def test_a_truncated_body_breaks_off(faulty: Place) -> None:
    _plan(faulty, "truncate_body")
    with pytest.raises(httpx.RemoteProtocolError):
        faulty.api.post("/v3/vendors", VENDOR)
    assert len(faulty.sim.dump("vendors")) == 1


def test_a_gzip_bomb_unfolds_in_the_reader_only(faulty: Place) -> None:
    _plan(faulty, "gzip_bomb", megabytes=3)
    with faulty.api.http.stream("GET", "/connect/v3/vendors") as response:
        raw = response.headers["content-encoding"]
        size = sum(len(piece) for piece in response.iter_bytes())
        wire = response.num_bytes_downloaded
    assert raw == "gzip"
    assert size > 3_000_000 > 100 * wire


@pytest.mark.parametrize("kind", ["bad_json", "deep_json"])
def test_unreadable_json(faulty: Place, kind: str) -> None:
    _plan(faulty, kind)
    response = faulty.api.get("/v3/vendors")
    assert response.status_code == 200
    with pytest.raises((ValueError, RecursionError)):
        json.loads(response.content)


def test_replies_without_id(faulty: Place) -> None:
    _plan(faulty, "missing_id")
    assert "id" not in faulty.api.post("/v3/vendors", VENDOR).json()
    assert len(faulty.sim.dump("vendors")) == 1


def test_any_text_of_an_answer_can_be_replaced(faulty: Place) -> None:
    faulty.vendor()
    _plan(faulty, "replace", find="Nordic Bolts", text="\\u0000\\ud800")
    assert faulty.api.get("/v3/vendors").json()["results"][0]["name"] == "\x00\ud800"


def test_echo_differs_because_the_name_was_stored_shorter(faulty: Place) -> None:
    _plan(faulty, "echo_differs", length=8)
    made = faulty.api.post("/v3/vendors", VENDOR).json()
    assert made["name"] == "A vendor"
    assert faulty.api.get(f"/v3/vendors/{made['id']}").json()["name"] == "A vendor"


def test_a_partial_bulk_keeps_the_good_bills_and_says_all_failed(faulty: Place) -> None:
    vendor = faulty.vendor()
    bodies = [faulty.bill_body(vendor, "1"), faulty.bill_body("00902NOBODY000000001", "2")]
    faulty.sim.faults.add(Fault(kind="partial_bulk", path_contains="/bulk", times=2))
    response = faulty.api.post("/v3/bills/bulk", bodies)
    assert (response.status_code, codes(response)) == (400, ["BDC_1246", "BDC_1205"])
    assert [bill["invoice"]["invoiceNumber"] for bill in faulty.sim.dump("bills")] == ["1"]
    response = faulty.api.post("/v3/bills/bulk", [faulty.bill_body(vendor, "3"), faulty.bill_body(vendor, "4")])
    assert codes(response) == ["BDC_1246", "BDC_1205"]
    assert [bill["invoice"]["invoiceNumber"] for bill in faulty.sim.dump("bills")] == ["1", "3"]


def test_an_empty_page_with_next_goes_on_and_loses_nothing(faulty: Place) -> None:
    made = [faulty.vendor(name=f"V{number}") for number in range(5)]
    _plan(faulty, "empty_page_with_next", after=1)
    pages = []
    params: dict[str, Any] = {"max": 2}
    while True:
        page = faulty.api.get("/v3/vendors", **params).json()
        pages.append([row["id"] for row in page["results"]])
        if "nextPage" not in page:
            break
        params["page"] = page["nextPage"]
    assert pages == [made[0:2], [], made[2:4], made[4:5]]


def test_a_looping_page_repeats_its_token(faulty: Place) -> None:
    for number in range(5):
        faulty.vendor(name=f"V{number}")
    first = faulty.api.get("/v3/vendors", max=2).json()
    _plan(faulty, "loop_page", times=None)
    second = faulty.api.get("/v3/vendors", max=2, page=first["nextPage"]).json()
    assert second["nextPage"] == first["nextPage"]
    assert "prevPage" not in second


def test_page_token_expired_spares_the_first_page(faulty: Place) -> None:
    for number in range(3):
        faulty.vendor(name=f"V{number}")
    _plan(faulty, "page_token_expired")
    token = faulty.api.get("/v3/vendors", max=2).json()["nextPage"]
    assert faulty.api.get("/v3/vendors", max=2, page=token).status_code == 400


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [("untrusted", 403, "BDC_1361"), ("locked", 423, "BDC_1107"), ("session_lost", 401, "BDC_1109")],
)
def test_refusals_by_code(faulty: Place, kind: str, status: int, code: str) -> None:
    _plan(faulty, kind)
    response = faulty.api.get("/v3/vendors")
    assert (response.status_code, codes(response)) == (status, [code])


def test_a_lost_session_stays_lost_until_sign_in(faulty: Place) -> None:
    _plan(faulty, "session_lost")
    faulty.api.get("/v3/vendors")
    assert faulty.api.get("/v3/bills").status_code == 401
    faulty.api.login(**USER)
    assert faulty.api.get("/v3/bills").status_code == 200


def test_the_date_header_is_the_simulators_clock(place: Place) -> None:
    assert place.api.get("/v3/vendors").headers["date"] == "Mon, 02 Mar 2026 10:00:00 GMT"


CONTROLLED = SimulatorConfig(control=True)


def test_faults_can_be_planned_over_http() -> None:
    place = Place(CONTROLLED)
    place.api.checked = False
    http = place.api.http
    assert http.post("/_sim/faults", json={"kind": "locked", "method": "GET", "times": 1}).status_code == 201
    assert codes(place.api.get("/v3/vendors")) == ["BDC_1107"]
    http.post("/_sim/faults", json=[{"kind": "locked", "times": None}])
    assert http.request("DELETE", "/_sim/faults").status_code == 200
    assert place.api.get("/v3/vendors").status_code == 200
    assert http.post("/_sim/faults", json={"kind": "explode"}).status_code == 400


def test_people_act_over_http() -> None:
    place = Place(CONTROLLED)
    http, vendor = place.api.http, place.vendor()

    def act(**order: object) -> Any:
        response = http.post("/_sim/act", json=order)
        assert response.status_code == 200, response.text
        return response.json()["result"]

    bill = act(act="create_bill_by_hand", vendor_id=vendor, number="H-1", amount="12.34")
    act(act="approve", bill_id=bill)
    payment = act(act="pay", bill_ids=[bill], amounts=["12.34"], status="SCHEDULED")
    act(act="advance", payment_id=payment, single_status="CLEARED")
    shown = act(act="get", key=bill)
    assert (shown["approvalStatus"], shown["paymentStatus"]) == ("APPROVED", "PAID")
    assert http.post("/_sim/act", json={"act": "approve", "bill_id": "00n02X"}).status_code == 404
    assert http.post("/_sim/act", json={"act": "close"}).status_code == 400


def test_the_ledger_tells_all_and_no_secret() -> None:
    place = Place(CONTROLLED)
    place.api.get("/v3/vendors", max=5)
    http = place.api.http
    entries = http.get("/_sim/ledger").json()
    assert [(entry["method"], entry["path"]) for entry in entries] == [
        ("POST", "/connect/v3/login"),
        ("GET", "/connect/v3/vendors?max=5"),
    ]
    assert entries[1]["organization"] == place.api.organization
    assert entries[1]["answered"] >= entries[1]["received"]
    assert [entry["seq"] for entry in http.get("/_sim/ledger?since=1").json()] == [2]
    text = http.get("/_sim/ledger").text + http.get("/_sim/stats").text + http.get("/_sim/dump?entity=vendors").text
    for secret in ("demo-token", "demo-dev-key", http.headers["sessionId"]):
        assert secret not in text


def test_the_dump_is_paged_and_keeps_amounts_exact() -> None:
    place = Place(CONTROLLED)
    vendor = place.vendor()
    for number in range(3):
        place.bill(vendor, str(number), 0.1)
    first = place.api.http.get("/_sim/dump?entity=bills&max=2").json()
    rest = place.api.http.get(f"/_sim/dump?entity=bills&max=2&after={first['next']}")
    assert [row["invoice"]["invoiceNumber"] for row in first["rows"] + rest.json()["rows"]] == ["0", "1", "2"]
    assert '"amount":0.1,' in rest.text
    assert rest.json()["next"] is None


def test_without_control_there_are_no_control_endpoints(place: Place) -> None:
    assert place.api.http.get("/_sim/ledger").status_code == 404


def test_a_session_that_is_lost_for_ever_still_lets_sign_in(faulty: Place) -> None:
    faulty.sim.faults.add(Fault(kind="session_lost", times=None))
    for _ in range(3):
        assert faulty.api.login().status_code == 200
        assert codes(faulty.api.get("/v3/bills")) == ["BDC_1109"]
