"""Requests in a minute, requests at a time, latency, and what is written down of each request."""

import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime

import httpx
import pytest

from integrations.systems.avidxchange.simulator import Customer, Fault
from tests.systems.avidxchange_simulator.api import ACCT, PAIR, Api, Place, code

PING = "/v1/accountingSystems"


def _use_up(place: Place) -> httpx.Response:
    for _ in range(120):
        assert place.api.get(PING).status_code == 200
    return place.api.get(PING)


def test_the_hundred_and_twenty_first_request_of_a_minute_waits(place: Place) -> None:
    response = _use_up(place)
    assert (response.status_code, code(response)) == (429, 900803)
    assert 1 <= int(response.headers["retry-after"]) <= 60
    place.clock.forward(int(response.headers["retry-after"]))
    assert place.api.get(PING).status_code == 200


def test_retry_after_may_be_a_date_or_missing() -> None:
    dated, silent = (_use_up(Place(retry_after=form)) for form in ("date", "none"))
    assert parsedate_to_datetime(dated.headers["retry-after"]) > parsedate_to_datetime(dated.headers["date"])
    assert "retry-after" not in silent.headers


def test_one_customer_does_not_use_up_the_minute_of_another() -> None:
    other = Customer("other", "t2", "u2")
    place = Place(customers=(Customer(), other), per_minute=1)
    stranger = Api(place.sim, {"Authorization": "Bearer t2", "AvidAuthorization": "Bearer u2"})
    statuses = [api.get(PING).status_code for api in (place.api, place.api, stranger)]
    assert statuses == [200, 429, 200]


def test_a_third_request_at_a_time_is_refused(place: Place) -> None:
    place.sim.faults.add(Fault("slow", seconds=0.3, times=2))
    apis = [Api(place.sim) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        found = [pool.submit(api.get, PING) for api in apis[:2]]
        time.sleep(0.1)
        refused = apis[2].get(PING)
    assert (refused.status_code, code(refused)) == (429, 900800)
    assert [each.result().status_code for each in found] == [200, 200]
    assert place.sim.stats()["max_in_flight"] == 3
    assert place.api.get(PING).status_code == 200


def test_limits_can_be_switched_off() -> None:
    place = Place(per_minute=None, max_in_flight=None)
    assert _use_up(place).status_code == 200


def test_answers_may_take_their_time() -> None:
    place = Place(latency=0.05)
    started = time.monotonic()
    place.api.get(PING)
    assert time.monotonic() - started >= 0.05


def test_the_ledger_has_an_entry_a_request_without_secrets(place: Place) -> None:
    place.api.http.headers["X-Company-Id"] = "C-1001"
    place.api.get(f"{ACCT}/invoices", pageSize=5)
    place.sim.faults.add(Fault("drop_after"))
    with pytest.raises(httpx.ReadError):
        place.api.push("/vendors", {"ExternalVendorCode": "S1", "Name": "Private"})
    first, second = place.sim.ledger()
    assert (first["operation"], first["customer"], first["company_id"]) == ("invoices.list", "demo", "C-1001")
    assert (first["path"], first["status"]) == (f"{ACCT}/invoices?pageSize=5", 200)
    assert (second["method"], second["status"], second["fault"]) == ("POST", 0, "drop_after")
    text = str(place.sim.ledger())
    assert [word for word in ("Private", *PAIR.values()) if word.removeprefix("Bearer ") in text] == []
    assert place.sim.ledger(since=first["seq"]) == [second]


def test_counts_of_answers_and_faults(place: Place) -> None:
    place.api.get(PING)
    place.api.get("/v1/nothing")
    stats = place.sim.stats()
    assert stats["by_status"] == {"200": 1, "404": 1}
    assert stats["faults"] == {"900906": 1}
