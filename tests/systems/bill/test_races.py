"""People act in BILL while a write is under way: what we do then is decided on what they left, never over it."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from integrations.engine.drafts import ArchiveDraft, Receipt
from integrations.engine.errors import Rejected, Stale
from integrations.engine.records import Entity
from integrations.engine.targets import Approval
from integrations.systems.bill.simulator import Fault
from tests.systems.bill.world import World, vendor_draft

ACTS: list[dict[str, Any]] = [
    {"act": "approve"},
    {"act": "deny"},
    {"act": "edit_bill", "dueDate": "2027-01-31"},
    {"act": "archive", "key": ""},
    {"act": "pay", "bill_ids": []},
]


def bill(world: World) -> Receipt:
    return world.post(world.invoice(world.vendor()))[0]


def of(order: dict[str, Any], bill_id: str) -> dict[str, Any]:
    """The same act on this bill."""
    names: dict[str, dict[str, Any]] = {"archive": {"key": bill_id}, "pay": {"bill_ids": [bill_id]}}
    return order | names.get(order["act"], {"bill_id": bill_id})


@pytest.mark.parametrize("order", ACTS, ids=lambda order: order["act"])
def test_what_happens_after_our_read_makes_the_write_stale(worlds: Callable[..., World], order: dict[str, Any]) -> None:
    """Even where BILL's clock does not move: the version says how far approval and payment have come."""
    world = worlds(bill_time_moves_on_approval=False, bill_time_moves_on_payment=False)
    receipt = bill(world)
    world.sim.faults.add(meanwhile(of(order, receipt.target_id)))
    decided = world.standing(receipt.target_id)
    draft = world.invoice(decided.vendor_id, "A-1001", "99.00", "20.50")
    with pytest.raises(Stale):
        world.act(draft, receipt.target_id, decided.version)
    assert not world.calls("PATCH")


TOUCHES = [order for order in ACTS if order["act"] != "archive"]


@pytest.mark.parametrize("order", TOUCHES, ids=lambda order: order["act"])
def test_an_act_on_a_bill_that_somebody_touched_is_stale(world: World, order: dict[str, Any]) -> None:
    receipt = bill(world)
    decided = world.standing(receipt.target_id)
    world.sim.faults.add(meanwhile(of(order, receipt.target_id), path=f"/v3/bills/{receipt.target_id}", when="before"))
    with pytest.raises(Stale):
        world.act(ArchiveDraft(entity=Entity.INVOICE), receipt.target_id, decided.version)
    assert not world.calls("POST", "/archive")


def test_what_somebody_else_has_archived_counts_as_archived(world: World) -> None:
    receipt = bill(world)
    decided = world.standing(receipt.target_id)
    world.sim.archive(receipt.target_id)
    said = world.act(ArchiveDraft(entity=Entity.INVOICE), receipt.target_id, decided.version)
    assert said.target_id == receipt.target_id
    assert not world.calls("POST", "/archive")


def test_the_next_decision_sees_what_the_approver_did(world: World) -> None:
    receipt = bill(world)
    world.sim.faults.add(meanwhile({"act": "approve", "bill_id": receipt.target_id}))
    assert world.standing(receipt.target_id).approval is Approval.NONE
    assert world.standing(receipt.target_id).approval is Approval.ACTED


@pytest.mark.parametrize("act", ["pay", "archive"])
def test_without_a_version_money_and_archive_still_stop_a_change(world: World, act: str) -> None:
    receipt = bill(world)
    world.sim.pay([receipt.target_id]) if act == "pay" else world.sim.archive(receipt.target_id)
    with pytest.raises(Rejected) as caught:
        world.act(world.invoice(receipt.echo["vendor_id"], "A-1001", "1"), receipt.target_id)
    assert caught.value.code == {"pay": "payment_started", "archive": "archived"}[act]


def test_a_refresh_leaves_to_bill_what_is_bills(world: World) -> None:
    (receipt,) = world.post(vendor_draft(email="ap@nordic.example"))
    world.sim.edit_vendor(receipt.target_id, email="new@nordic.example", accountType="PERSON", phone="5551234")
    world.act(vendor_draft(name="Nordic Bolts Ltd", email="old@nordic.example"), receipt.target_id)
    stored = world.sim.get(receipt.target_id)
    assert (stored["name"], stored["email"], stored["accountType"]) == (
        "Nordic Bolts Ltd",
        "new@nordic.example",
        "PERSON",
    )
    assert stored["phone"] == "5551234"


def test_an_e_mail_that_people_released_is_sent(world: World) -> None:
    (receipt,) = world.post(vendor_draft(email="ap@nordic.example"))
    world.act(vendor_draft(email="new@nordic.example"), receipt.target_id)
    assert world.sim.get(receipt.target_id)["email"] == "new@nordic.example"


def test_a_line_of_the_address_that_is_gone_is_taken_away(world: World) -> None:
    draft = vendor_draft()
    (receipt,) = world.post(replace(draft, address=replace(draft.address, line2="Suite 7")))
    assert receipt.echo["address.line2"] == "Suite 7"
    changed = world.act(draft, receipt.target_id)
    assert changed.echo["address.line2"] == ""
    assert changed.echo == world.standing(receipt.target_id, Entity.VENDOR).echo


@pytest.mark.parametrize("edits", ["refuse", "ignore"])
def test_a_connected_vendor_keeps_its_own_address(worlds: Callable[..., World], edits: str) -> None:
    world = worlds(connected_vendor_edits=edits)
    (receipt,) = world.post(vendor_draft())
    world.sim.edit_vendor(receipt.target_id, networkStatus="CONNECTED", address={"line1": "Their own way 1"})
    changed = world.act(vendor_draft(number="SUP-2"), receipt.target_id)
    assert (changed.echo["number"], changed.echo["address.line1"]) == ("SUP-2", "Their own way 1")


@pytest.mark.parametrize("shown", ["12-3456789", "123456789", "*****6789"])
def test_a_tax_id_that_bill_has_is_not_sent_again(world: World, shown: str) -> None:
    (receipt,) = world.post(vendor_draft(tax_id="12-3456789"))
    world.sim.edit_vendor(receipt.target_id, additionalInfo={"taxId": shown})
    world.act(vendor_draft(tax_id="12-3456789"), receipt.target_id)
    assert b"taxId" not in world.calls("PATCH")[0].content


def test_another_tax_id_is_sent(world: World) -> None:
    (receipt,) = world.post(vendor_draft(tax_id="12-3456789"))
    changed = world.act(vendor_draft(tax_id="98-7654321"), receipt.target_id)
    assert changed.echo["tax_id"] == "4321"


def test_a_payment_term_is_set_and_changed_and_sent_no_second_time(world: World) -> None:
    (receipt,) = world.post(vendor_draft(tax_id="12-3456789", payment_term="00t30"))
    for term in ("00t30", "00t60", ""):
        world.act(vendor_draft(tax_id="12-3456789", payment_term=term), receipt.target_id)
    assert [b"paymentTermId" in call.content for call in world.calls("PATCH")] == [False, True, False]
    (vendor,) = world.sim.dump("vendors")
    assert vendor["additionalInfo"] == {"taxId": "12-3456789", "taxIdType": "EIN", "paymentTermId": "00t60"}


def meanwhile(order: dict[str, Any], path: str = "/v3/bills?", when: str = "after") -> Fault:
    """Once, around the next read of that path, a person does this."""
    return Fault("meanwhile", path_contains=path, method="GET", order=order, when=when)
