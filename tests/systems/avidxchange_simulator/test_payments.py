"""Payments: how each method goes its way, voids, errors, reissues, and what the lists say."""

from decimal import Decimal
from typing import Any

import pytest

from tests.systems.avidxchange_simulator.api import Place


def _seen(place: Place, key: int) -> dict[str, Any]:
    found: dict[str, Any] = place.api.get("/v1/payments", paymentIds=key).json()["Items"][0]
    return found


def _history(place: Place, key: int) -> list[str]:
    return [entry["Description"] for entry in place.api.get(f"/v1/payments/{key}/paymenthistory").json()]


@pytest.mark.parametrize(
    ("method", "issued", "field"),
    [
        ("Check", "Issued to Supplier", "CheckNumber"),
        ("AvidPay Direct", "ACH Credit Issued", "TraceNumber"),
        ("Virtual Credit Card", "VCC Processing", "CardLastFour"),
        ("e-Payment", "Issued to Supplier", "BatchId"),
    ],
)
def test_each_method_is_issued_and_cleared_in_its_own_way(place: Place, method: str, issued: str, field: str) -> None:
    key = place.sim.make_payment(place.invoices(1), method)
    assert _seen(place, key)["Status"]["Description"] == "Pending Approval"
    place.sim.issue(key)
    body = _seen(place, key)
    assert (body["Status"]["Description"], body["PaymentDate"]) == (issued, "2026-11-21")
    assert body[field]
    place.sim.clear(key)
    body = _seen(place, key)
    assert (body["Status"], body["ClearedDate"][:10]) == ({"Id": 27, "Description": "Cleared"}, "2026-11-21")
    assert _history(place, key) == ["Pending Approval", issued, "Cleared"]


def test_a_payment_says_what_it_pays_of_three_invoices(place: Place) -> None:
    keys = place.invoices(3)
    parts: list[Any] = [keys[0], {"invoice": keys[1], "gross": "50.00"}, {"invoice": keys[2], "discount": "2.04"}]
    body = _seen(place, place.sim.make_payment(parts, status="issued"))
    nets = [(part["InvoiceId"], part["Gross"], part["Discount"], part["Net"]) for part in body["Invoices"]]
    assert nets == [(keys[0], 100, 0, 100), (keys[1], 50, 0, 50), (keys[2], 102, 2.04, 99.96)]
    assert (body["Amount"], body["TransactionId"]) == (249.96, str(body["PaymentId"]))
    assert body["Payee"]["ExternalVendorCode"] == "S1"


def test_company_and_currency_are_those_of_the_invoice(place: Place) -> None:
    invoice = place.sim.create_invoice("S1", "E-1", 5, Currency="EUR", CompanyExternalCode="20")
    body = _seen(place, place.sim.make_payment([invoice]))
    assert (body["Currency"], body["CompanyExternalCode"]) == ("EUR", "20")


def test_a_payment_may_come_before_its_invoice_is_approved(place: Place) -> None:
    invoice = place.sim.create_invoice("S1", "W-1", 5, status="InWorkflow")
    assert _seen(place, place.sim.make_payment([invoice], status="cleared"))["Invoices"][0]["InvoiceId"] == invoice


def test_an_error_has_a_reason_and_can_be_left_again(place: Place) -> None:
    key = place.sim.make_payment(place.invoices(1), "AvidPay Direct", "Processing")
    place.sim.fail(key, "No such account")
    assert _seen(place, key)["Exceptions"] == [{"ReasonCode": {"Description": "No such account"}}]
    place.sim.advance(key, "Processing")
    assert _seen(place, key)["Exceptions"] == []
    assert _history(place, key) == ["Pending Approval", "Processing", "Error", "Processing"]


def test_an_issued_payment_can_be_void(place: Place) -> None:
    key = place.sim.make_payment(place.invoices(1), status="issued")
    place.sim.void(key)
    assert _seen(place, key)["Status"]["Description"] == "Void"


def test_a_reissue_names_the_payment_it_replaces(place: Place) -> None:
    old = place.sim.make_payment(place.invoices(2), status="issued")
    new = place.sim.reissue(old, "AvidPay Direct")
    first, second = _seen(place, old), _seen(place, new)
    assert (first["Status"]["Description"], second["Status"]["Description"]) == ("Void", "ACH Credit Issued")
    assert (second["ReplacesPaymentId"], second["Amount"]) == (old, first["Amount"])
    assert second["Invoices"] == first["Invoices"]


def test_words_that_nobody_has_seen_are_sent_as_they_are(place: Place) -> None:
    key = place.sim.make_payment(place.invoices(1), "AvidPay Rocket", "Escheated to State")
    body = _seen(place, key)
    assert body["Status"] == {"Id": 99, "Description": "Escheated to State"}
    assert body["PaymentMethod"] == {"Id": 99, "Description": "AvidPay Rocket"}


def test_an_amount_may_differ_from_its_parts(place: Place) -> None:
    key = place.sim.make_payment(place.invoices(1), Amount=Decimal("7.00"))
    assert _seen(place, key)["Amount"] == 7


def test_the_list_follows_changes_day_by_day(place: Place) -> None:
    first, second = (place.sim.make_payment([invoice]) for invoice in place.invoices(2))
    place.clock.forward(86400)
    place.sim.issue(first)
    found = place.api.items("/v1/payments", lastModifiedFrom="2026-11-22", lastModifiedTo="2026-11-22")
    assert [row["PaymentId"] for row in found] == [first]
    assert [row["PaymentId"] for row in place.api.items("/v1/payments", pageSize=1)] == [second, first]


def test_payments_are_fetched_by_ids_as_far_as_they_exist(place: Place) -> None:
    keys = [place.sim.make_payment([invoice]) for invoice in place.invoices(2)]
    found = place.api.items("/v1/payments", paymentIds=f"{keys[1]},1,{keys[0]}")
    assert [row["PaymentId"] for row in found] == [keys[1], keys[0]]
    assert place.api.items("/v1/payments", paymentIds="no-such-id") == []


def test_the_history_is_a_bare_list(place: Place) -> None:
    key = place.sim.make_payment(place.invoices(1))
    (entry,) = place.api.get(f"/v1/payments/{key}/paymenthistory").json()
    assert set(entry) == {"Id", "PaymentID", "PaymentProcessName", "Description", "Comment", "InsertDateTime"}


def test_a_cleared_check_has_a_picture(place: Place) -> None:
    key = place.sim.make_payment(place.invoices(1), status="issued")
    path = f"/v1/payments/{key}/getclearedcheckimage"
    assert place.api.get(path).status_code == 404
    place.sim.clear(key)
    assert place.api.get(path).content[:6] == b"GIF89a"
