"""Payments as nobody would expect them: the odd one is held or counted, its neighbours land, nothing is said twice."""

from decimal import Decimal
from typing import Any

from integrations.models import OutboxItem, RecordLink
from tenants.scope import tenant_scope
from tests.integrations.runner.paying import (
    VOUCHERS,
    bill,
    held,
    listed,
    ours,
    pay,
    same_parts,
    theirs,
    town,
    writes,
)
from tests.integrations.runner.town import Town, town_of

__all__ = ["town", "town_of"]


def raw(town: Town, payment: str) -> dict[str, Any]:
    return next(row for row in town.ap.sim.dump("payments") if row["id"] == payment)


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
