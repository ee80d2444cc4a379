"""Payments of sent bills are followed, and listed for AP to settle; nothing is written to the ERP here."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from integrations.engine.records import Entity
from integrations.models import (
    PaymentStep,
    RecordLink,
    ReviewItem,
    SourceRecord,
)
from integrations.runner import foreground
from integrations.store import staging
from tenants.scope import tenant_scope
from tests.integrations.runner.paying import (
    TODAY,
    WAY,
    held,
    later,
    listed,
    ours,
    pay,
    propose,
    reasons,
    same_parts,
    sent,
    settle,
    theirs,
    town,
    writes,
)
from tests.integrations.runner.town import Make, Town, town_of
from tests.systems.bill.world import SCOPE
from tests.systems.bill.world import World as Ap

__all__ = ["town", "town_of"]


@pytest.mark.parametrize("moves", [True, False], ids=["the bill's stamp moves", "only the payment's does"])
def test_every_bill_stands_as_it_stands_there_after_each_step(town_of: Make, moves: bool) -> None:
    town = sent(town_of(ap=Ap({"bill_time_moves_on_payment": moves})))
    payment = pay(town, "N1")
    for status in (*WAY, "DISBURSEMENT_FAILED_ACTION_NEEDED", "SENT", "VOIDED"):
        town.ap.sim.advance(payment, status)
        town.sync()
        assert ours(town) == theirs(town), status
        same_parts(town)
    with tenant_scope(town.tenant_id):
        steps = PaymentStep.objects.filter(payment=payment).order_by("id").values_list("state_word", flat=True)
        assert list(steps) == [*WAY, "DISBURSEMENT_FAILED_ACTION_NEEDED", "SENT", "VOIDED"]
    assert (held(town), listed(town)) == ([], {(payment, "N1"): ("reversed", Decimal(100))})


def test_a_part_payment_and_a_payment_of_several_bills_are_kept_apart(town: Town) -> None:
    part = pay(town, "N1", amounts=("30.00",), status="PROCESSED")
    several = pay(town, "N1", "N2", amounts=("70.00", "60.00"), status="SCHEDULED")
    town.sync()
    assert ours(town) == theirs(town)
    same_parts(town)
    assert listed(town) == {(part, "N1"): ("paid", Decimal(30))}
    town.ap.sim.advance(several, "CLEARED")
    town.sync()
    assert ours(town) == theirs(town)
    assert [listed(town)[several, number] for number in ("N1", "N2")] == [("paid", Decimal(70)), ("paid", Decimal(60))]
    town.ap.sim.void(several)
    town.sync()
    assert ours(town) == theirs(town)
    assert {key: state for key, (state, _) in listed(town).items()} == {
        (part, "N1"): "paid",
        (several, "N1"): "reversed",
        (several, "N2"): "reversed",
    }


def test_without_read_back_nothing_is_written_and_ap_settles_from_the_list(town: Town) -> None:
    payment = pay(town, "N1", status="CLEARED")
    before = len(writes(town))
    town.sync()
    assert (len(writes(town)), reasons(town)) == (before, {payment: ("out", "not_read_back")})
    assert listed(town) == {(payment, "N1"): ("paid", Decimal(100))}
    settle(town, 1)
    later(town)
    later(town)
    assert (listed(town), held(town)) == ({(payment, "N1"): ("settled", Decimal(100))}, [])


def test_a_payment_that_returns_after_ap_settled_it_is_urgent(town: Town) -> None:
    payment = pay(town, "N1", status="CLEARED")
    town.sync()
    settle(town, 1)
    later(town)
    town.ap.sim.fail(payment)
    town.sync()
    assert "void_but_settled" in held(town)
    assert listed(town) == {(payment, "N1"): ("reversed", Decimal(100))}


def test_a_payment_of_bills_keyed_by_hand_is_counted_as_not_ours(town: Town) -> None:
    vendor = town.ap.sim.dump("vendors")[0]["id"]
    by_hand = town.ap.sim.create_bill_by_hand(vendor, "HAND-1", "75.00")
    payment = town.ap.sim.pay([by_hand], status="CLEARED", process_date=TODAY.isoformat())
    reports = {report.entity: report for report in town.sync()}
    assert reasons(town) == {payment: ("out", "not_sent_by_us")}
    assert (reports["payment"].reasons, reports["payment"].amounts["out"]) == ({"out:not_sent_by_us": 1}, {"USD": "75"})
    assert listed(town) == {}


def test_a_payment_is_ours_as_soon_as_its_bill_is_linked(town: Town) -> None:
    """An invoice that comes to the ERP late, and whose bill somebody keyed and paid before."""
    vendor = town.ap.sim.dump("vendors")[0]["id"]
    by_hand = town.ap.sim.create_bill_by_hand(vendor, "N9", "75.00")
    payment = town.ap.sim.pay([by_hand], status="CLEARED", process_date=TODAY.isoformat())
    town.sync()
    assert reasons(town)[payment][1] == "not_sent_by_us"
    with tenant_scope(town.tenant_id):
        first = RecordLink.objects.filter(entity=Entity.INVOICE).earliest("id")
        first.pk, first.target_id, first.variant, first.linked_at = None, by_hand, "1", datetime.now(UTC)
        first.save()
    town.sync()
    assert reasons(town)[payment][1] == "not_read_back"
    assert listed(town) == {(payment, "N1"): ("paid", Decimal(75))}


def test_a_status_that_nobody_has_described_waits_for_a_person(town: Town) -> None:
    payment = pay(town, "N1", status="FUNDS_ESCHEATED")
    town.sync()
    assert (held(town), listed(town)) == (["unknown_payment_state"], {})
    town.ap.sim.advance(payment, "CLEARED")
    town.sync()
    assert (held(town), listed(town)) == ([], {(payment, "N1"): ("paid", Decimal(100))})


def test_a_payment_noted_for_later_counts_from_its_date_on(town: Town) -> None:
    ahead = (TODAY + timedelta(days=2)).isoformat()
    payment = pay(town, "N1", disbursement_type="OFFLINE", process_date=ahead)
    other = pay(town, "N2", disbursement_type="OFFLINE")
    town.sync()
    same_parts(town)
    assert (listed(town), payment in reasons(town)) == ({(other, "N2"): ("paid", Decimal(60))}, True)


def test_what_the_erp_paid_and_we_noted_does_not_come_back(town: Town) -> None:
    payment = pay(town, "N1", disbursement_type="OFFLINE", description="Paid in the ERP: N1")
    town.sync()
    assert (reasons(town), listed(town)) == ({payment: ("out", "paid_in_erp")}, {})


def test_a_change_that_the_polls_missed_is_found_by_the_sweep(town: Town) -> None:
    """A return after clearing, of which the list's change stamp says nothing."""
    payment = pay(town, "N1", status="CLEARED")
    town.sync()
    row = next(row for row in town.ap.sim.dump("payments") if row["id"] == payment)
    stamp = row["updatedTime"]
    town.ap.sim.fail(payment)
    town.ap.sim.put_raw(payment, updatedTime=stamp)
    foreground.sweep(town.tenant_id, town.integration.pk, ["payment"])
    same_parts(town)
    assert listed(town) == {(payment, "N1"): ("reversed", Decimal(100))}


def test_a_bill_that_was_paid_and_that_the_erp_proposes_is_an_alert(town: Town) -> None:
    pay(town, "N1", status="CLEARED")
    town.sync()
    assert held(town) == []
    propose(town, "N1", 100)
    later(town)
    assert held(town) == ["may_be_paid_twice"]
    with tenant_scope(town.tenant_id):
        assert "is paid already" in ReviewItem.objects.get().problems[0]["message"]


def test_a_bill_that_the_erp_pays_itself_is_an_alert(town: Town) -> None:
    pay(town, "N1")
    town.sync()
    settle(town, 1)
    later(town)
    assert held(town) == ["paid_twice"]


def test_the_same_payments_again_and_in_another_order_change_nothing(town: Town) -> None:
    """Polls overlap, and a page may be staged after a newer one: the newest read counts."""
    payment = pay(town, "N1")
    seen = []
    for status in WAY:
        town.ap.sim.advance(payment, status)
        town.sync()
        with tenant_scope(town.tenant_id):
            record = town.ap.client.fetch(Entity.PAYMENT, payment, SCOPE)
        assert record is not None
        seen.append(record)
    with tenant_scope(town.tenant_id):
        flow = SourceRecord.objects.get(source_key=payment).flow_id
    random.Random(7).shuffle(seen)
    for record in seen * 3:
        with tenant_scope(town.tenant_id):
            staging.merge(town.tenant_id, flow, [record], due=True)
    town.sync()
    same_parts(town)
    with tenant_scope(town.tenant_id):
        assert PaymentStep.objects.filter(payment=payment).count() == len(WAY)
    assert listed(town) == {(payment, "N1"): ("paid", Decimal(100))}
