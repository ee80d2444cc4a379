"""Payments and what they do to bills; offline payments; vendor credits."""

from decimal import Decimal

import pytest

from integrations.systems.bill.simulator import SimulatorConfig
from tests.systems.bill_simulator.api import Place, codes, exact


def _bill(place: Place, key: str) -> dict[str, object]:
    body: dict[str, object] = exact(place.api.get(f"/v3/bills/{key}"))
    return body


def test_a_payment_walks_from_scheduled_to_cleared_and_the_bill_follows(place: Place) -> None:
    bill = place.bill(place.vendor(), "A", 100)
    payment = place.sim.pay([bill["id"]])
    assert _bill(place, bill["id"])["paymentStatus"] == "SCHEDULED"
    assert _bill(place, bill["id"])["scheduledAmount"] == 100
    for status in ("READY_TO_FUND", "FUNDING_STARTED", "PROCESSED", "SENT", "CLEARED"):
        place.sim.advance(payment, status)
        answer = place.api.get(f"/v3/payments/{payment}").json()
        assert answer["singleStatus"] == status
    after = _bill(place, bill["id"])
    assert (after["paymentStatus"], after["paidAmount"], after["dueAmount"]) == ("PAID", 100, 0)
    assert str(after["updatedTime"]) > bill["updatedTime"]


def test_part_payment_has_the_partial_word_and_one_payment_covers_many_bills(place: Place) -> None:
    vendor = place.vendor()
    one, two = place.bill(vendor, "1", 100), place.bill(vendor, "2", 50)
    payment = place.sim.pay([one["id"], two["id"]], ["40", "50"], "CLEARED")
    assert _bill(place, one["id"])["paymentStatus"] == "PARTIAL"
    assert _bill(place, one["id"])["dueAmount"] == 60
    assert _bill(place, two["id"])["paymentStatus"] == "PAID"
    shown = place.api.get(f"/v3/payments/{payment}").json()
    assert [part["amount"] for part in shown["billPayments"]] == [40, 50]
    assert shown["amount"] == 90


def test_a_void_makes_the_bill_due_again_and_a_return_after_cleared_shows(place: Place) -> None:
    bill = place.bill(place.vendor())
    payment = place.sim.pay([bill["id"]], status="CLEARED")
    place.sim.fail(payment)
    shown = place.api.get(f"/v3/payments/{payment}").json()
    assert (shown["singleStatus"], shown["disbursementStatus"]) == ("DISBURSEMENT_FAILED_ACTION_NEEDED", "FAILED")
    place.sim.void(payment)
    shown = place.api.get(f"/v3/payments/{payment}").json()
    assert (shown["status"], shown["singleStatus"]) == ("VOID", "VOIDED")
    assert _bill(place, bill["id"])["paymentStatus"] == "UNPAID"


def test_cancel_only_while_scheduled_then_void(place: Place) -> None:
    vendor = place.vendor()
    first, second = place.bill(vendor, "1"), place.bill(vendor, "2")
    scheduled = place.sim.pay([first["id"]])
    canceled = place.api.post(f"/v3/payments/{scheduled}/cancel").json()
    assert (canceled["status"], canceled["singleStatus"]) == ("CANCELLED", "CANCELED")
    processed = place.sim.pay([second["id"]], status="PROCESSED")
    assert place.api.post(f"/v3/payments/{processed}/cancel").status_code == 422
    voiding = place.api.post(f"/v3/payments/{processed}/void", {"type": "VOID_ONLY", "reason": "wrong"}).json()
    assert voiding["singleStatus"] == "VOID_PENDING"
    assert voiding["voidInfo"][0]["status"] == "TO_BE_PROCESSED"


def test_payments_are_listed_by_update_time(place: Place) -> None:
    vendor = place.vendor()
    one = place.sim.pay([place.bill(vendor, "1")["id"]])
    two = place.sim.pay([place.bill(vendor, "2")["id"]])
    place.sim.advance(one, "PROCESSED")
    rows = place.api.pages("/v3/payments", sort="updatedTime:asc", filters=f"vendorId:eq:{vendor}")
    assert [row["id"] for row in rows] == [two, one]
    assert rows[0]["vendorName"] == "Nordic Bolts"


def test_bills_can_keep_their_time_when_only_a_payment_changes() -> None:
    place = Place(SimulatorConfig(bill_time_moves_on_payment=False))
    bill = place.bill(place.vendor())
    place.sim.pay([bill["id"]], status="CLEARED")
    after = _bill(place, bill["id"])
    assert (after["paymentStatus"], after["updatedTime"]) == ("PAID", bill["updatedTime"])


def test_unknown_status_words_can_be_planted(place: Place) -> None:
    bill = place.bill(place.vendor())
    place.sim.put_raw(bill["id"], paymentStatus="XYZ")
    assert _bill(place, bill["id"])["paymentStatus"] == "XYZ"


def _record(place: Place, bill: dict[str, object], amount: float, **changes: object) -> object:
    body = {
        "vendorId": bill["vendorId"], "processDate": "2026-03-09", "toPrintCheck": False,
        "payments": [{"billId": bill["id"], "amount": amount}], **changes,
    }  # fmt: skip
    return place.api.post("/v3/bills/record-payment", body)


def test_record_payment_pays_offline(place: Place) -> None:
    bill = place.bill(place.vendor(), "A", 100)
    payment = exact(_record(place, bill, 30.5))  # type: ignore[arg-type]
    assert (payment["disbursementType"], payment["onlinePayment"], payment["status"]) == ("OFFLINE", False, "PAID")
    assert "singleStatus" not in payment
    assert _bill(place, bill["id"])["dueAmount"] == Decimal("69.5")


@pytest.mark.parametrize("amount", [100.01, 0, -5])
def test_record_payment_refuses_too_much_and_too_little(place: Place, amount: float) -> None:
    bill = place.bill(place.vendor(), "A", 100)
    assert _record(place, bill, amount).status_code in (400, 422)  # type: ignore[attr-defined]
    assert place.sim.dump("payments") == []


def test_record_payment_wants_to_print_check_and_the_right_vendor(place: Place) -> None:
    bill = place.bill(place.vendor(), "A", 100)
    assert _record(place, bill, 1, toPrintCheck=None).status_code == 400  # type: ignore[attr-defined]
    assert _record(place, bill, 1, vendorId=place.vendor()).status_code == 422  # type: ignore[attr-defined]


def _credit(place: Place, vendor: str, *amounts: float) -> dict[str, object]:
    body = {
        "vendorId": vendor, "referenceNumber": "CR-1", "creditDate": "2026-03-01",
        "vendorCreditLineItems": [
            {"amount": amount, "classifications": {"chartOfAccountId": place.account()}} for amount in amounts
        ],
    }  # fmt: skip
    response = place.api.post("/v3/vendor-credits", body)
    assert response.status_code == 201, response.text
    answer: dict[str, object] = exact(response)
    return answer


def test_a_credit_is_applied_through_the_bill_and_taken_off_by_put(place: Place) -> None:
    vendor = place.vendor()
    credit, bill = _credit(place, vendor, 20, 10), place.bill(vendor, "A", 100)
    assert (credit["amount"], credit["status"]) == (30, "NOT_APPLIED")
    path, use = f"/v3/bills/{bill['id']}", {"vendorCredits": [{"id": credit["id"], "amount": 12.5}]}
    applied = exact(place.api.patch(path, use))
    assert (applied["creditAmount"], applied["dueAmount"]) == (Decimal("12.5"), Decimal("87.5"))
    shown = exact(place.api.get(f"/v3/vendor-credits/{credit['id']}"))
    assert (shown["status"], shown["appliedAmount"]) == ("PARTIALLY_APPLIED", Decimal("12.5"))
    assert shown["usage"] == [{"billId": bill["id"], "amount": Decimal("12.5")}]
    assert place.api.post(f"/v3/vendor-credits/{credit['id']}/archive").status_code == 422
    place.api.call("PUT", path, json=place.bill_body(vendor, "A", 100))
    assert place.api.get(f"/v3/vendor-credits/{credit['id']}").json()["status"] == "NOT_APPLIED"


def test_a_credit_covers_no_more_than_it_has_and_only_its_vendor(place: Place) -> None:
    vendor = place.vendor()
    credit = _credit(place, vendor, 30)
    own, foreign = place.bill(vendor, "A", 100), place.bill(place.vendor(), "A", 100)
    for bill, amount in ((own, 31), (foreign, 1), (own, 0)):
        use = {"vendorCredits": [{"id": credit["id"], "amount": amount}]}
        assert codes(place.api.patch(f"/v3/bills/{bill['id']}", use)) == ["BDC_1143"]
    covered = place.bill(vendor, "B", 30, vendorCredits=[{"id": credit["id"], "amount": 30}])
    assert covered["paymentStatus"] == "PAID"


def test_credits_in_bulk_are_made_changed_replaced_and_archived(place: Place) -> None:
    vendor = place.vendor()
    body = {
        "vendorId": vendor, "referenceNumber": "CR", "creditDate": "2026-03-01",
        "vendorCreditLineItems": [{"amount": 5}],
    }  # fmt: skip
    made = place.api.post("/v3/vendor-credits/bulk", [body, body]).json()["vendorCredits"]
    ids = [credit["id"] for credit in made]
    changed = place.api.patch("/v3/vendor-credits/bulk", [{"id": ids[0], "description": "d"}]).json()
    assert changed["vendorCredits"][0]["description"] == "d"
    lines = [{"amount": 7}]
    put = place.api.call(
        "PUT", "/v3/vendor-credits/bulk", json=[{**body, "id": ids[1], "vendorCreditLineItems": lines}]
    )
    assert put.json()["vendorCredits"][0]["amount"] == 7
    gone = place.api.call("POST", "/v3/vendor-credits/bulk/archive", params={"ids": ",".join(ids)}).json()
    assert [credit["archived"] for credit in gone["vendorCredits"]] == [True, True]
    place.api.checked = False
    assert place.api.post(f"/v3/vendor-credits/{ids[0]}/restore").status_code == 404


def test_a_credit_must_be_positive(place: Place) -> None:
    body = {
        "vendorId": place.vendor(), "referenceNumber": "CR", "creditDate": "2026-03-01",
        "vendorCreditLineItems": [{"amount": -5}],
    }  # fmt: skip
    assert codes(place.api.post("/v3/vendor-credits", body)) == ["BDC_1143"]
