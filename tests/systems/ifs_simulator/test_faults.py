"""Each fault does what its name says, when it was asked to."""

import gzip
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import parsedate_to_datetime
from time import sleep

import httpx
import pytest

from integrations.systems.ifs.simulator import Fault
from tests.systems.ifs_simulator.conftest import INVOICES, START, Caller

FIRST = f"{INVOICES}(Company='10',InvoiceId=1)"
TAG = {"if-match": "*"}


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        (Fault("status", status=503, body="down"), 503, "down"),
        (Fault("status", status=504, body={"error": {"code": "ODP_OPERATION_TIMEOUT"}}), 504, "ODP_OPERATION_TIMEOUT"),
        (Fault("html", status=502), 502, "<html>"),
        (Fault("empty"), 200, ""),
        (Fault("no_value"), 200, "@odata.context"),
        (Fault("bad_json"), 200, '{"value":[{'),
        (Fault("mi_modified", status=503), 503, "MI_MODIFIED_ERROR"),
        (Fault("stale"), 412, "ODP_PRECONDITION_FAILED"),
        (Fault("deep_json", depth=1000), 200, "[" * 1000),
    ],
)
def test_answers_in_the_servers_place(caller: Caller, fault: Fault, status: int, text: str) -> None:
    caller.sim.faults.add(fault)
    found = caller.get(INVOICES)
    assert found.status_code == status
    assert text in found.text
    assert caller.get(INVOICES).json()["value"], "once only"


def test_faults_wait_choose_and_repeat(caller: Caller) -> None:
    caller.sim.faults.add(Fault("status", INVOICES, "get", times=2, after=1, status=500))
    assert caller.patch(FIRST, {}, "*").status_code == 200
    assert [caller.get(INVOICES).status_code for _ in range(4)] == [200, 500, 500, 200]
    caller.sim.faults.add(Fault("status", times=None, status=500))
    assert [caller.get(INVOICES).status_code for _ in range(3)] == [500] * 3
    caller.sim.faults.clear()
    assert caller.get(INVOICES).status_code == 200


def test_token_endpoint_is_hit_only_by_name(caller: Caller) -> None:
    caller.sim.faults.add(Fault("status", status=500))
    assert caller.sign_in().status_code == 200
    caller.sim.faults.add(Fault("status", "/token", status=503))
    assert caller.sign_in().status_code == 503


def test_rate_limited_carries_any_retry_after(caller: Caller) -> None:
    caller.sim.faults.add(
        Fault("rate_limited", retry_after="Wed, 21 Oct 2026 07:28:00 GMT"), Fault("rate_limited", after=1)
    )
    assert caller.get(INVOICES).headers["retry-after"] == "Wed, 21 Oct 2026 07:28:00 GMT"
    assert "retry-after" not in caller.get(INVOICES).headers


def test_redirect_names_its_location(caller: Caller) -> None:
    caller.sim.faults.add(Fault("redirect", location="http://169.254.169.254/"))
    found = caller.get(INVOICES)
    assert (found.status_code, found.headers["location"]) == (302, "http://169.254.169.254/")


def test_lost_before_changes_nothing_lost_after_has_changed(caller: Caller) -> None:
    caller.sim.faults.add(Fault("drop_before", method="PATCH"))
    with pytest.raises(httpx.ConnectError):
        caller.patch(FIRST, {"Cf_Sent_To_Bill": "a"}, "*")
    assert caller.sim.row("ManSuppInvoice", ("10", 1))["Cf_Sent_To_Bill"] is None
    caller.sim.faults.add(Fault("drop_after", method="PATCH"))
    with pytest.raises(httpx.ReadError):
        caller.patch(FIRST, {"Cf_Sent_To_Bill": "b"}, "*")
    assert caller.sim.row("ManSuppInvoice", ("10", 1))["Cf_Sent_To_Bill"] == "b"
    assert [each["status"] for each in caller.sim.ledger()[-2:]] == [0, 0]


@pytest.mark.parametrize(("when", "done_meanwhile"), [("before", None), ("after", "b")])
def test_a_slow_answer_is_seen_under_way(caller: Caller, when: str, done_meanwhile: str | None) -> None:
    caller.sim.faults.add(Fault("slow", method="PATCH", seconds=0.3, when=when))
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(caller.patch, FIRST, {"Cf_Sent_To_Bill": "b"}, "*")
        sleep(0.15)
        seen = caller.sim.ledger()[-1]
        assert (seen["fault"], seen["answered"]) == ("slow", False)
        assert caller.sim.row("ManSuppInvoice", ("10", 1))["Cf_Sent_To_Bill"] == done_meanwhile
        assert answer.result().status_code == 200
    assert caller.sim.ledger()[-1]["answered"]


def test_error_after_processing(caller: Caller) -> None:
    caller.sim.faults.add(Fault("status", method="PATCH", status=504, processed=True))
    assert caller.patch(FIRST, {"Cf_Sent_To_Bill": "b"}, "*").status_code == 504
    assert caller.sim.row("ManSuppInvoice", ("10", 1))["Cf_Sent_To_Bill"] == "b"


def test_body_cut_short_of_its_length(caller: Caller) -> None:
    caller.sim.faults.add(Fault("truncate_body", keep=100))
    request = caller.http.build_request("GET", INVOICES, headers={"authorization": f"Bearer {caller.token}"})
    found = caller.sim(request)
    assert int(found.headers["content-length"]) > 1000
    received: list[bytes] = []
    with pytest.raises(httpx.RemoteProtocolError):
        received.extend(found.iter_raw())
    assert len(b"".join(received)) == 100


def test_dripping_body_comes_whole_in_pieces(caller: Caller) -> None:
    caller.sim.faults.add(Fault("drip", seconds=0.001, size=400))
    request = caller.http.build_request("GET", FIRST, headers={"authorization": f"Bearer {caller.token}"})
    pieces = list(caller.sim(request).iter_raw())
    assert len(pieces) > 2
    assert json.loads(b"".join(pieces))["InvoiceId"] == 1


def test_gzip_bomb_is_small_on_the_wire(caller: Caller) -> None:
    caller.sim.faults.add(Fault("gzip_bomb", size=5_000_000))
    request = caller.http.build_request("GET", INVOICES, headers={"authorization": f"Bearer {caller.token}"})
    raw = b"".join(caller.sim(request).iter_raw())
    assert len(raw) < 20_000
    assert len(gzip.decompress(raw)) > 5_000_000


def test_next_links_that_mislead(caller: Caller) -> None:
    caller.sim.faults.add(
        Fault("foreign_next_link"),
        Fault("loop_next_link", after=1),
        Fault("empty_page_with_next", after=2),
    )
    page = f"{INVOICES}?$top=3"
    assert caller.get(page).json()["@odata.nextLink"].startswith("https://elsewhere.example/")
    assert caller.get(page).json()["@odata.nextLink"] == "ManSuppInvoiceSet?$top=3"
    body = caller.get(page).json()
    assert (body["value"], body["@odata.nextLink"]) == ([], "ManSuppInvoiceSet?$top=3")


def test_rows_that_repeat_lose_their_tag_or_vanish(caller: Caller) -> None:
    page = f"{INVOICES}?$top=3"
    caller.sim.faults.add(
        Fault("repeat_row"), Fault("omit_etag", after=1, times=2), Fault("vanish_row_between_pages", after=3)
    )
    assert [row["InvoiceId"] for row in caller.rows(page)] == [1, 2, 3, 3]
    assert "@odata.etag" not in caller.rows(page)[0]
    single = caller.get(FIRST)
    assert "etag" not in single.headers
    assert "@odata.etag" not in single.json()
    assert [row["InvoiceId"] for row in caller.rows(page)] == [1, 2, 3]
    assert [row["InvoiceId"] for row in caller.rows(f"{page}&$skip=3")] == [5, 6, 7]


@pytest.mark.parametrize("raw", ['"\\u0000"', '"\\ud800"', "NaN", "1e2", "1E-7", "-0", '"2026-05-01T10:00:00+05:30"'])
def test_any_text_can_stand_in_a_field(caller: Caller, raw: str) -> None:
    caller.sim.faults.add(Fault("bad_field", field="NetCurrAmount", raw=raw, row=1, times=2))
    rows = caller.get(INVOICES).text.split('"@odata.etag"')[1:]
    assert f'"NetCurrAmount":{raw},' in rows[1]
    assert f'"NetCurrAmount":{raw},' not in rows[0]


def test_wrong_count_encoding_and_date(caller: Caller) -> None:
    caller.sim.faults.add(
        Fault("wrong_count", count=99),
        Fault("encoding", after=1, codec="utf-16"),
        Fault("skew_date", after=2, seconds=-600),
    )
    assert caller.get(f"{INVOICES}?$count=true").json()["@odata.count"] == 99
    assert caller.get(INVOICES).content[:2] in (b"\xff\xfe", b"\xfe\xff")
    assert parsedate_to_datetime(caller.get(INVOICES).headers["date"]) == START - timedelta(minutes=10)
    assert parsedate_to_datetime(caller.get(INVOICES).headers["date"]) == START


def test_unknown_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown fault"):
        Fault("earthquake")
    with pytest.raises(ValueError, match="needs location"):
        Fault("redirect")


def test_control_endpoints(make: Callable[..., Caller]) -> None:
    caller = make(control=True)
    http = caller.http
    assert http.post("/_sim/faults", json={"kind": "status", "status": 500, "method": "GET"}).status_code == 201
    assert caller.get(INVOICES).status_code == 500
    assert http.get("/_sim/faults").json()[0]["fired"] == 1
    assert http.post("/_sim/faults", json=[{"kind": "empty"}, {"kind": "html"}]).status_code == 201
    assert http.delete("/_sim/faults").status_code == 204
    assert caller.get(INVOICES).status_code == 200
    assert len(http.get("/_sim/ledger?since=1").json()) == 2
    assert http.get("/_sim/stats").json()["requests"] == 3
    edit = {"entity": "ManSuppInvoice", "key": ["10", 1], "fields": {"NetCurrAmount": "7.70"}}
    assert http.post("/_sim/edit", json=edit).status_code == 200
    dump = http.get("/_sim/dump?entity=ManSuppInvoice")
    assert '"NetCurrAmount":7.70,' in dump.text
    assert http.post("/_sim/faults", json={"kind": "earthquake"}).status_code == 400


def test_no_control_without_being_asked_for(caller: Caller) -> None:
    assert caller.get("/_sim/ledger").status_code == 404
