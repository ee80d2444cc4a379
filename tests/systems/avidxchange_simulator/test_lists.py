"""Lists: pages, links, change filters by whole days, and a list that changes while it is read."""

import pytest

from integrations.systems.avidxchange.simulator import Fault
from tests.systems.avidxchange_simulator.api import ACCT, HOST, Place

LIST = f"{ACCT}/invoices"


def test_pages_are_numbered_from_one_and_linked(place: Place) -> None:
    place.invoices(5)
    body = place.api.get(LIST, pageSize=2, pageNumber=2, status="Approved").json()
    paging = body["Paging"]
    assert [row["Number"] for row in body["Items"]] == ["INV-2", "INV-3"]
    assert (paging["PageNumber"], paging["PageCount"], paging["PageItems"], paging["TotalItems"]) == (2, 3, 2, 5)
    links = {link["Rel"]: link["Href"] for link in paging["Links"]}
    assert links["next"].startswith(HOST + LIST)
    assert place.api.get(links["next"]).json()["Items"][0]["Number"] == "INV-4"


def test_the_last_page_has_no_next_and_a_page_behind_it_is_empty(place: Place) -> None:
    place.invoices(2)
    last = place.api.get(LIST, pageSize=2).json()
    assert [link["Rel"] for link in last["Paging"]["Links"]] == ["first"]
    assert place.api.get(LIST, pageSize=2, pageNumber=2).json()["Items"] == []


def test_a_page_is_never_larger_than_the_most() -> None:
    place = Place(max_page=3)
    place.invoices(4)
    assert place.api.get(LIST, pageSize=100).json()["Paging"]["PageSize"] == 3


@pytest.mark.parametrize("params", [{"pageNumber": "0"}, {"pageSize": "ten"}, {"pageNumber": "٣"}])
def test_paging_that_is_no_number_is_a_bad_request(place: Place, params: dict[str, str]) -> None:
    assert place.api.get(LIST, **params).status_code == 400


def test_filters_are_whole_days_and_both_ends_count(place: Place) -> None:
    for _ in range(4):
        place.invoices(1)
        place.clock.forward(86400)
    found = place.api.items(LIST, lastModifiedFrom="2026-11-22", lastModifiedTo="2026-11-23")
    assert [row["LastChangedDate"][:10] for row in found] == ["2026-11-22", "2026-11-23"]


def test_a_time_in_a_filter_by_day_is_its_day(place: Place) -> None:
    place.invoices(1)
    found = place.api.items(LIST, lastModifiedFrom="2026-11-21T23:00:00", lastModifiedTo="2026-11-21T00:00:00")
    assert len(found) == 1


def test_filters_may_know_seconds() -> None:
    place = Place(granularity="second")
    place.invoices(1)
    assert place.api.items(LIST, lastModifiedFrom="2026-11-21T23:00:00") == []
    assert len(place.api.items(LIST, lastModifiedFrom="2026-11-21T09:30:00", lastModifiedTo="2026-11-21")) == 1
    assert place.api.items(LIST, lastModifiedTo="2026-11-21T09:00:00") == []


def test_a_window_may_be_thirty_days_long(place: Place) -> None:
    assert place.api.get(LIST, lastModifiedFrom="2026-11-01", lastModifiedTo="2026-12-01").status_code == 200
    response = place.api.get(LIST, lastModifiedFrom="2026-11-01", lastModifiedTo="2026-12-02")
    assert (response.status_code, "30 days" in response.text) == (400, True)
    assert place.api.get(LIST, lastModifiedFrom="yesterday").status_code == 400


def test_rows_come_in_the_order_in_which_they_changed(place: Place) -> None:
    first, *_ = place.invoices(3)
    place.clock.forward(5)
    place.sim.touch_invoice(first)
    assert [row["Number"] for row in place.api.items(LIST)] == ["INV-1", "INV-2", "INV-0"]


def test_a_row_that_changes_between_two_pages_hides_another(place: Place) -> None:
    place.invoices(4)
    place.clock.forward(5)
    place.sim.faults.add(Fault("row_moves", path_contains="pageNumber=2"))
    assert [row["Number"] for row in place.api.items(LIST, pageSize=2)] == ["INV-0", "INV-1", "INV-3", "INV-0"]
    assert len({row["Number"] for row in place.api.items(LIST, pageSize=2)}) == 4


def test_vendors_are_listed_by_their_date_of_change(place: Place) -> None:
    place.api.push("/vendors", {"ExternalVendorCode": "S1", "Name": "One"})
    place.clock.forward(86400)
    place.api.push("/vendors", {"ExternalVendorCode": "S2", "Name": "Two"})
    place.sim.edit_vendor("S1", IsValid=False)
    found = place.api.items(f"{ACCT}/vendors", lastModifiedFrom="2026-11-22")
    assert [(row["ExternalVendorCode"], row.get("IsValid")) for row in found] == [("S1", False), ("S2", None)]


def test_unknown_addresses_and_unknown_ids_are_told_apart(place: Place) -> None:
    for path in (f"{ACCT}/enterpriseCodes", "/v1/nothing", "/v2/payments"):
        assert place.api.get(path).json()["fault"]["code"] == 900906
    for path in (f"{LIST}/1", "/v1/accountingSystems/1/invoices", "/v1/payments/1/paymenthistory", "/v1/jobs/1"):
        response = place.api.get(path)
        assert (response.status_code, response.json()["exception"]["reason"]) == (404, "NotFound")


def test_operations_may_be_missing_or_forbidden() -> None:
    place = Place(not_offered=("payments.list",), forbidden=("invoices.list",))
    missing, refused = place.api.get("/v1/payments"), place.api.get(LIST)
    assert (missing.status_code, missing.json()["fault"]["code"]) == (404, 900906)
    assert (refused.status_code, refused.json()["fault"]["code"]) == (403, 900910)


def test_new_records_may_come_into_lists_late_and_are_found_by_id_at_once() -> None:
    place = Place(visible_after=60)
    (key,) = place.invoices(1)
    assert place.api.items(LIST) == []
    assert place.api.get(f"{LIST}/{key}").status_code == 200
    place.clock.forward(61)
    place.sim.touch_invoice(key)
    assert [row["Id"] for row in place.api.items(LIST)] == [key]


def test_times_may_be_those_of_another_zone() -> None:
    place = Place(zone_hours=-10)
    place.invoices(1)
    (row,) = place.api.items(LIST, lastModifiedTo="2026-11-20")
    assert row["LastChangedDate"][:13] == "2026-11-20T23"
