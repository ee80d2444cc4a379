"""Bills: totals, lines, refusals, bulk, changes, duplicates."""

import json
from decimal import Decimal

import pytest

from integrations.systems.bill.simulator import SimulatorConfig
from tests.systems.bill_simulator.api import USER, Place, codes, exact


def test_total_is_the_exact_sum_and_amount_wins_over_quantity_times_price(place: Place) -> None:
    body = place.bill_body(place.vendor())
    body["billLineItems"] = [
        {"amount": 0.1},
        {"amount": 0.2},
        {"quantity": 3, "price": 0.335},
        {"amount": 5, "quantity": 9, "price": 9},
    ]
    bill = exact(place.api.post("/v3/bills", body))
    assert bill["amount"] == bill["dueAmount"] == Decimal("6.31")
    assert bill["paidAmount"] == 0
    assert (bill["paymentStatus"], bill["approvalStatus"]) == ("UNPAID", "UNASSIGNED")
    assert all(line["id"].startswith("bli") for line in bill["billLineItems"])


def test_every_missing_part_is_named(place: Place) -> None:
    body = {"invoiceNumber": "flat", "billLineItems": [{"description": "no amount"}]}
    messages = [item["message"] for item in place.api.post("/v3/bills", body).json()]
    assert messages == [
        "vendorId: must not be blank",
        "dueDate: must not be null",
        "invoice: must not be null",
        "billLineItems[0].amount: must not be null",
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [("dueDate", "2026-02-30"), ("dueDate", "2026-02-14T00:00:00Z"), ("description", "d" * 4001), ("vendorId", 9)],
)
def test_ill_formed_fields_are_400_without_code(place: Place, field: str, value: object) -> None:
    response = place.api.post("/v3/bills", {**place.bill_body(place.vendor()), field: value})
    assert (response.status_code, codes(response)) == (400, [""])


def test_amounts_must_be_numbers_within_the_currency(place: Place) -> None:
    body = place.bill_body(place.vendor())
    body["billLineItems"][0]["amount"] = "120.5"
    assert codes(place.api.post("/v3/bills", body)) == [""]
    body["billLineItems"][0]["amount"] = 120.505
    assert codes(place.api.post("/v3/bills", body)) == ["BDC_1143"]
    yen = place.bill_body(place.vendor(billCurrency="JPY"), "Y", 100.5)
    assert codes(place.api.post("/v3/bills", yen)) == ["BDC_1143"]


def test_unknown_archived_and_foreign_references_are_refused(place: Place) -> None:
    vendor = place.vendor()
    unknown = place.bill_body("00902NOBODY000000001")
    response = place.api.post("/v3/bills", unknown)
    assert (response.status_code, codes(response)) == (400, ["BDC_1205"])
    place.api.post(f"/v3/classifications/chart-of-accounts/{place.account()}/archive")
    response = place.api.post("/v3/bills", place.bill_body(vendor))
    assert (response.status_code, codes(response)) == (400, ["BDC_1143"])
    place.api.post(f"/v3/classifications/chart-of-accounts/{place.account()}/restore")
    place.api.post(f"/v3/vendors/{vendor}/archive")
    response = place.api.post("/v3/bills", place.bill_body(vendor))
    assert (response.status_code, codes(response)) == (422, ["BDC_1143"])


def test_a_department_id_is_no_account(place: Place) -> None:
    body = place.bill_body(place.vendor())
    department = place.known["departments"]["100"]
    body["billLineItems"][0]["classifications"] = {"chartOfAccountId": department}
    assert codes(place.api.post("/v3/bills", body)) == ["BDC_1143"]


def test_negative_lines_are_kept_but_a_negative_bill_is_refused(place: Place) -> None:
    vendor = place.vendor()
    assert place.bill(vendor, "N", 10, -2.5)["amount"] == Decimal("7.5")
    assert codes(place.api.post("/v3/bills", place.bill_body(vendor, "M", 1, -2))) == ["BDC_1143"]


@pytest.mark.parametrize("amount", ["1e12", "9" * 400, "1e400", "-1e13"])
def test_amounts_beyond_twelve_digits_are_refused(place: Place, amount: str) -> None:
    body = json.dumps(place.bill_body(place.vendor(), "A", 1)).replace('"amount": 1', f'"amount": {amount}')
    response = place.api.call("POST", "/v3/bills", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 400
    many = place.bill_body(place.vendor(), "B", 999999999999, 999999999999)
    assert codes(place.api.post("/v3/bills", many)) == ["BDC_1143"]


def test_the_line_limit_is_a_setting() -> None:
    place = Place(SimulatorConfig(max_bill_lines=2, max_invoice_number=5))
    vendor = place.vendor()
    assert place.api.post("/v3/bills", place.bill_body(vendor, "1", 1, 2, 3)).status_code == 400
    assert place.api.post("/v3/bills", place.bill_body(vendor, "123456", 1)).status_code == 400


def test_same_vendor_and_number_is_bdc_1171_until_archived(place: Place) -> None:
    vendor = place.vendor()
    first = place.bill(vendor)
    response = place.api.post("/v3/bills", place.bill_body(vendor))
    assert (response.status_code, codes(response)) == (422, ["BDC_1171"])
    place.bill(place.vendor())
    place.api.post(f"/v3/bills/{first['id']}/archive")
    assert place.bill(vendor)["id"] != first["id"]


def test_duplicates_can_be_accepted() -> None:
    place = Place(SimulatorConfig(duplicates="accept"))
    vendor = place.vendor()
    assert place.bill(vendor)["id"] != place.bill(vendor)["id"]


def test_an_update_may_take_a_number_that_is_used(place: Place) -> None:
    vendor = place.vendor()
    place.bill(vendor, "A")
    other = place.bill(vendor, "B")
    response = place.api.patch(f"/v3/bills/{other['id']}", {"invoice": {"invoiceNumber": "A"}})
    assert response.status_code == 200
    assert response.json()["invoice"] == {"invoiceNumber": "A", "invoiceDate": "2026-03-01"}


def test_bulk_answers_a_bare_array_in_order(place: Place) -> None:
    vendor = place.vendor()
    bodies = [place.bill_body(vendor, f"B-{number}") for number in range(100)]
    response = place.api.post("/v3/bills/bulk", bodies)
    assert response.status_code == 201
    assert [bill["invoice"]["invoiceNumber"] for bill in response.json()] == [f"B-{number}" for number in range(100)]
    assert place.api.post("/v3/bills/bulk", [*bodies, bodies[0]]).status_code == 400
    assert place.api.post("/v3/bills/bulk", []).status_code == 400


def test_one_bad_bill_rolls_the_bulk_back(place: Place) -> None:
    vendor = place.vendor()
    bodies = [place.bill_body(vendor, "1"), place.bill_body("00902NOBODY000000001", "2"), place.bill_body(vendor, "3")]
    response = place.api.post("/v3/bills/bulk", bodies)
    assert (response.status_code, codes(response)) == (400, ["BDC_1246", "BDC_1205", "BDC_1246"])
    assert place.sim.dump("bills") == []


def test_a_duplicate_inside_a_bulk_is_found(place: Place) -> None:
    vendor = place.vendor()
    response = place.api.post("/v3/bills/bulk", [place.bill_body(vendor), place.bill_body(vendor)])
    assert (response.status_code, codes(response)) == (422, ["BDC_1246", "BDC_1171"])


def test_patch_changes_the_lines_it_names_and_put_replaces_all(place: Place) -> None:
    vendor = place.vendor()
    bill = place.bill(vendor, "A", 1, 2, description="old", purchaseOrderNumber="PO-1")
    first, second = (line["id"] for line in bill["billLineItems"])
    path = f"/v3/bills/{bill['id']}"
    patched = place.api.patch(path, {"billLineItems": [{"id": second, "amount": 5}]}).json()
    assert [(line["id"], line["amount"]) for line in patched["billLineItems"]] == [(first, 1), (second, 5)]
    assert (patched["amount"], patched["purchaseOrderNumber"]) == (6, "PO-1")
    body = place.bill_body(vendor, "A", 9)
    body["billLineItems"].append({"id": second, "amount": 1})
    replaced = place.api.call("PUT", path, json=body).json()
    assert [line["amount"] for line in replaced["billLineItems"]] == [9, 1]
    assert [line["id"] == second for line in replaced["billLineItems"]] == [False, True]
    assert "description" not in replaced
    assert replaced["createdTime"] == bill["createdTime"]


def test_patch_of_an_unknown_line_or_one_without_id_is_refused(place: Place) -> None:
    path = f"/v3/bills/{place.bill(place.vendor())['id']}"
    assert codes(place.api.patch(path, {"billLineItems": [{"id": "bli02X", "amount": 1}]})) == ["BDC_1205"]
    assert codes(place.api.patch(path, {"billLineItems": [{"amount": 1}]})) == [""]


def test_a_patch_that_changes_nothing_moves_the_time(place: Place) -> None:
    bill = place.bill(place.vendor())
    after = exact(place.api.patch(f"/v3/bills/{bill['id']}", {"dueDate": bill["dueDate"]}))
    assert after["updatedTime"] > bill["updatedTime"]
    assert {**after, "updatedTime": ""} == {**bill, "updatedTime": ""}


def test_amount_and_vendor_are_locked_once_a_payment_is_scheduled(place: Place) -> None:
    bill = place.bill(place.vendor())
    place.sim.pay([bill["id"]])
    line = {"id": bill["billLineItems"][0]["id"], "amount": 1}
    path = f"/v3/bills/{bill['id']}"
    assert place.api.patch(path, {"billLineItems": [line]}).status_code == 422
    assert place.api.patch(path, {"vendorId": place.vendor()}).status_code == 422
    assert place.api.post(f"{path}/archive").status_code == 422
    assert place.api.patch(path, {"description": "text is free"}).status_code == 200


def test_the_lock_is_a_switch() -> None:
    place = Place(SimulatorConfig(refuse_changes_after_payment=False))
    bill = place.bill(place.vendor())
    place.sim.pay([bill["id"]])
    line = {"id": bill["billLineItems"][0]["id"], "amount": 1}
    assert place.api.patch(f"/v3/bills/{bill['id']}", {"billLineItems": [line]}).json()["amount"] == 1


def test_foreign_currency_shows_the_payers_cost(place: Place) -> None:
    bill = place.bill(place.vendor(billCurrency="EUR"), "E", 92)
    assert bill["amount"] == 92
    assert bill["exchangeRate"] == Decimal("0.92")
    assert bill["fundingAmount"] == 100


def test_approvers_act_through_the_api_and_by_hand(place: Place) -> None:
    bill = place.bill(place.vendor(), billApprovals=True)
    path = f"/v3/bills/{bill['id']}"
    assert (bill["approvalStatus"], bill["approvers"][0]["status"]) == ("ASSIGNED", "WAITING")
    pending = place.api.get("/v3/bill-approvals/pending-user-approvals").json()["bills"]
    assert [item["billId"] for item in pending] == [bill["id"]]
    assert place.api.patch(path, {"description": "x"}).status_code == 400
    assert place.api.patch(path, {"description": "x", "billApprovals": True}).status_code == 200
    place.api.login(**USER)
    done = place.api.post("/v3/bill-approvals/actions", [{"billId": bill["id"], "action": "APPROVE"}])
    assert done.json() == {"status": "SUCCESS"}
    assert place.api.get(path).json()["approvalStatus"] == "APPROVED"
    denied = place.bill(place.vendor())["id"]
    place.sim.deny(denied)
    assert place.api.get(f"/v3/bills/{denied}").json()["approvalStatus"] == "DENIED"


def test_two_approvers_make_it_approving_in_between() -> None:
    place = Place(SimulatorConfig(approvers=("00602A", "00602B"), approval_policy=True))
    bill = place.bill(place.vendor())["id"]
    place.sim.approve(bill, "00602B")
    assert place.sim.get(bill)["approvalStatus"] == "APPROVING"
    place.sim.approve(bill, "00602A")
    assert place.sim.get(bill)["approvalStatus"] == "APPROVED"


def test_a_person_edits_enters_and_archives_bills(place: Place) -> None:
    vendor = place.vendor()
    bill = place.bill(vendor, "A", 10, 5)
    place.sim.edit_bill(bill["id"], amount="16.25", description="by hand")
    edited = exact(place.api.get(f"/v3/bills/{bill['id']}"))
    assert edited["amount"] == Decimal("16.25")
    assert edited["updatedTime"] > bill["updatedTime"]
    same_number = place.sim.create_bill_by_hand(vendor, "A", "16.25")
    place.sim.archive(same_number)
    assert place.api.get(f"/v3/bills/{same_number}").json()["archived"] is True


def test_get_of_an_unknown_bill_is_404_bdc_1205(place: Place) -> None:
    for path in ("/v3/bills/00n02NOBODY000000001", f"/v3/bills/{place.vendor()}"):
        response = place.api.get(path)
        assert (response.status_code, codes(response)) == (404, ["BDC_1205"])


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[" * 5000, b'{"a":NaN}', b'{"vendorId":"\\ud800"}', b"\xff\xfe", b"5"]
)
def test_unreadable_bodies_are_400(place: Place, content: bytes) -> None:
    response = place.api.call("POST", "/v3/bills", content=content, headers={"content-type": "application/json"})
    assert response.status_code == 400
