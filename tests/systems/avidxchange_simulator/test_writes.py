"""Writes of many items: keys, limits, one result an item, at once and as jobs."""

from typing import Any

import pytest

from integrations.systems.avidxchange.simulator import Customer, Fault, Manners
from tests.systems.avidxchange_simulator.api import ACCT, Api, Place, order, vendor


def _code(value: str = "6100", group: str = "Accounting Codes", **fields: object) -> dict[str, Any]:
    return {"GroupName": group, "CodeValue": value, "Description": "Materials", "IsActive": True, **fields}


def _actions(results: list[Any]) -> list[str | None]:
    return [result["Action"] for result in results]


def _messages(result: dict[str, Any]) -> list[str]:
    return [error["Message"] for error in result["Errors"]]


def test_a_vendor_is_inserted_left_alone_and_updated_by_its_code(place: Place) -> None:
    first = place.api.results("/vendors", vendor())
    assert _actions(place.api.results("/vendors", vendor())) == ["NoUpdate"]
    again = place.api.results("/vendors", {"ExternalVendorCode": "S1", "Name": "Renamed"})
    assert (_actions(first), _actions(again)) == (["Insert"], ["Update"])
    assert first[0]["Item"] == again[0]["Item"]
    (stored,) = place.sim.dump("vendors")
    assert (stored["Name"], stored["Active"]) == ("Renamed", True)


def test_an_unchanged_item_keeps_its_date_of_change(place: Place) -> None:
    place.api.push("/vendors", vendor())
    (before,) = place.sim.dump("vendors")
    place.clock.forward(86400)
    place.api.push("/vendors", vendor())
    assert place.sim.dump("vendors") == [before]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ExternalVendorCode": "S" * 51}, "ExternalVendorCode must not be longer than 50 characters."),
        ({"Name": " "}, "Name is required."),
        ({"Address": {"City": "C" * 51}}, "Address.City must not be longer than 50 characters."),
        ({"Telephone1": 5}, "Telephone1 must be text."),
    ],
)
def test_a_bad_item_is_refused_alone(place: Place, changes: dict[str, object], message: str) -> None:
    good, bad = place.api.results("/vendors", vendor(), {**vendor("S2"), **changes})
    assert (good["Successful"], bad["Successful"]) == (True, False)
    assert _messages(bad) == [message]
    assert len(place.sim.dump("vendors")) == 1


def test_fifty_characters_pass(place: Place) -> None:
    assert _actions(place.api.results("/vendors", vendor("S" * 50))) == ["Insert"]


def test_a_code_is_named_by_group_and_value_and_its_text_has_fifty_characters(place: Place) -> None:
    items = [_code(), _code(group="Cost Center"), _code("6101", Description="D" * 51)]
    results = place.api.results("/enterpriseCodes", *items)
    assert _actions(results) == ["Insert", "Insert", None]
    assert [result["ExternalCode"] for result in results] == ["6100", "6100", "6101"]
    assert results[2]["Item"] == {"GroupName": "Accounting Codes", "CodeValue": "6101"}
    assert _messages(results[2]) == ["Description must not be longer than 50 characters."]


def test_a_code_is_switched_off_not_deleted(place: Place) -> None:
    place.api.push("/enterpriseCodes", _code())
    assert _actions(place.api.results("/enterpriseCodes", _code(IsActive=False))) == ["Update"]
    assert [code["IsActive"] for code in place.sim.dump("enterpriseCodes")] == [False]


def test_an_order_replaces_the_whole_one_before(place: Place) -> None:
    place.api.push("/vendors", vendor())
    assert _actions(place.api.results("/purchaseOrders", order(Taxes=1))) == ["Insert"]
    assert _actions(place.api.results("/purchaseOrders", order(Status="Closed"))) == ["Update"]
    assert _actions(place.api.results("/purchaseOrders", order(Status="Closed"))) == ["NoUpdate"]
    (stored,) = place.sim.dump("purchaseOrders")
    assert (stored["Status"], "Taxes" in stored) == ("Closed", False)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"VendorExternalCode": "S9"}, "Vendor S9 is unknown."),
        ({"BillToCompanyExternalCode": "99"}, "Company 99 is unknown."),
        ({"Currency": "dollars"}, "Currency dollars is unknown."),
        ({"Status": "Ajar"}, "Status must be one of Open, Closed, Cancelled."),
        ({"LineItems": [{"Amount": 1}]}, "LineItems must be a list of lines with an ExternalCode."),
        ({"LineItems": [{"ExternalCode": "1"}] * 2}, "The ExternalCode of a line must be used once."),
    ],
)
def test_an_order_names_what_is_known(place: Place, changes: dict[str, Any], message: str) -> None:
    place.api.push("/vendors", vendor())
    assert _messages(place.api.results("/purchaseOrders", order(**changes))[0]) == [message]
    assert place.sim.dump("purchaseOrders") == []


def test_the_companies_are_those_of_the_customer() -> None:
    place = Place(customers=(Customer(companies=("77",)),))
    place.api.push("/vendors", vendor())
    results = place.api.results("/purchaseOrders", order(), order("2", BillToCompanyExternalCode="77"))
    assert [result["Successful"] for result in results] == [False, True]


def test_a_receipt_belongs_to_a_known_order(place: Place) -> None:
    place.api.push("/vendors", vendor())
    place.api.push("/purchaseOrders", order())
    items = [{"ExternalCode": f"R{number}", "PurchaseOrderNumber": number} for number in ("1", "2")]
    assert _actions(place.api.results("/materialReceipts", *items)) == ["Insert", None]


def test_vendors_and_codes_are_shared_and_orders_are_not() -> None:
    place = Place(customers=(Customer(accounting_systems=((4711, "One"), (4712, "Two"))),))
    place.api.push("/vendors", vendor())
    second = "/v1/accountingSystems/4712"
    assert len(place.api.items(f"{second}/vendors")) == 1
    place.api.http.post(f"{second}/purchaseOrders", json={"Items": [order()]})
    place.api.push("/purchaseOrders", order())
    assert [where for _, where, _ in place.sim.dump_page("purchaseOrders", 0, 9)] == ["4712", "4711"]


def test_more_than_a_hundred_items_are_too_many(place: Place) -> None:
    assert place.api.push("/vendors", *(vendor(f"S{number}") for number in range(101))).status_code == 413
    assert place.sim.dump("vendors") == []


@pytest.mark.parametrize("body", [[], {"Items": {}}, {"Items": [1]}, {}])
def test_a_body_that_is_no_list_of_items_is_a_bad_request(place: Place, body: object) -> None:
    assert place.api.post("/vendors", body).status_code == 400


def test_a_write_with_a_refused_item_may_answer_422() -> None:
    place = Place(manners=Manners(refusal_status=422))
    assert place.api.push("/vendors", vendor(), vendor("")).status_code == 422
    assert place.api.push("/vendors", vendor()).status_code == 200


def test_a_job_is_queued_runs_and_ends_with_its_counts() -> None:
    place = Place(manners=Manners(write_answer="job"))
    answer = place.api.push("/vendors", vendor(), vendor("S2"), vendor("S" * 51))
    assert (answer.status_code, answer.json()["Status"]) == (202, "Queued")
    looks = [place.api.get(answer.headers["location"]).json() for _ in range(4)]
    assert [look["Status"] for look in looks] == ["Queued", "Running", "PartialSuccess", "PartialSuccess"]
    assert "Results" not in looks[1]
    assert (looks[2]["Inserts"], looks[2]["Errors"], looks[2]["BatchId"]) == (2, 1, "b-1")
    assert len(looks[2]["Results"]) == 3


@pytest.mark.parametrize(("codes", "end"), [(("S1",), "Success"), (("",), "Error"), (("S1", ""), "PartialSuccess")])
def test_how_a_job_ends(codes: tuple[str, ...], end: str) -> None:
    place = Place(manners=Manners(write_answer="job", job_polls=0))
    job = place.api.push("/vendors", *map(vendor, codes)).json()["JobId"]
    assert place.api.get(f"/v1/jobs/{job}").json()["Status"] == end


@pytest.mark.parametrize("applied", [True, False])
def test_a_job_may_never_end(applied: bool) -> None:
    place = Place(manners=Manners(write_answer="job", job_polls=None, job_applied=applied))
    job = place.api.push("/vendors", vendor()).json()["JobId"]
    looks = {place.api.get(f"/v1/jobs/{job}").json()["Status"] for _ in range(30)}
    assert looks == {"Queued", "Running"}
    assert len(place.sim.dump("vendors")) == applied


def test_a_job_of_somebody_else_is_not_found() -> None:
    other = Customer("other", "t2", "u2", accounting_systems=((5, "Other"),))
    place = Place(customers=(Customer(), other), manners=Manners(write_answer="job"))
    job = place.api.push("/vendors", vendor()).json()["JobId"]
    stranger = Api(place.sim, {"Authorization": "Bearer t2", "AvidAuthorization": "Bearer u2"})
    assert stranger.get(f"/v1/jobs/{job}").status_code == 404


def test_a_write_whose_answer_is_lost_has_happened_once(place: Place) -> None:
    place.sim.faults.add(Fault("drop_after", method="POST", path_contains="/vendors"))
    with pytest.raises(Exception, match="reset"):
        place.api.push("/vendors", vendor())
    assert _actions(place.api.results("/vendors", vendor())) == ["NoUpdate"]
    assert len(place.api.items(f"{ACCT}/vendors")) == 1
