"""Lists: page sizes, filters, sorting, page tokens, lag."""

from itertools import pairwise

import pytest

from integrations.systems.bill.simulator import SimulatorConfig
from tests.systems.bill_simulator.api import Place, codes


def test_default_page_is_20_and_the_end_has_no_next_page(place: Place) -> None:
    first = place.api.get("/v3/classifications/chart-of-accounts").json()
    assert len(first["results"]) == 20
    assert "prevPage" not in first
    rows = place.api.pages("/v3/classifications/chart-of-accounts", max=50)
    assert len({row["id"] for row in rows}) == len(rows) == len(place.known["chart-of-accounts"])


@pytest.mark.parametrize("size", ["0", "101", "-1", "ten", "", "9" * 5000])
def test_page_size_outside_1_to_100_is_refused(place: Place, size: str) -> None:
    assert place.api.get("/v3/bills", max=size).status_code == 400


def test_prev_page_leads_back_to_the_same_rows(place: Place) -> None:
    path = "/v3/classifications/chart-of-accounts"
    first = place.api.get(path, max=10, sort="name:desc").json()
    second = place.api.get(path, max=10, sort="name:desc", page=first["nextPage"]).json()
    back = place.api.get(path, max=10, sort="name:desc", page=second["prevPage"]).json()
    assert back["results"] == first["results"]
    again = place.api.get(path, max=10, sort="name:desc", page=back["nextPage"]).json()
    assert again["results"] == second["results"]
    assert "prevPage" not in back


def test_page_token_is_bound_to_its_query_and_ages(place: Place) -> None:
    path = "/v3/classifications/chart-of-accounts"
    token = place.api.get(path, max=10).json()["nextPage"]
    assert place.api.get(path, max=20, page=token).status_code == 400
    assert place.api.get(path, max=10, page=token[:-2] + "xx").status_code == 400
    assert place.api.get("/v3/classifications/locations", max=10, page=token).status_code == 400
    place.clock.forward(hours=2)
    assert place.api.get(path, max=10, page=token).status_code == 400


def test_updated_time_moves_with_every_change_also_when_the_clock_stands_still(place: Place) -> None:
    vendor = place.vendor()
    times = [place.api.patch(f"/v3/vendors/{vendor}", {"name": "Same"}).json()["updatedTime"] for _ in range(3)]
    assert all(earlier < later for earlier, later in pairwise(times))
    assert times[0].endswith("+00:00")
    assert len(times[0]) == 29


@pytest.mark.parametrize(
    "form",
    ['"{}T10:00:00.000Z"', "{}T10:00:00.000+00:00", '"{}T10:00:00.000"', "{}T10:00:00", '"{}T10:00"', "{}"],
)
def test_times_may_be_quoted_or_not_and_come_in_five_forms(place: Place, form: str) -> None:
    place.vendor(name="Early")
    place.clock.forward(days=1)
    place.vendor(name="Late")
    rows = place.api.pages("/v3/vendors", filters=f"updatedTime:gte:{form.format('2026-03-03')}")
    assert [row["name"] for row in rows] == ["Late"]


def test_filters_are_joined_by_and_and_quotes_guard_commas(place: Place) -> None:
    ids = [place.vendor(name=name) for name in ("Alpha, Inc", "Beta", "Gamma")]
    get = place.api.get
    by_id = get("/v3/vendors", filters=f'id:in:"{ids[0]},{ids[2]}",archived:eq:false').json()["results"]
    assert [row["id"] for row in by_id] == [ids[0], ids[2]]
    by_name = get("/v3/vendors", filters='name:eq:"Alpha, Inc"').json()["results"]
    assert [row["id"] for row in by_name] == [ids[0]]
    assert [row["id"] for row in get("/v3/vendors", filters='name:sw:"Be"').json()["results"]] == [ids[1]]
    others = get("/v3/vendors", filters=f'id:nin:"{ids[0]}",name:ne:"Beta"').json()["results"]
    assert [row["id"] for row in others] == [ids[2]]


def test_bills_are_found_by_vendor_amount_status_and_coding(place: Place) -> None:
    one, two = place.vendor(name="One"), place.vendor(name="Two")
    small = place.bill(one, "S", 0.1, classifications={"chartOfAccountId": place.account("6110")})["id"]
    large = place.bill(two, "L", 0.3)["id"]

    def found(filters: str) -> list[str]:
        return [row["id"] for row in place.api.get("/v3/bills", filters=filters).json()["results"]]

    assert found(f"vendorId:eq:{one}") == [small]
    assert found("amount:gt:0.1") == [large]
    assert found("amount:lte:0.30,paymentStatus:eq:UNPAID") == [small, large]
    assert found(f"classifications.chartOfAccountId:eq:{place.account('6110')}") == [small]


def test_unknown_fields_and_operators_have_their_codes(place: Place) -> None:
    assert codes(place.api.get("/v3/bills", filters="invoiceNumber:eq:A")) == ["BDC_1130"]
    assert codes(place.api.get("/v3/bills", filters="id:like:A")) == ["BDC_1131"]
    for time in ("yesterday", "2026-03-01 10:00", "2026-03-01T10:00:00.000 00:00", "0001-01-01T00:00+05:00"):
        assert codes(place.api.get("/v3/bills", filters=f"updatedTime:gte:{time}")) == ["BDC_1129"]
    for amount in ("NaN", "ten"):
        assert codes(place.api.get("/v3/bills", filters=f"amount:gt:{amount}")) == ["BDC_1129"]
    assert place.api.get("/v3/bills", filters="amount:gt:1e999").json() == {"results": []}
    assert codes(place.api.get("/v3/bills", sort="vendorName:asc")) == ["BDC_1130"]
    place.api.checked = False
    assert codes(place.api.get("/v3/bills", filter="id:eq:A")) == ["BDC_1002"]


def test_sorting_by_several_fields(place: Place) -> None:
    vendor = place.vendor()
    for number, amount, due in (("1", 5, "2026-05-01"), ("2", 9, "2026-04-01"), ("3", 7, "2026-05-01")):
        place.bill(vendor, number, amount, dueDate=due)
    rows = place.api.pages("/v3/bills", sort="dueDate:desc,amount:asc", max=1)
    assert [row["invoice"]["invoiceNumber"] for row in rows] == ["1", "3", "2"]


def test_rows_changed_while_paging_are_seen_at_the_end_and_none_is_lost(place: Place) -> None:
    ids = [place.vendor(name=f"V{number}") for number in range(6)]
    params: dict[str, str | int] = {"sort": "updatedTime:asc", "max": 2}
    first = place.api.get("/v3/vendors", **params).json()
    place.api.patch(f"/v3/vendors/{ids[0]}", {"name": "moved"})
    rest = []
    token = first["nextPage"]
    while token:
        page = place.api.get("/v3/vendors", **params, page=token).json()
        rest += page["results"]
        token = page.get("nextPage")
    assert [row["id"] for row in rest] == [*ids[2:], ids[0]]


def test_a_new_record_is_there_by_id_at_once_but_listed_later() -> None:
    place = Place(SimulatorConfig(visible_after=5))
    vendor = place.vendor()
    assert place.api.get(f"/v3/vendors/{vendor}").status_code == 200
    assert place.api.get("/v3/vendors").json()["results"] == []
    place.clock.forward(seconds=5)
    assert len(place.api.get("/v3/vendors").json()["results"]) == 1


def test_lists_and_single_bills_name_the_vendor_and_a_new_name_shows_at_once(place: Place) -> None:
    vendor = place.vendor(name='Old "quoted" name')
    bill = place.bill(vendor)
    assert "vendorName" not in bill
    assert place.api.get(f"/v3/bills/{bill['id']}").json()["vendorName"] == 'Old "quoted" name'
    place.api.patch(f"/v3/vendors/{vendor}", {"name": "New"})
    assert place.api.get("/v3/bills").json()["results"][0]["vendorName"] == "New"


def test_archived_rows_are_listed_unless_filtered(place: Place) -> None:
    vendor = place.vendor()
    place.api.post(f"/v3/vendors/{vendor}/archive")
    assert len(place.api.get("/v3/vendors").json()["results"]) == 1
    assert place.api.get("/v3/vendors", filters="archived:eq:false").json()["results"] == []
