"""Three in flight, 20,000 requests and 200 logins a clock hour."""

import threading
import time

import pytest

from integrations.systems.bill.simulator import Fault, SimulatorConfig
from tests.systems.bill_simulator.api import Api, Place, codes


def _at_once(place: Place, count: int) -> list[tuple[int, list[str]]]:
    results: list[tuple[int, list[str]]] = []

    def one() -> None:
        response = place.api.get("/v3/vendors")
        results.append((response.status_code, codes(response) if response.status_code >= 400 else []))

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.parametrize("status", [422, 429])
def test_the_fourth_request_in_flight_is_refused_with_bdc_1322(status: int) -> None:
    place = Place(SimulatorConfig(read_latency=0.2, limit_status=status))
    results = _at_once(place, 5)
    assert sorted(code for code, _ in results) == [200, 200, 200, status, status]
    assert [found for code, found in results if code == status] == [["BDC_1322"]] * 2
    assert place.sim.stats()["max_in_flight"] == 4
    assert place.api.get("/v3/vendors").status_code == 200


def test_three_at_once_pass_and_the_ledger_shows_them() -> None:
    place = Place(SimulatorConfig(read_latency=0.1))
    assert {code for code, _ in _at_once(place, 3)} == {200}
    assert max(entry["in_flight"] for entry in place.sim.ledger()) == 3


def test_the_hour_is_a_clock_hour_and_counts_per_developer_key() -> None:
    place = Place(SimulatorConfig(requests_per_hour=5))
    statuses = [place.api.get("/v3/vendors").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 200, 422]
    response = place.api.get("/v3/vendors")
    assert codes(response) == ["BDC_1144"]
    assert "reached: 5." in response.text
    place.clock.forward(minutes=61)
    place.api.login()
    assert place.api.get("/v3/vendors").status_code == 200


def test_logins_have_a_budget_of_their_own_and_wrong_ones_use_it_up() -> None:
    place = Place(SimulatorConfig(logins_per_hour=3))
    assert place.api.login(password="wrong").status_code == 401
    assert place.api.login().status_code == 200
    response = place.api.login()
    assert (response.status_code, codes(response)) == (422, ["BDC_1144"])
    assert place.sim.stats()["logins"] == 2


def test_latency_is_spent_and_other_requests_go_on_meanwhile() -> None:
    place = Place(SimulatorConfig(write_latency=0.15))
    started = time.perf_counter()
    writer = threading.Thread(target=place.vendor)
    writer.start()
    place.api.get("/v3/vendors")
    assert time.perf_counter() - started < 0.12
    writer.join()
    assert time.perf_counter() - started >= 0.15


def test_planned_limits_answer_without_processing(place: Place) -> None:
    place.sim.faults.add(Fault(kind="rate_hourly", path_contains="/v3/vendors", method="POST"))
    place.sim.faults.add(Fault(kind="concurrent", path_contains="/v3/vendors", method="POST", status=429))
    body = {"name": "A", "address": {"line1": "1", "city": "B", "zipOrPostalCode": "1", "country": "US"}}
    assert codes(place.api.post("/v3/vendors", body)) == ["BDC_1144"]
    response = place.api.post("/v3/vendors", body)
    assert (response.status_code, codes(response)) == (429, ["BDC_1322"])
    assert place.sim.dump("vendors") == []


def test_refusals_are_counted_by_code(place: Place) -> None:
    Api(place.sim).get("/v3/bills")
    stats = place.sim.stats()
    assert stats["refusals"] == {"BDC_1109": 1}
    assert stats["by_status"] == {"200": 1, "401": 1}
