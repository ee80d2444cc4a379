"""Invoices: what people do to them, the list and one, the image, acknowledgements, and closed batches."""

from decimal import Decimal
from typing import Any

import pytest

from integrations.systems.avidxchange.simulator import ACCOUNTS, Line
from tests.systems.avidxchange_simulator.api import ACCT, Place

LIST = f"{ACCT}/invoices"
CLOSED = "/v1/invoices/batches/closed/acctgSysId/4711"


def _closed(place: Place, **days: str) -> list[Any]:
    return place.api.items(CLOSED, **{f"closeDate{name}": day for name, day in days.items()})


def _inside(place: Place, batch: dict[str, Any]) -> list[int]:
    (link,) = batch["Links"]
    assert link["Rel"] == "full-details"
    return [row["Id"] for row in place.api.items(link["Href"])]


def test_an_invoice_carries_several_codes_a_line(place: Place) -> None:
    lines = [Line("60.5", {ACCOUNTS: "6100", "Cost Center": "D10"}, "Cables", 1), Line(40, {ACCOUNTS: "6200"})]
    key = place.sim.create_invoice("S1001", "INV-1", lines=lines, PONumber="P-1", CompanyExternalCode="20")
    body = place.api.get(f"{LIST}/{key}").json()
    assert (body["GrossAmount"], body["InvoiceType"], body["Status"]) == (100.5, "Invoice", "Approved")
    assert (body["PONumber"], body["CompanyExternalCode"]) == ("P-1", "20")
    assert body["BuyerVendor"]["VendorExternalSystemID"] == "S1001"
    first = body["Distributions"][0]
    assert (first["LineNumber"], first["POLineNumber"], first["Description"]) == (1, 1, "Cables")
    codes = {
        each["EnterpriseCodeGroups"][0]["CodeGroupName"]: each["EnterpriseCodeValue"]
        for each in first["EnterpriseCodes"]
    }
    assert codes == {"Accounting Codes": "6100", "Cost Center": "D10"}


def test_a_credit_is_negative_in_head_and_lines(place: Place) -> None:
    body = place.sim.get("invoices", place.sim.create_invoice("S1", "C-1", "-25"))
    assert (body["GrossAmount"], body["InvoiceType"]) == (Decimal("-25.00"), "Credit")
    assert body["Distributions"][0]["Amount"] == Decimal("-25.00")


def test_the_list_can_be_asked_for_states(place: Place) -> None:
    approved, rejected, voided = place.invoices(3)
    place.sim.reject_invoice(rejected)
    place.sim.void_invoice(voided)
    waiting = place.sim.create_invoice("S1", "W-1", 5, status="InWorkflow")
    assert [row["Id"] for row in place.api.items(LIST, status="Approved")] == [approved]
    assert [row["Id"] for row in place.api.items(LIST, status="void, rejected")] == [rejected, voided]
    assert len(place.api.items(LIST)) == 4
    assert place.sim.get("invoices", waiting)["ApprovedDate"] is None


def test_approval_and_edits_move_the_date_of_change(place: Place) -> None:
    key = place.sim.create_invoice("S1", "W-1", 5, status="InWorkflow")
    stamps = []
    for act in (place.sim.approve_invoice, place.sim.touch_invoice):
        place.clock.forward(60)
        act(key)
        stamps.append(place.sim.get("invoices", key)["LastChangedDate"])
    assert stamps == sorted(set(stamps))
    assert place.sim.get("invoices", key)["ApprovedDate"] == stamps[0]


def test_fields_that_an_invoice_does_not_have_are_a_mistake_of_the_test(place: Place) -> None:
    with pytest.raises(ValueError, match="Colour"):
        place.sim.create_invoice("S1", "X", 1, Colour="red")
    with pytest.raises(KeyError):
        place.sim.approve_invoice(1)


def test_the_image_is_a_pdf_and_may_be_missing(place: Place) -> None:
    (key,) = place.invoices(1)
    response = place.api.get(place.api.get(f"{LIST}/{key}").json()["ImageUrl"])
    assert (response.headers["content-type"], response.content[:5]) == ("application/pdf", b"%PDF-")
    bare = place.sim.create_invoice("S1", "N-1", 5, ImageUrl=None)
    assert place.api.get(f"{LIST}/{bare}").json()["ImageUrl"] is None
    assert place.api.get(f"/v1/invoices/{bare}/image").status_code == 404


def test_an_invoice_is_acknowledged_in_either_form(place: Place) -> None:
    (key,) = place.invoices(1)
    guid = place.sim.close_batch("One", [key])
    new = place.api.post(
        "/invoices/exportHistories", {"InvoiceId": key, "ExportHistoryStatusId": 1, "ExternalCode": "10-7"}
    )
    old = place.api.http.post(
        "/v1/invoices/batches/exportHistories",
        json={"BatchId": guid, "FileId": None, "ExportHistoryStatusId": 1, "StartDate": "2026-11-21T09:30:00.00"},
    )
    assert [answer.json()["Results"][0]["Successful"] for answer in (new, old)] == [True, True]
    first, second = place.sim.dump("exportHistories")
    assert (first["InvoiceId"], first["ExternalCode"], second["BatchId"]) == (key, "10-7", guid)


def test_an_acknowledgement_of_something_unknown_is_refused(place: Place) -> None:
    result = place.api.post("/invoices/exportHistories", {"InvoiceId": 1, "ExportHistoryStatusId": 3}).json()[
        "Results"
    ][0]
    assert (result["Successful"], len(result["Errors"])) == (False, 2)
    assert place.sim.dump("exportHistories") == []


def test_closed_batches_are_listed_by_the_day_they_were_closed(place: Place) -> None:
    guid = place.sim.close_batch("Monday", place.invoices(3))
    (batch,) = _closed(place, From="2026-11-21", To="2026-11-21")
    assert (batch["BatchGUID"], batch["InvoiceCount"], batch["BatchTotal"]) == (guid, 3, 303)
    assert len(_inside(place, batch)) == 3
    assert _closed(place, From="2026-11-22") == []


def test_a_reopened_batch_is_gone_until_it_is_closed_again(place: Place) -> None:
    first, second, third = place.invoices(3)
    guid = place.sim.close_batch("Monday", [first, second])
    place.clock.forward(86400)
    place.sim.reopen_batch(guid)
    assert _closed(place) == []
    assert place.api.get(f"/v1/invoices/batches/{guid}").json()["BatchName"] == "Monday"
    place.sim.edit_invoice(second, GrossAmount=Decimal("500.00"))
    place.sim.close_again(guid, add=[third], remove=[first])
    (batch,) = _closed(place, From="2026-11-22")
    assert _inside(place, batch) == [second, third]
    assert (batch["InvoiceCount"], batch["BatchTotal"]) == (2, 602)


def test_the_invoices_of_a_batch_have_pages(place: Place) -> None:
    guid = place.sim.close_batch("Many", place.invoices(5))
    body = place.api.get(f"/v1/invoices/batches/{guid}/invoices", pageSize=2, pageNumber=3).json()
    assert (body["Paging"]["PageCount"], [row["Number"] for row in body["Items"]]) == (3, ["INV-4"])
