"""Start data, options, restarts, and how fast it all is."""

import time
from decimal import Decimal
from pathlib import Path

import pytest

from integrations.systems.bill.simulator import DEFAULT_CHART, Simulator, build, seed
from tests.systems.bill_simulator.api import Api, Place, exact


def test_the_chart_has_four_digit_numbers_once_each_and_known_types() -> None:
    numbers = [number for number, _, _ in DEFAULT_CHART]
    assert len(numbers) == len(set(numbers)) >= 100
    assert all(len(number) == 4 and number.isdigit() for number in numbers)
    assert (numbers[0], numbers[-1]) == ("1000", "9990")


def test_the_demo_can_be_signed_in_to_and_is_filled() -> None:
    api = Api(build({}))
    assert api.login().json()["organizationId"] == "00802DEMOORGANIZA001"
    assert len(api.pages("/v3/classifications/chart-of-accounts", max=100)) == len(DEFAULT_CHART)
    assert {row["billCurrency"] for row in api.pages("/v3/vendors")} == {"USD", "CAD"}
    bills = api.pages("/v3/bills")
    assert len(bills) == 3
    assert all(bill["billLineItems"][0]["classifications"]["chartOfAccountId"] for bill in bills)


def test_options_choose_credentials_chart_and_rules() -> None:
    options = {
        "dev_key": "k", "organization_id": "00802MINE00000000001", "token_name": "t", "token_value": "v",
        "chart": [["1", "Only", "EXPENSE"]], "duplicates": "accept", "latency": 0.01, "visible_after": 2,
        "token_denied": ["/v3/subscriptions"], "rates": {"EUR": 0.5},
    }  # fmt: skip
    sim = build(options)
    api = Api(sim, "00802MINE00000000001")
    assert api.login(username="t", password="v", devKey="k").status_code == 200
    assert [row["account"]["number"] for row in sim.dump("chart-of-accounts")] == ["1"]
    assert (sim.config.write_latency, sim.config.visible_after) == (0.01, 2)
    assert sim.config.rates == {"EUR": Decimal("0.5")}
    assert api.call("GET", "/v3/subscriptions", base="/connect-events").status_code == 403


@pytest.mark.parametrize("options", [{"colour": "red"}, {"duplicates": "maybe"}])
def test_wrong_options_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"unknown option|duplicates"):
        build(options)


def test_everything_but_sessions_survives_a_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "bill.sqlite")
    first = build({"data": path})
    api = Api(first)
    api.login()
    vendor = api.pages("/v3/vendors")[0]["id"]
    made = first.create_bill_by_hand(vendor, "R-1", "5")
    stamp = first.get(made)["updatedTime"]
    first.close()
    second = build({"data": path})
    again = Api(second)
    again.http.headers.update(api.http.headers)
    assert again.get(f"/v3/bills/{made}").status_code == 401
    again.login()
    assert again.get(f"/v3/bills/{made}").status_code == 200
    other = second.get(second.create_bill_by_hand(vendor, "R-2", "5"))
    assert other["id"] != made
    assert other["updatedTime"] > stamp
    assert len(second.dump("bills")) == 5


def test_seed_answers_the_ids_by_number_short_name_and_name() -> None:
    sim = Simulator()
    vendor = {"name": "Ölmühle", "address": {"line1": "1", "city": "Y", "zipOrPostalCode": "1", "country": "DE"}}
    known = seed(sim, accounts=[("1000", "Cash", "BANK")], departments=[("1", "One")], vendors=[vendor])
    assert sim.get(known["chart-of-accounts"]["1000"])["account"] == {"type": "BANK", "number": "1000"}
    assert sim.get(known["departments"]["1"])["shortName"] == "1"
    assert sim.get(known["vendors"]["Ölmühle"])["billCurrency"] == "USD"


def test_ten_thousand_bills_are_made_and_read_fast_and_add_up(place: Place) -> None:
    place.api.checked = False
    vendor = place.vendor()
    bulk, page = [], []
    for chunk in range(100):
        bodies = [place.bill_body(vendor, f"{chunk}-{number}", 0.1, 0.2, 10) for number in range(100)]
        request = place.api.http.build_request("POST", "/connect/v3/bills/bulk", json=bodies)
        started = time.process_time()
        assert place.sim(request).status_code == 201
        bulk.append(time.process_time() - started)
    params: dict[str, str] = {"max": "100", "sort": "updatedTime:asc", "filters": "archived:eq:false"}
    total, seen = Decimal(0), set()
    while True:
        request = place.api.http.build_request("GET", "/connect/v3/bills", params=params)
        started = time.process_time()
        answer = place.sim(request)
        page.append(time.process_time() - started)
        body = exact(answer)
        total += sum(bill["amount"] for bill in body["results"])
        seen |= {bill["id"] for bill in body["results"]}
        if "nextPage" not in body:
            break
        params["page"] = body["nextPage"]
    assert (len(seen), total) == (10_000, Decimal("103000.0"))
    assert sorted(bulk)[50] <= 0.025
    assert sorted(page)[50] <= 0.010
