"""The same content in every form that public programs met."""

from typing import Any

import pytest

from integrations.systems.avidxchange.simulator import Fault, Manners
from tests.systems.avidxchange_simulator.api import ACCT, Place, vendor

LIST = f"{ACCT}/invoices"


def _place(**manners: Any) -> Place:
    place = Place(manners=Manners(**manners))
    place.invoices(3)
    return place


def test_a_result_and_an_error_may_be_one_object_instead_of_a_list() -> None:
    place = _place(single_objects=True)
    result = place.api.push("/vendors", vendor("")).json()["Results"]
    assert result["Errors"]["Message"] == "ExternalVendorCode is required."
    several = place.api.push("/vendors", vendor(), vendor("S2")).json()["Results"]
    assert [each["Errors"] for each in several] == [[], []]
    assert isinstance(place.api.get(LIST, pageSize=1).json()["Items"], list)


def test_booleans_may_be_text() -> None:
    results = _place(string_booleans=True).api.results("/vendors", vendor(), vendor(""))
    assert [result["Successful"] for result in results] == ["true", "false"]


def test_results_may_come_in_another_order_but_all() -> None:
    codes = [f"S{number}" for number in range(9)]
    results = _place(shuffled=True).api.results("/vendors", *map(vendor, codes))
    found = [result["ExternalCode"] for result in results]
    assert found != codes
    assert sorted(found) == codes


def test_one_result_may_be_missing_although_its_item_is_stored() -> None:
    place = _place(missing_result=True)
    results = place.api.results("/vendors", vendor("S1"), vendor("S2"))
    assert [result["ExternalCode"] for result in results] == ["S2"]
    assert len(place.sim.dump("vendors")) == 2


def test_names_may_begin_with_a_small_letter() -> None:
    place = _place(camel_case=True, pages_name=True)
    body = place.api.get(LIST, pageSize=2).json()
    assert set(body["paging"]) == {"pageSize", "pageNumber", "pages", "pageItems", "totalItems", "links"}
    assert body["items"][0]["distributions"][0]["lineNumber"] == 1
    assert place.api.get("/v1/accountingSystems").json()["items"][0]["id"] == 4711


def test_the_count_of_pages_may_be_called_pages() -> None:
    paging = _place(pages_name=True).api.get(LIST, pageSize=2).json()["Paging"]
    assert (paging["Pages"], "PageCount" in paging) == (2, False)


def test_a_list_may_have_no_paging() -> None:
    place = _place(no_paging=True)
    pages = [place.api.get(LIST, pageSize=2, pageNumber=number).json() for number in (1, 2, 3)]
    assert [(len(page["Items"]), "Paging" in page) for page in pages] == [(2, False), (1, False), (0, False)]


@pytest.mark.parametrize(("hrefs", "start"), [("relative", "/v1/"), ("foreign", "https://elsewhere.example/v1/")])
def test_links_may_be_relative_or_lead_elsewhere(hrefs: str, start: str) -> None:
    place = _place(hrefs=hrefs, images=hrefs, write_answer="job")
    body = place.api.get(LIST, pageSize=2).json()
    assert all(link["Href"].startswith(start) for link in body["Paging"]["Links"])
    assert body["Items"][0]["ImageUrl"].startswith(start)
    assert place.api.push("/vendors", vendor()).headers["location"].startswith(start)


def test_date_times_may_have_a_blank_where_others_have_a_t() -> None:
    row = _place(blank_times=True).api.get(LIST).json()["Items"][0]
    assert (row["LastChangedDate"][:11], row["InvoiceDate"]) == ("2026-11-21 ", "2026-11-21")


def test_old_invoices_lack_what_was_never_seen() -> None:
    row = _place(old_invoices=True).api.get(LIST).json()["Items"][0]
    unseen = {"Status", "InvoiceType", "TaxAmount", "Currency", "CompanyExternalCode", "ApprovedDate"}
    assert not unseen & row.keys()
    assert row["InvoiceDate"] == "2026-11-21T00:00:00"
    assert set(row["Distributions"][0]) == {"Amount", "Description", "EnterpriseCodes"}


def test_a_fault_changes_the_manners_of_one_answer(place: Place) -> None:
    place.invoices(1)
    place.sim.faults.add(Fault("manners", path_contains="/invoices", camel_case=True))
    assert "items" in place.api.get(LIST).json()
    assert "Items" in place.api.get(LIST).json()
    with pytest.raises(TypeError):
        Fault("manners", colour="red")


def test_amounts_are_numbers_with_two_decimals() -> None:
    text = _place().api.get(LIST, pageSize=1).text
    assert '"GrossAmount":100.00,"TaxAmount":0.00' in text
