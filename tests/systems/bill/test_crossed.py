"""Answers that are of something else: another record, an older look at it, another address. They prove nothing."""

import json

import pytest

from integrations.engine.drafts import InvoiceDraft, Receipt
from integrations.engine.errors import OutcomeUnknown, Retryable
from tests.systems.bill.world import World, vendor_draft


def update(world: World, draft: InvoiceDraft, receipt: Receipt) -> Receipt:
    return world.client.write([world.write(draft, receipt.target_id, receipt.version)])[0]


def shown(world: World, **fields: object) -> str:
    """The one bill as BILL shows it, but for these fields."""
    (row,) = world.sim.dump("bills")
    return json.dumps(row | fields, default=float)


@pytest.mark.parametrize(
    "fields",
    [
        {"vendorId": None, "invoice": None, "name": "A vendor"},
        {"invoice": {"invoiceNumber": "B-7", "invoiceDate": "2026-11-02"}},
        {"vendorId": "00902OTHERVENDOR00001"},
    ],
)
def test_an_answer_of_another_bill_links_nothing(world: World, fields: dict[str, object]) -> None:
    vendor = world.vendor()
    other = {"id": "00nOTHER", "vendorId": vendor, "invoice": {"invoiceNumber": "A-1001"}, "amount": 120.5}
    world.fault("status", "/v3/bills", method="POST", status=201, body=json.dumps(other | fields))
    with pytest.raises(OutcomeUnknown):
        world.post(world.invoice(vendor))


def test_an_answer_of_another_vendor_links_nothing(world: World) -> None:
    body = json.dumps({"id": "009OTHER", "name": "Nordic Bolts", "shortName": "SUP-2"})
    world.fault("status", "/v3/vendors", method="POST", status=201, body=body)
    with pytest.raises(OutcomeUnknown):
        world.post(vendor_draft("SUP-1007"))


def test_a_number_that_bill_cut_short_is_still_the_bills_own(world: World) -> None:
    vendor = world.vendor()
    body = json.dumps({"id": "00nA", "vendorId": vendor, "invoice": {"invoiceNumber": "a-10"}, "amount": 120.5})
    world.fault("status", "/v3/bills", method="POST", status=201, body=body)
    assert world.post(world.invoice(vendor))[0].target_id == "00nA"


def test_a_change_answered_by_another_record_or_by_none_is_not_taken_for_done(world: World) -> None:
    vendor = world.vendor()
    (receipt,) = world.post(world.invoice(vendor, "A-1"))
    for body in (shown(world), shown(world, id="00nOTHER")):
        world.fault("status", f"/v3/bills/{receipt.target_id}", method="PATCH", status=200, body=body)
        with pytest.raises(OutcomeUnknown):
            update(world, world.invoice(vendor, "A-1", "100", "25"), receipt)
    assert update(world, world.invoice(vendor, "A-1", "100", "25"), receipt).echo["amount"] == "125"


def test_a_read_answered_by_another_record_is_tried_again(world: World) -> None:
    vendor = world.vendor()
    (receipt,) = world.post(world.invoice(vendor, "A-1"))
    path = f"/v3/bills/{receipt.target_id}"
    world.fault("status", path, method="GET", status=200, body=shown(world, id="00nOTHER"))
    with pytest.raises(Retryable):
        update(world, world.invoice(vendor, "A-1", "100", "25"), receipt)
    assert update(world, world.invoice(vendor, "A-1", "100", "25"), receipt).target_id == receipt.target_id


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 404])
def test_a_create_that_a_gateway_answers_with_another_address_may_have_been_processed(
    world: World, status: int
) -> None:
    vendor = world.vendor()
    world.fault("status", "/v3/bills", method="POST", status=status, body="<html>elsewhere</html>")
    with pytest.raises(OutcomeUnknown) as caught:
        world.post(world.invoice(vendor))
    assert caught.value.code == ("wrong_path" if status == 404 else "redirect")
