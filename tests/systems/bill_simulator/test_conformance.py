"""One answer of every kind against the OpenAPI document, and the checker itself."""

import uuid
import warnings

import httpx
import pytest

from tests.systems import openapi
from tests.systems.bill_simulator.api import HOST, TOKEN, Place


@pytest.fixture(autouse=True)
def _document() -> None:
    if not openapi.available():
        reason = f"NOT CHECKED: {openapi.DOCUMENT.name} is not beside the project; BILL's answers are unverified"
        warnings.warn(reason, stacklevel=1)
        pytest.skip(reason)


def test_every_kind_of_answer_is_as_documented(place: Place) -> None:
    api = place.api
    assert api.checked
    vendor = place.vendor(email="a@example.com", additionalInfo={"taxId": "12-3456789", "taxIdType": "EIN"})
    bill = place.bill(vendor, billApprovals=True, classifications={"departmentId": place.known["departments"]["100"]})
    payment = place.sim.pay([bill["id"]], status="PROCESSED", transactionNumber="T-1")
    for path in (
        "/v3/login/session", "/v3/health", f"/v3/organizations/{api.organization}",
        "/v3/vendors", f"/v3/vendors/{vendor}", f"/v3/vendors/{vendor}/configuration",
        "/v3/bills", f"/v3/bills/{bill['id']}", "/v3/bill-approvals/pending-user-approvals",
        "/v3/payments", f"/v3/payments/{payment}", "/v3/vendor-credits", f"/v3/documents/bills/{bill['id']}",
        "/v3/classifications/chart-of-accounts", "/v3/classifications/departments",
    ):  # fmt: skip
        assert api.get(path).status_code == 200
    for path in ("/v3/subscriptions", "/v3/events/catalog"):
        assert api.call("GET", path, base="/connect-events").status_code == 200
    assert api.post("/v3/logout").status_code == 200


def _login(**changes: object) -> httpx.Request:
    body = {**TOKEN, "organizationId": "008", "devKey": "k", **changes}
    return httpx.Request("POST", f"{HOST}/connect/v3/login", json=body)


def _request(method: str, path: str, **options: object) -> httpx.Request:
    headers = {"sessionId": "s", "devKey": "k"}
    return httpx.Request(method, HOST + path, headers=headers, **options)  # type: ignore[arg-type]


BILL = {
    "vendorId": "009", "dueDate": "2026-02-14", "invoice": {"invoiceNumber": "A", "invoiceDate": "2026-01-15"},
    "billLineItems": [{"amount": 1.5}],
}  # fmt: skip


def test_good_requests_pass() -> None:
    openapi.check_request(_login())
    openapi.check_request(_request("POST", "/connect/v3/bills/bulk", json=[BILL]))
    openapi.check_request(_request("PATCH", "/connect/v3/bills/00n", json={"invoice": {"invoiceNumber": "B"}}))
    openapi.check_request(_request("GET", "/connect/v3/bills", params={"max": 100, "filters": "archived:eq:false"}))
    openapi.check_request(_request("POST", "/connect/v3/documents/bills/00n", params={"name": "a"}, content=b"x"))


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (_login(userName="x"), "userName"),
        (httpx.Request("GET", f"{HOST}/connect/v3/bills"), "sign-in headers"),
        (_request("GET", "/connect/v3/session"), "not in the document"),
        (_request("GET", "/v3/bills"), "no such gateway"),
        (_request("GET", "/connect/v3/subscriptions"), "other gateway"),
        (_request("GET", "/connect/v3/bills", params={"max": 101}), "101"),
        (_request("GET", "/connect/v3/bills", params={"filter": "x"}), "unknown parameter"),
        (_request("POST", "/connect/v3/bills", json={**BILL, "amount": 3}), "amount"),
        (_request("POST", "/connect/v3/bills", json={**BILL, "dueDate": "14/02/2026"}), "14/02/2026"),
        (_request("POST", "/connect/v3/bills", json={**BILL, "billLineItems": [{"amount": "1.5"}]}), "1.5"),
        (_request("POST", "/connect/v3/bills/bulk", json=[BILL] * 101), "too long"),
        (_request("POST", "/connect-events/v3/subscriptions", json={}), "X-Idempotent-Key"),
    ],
)
def test_bad_requests_are_named(request_: httpx.Request, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        openapi.check_request(request_)


def test_bad_answers_are_named() -> None:
    request = _request("GET", "/connect/v3/bills")
    for answer, message in (
        (httpx.Response(202, json={}), "status not documented"),
        (httpx.Response(200, json={"results": [{"amount": "1"}]}), "amount"),
        (httpx.Response(200, json={"results": [{"updatedTime": "2026-01-01 10:00"}]}), "updatedTime"),
        (httpx.Response(401, json={"message": "no array"}), "array"),
        (httpx.Response(200, text="<html>"), "content type"),
    ):
        with pytest.raises(AssertionError, match=message):
            openapi.check_response(request, answer)


def test_subscription_requests_pass_with_their_key() -> None:
    body = {
        "name": "n", "status": {"enabled": True}, "events": [{"type": "bill.updated", "version": "1"}],
        "notificationUrl": "https://example.com/",
    }  # fmt: skip
    request = _request("POST", "/connect-events/v3/subscriptions", json=body)
    request.headers["X-Idempotent-Key"] = str(uuid.uuid4())
    openapi.check_request(request)
