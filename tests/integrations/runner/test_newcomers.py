"""Vendors that people make in the payment tool: approved by a second one, made in the ERP once, then at rest."""

from typing import Any

import pytest
from django.db.models import F

from audit.models import AuditEntry
from integrations.models import Answer, Flow, OutboxItem, RecordLink, ReviewItem, SourceRecord, WriteIntent
from integrations.runner.dispatch import serve
from integrations.store import answers
from integrations.store.lease import claim
from tenants.access import Place
from tenants.scope import tenant_scope
from tests.integrations.runner.test_after_sending import held, look_round
from tests.integrations.runner.test_vendors_both_ways import people
from tests.integrations.runner.town import Make, Town, town_of

__all__ = ["people", "town_of"]
People = tuple[Place, Place]
CREATE = "create_supplier"


@pytest.fixture
def town(town_of: Make) -> Town:
    """One supplier that is a vendor there."""
    made = town_of()
    made.supplier("S1")
    made.sync()
    return made


def newcomers(town: Town) -> dict[str, tuple[str, str]]:
    """State and reason of each new vendor, by its name."""
    with tenant_scope(town.tenant_id):
        rows = OutboxItem.objects.filter(flow__entity="vendor", flow__inbound=True)
        found = rows.values_list("source__party_name", "state", "reason")
        return {name: (state, reason) for name, state, reason in found}


def links(town: Town) -> set[tuple[bool, str, str]]:
    with tenant_scope(town.tenant_id):
        return set(RecordLink.objects.filter(entity="vendor").values_list("inbound", "source_key", "target_id"))


def named(town: Town, name: str) -> list[dict[str, Any]]:
    """Suppliers of that name in the ERP."""
    return [row for row in town.erp.sim.rows("SupplierInfoGeneral") if row["Name"] == name]


def say(town: Town, who: Place, choice: str) -> Answer:
    """The answer of a person to the one open question."""
    with who.scope():
        review = ReviewItem.objects.select_related("item").get(status="open")
        (problem,) = review.problems
        return answers.answer(who, review.item, problem["code"], problem["subject"], choice, "asked by telephone")


def both_say(town: Town, people: People, choice: str = CREATE) -> None:
    """The clerk proposes, the controller approves."""
    given = say(town, people[0], choice)
    assert given.status == "proposed"
    with people[1].scope():
        answers.approve(people[1], given)


def serve_newcomers(town: Town) -> None:
    """One slice of their flow, as a worker has it: a lost answer is not waited for."""
    with tenant_scope(town.tenant_id):
        flow = Flow.objects.get(entity="vendor", inbound=True).pk
    lease = claim(flow)
    assert lease is not None
    serve(flow, lease.fence)


def rests(town: Town) -> bool:
    """Whether nothing is written, made or asked any more, however often both sides are read."""
    before = (len(town.erp.sim.rows("SupplierInfoGeneral")), len(town.ap.sim.dump("vendors")), links(town))
    calls = len(town.ap.sent), len(town.erp.wire.calls("POST", "/projection/"))
    for _ in range(2):
        look_round(town)
    wrote = [
        call for call in town.ap.sent[calls[0] :] if call.method in ("PATCH", "POST") and "vendors" in call.url.path
    ]
    after = (len(town.erp.sim.rows("SupplierInfoGeneral")), len(town.ap.sim.dump("vendors")), links(town))
    posted = len(town.erp.wire.calls("POST", "/projection/")) - calls[1]
    return (before, [], 0, []) == (after, wrote, posted, held(town))


def test_approved_by_a_second_person_it_becomes_a_supplier_blocked_for_payment_and_rests(
    town: Town, people: People
) -> None:
    vendor = town.ap.sim.create_vendor_by_hand("Nordic Bolts", additionalInfo={"taxId": "12-3456789"})
    town.sync()
    assert newcomers(town) == {"Nordic Bolts": ("held", "new_vendor")}
    given = say(town, people[0], CREATE)
    town.sync()
    assert named(town, "Nordic Bolts") == []
    with people[1].scope():
        answers.approve(people[1], given)
    town.sync()
    (made,) = named(town, "Nordic Bolts")
    key = made["SupplierId"]
    (payment,) = town.erp.sim.rows("SupplierPayment", SupplierId=key)
    (company,) = town.erp.sim.rows("SupplierInvoiceCompany", SupplierId=key)
    assert (made["AssociationNo"], payment["BlockedForPayment"], company["DefCurrency"]) == ("12-3456789", True, "USD")
    town.sync()
    assert {(True, vendor, key), (False, key, vendor)} <= links(town)
    assert newcomers(town) == {"Nordic Bolts": ("done", "")}
    assert rests(town)


def test_its_invoices_go_to_the_vendor_that_was_there_once_the_block_is_taken_away(town: Town, people: People) -> None:
    vendor = town.ap.sim.create_vendor_by_hand("Nordic Bolts")
    town.sync()
    both_say(town, people)
    town.sync()
    key = named(town, "Nordic Bolts")[0]["SupplierId"]
    town.erp.invoice(7, Identity=key)
    town.sync()
    assert (town.states()["N7"], town.bills()) == ("waiting", {})
    payment = {"Company": "10", "Identity": key, "PartyType": "Supplier"}
    town.erp.sim.edit("SupplierPayment", payment, BlockedForPayment=False)
    look_round(town)
    assert [bill["vendorId"] for bill in town.ap.sim.dump("bills")] == [vendor]


def test_the_one_who_proposed_it_does_not_approve_it_and_of_two_who_do_one_wins(town: Town, people: People) -> None:
    town.ap.sim.create_vendor_by_hand("Nordic Bolts")
    town.sync()
    given = say(town, people[0], CREATE)
    for who, first in ((people[0], False), (people[1], True), (people[1], False)):
        with who.scope():
            if first:
                answers.approve(who, given)
            else:
                with pytest.raises(answers.Refused):
                    answers.approve(who, given)
    town.sync()
    assert len(named(town, "Nordic Bolts")) == 1
    with tenant_scope(town.tenant_id):
        assert WriteIntent.objects.filter(natural_key__startswith="supplier|").count() == 1


def test_a_vendor_changed_after_the_proposal_is_asked_about_anew(town: Town, people: People) -> None:
    vendor = town.ap.sim.create_vendor_by_hand("Nordic Bolts")
    town.sync()
    given = say(town, people[0], CREATE)
    town.ap.sim.edit_vendor(vendor, address={"line1": "9 Elsewhere"})
    town.sync()
    with people[1].scope(), pytest.raises(answers.Refused, match="changed since"):
        answers.approve(people[1], given)
    town.sync()
    assert (named(town, "Nordic Bolts"), held(town)) == ([], ["new_vendor"])


def test_a_lost_answer_makes_no_second_supplier(town: Town, people: People) -> None:
    town.ap.sim.create_vendor_by_hand("Nordic Bolts")
    town.sync()
    both_say(town, people)
    town.erp.fault("drop_after", "/SupplierInfoGeneralSet", method="POST")
    serve_newcomers(town)
    assert newcomers(town)["Nordic Bolts"][0] == "uncertain"
    assert len(named(town, "Nordic Bolts")) == 1
    with tenant_scope(town.tenant_id):
        WriteIntent.objects.filter(settled_at=None).update(look_at=F("created_at"))
    serve_newcomers(town)
    assert newcomers(town)["Nordic Bolts"][0] == "done"
    town.sync()
    assert len(named(town, "Nordic Bolts")) == 1
    assert [row["BlockedForPayment"] for row in town.erp.sim.rows("SupplierPayment")] == [True]
    assert rests(town)


def test_what_the_erp_refuses_is_held_with_its_answer(town: Town, people: People) -> None:
    town.ap.sim.create_vendor_by_hand("Nordic Bolts")
    town.sync()
    both_say(town, people)
    body = {"error": {"code": "DATABASE_ERROR", "message": "No number series.", "details": [{"code": "20111"}]}}
    town.erp.fault("status", "/SupplierInfoGeneralSet", method="POST", status=500, body=body)
    town.sync()
    assert (newcomers(town)["Nordic Bolts"][0], named(town, "Nordic Bolts")) == ("held", [])


def test_vendors_that_are_ours_linked_or_older_are_never_asked_about(town_of: Make) -> None:
    town = town_of()
    old = town.ap.sim.create_vendor_by_hand("Old Friend")
    town.ap.sim.put_raw(old, createdTime="2020-01-01T00:00:00.000Z")
    town.ap.sim.create_vendor_by_hand("By hand", shortName="S2")
    town.supplier("S1")
    town.supplier("S2")
    for _ in range(2):
        look_round(town)
    assert newcomers(town) == {"Old Friend": ("out", "before_start")}
    assert held(town) == []


def test_one_that_is_like_a_supplier_held_for_a_person_waits_for_that_answer(town: Town, people: People) -> None:
    vendor = town.ap.sim.create_vendor_by_hand("Nordic Bolts")
    town.supplier("S2", Name="Nordic Bolts")
    look_round(town)
    assert held(town) == ["possible_duplicate_vendor"]
    assert newcomers(town) == {"Nordic Bolts": ("waiting", "supplier_undecided")}
    say(town, people[0], f"link:{vendor}")
    town.sync()
    town.sync()
    assert (newcomers(town), held(town)) == ({"Nordic Bolts": ("out", "known_vendor")}, [])


def test_linked_by_a_person_it_is_that_suppliers_vendor_and_nothing_is_made(town: Town, people: People) -> None:
    town.erp.supplier("S2", Name="Nordic Bolts")
    town.erp.sim.delete("SupplierInvoiceCompany", ("S2", "10"))
    town.sync()
    vendor = town.ap.sim.create_vendor_by_hand("Nordic Bolts")
    town.sync()
    say(town, people[0], "link:S2")
    town.sync()
    town.erp.sim.insert("SupplierInvoiceCompany", {"SupplierId": "S2", "Company": "10", "DefCurrency": "USD"})
    town.sync()
    town.sync()
    assert {(True, vendor, "S2"), (False, "S2", vendor)} <= links(town)
    assert len(named(town, "Nordic Bolts")) == 1
    assert rests(town)


def test_ignored_with_a_reason_it_stays_out_until_it_changes(town: Town, people: People) -> None:
    vendor = town.ap.sim.create_vendor_by_hand("Nordic Bolts")
    town.sync()
    with people[0].scope():
        answers.ignore(people[0], ReviewItem.objects.get(status="open").item, "a customer's refund")
    look_round(town)
    assert newcomers(town)["Nordic Bolts"] == ("ignored", "ignored")
    town.ap.sim.edit_vendor(vendor, name="Nordic Bolts Inc.")
    town.sync()
    assert held(town) == ["new_vendor"]


def test_a_vendor_merged_into_a_new_one_is_relinked_and_its_history_kept(town: Town, people: People) -> None:
    ((_, _, old),) = links(town)
    new = town.ap.sim.create_vendor_by_hand("The Survivor")
    town.sync()
    assert held(town) == ["new_vendor"]
    town.ap.sim.merge_vendors(old, new)
    look_round(town)
    assert sorted(held(town)) == ["archived_on_target", "new_vendor"]
    with people[0].scope():
        item = ReviewItem.objects.get(status="open", code="archived_on_target").item
        answers.link(people[0], item, new, "merged there")
    town.sync()
    assert links(town) == {(False, "S1", new)}
    assert (newcomers(town)["The Survivor"], held(town)) == (("out", "known_vendor"), [])
    with tenant_scope(town.tenant_id):
        assert AuditEntry.objects.filter(action="linked").count() == 1
    assert rests(town)


def test_no_tax_id_stands_in_what_is_kept(town: Town, people: People) -> None:
    town.ap.sim.create_vendor_by_hand("Nordic Bolts", additionalInfo={"taxId": "12-3456789"})
    town.sync()
    both_say(town, people)
    town.sync()
    with tenant_scope(town.tenant_id):
        kept = [
            *SourceRecord.objects.values_list("snapshot", flat=True),
            *WriteIntent.objects.values_list("draft", flat=True),
            *RecordLink.objects.values_list("sent", flat=True),
            *ReviewItem.objects.values_list("problems", flat=True),
        ]
    assert "3456789" not in str(kept)
