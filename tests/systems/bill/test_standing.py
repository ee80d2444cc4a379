from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from integrations.engine.drafts import ArchiveDraft, DraftLine
from integrations.engine.records import Entity
from integrations.engine.targets import Approval, Standing
from tests.systems.bill.world import SCOPE, World, vendor_draft


def test_a_created_bill_stands_as_its_receipt_said(world: World) -> None:
    vendor = world.vendor()
    (receipt,) = world.post(world.invoice(vendor, "A-1", "100.00", "20.50", po_number="PO-77", description="Bolts"))
    found = world.standing(receipt.target_id)
    assert found.echo == receipt.echo
    assert found.version == receipt.version
    assert (found.standing, found.approval, found.active) == (Standing.UNPAID, Approval.NONE, True)
    assert (found.paid, found.scheduled) == (Decimal(0), Decimal(0))
    assert found.due_date is not None
    assert found.due_date.isoformat() == "2026-12-02"


def test_a_name_that_bill_shortened_is_no_drift(world: World) -> None:
    world.fault("echo_differs", "/v3/vendors", method="POST")
    (receipt,) = world.post(vendor_draft("S-1", "Nordic Bolts Incorporated", tax_id="12-3456789"))
    assert receipt.echo["name"] == "Nordic Bolts Incorpo"
    assert world.standing(receipt.target_id, Entity.VENDOR).echo == receipt.echo


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": "120.51"}, "amount"),
        ({"dueDate": "2027-01-31"}, "due_date"),
        ({"invoice": {"invoiceNumber": "A-1002"}}, "number"),
        ({"purchaseOrderNumber": "PO-78"}, "po_number"),
        ({"description": "Nuts"}, "description"),
    ],
)
def test_what_a_person_edits_shows_in_the_echo(world: World, change: dict[str, Any], field: str) -> None:
    (receipt,) = world.post(world.invoice(world.vendor(), po_number="PO-77", description="Bolts"))
    world.sim.edit_bill(receipt.target_id, **change)
    found = world.standing(receipt.target_id).echo
    assert found[field] != receipt.echo[field]
    assert found["vendor_id"] == receipt.echo["vendor_id"]


@pytest.mark.parametrize(("field", "name"), [("purchaseOrderNumber", "po_number"), ("description", "description")])
def test_a_text_that_somebody_adds_or_takes_away_shows(world: World, field: str, name: str) -> None:
    (receipt,) = world.post(world.invoice(world.vendor()))
    world.sim.edit_bill(receipt.target_id, **{field: "Theirs"})
    added = world.standing(receipt.target_id).echo
    world.sim.edit_bill(receipt.target_id, **{field: ""})
    assert (receipt.echo[name], added[name], world.standing(receipt.target_id).echo[name]) == ("", "Theirs", "")


def test_another_account_on_one_line_shows_in_the_coding_alone(world: World) -> None:
    (receipt,) = world.post(world.invoice(world.vendor()))
    (bill,) = world.sim.dump("bills")
    line = {"id": bill["billLineItems"][0]["id"], "classifications": {"chartOfAccountId": world.account("5010")}}
    world.sim.edit_bill(receipt.target_id, billLineItems=[line])
    found = world.standing(receipt.target_id).echo
    assert {name for name in found if found[name] != receipt.echo.get(name)} == {"coding"}


def test_the_order_of_lines_is_no_drift_but_their_text_is(world: World) -> None:
    vendor, account = world.vendor(), world.account("1000")
    bolts, nuts, washers = (
        DraftLine(amount=Decimal(1), account=account, description=text) for text in ("Bolts", "Nuts", "Washers")
    )
    orders = [(bolts, nuts), (nuts, bolts), (bolts, washers)]
    one, other, third = world.post(
        *(world.invoice(vendor, f"A-{n}", "1", "1", lines=lines) for n, lines in enumerate(orders))
    )
    assert one.echo["coding"] == other.echo["coding"] != third.echo["coding"]


@pytest.mark.parametrize(
    ("status", "amounts", "expected"),
    [
        ("SCHEDULED", None, Standing.SCHEDULED),
        ("CLEARED", None, Standing.PAID),
        ("CLEARED", ["20.50"], Standing.PARTLY_PAID),
        ("VOIDED", None, Standing.UNPAID),
    ],
)
def test_payments_show_in_the_standing(
    world: World, status: str, amounts: list[str] | None, expected: Standing
) -> None:
    (receipt,) = world.post(world.invoice(world.vendor()))
    world.sim.pay([receipt.target_id], amounts, status)
    found = world.standing(receipt.target_id)
    assert found.standing is expected
    assert found.version != receipt.version or expected is Standing.UNPAID


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"paymentStatus": "UNPAID", "paidAmount": 1}, Standing.PARTLY_PAID),
        ({"paymentStatus": "UNPAID", "scheduledAmount": 1}, Standing.SCHEDULED),
        ({"paymentStatus": "PAID"}, Standing.PAID),
        ({"paymentStatus": "XYZ"}, Standing.UNKNOWN),
        ({"paymentStatus": "UNDEFINED", "creditAmount": Decimal("120.5")}, Standing.PAID),
    ],
)
def test_amounts_come_before_words_and_unknown_words_are_unknown(
    world: World, fields: dict[str, object], expected: Standing
) -> None:
    (receipt,) = world.post(world.invoice(world.vendor()))
    world.sim.put_raw(receipt.target_id, **fields)
    assert world.standing(receipt.target_id).standing is expected


def test_an_approver_who_acted_shows_also_where_bills_clock_stands_still(worlds: Callable[..., World]) -> None:
    world = worlds(approvers=("00602ONE", "00602TWO"), bill_time_moves_on_approval=False)
    (receipt,) = world.post(world.invoice(world.vendor()))
    world.sim.assign(receipt.target_id)
    assigned = world.standing(receipt.target_id)
    world.sim.approve(receipt.target_id)
    acted = world.standing(receipt.target_id)
    assert (assigned.approval, acted.approval) == (Approval.NONE, Approval.ACTED)
    assert acted.version != assigned.version


def test_a_denied_bill_is_denied_and_an_unknown_word_counts_as_acted(world: World) -> None:
    denied, odd = world.post(world.invoice(vendor := world.vendor(), "A-1"), world.invoice(vendor, "A-2"))
    world.sim.deny(denied.target_id)
    world.sim.put_raw(odd.target_id, approvalStatus="ESCALATED")
    found = world.client.standing(Entity.INVOICE, [denied.target_id, odd.target_id])
    assert [found[each.target_id].approval for each in (denied, odd)] == [Approval.DENIED, Approval.ACTED]


def test_a_hundred_linked_bills_cost_one_request(world: World) -> None:
    vendor = world.vendor()
    ids = [each.target_id for each in world.post(*[world.invoice(vendor, f"A-{n}") for n in range(100)])]
    before = len(world.sent)
    assert list(world.client.standing(Entity.INVOICE, [*ids, ids[0]])) == ids
    assert len(world.sent) == before + 1


def test_bills_credits_and_archived_ones_are_all_found(world: World) -> None:
    vendor = world.vendor()
    bill, gone = world.post(world.invoice(vendor, "A-1"), world.invoice(vendor, "A-2"))
    (credit,) = world.post(world.invoice(vendor, "C-1", "5", credit=True))
    world.sim.archive(gone.target_id)
    found = world.client.standing(Entity.INVOICE, [bill.target_id, gone.target_id, credit.target_id, "00nNOTHERE", "!"])
    kinds = {key: (each.kind, each.active) for key, each in found.items()}
    assert kinds == {
        bill.target_id: ("bill", True),
        gone.target_id: ("bill", False),
        credit.target_id: ("credit", True),
    }


def test_what_a_thin_list_leaves_out_is_read_by_id(worlds: Callable[..., World]) -> None:
    world = worlds(thin_vendor_lists=True, thin_bill_lists=True)
    (vendor,) = world.post(vendor_draft(tax_id="123456789"))
    (bill,) = world.post(world.invoice(vendor.target_id, description="Bolts"))
    assert world.standing(vendor.target_id, Entity.VENDOR).echo == vendor.echo
    assert world.standing(bill.target_id).echo == bill.echo


def test_what_lists_do_not_show_yet_is_read_by_id(worlds: Callable[..., World]) -> None:
    world = worlds(visible_after=5.0)
    (receipt,) = world.post(vendor_draft())
    assert world.standing(receipt.target_id, Entity.VENDOR).name == "Nordic Bolts"


def test_a_poisoned_record_is_unreadable_and_its_neighbours_are_there(world: World) -> None:
    first, second = world.post(world.invoice(vendor := world.vendor(), "A-1"), world.invoice(vendor, "A-2"))
    world.fault("replace", "/v3/bills", find='"A-1"', text="NaN")
    found = world.client.standing(Entity.INVOICE, [first.target_id, second.target_id])
    assert found[first.target_id].kind == "unreadable"
    assert found[first.target_id].standing is Standing.UNKNOWN
    assert found[second.target_id].number == "A-2"


def test_a_connected_vendor_says_so(world: World) -> None:
    vendor = world.vendor()
    assert not world.standing(vendor, Entity.VENDOR).connected
    world.sim.edit_vendor(vendor, networkStatus="CONNECTED_RPPS")
    assert world.standing(vendor, Entity.VENDOR).connected


def test_a_tax_id_goes_to_bill_whole_and_comes_back_as_its_end(world: World) -> None:
    (receipt,) = world.post(vendor_draft(tax_id="12-3456789"))
    (stored,) = world.sim.dump("vendors")
    assert stored["additionalInfo"] == {"taxId": "12-3456789", "taxIdType": "EIN"}
    assert receipt.echo["tax_id"] == "6789"
    assert world.client.fetch(Entity.VENDOR, receipt.target_id, SCOPE).tax_id == "12-3456789"  # type: ignore[union-attr]


def test_archiving_does_not_show_in_the_echo_but_in_active(world: World) -> None:
    (receipt,) = world.post(world.invoice(world.vendor()))
    world.act(ArchiveDraft(entity=Entity.INVOICE), receipt.target_id)
    found = world.standing(receipt.target_id)
    assert (found.active, found.echo) == (False, receipt.echo)
