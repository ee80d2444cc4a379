"""What becomes of events: the records they are about are read early, once, and as a poll would read them."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.engine.errors import ConnectionBroken, Retryable
from integrations.engine.records import Entity
from integrations.models import Checkpoint, Flow, MirrorRecord, MirrorState, OutboxItem, SourceRecord, SyncRun
from integrations.runner import dispatch, hinting, setup
from integrations.store import lease
from tenants.scope import tenant_scope
from tests.integrations.hooks.conftest import Post, Posts, event


@pytest.fixture
def carried(post: Post) -> Post:
    """One invoice has become a bill."""
    post.town.supplier("S1")
    post.town.erp.invoice(1)
    post.town.sync()
    assert len(post.town.bills()) == 1
    post.deliver()
    post.work()
    return post


def bill_of(post: Post) -> str:
    return str(post.town.ap.sim.dump("bills")[0]["id"])


def requests(post: Post, path: str) -> int:
    return len(post.town.ap.calls("GET", path))


def test_bill_edited_there_is_decided_anew_at_once(carried: Post) -> None:
    carried.town.ap.sim.edit_bill(bill_of(carried), amount="90.00")
    assert carried.deliver() == 1
    carried.work()
    assert set(carried.town.states().values()) == {"held"}


def test_bill_paid_there_is_known_at_once(carried: Post) -> None:
    carried.town.ap.sim.advance(carried.town.ap.sim.pay([bill_of(carried)]), "PROCESSED")
    assert carried.deliver() >= 1
    carried.work()
    with tenant_scope(carried.town.tenant_id):
        assert MirrorRecord.objects.get(entity="invoice").standing == "paid"


def test_hundred_events_of_one_record_are_one_read(carried: Post) -> None:
    bill = bill_of(carried)
    for _ in range(100):
        carried.post(event(key=bill))
    before = requests(carried, f"{bill}")
    carried.work()
    assert requests(carried, f"{bill}") - before <= 2  # the list with its id, and the record where the list is thin
    assert {row.outcome for row in carried.events()} == {"read"}
    assert carried.hints() == []


def test_event_that_came_while_its_record_was_read_is_not_lost(carried: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    bill, standing = bill_of(carried), carried.town.ap.client.standing

    def meanwhile(entity: Entity, keys: Any) -> Any:
        found = standing(entity, keys)
        carried.post(event(key=bill))
        hinting.hand_on()
        return found

    carried.post(event(key=bill))
    monkeypatch.setattr(carried.town.ap.client, "standing", meanwhile)
    carried.work()
    assert carried.hints() == [("invoice", True, bill)]


def test_hint_left_by_a_slice_makes_its_flow_due_again(carried: Post) -> None:
    with tenant_scope(carried.town.tenant_id):
        flow = Flow.objects.get(entity="invoice")
    held = lease.claim(flow.pk)
    assert held is not None
    carried.post(event(key=bill_of(carried)))
    hinting.hand_on()
    lease.release(held, due_in=None)
    hinting.serve_again(held)
    carried.work()
    assert carried.hints() == []


def test_unknown_entity_and_unknown_record_are_kept_and_do_nothing(carried: Post) -> None:
    carried.post(event("risk-verification.updated", "00x1"))
    carried.post(event("bill.updated", "00n02NOBODYKNOWSTHIS"))
    carried.work()
    assert [row.outcome for row in carried.events()][-2:] == ["ignored", "read"]
    assert carried.hints() == []
    assert set(carried.town.states().values()) == {"done"}


def test_updated_before_created_and_older_news_change_nothing(carried: Post) -> None:
    bill = bill_of(carried)
    for kind in ("bill.updated", "bill.created", "bill.archived", "bill.restored"):
        carried.post(event(kind, bill))
    carried.work()
    assert set(carried.town.states().values()) == {"done"}
    assert len(carried.town.bills()) == 1


def test_amount_in_an_event_is_never_believed(carried: Post) -> None:
    told = event(key=bill_of(carried))
    told["bill"] |= {"amount": 1.10, "paymentStatus": "PAID", "archived": True}
    carried.post(told)
    carried.work()
    assert set(carried.town.states().values()) == {"done"}
    with tenant_scope(carried.town.tenant_id):
        assert MirrorRecord.objects.get(entity="invoice").standing != "paid"


def test_record_of_a_source_is_staged_without_moving_the_cursor(post: Post) -> None:
    flow = _payments(post)
    payment = _paid(post)
    with tenant_scope(post.town.tenant_id):
        Checkpoint.objects.create(flow=flow, cursor="where it was", at=timezone.now())
    post.deliver()
    _look(post, flow)
    with tenant_scope(post.town.tenant_id):
        assert list(SourceRecord.objects.filter(flow=flow).values_list("source_key", flat=True)) == [payment]
        assert Checkpoint.objects.get(flow=flow).cursor == "where it was"
        run = SyncRun.objects.get(flow=flow)
        assert (run.kind, run.status, run.taken, run.balanced) == ("poll", "done", 1, True)


def test_many_records_at_once_are_read_as_a_list(post: Post) -> None:
    flow = _payments(post)
    for number in range(hinting.MANY + 1):
        post.post(event("payment.updated", f"0rp02AAAAAAAAAAAA{number:03d}"))
    lease.park([flow.pk])
    hinting.hand_on()
    assert ("payment", False) not in {(entity, target) for entity, target, _ in post.hints()}
    assert {row.outcome for row in post.events()} == {"poll"}


def test_trouble_that_passes_leaves_the_hint_for_the_next_slice(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    flow = _payments(post)
    payment = _paid(post)
    post.deliver()
    fetch = post.town.ap.client.fetch
    monkeypatch.setattr(post.town.ap.client, "fetch", _raising(Retryable("Later.", code="x", after=1.0)))
    with pytest.raises(Retryable):
        _look(post, flow)
    assert ("payment", False, payment) in post.hints()
    monkeypatch.setattr(post.town.ap.client, "fetch", fetch)
    _look(post, flow)
    assert ("payment", False, payment) not in post.hints()


def test_hint_that_never_works_is_given_up_for_the_poll(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    flow = _payments(post)
    _paid(post)
    post.deliver()
    monkeypatch.setattr(post.town.ap.client, "fetch", _raising(Retryable("Later.", code="x")))
    for _ in range(3):
        with pytest.raises(Retryable):
            _look(post, flow)
    _look(post, flow)
    assert "payment" not in {entity for entity, _, _ in post.hints()}


def test_connection_that_is_broken_leaves_it_to_the_poll(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    flow = _payments(post)
    _paid(post)
    post.deliver()
    monkeypatch.setattr(post.town.ap.client, "fetch", _raising(ConnectionBroken("No.", code="forbidden")))
    _look(post, flow)
    assert "payment" not in {entity for entity, _, _ in post.hints()}


def test_dispatcher_makes_the_flow_due_and_a_fault_of_ours_stops_nobody(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hinting, "hand_on", _raising(RuntimeError("ours")))
    assert isinstance(dispatch.claim_slices(), list)


def test_same_end_with_events_lost_doubled_turned_round_or_switched_off(post_of: Posts) -> None:
    """Without any event the next look round finds the same."""
    town = post_of()
    town.town.supplier("S1")
    ends: list[str] = []
    for way in ({"copies": 3}, {"newest_first": True}, None):
        number = str(len(ends) + 1)
        town.town.erp.invoice(int(number))
        town.town.sync()
        bill = str(town.town.ap.sim.dump("bills")[-1]["id"])
        town.town.ap.sim.edit_bill(bill, amount="90.00")
        if way is not None:
            town.deliver(**way)
            town.work()
        else:
            _age_mirror(town)
            town.town.sync()
        with tenant_scope(town.town.tenant_id):
            ends.append(OutboxItem.objects.filter(flow__entity="invoice").latest("id").state)
    assert ends == ["held"] * 3


def _age_mirror(post: Post) -> None:
    with tenant_scope(post.town.tenant_id):
        for state in MirrorState.objects.all():
            state.whole_at -= timedelta(hours=1)
            state.save(update_fields=["whole_at"])


def _payments(post: Post) -> Flow:
    """A flow that reads payments from the AP tool; nothing writes them here yet."""
    with tenant_scope(post.town.tenant_id):
        found = Flow.objects.filter(entity="payment", inbound=True).first()
        made = found or setup.add_flow(post.town.integration, setup.Wanted(Entity.PAYMENT, inbound=True))
        flow: Flow = Flow.objects.select_related("integration__erp", "integration__ap").get(pk=made.pk)
        return flow


def _paid(post: Post) -> str:
    ap = post.town.ap
    bill = ap.post(ap.invoice(ap.vendor()))[0].target_id
    payment = str(ap.sim.pay([bill]))
    ap.sim.advance(payment, "PROCESSED")
    return payment


def _look(post: Post, flow: Flow) -> None:
    hinting.hand_on()
    held = lease.claim(flow.pk)
    assert held is not None
    try:
        hinting.look(held, flow)
    finally:
        lease.release(held, due_in=None)


def _raising(error: Exception) -> Any:
    def act(*_args: Any, **_named: Any) -> Any:
        raise error

    return act


def test_vendor_that_people_make_there_is_asked_about_at_once(post: Post) -> None:
    post.town.supplier("S1")
    post.town.sync()
    post.deliver()
    post.work()
    post.town.ap.sim.create_vendor_by_hand("Nordic Bolts")
    assert post.deliver() >= 1
    post.work()
    with tenant_scope(post.town.tenant_id):
        (item,) = OutboxItem.objects.filter(flow__entity="vendor", flow__inbound=True)
    assert (item.state, item.reason) == ("held", "new_vendor")
