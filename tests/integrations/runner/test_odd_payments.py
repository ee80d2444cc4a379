"""Payments as nobody would expect them: the odd one is held or counted, its neighbours land, nothing is said twice."""

from decimal import Decimal
from typing import Any

import pytest

from integrations.models import MirrorRecord, OutboxItem, PaymentPart, RecordLink, Settlement, SyncRun
from tenants.scope import tenant_scope
from tests.integrations.runner.paying import (
    VOUCHERS,
    bill,
    held,
    listed,
    ours,
    pay,
    reasons,
    same_parts,
    theirs,
    town,
    writes,
)
from tests.integrations.runner.town import Town, town_of

__all__ = ["town", "town_of"]


def raw(town: Town, payment: str) -> dict[str, Any]:
    return next(row for row in town.ap.sim.dump("payments") if row["id"] == payment)


def runs(town: Town) -> list[tuple[str, bool]]:
    with tenant_scope(town.tenant_id):
        return list(SyncRun.objects.filter(flow__entity="payment").values_list("status", "balanced"))


def test_a_payment_that_lists_no_bills_pays_the_one_it_names_if_any(town: Town) -> None:
    payment, nothing = pay(town, "N1", status="PROCESSED"), pay(town, "N2", status="PROCESSED")
    town.ap.sim.put_raw(payment, billPayments=[])
    town.ap.sim.put_raw(nothing, billPayments=[], billId="")
    town.sync()
    assert listed(town) == {(payment, "N1"): ("paid", Decimal(100))}
    assert reasons(town)[nothing] == ("out", "not_sent_by_us")


WRONG: dict[str, dict[str, Any]] = {
    "amounts_differ": {"amount": 11},  # of which only ten stand beside its bill
    "precision": {"amount": Decimal("10.001")},
    "invoice_twice": {"parts": [5, 5]},
    "no_amount": {"amount": 0, "parts": [0]},
}


@pytest.mark.parametrize("how", [{}, VOUCHERS], ids=["none", "voucher"])
def test_payments_whose_amounts_are_wrong_are_asked_about(town: Town, how: dict[str, str]) -> None:
    town.choose(**how)
    good, one = pay(town, "N2", status="PROCESSED"), bill(town, "N1")
    for changes in WRONG.values():
        odd: dict[str, Any] = {"amount": 10, **changes}
        odd["billPayments"] = [{"billId": one, "amount": amount} for amount in odd.pop("parts", [10])]
        town.ap.sim.put_raw(pay(town, "N1", amounts=("10.00",), status="PROCESSED"), **odd)
    without = pay(town, "N1", amounts=("10.00",), status="PROCESSED")
    town.ap.sim.put_raw(without, billPayments=[{"billId": one}])
    town.sync()
    assert held(town) == sorted([*WRONG, "amounts_differ"])
    assert (good, "N2") in listed(town)


def test_amounts_as_text_or_with_an_exponent_are_the_same_money(town: Town) -> None:
    town.choose(**VOUCHERS)
    payment = pay(town, "N1", status="PROCESSED")
    town.sync()
    before, (steps, known) = len(writes(town)), (reasons(town)[payment], listed(town))
    for text in ('"100.00"', "1E+2", "1.00e2", "100.0000"):
        town.ap.faulty = True
        town.ap.fault("replace", "/v3/payments", find='"amount":100,', text=f'"amount":{text},')
        town.ap.sim.put_raw(payment, description=f"once more, {text}")
        town.sync()
        assert (reasons(town)[payment], listed(town), held(town), len(writes(town))) == (steps, known, [], before)


def test_ids_and_stamps_that_cannot_be_spoil_their_own_payments_only(town: Town) -> None:
    """The last one looks newer than anything, for ever."""
    good = pay(town, "N2", status="PROCESSED")
    for key in ("stp" + "9" * 300, "stp|1", "stp/../1"):
        odd = pay(town, "N1", amounts=("10.00",), status="PROCESSED")
        town.ap.fault("replace", "/v3/payments", find=f'"id":"{odd}"', text=f'"id":"{key}"', times=None)
    late = pay(town, "N3", status="PROCESSED")
    stamp = raw(town, late)["updatedTime"]
    future = {"find": f'"updatedTime":"{stamp}"', "text": '"updatedTime":"2999-01-01T00:00:00.000+00:00"'}
    town.ap.fault("replace", "/v3/payments", times=None, **future)
    town.sync()
    assert {(good, "N2"), (late, "N3")} <= set(listed(town))
    town.ap.sim.advance(late, "VOIDED")
    town.sync()
    assert ours(town) == theirs(town)
    assert listed(town)[late, "N3"] == ("reversed", Decimal(40))


def test_a_state_that_went_on_and_back_between_two_polls_is_nothing_new(town: Town) -> None:
    town.choose(**VOUCHERS)
    payment = pay(town, "N1", status="PROCESSED")
    town.sync()
    before = len(writes(town))
    for state in ("VOID_PENDING", "SENT", "VOIDED", "PROCESSED"):
        town.ap.sim.advance(payment, state)
    town.sync()
    assert (ours(town), held(town), len(writes(town))) == (theirs(town), [], before)
    same_parts(town)


def test_a_payment_whose_id_is_used_again_for_another_bill_follows_it(town: Town) -> None:
    payment = pay(town, "N1", status="PROCESSED")
    town.sync()
    other = bill(town, "N2")
    town.ap.sim.put_raw(payment, billId=other, amount=60, billPayments=[{"id": "blp9", "billId": other, "amount": 60}])
    town.sync()
    same_parts(town)
    assert listed(town) == {(payment, "N2"): ("paid", Decimal(60))}


def test_a_booked_payment_whose_id_is_used_again_is_asked_about(town: Town) -> None:
    town.choose(**VOUCHERS)
    payment = pay(town, "N1", status="PROCESSED")
    town.sync()
    before, other = len(writes(town)), bill(town, "N2")
    town.ap.sim.put_raw(payment, billId=other, amount=60, billPayments=[{"id": "blp9", "billId": other, "amount": 60}])
    town.sync()
    assert (len(held(town)), len(writes(town))) == (1, before)
    assert listed(town) == {(payment, "N1"): ("paid", Decimal(100))}


def test_a_bill_that_is_unlinked_leaves_the_list_and_comes_back_with_its_link(town: Town) -> None:
    payment = pay(town, "N1", status="PROCESSED")
    town.sync()
    with tenant_scope(town.tenant_id):
        link = RecordLink.objects.get(entity="invoice", target_id=bill(town, "N1"))
        kept = {field.attname: getattr(link, field.attname) for field in link._meta.fields if field.attname != "id"}
        link.delete()
        OutboxItem.objects.filter(source__number="N1").update(state="ignored")
    town.sync()
    assert listed(town) == {}
    with tenant_scope(town.tenant_id):
        RecordLink.objects.create(**kept)
    town.sync()
    assert listed(town) == {(payment, "N1"): ("paid", Decimal(100))}


def test_the_same_page_again_under_another_token_changes_nothing(town: Town) -> None:
    keys = [pay(town, "N1", amounts=("1.00",), status="PROCESSED") for _ in range(3)]
    town.sync()
    with tenant_scope(town.tenant_id):
        before = list(PaymentPart.objects.order_by("id").values_list("payment", "changed_at"))
        assert Settlement.objects.count() == len(keys)
    town.sync()
    with tenant_scope(town.tenant_id):
        assert list(PaymentPart.objects.order_by("id").values_list("payment", "changed_at")) == before
        assert MirrorRecord.objects.filter(target_id=bill(town, "N1"), standing="partly_paid").exists()
    assert {(status, balanced) for status, balanced in runs(town)} == {("done", True)}
