"""What the rows say after each step of a flow."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from django.db import connection

from audit.models import AuditEntry
from integrations.engine.decide import decide
from integrations.engine.decisions import Create, Hold, LinkTo, Out, Wait
from integrations.engine.drafts import Receipt
from integrations.engine.errors import Problem, Rejected
from integrations.engine.ports import Item, Write
from integrations.engine.records import Entity, Unreadable
from integrations.engine.targets import TargetRecord
from integrations.models import Blocker, RecordLink, ReviewItem, SourceRecord, SyncRun, WriteIntent
from integrations.store import FlowStore, blockers, lease, mirror
from tenants.scope import tenant_scope
from tests.engine.build import POLICY, invoice, rules
from tests.integrations.conftest import Bench, page


def staged(bench: Bench, *numbers: str) -> list[Item]:
    """Clean invoices of these numbers, staged and claimed."""
    records = [invoice(key=f"10|{n}", number=n) for n in numbers]
    bench.store("poll").stage(page(*records))
    return bench.store().claim(100)


def create(item: Item) -> Create:
    found = decide(item.source, item.link, item.target, rules(), POLICY)
    assert isinstance(found, Create)
    return found


def sent(bench: Bench, *numbers: str) -> tuple[FlowStore, list[Write]]:
    """Invoices of these numbers with their intents committed."""
    store = bench.store("push")
    items = staged(bench, *numbers)
    return store, store.record(items, [create(item) for item in items])


def test_the_same_content_twice_stages_nothing(bench: Bench) -> None:
    bench.store("poll").stage(page(invoice(), cursor="a"))
    again = bench.store("poll")
    again.stage(page(invoice(version="W/2"), cursor="b"))
    run = again.finish(SyncRun.Status.DONE)
    assert run.counts == {"staged": 0, "unchanged": 1, "repeated": 0}
    assert (run.balanced, again.cursor()) == (True, "b")
    assert [item.revision for item in bench.items()] == [1]


def test_the_newest_version_is_kept_for_the_next_write(bench: Bench) -> None:
    bench.store("poll").stage(page(invoice(version="W/1")))
    bench.store("poll").stage(page(invoice(version="W/2")))
    with tenant_scope(bench.tenant_id):
        assert SourceRecord.objects.get(flow=bench.flow).version == "W/2"


def test_a_row_that_comes_twice_in_one_page_is_staged_once_and_counted(bench: Bench) -> None:
    store = bench.store("poll")
    store.stage(page(invoice(), invoice(net=Decimal("99.00"))))
    assert store.finish(SyncRun.Status.DONE).counts == {"staged": 1, "unchanged": 0, "repeated": 1}


def test_new_content_makes_a_done_record_due_again(bench: Bench) -> None:
    store, writes = sent(bench, "A")
    store.settle(writes, [Receipt(target_id="00n1")])
    assert [item.state for item in bench.items()] == ["done"]
    bench.store("poll").stage(page(invoice(key="10|A", number="A", net=Decimal("5.00"))))
    assert [(item.state, item.revision) for item in bench.items()] == [("ready", 2)]


def test_an_unreadable_row_is_kept_and_does_not_stop_its_neighbours(bench: Bench) -> None:
    bad = Unreadable(key="10|9", code="bad_text", message="It holds NUL.", raw="\\u0000")
    bench.store("poll").stage(page(invoice(), bad))
    claimed = {item.source_key: type(item.source).__name__ for item in bench.store().claim(10)}
    assert claimed == {"10|1": "Invoice", "10|9": "Unreadable"}


def test_a_settled_write_leaves_link_intent_state_and_audit(bench: Bench) -> None:
    store, writes = sent(bench, "A")
    store.settle(writes, [Receipt(target_id="00n1", echo={"amount": "120.00"})])
    with tenant_scope(bench.tenant_id):
        link = RecordLink.objects.get(integration=bench.flow.integration)
        intent = WriteIntent.objects.get(item__flow=bench.flow)
        actions = list(AuditEntry.objects.order_by("sequence").values_list("action", flat=True))
    assert (link.source_key, link.target_id, len((link.sent or {})["lines"])) == ("10|A", "00n1", 2)
    assert (intent.outcome, intent.settled_at is not None) == ("created", True)
    assert actions[-2:] == ["page_staged", "created"]


def test_an_intent_is_committed_before_the_write_and_blocks_a_second_claim(bench: Bench) -> None:
    sent(bench, "A")
    assert bench.store().claim(10) == []
    with tenant_scope(bench.tenant_id):
        assert WriteIntent.objects.filter(settled_at=None).count() == 1


def test_a_lost_answer_is_uncertain_and_never_claimed_again(bench: Bench) -> None:
    store, writes = sent(bench, "A")
    store.mark_uncertain(writes)
    bench.store("poll").stage(page(invoice(key="10|A", number="A", net=Decimal("5.00"))))
    assert [item.state for item in bench.items()] == ["uncertain"]
    assert bench.store().claim(10) == []


def test_a_worker_that_died_with_a_write_under_way_leaves_it_uncertain(bench: Bench) -> None:
    sent(bench, "A")
    with tenant_scope(bench.tenant_id), connection.cursor() as cursor:
        cursor.execute("UPDATE integrations_writeintent SET send_by = now() - interval '1 minute'")
    assert bench.store().abandon() == 1
    assert [item.state for item in bench.items()] == ["uncertain"]


def test_a_postponed_write_costs_no_try(bench: Bench) -> None:
    store, writes = sent(bench, "A")
    store.postpone(writes, 0.0)
    item = bench.store().claim(10)[0]
    assert item.attempts == 1


def test_a_refused_record_is_one_review_item_with_what_was_answered(bench: Bench) -> None:
    store, writes = sent(bench, "A", "B")
    for _ in range(2):
        store.refuse(writes[0], Rejected("The account is inactive.", code="bad_account", detail="BDC_1143"))
    with tenant_scope(bench.tenant_id):
        reviews = list(ReviewItem.objects.filter(status="open").values_list("code", "answer"))
    assert reviews == [("bad_account", "BDC_1143")]


@pytest.mark.parametrize(
    ("decision", "state", "outcome"),
    [
        (Out(reason="settled", message="Settled."), "out", "out"),
        (Wait(problems=(Problem("blocked", "Blocked."),)), "waiting", "waiting"),
        (Hold(problems=(Problem("no_due_date", "No due date."),)), "held", "held"),
    ],
)
def test_what_cannot_go_says_why(bench: Bench, decision: Any, state: str, outcome: str) -> None:
    store, items = bench.store(), staged(bench, "A")
    assert store.record(items, [decision]) == []
    assert [(item.state, item.outcome) for item in bench.items()] == [(state, outcome)]


def test_supplying_what_was_missing_frees_all_that_waited_for_it(bench: Bench) -> None:
    store, items = bench.store(), staged(bench, "A", "B")
    missing = Hold(problems=(Problem("unmapped_account", "Map it.", blocker=("account", "5555")),))
    store.record(items, [missing, missing])
    with tenant_scope(bench.tenant_id):
        assert blockers.free_matching(bench.flow.integration_id, [("account", "55*")]).count == 2
        assert not Blocker.objects.filter(integration=bench.flow.integration).exists()
    assert {item.state for item in bench.items()} == {"ready"}


def test_a_later_success_closes_the_review_item(bench: Bench) -> None:
    store, items = bench.store(), staged(bench, "A")
    store.record(items, [Hold(problems=(Problem("x", "X.", blocker=("account", "1")),))])
    with tenant_scope(bench.tenant_id):
        blockers.free(bench.flow.integration_id, "account", ["1"])
    again = bench.store()
    items = again.claim(10)
    again.settle(again.record(items, [create(items[0])]), [Receipt(target_id="00n1")])
    with tenant_scope(bench.tenant_id):
        assert list(ReviewItem.objects.values_list("status", flat=True)) == ["resolved"]


def test_two_sources_never_share_one_bill_and_the_neighbour_is_settled(bench: Bench) -> None:
    store, writes = sent(bench, "A", "B", "C")
    store.settle(writes, [Receipt(target_id="00n1"), Receipt(target_id="00n1"), Receipt(target_id="00n3")])
    assert [(item.source_key, item.state) for item in bench.items()] == [
        ("10|A", "done"),
        ("10|B", "held"),
        ("10|C", "done"),
    ]


def test_an_amount_that_came_back_different_is_linked_and_held(bench: Bench) -> None:
    store, writes = sent(bench, "A")
    store.settle(writes, [Receipt(target_id="00n1", echo={"amount": "12.00"})])
    assert [(item.state, item.reason) for item in bench.items()] == [("held", "amount_differs")]
    with tenant_scope(bench.tenant_id):
        assert RecordLink.objects.count() == 1


def test_a_push_run_adds_up_by_outcome_and_currency(bench: Bench) -> None:
    store = bench.store()
    bench.store("poll").stage(page(*(invoice(key=f"10|{n}", number=n) for n in "ABC")))
    items = store.claim(10)
    out = Out(reason="settled", message="Settled.")
    writes = store.record(items, [create(items[0]), out, Hold(problems=(Problem("x", "X."),))])
    store.settle(writes, [Receipt(target_id="00n1")])
    run = store.finish(SyncRun.Status.DONE)
    assert (run.taken, run.balanced, run.counts) == (3, True, {"created": 1, "held": 1, "out": 1})
    assert run.amounts["created"] == {"USD": "120"}
    assert run.reasons == {"held:x": 1, "out:settled": 1}


def test_a_record_forgotten_on_the_way_makes_the_run_red(bench: Bench) -> None:
    store = bench.store()
    staged_store = bench.store("poll")
    staged_store.stage(page(invoice()))
    store.claim(10)
    run = store.finish(SyncRun.Status.DONE)
    assert run.counts == {"claimed": 1}
    assert run.balanced is False


def test_a_woken_zombie_changes_nothing(bench: Bench) -> None:
    store, writes = sent(bench, "A")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE integrations_dueflow SET lease_until = now() - interval '1 s'")
    assert lease.claim(bench.flow.pk) is not None
    with pytest.raises(lease.LeaseLost):
        store.settle(writes, [Receipt(target_id="00n1")])
    with tenant_scope(bench.tenant_id):
        assert not RecordLink.objects.exists()


def test_a_flow_is_claimed_once_and_the_longest_unserved_tenant_first(bench: Bench) -> None:
    assert lease.claim(bench.flow.pk) is None
    lease.release(bench.lease, due_in=0.0)
    claimed = [held.flow_id for held in lease.claim_due(1000, 3)]
    assert claimed.count(bench.flow.pk) == 1
    assert bench.flow.pk not in [held.flow_id for held in lease.claim_due(1000, 3)]


def theirs(**fields: Any) -> TargetRecord:
    """A bill that a person entered on the target."""
    same = {"target_id": "00n9", "number": "A", "vendor_id": "009A", "currency": "USD", "kind": "bill"}
    return TargetRecord(**{**same, "amount": Decimal("120"), "date": date(2026, 3, 1), **fields})


def test_a_vendor_keeps_the_postal_code_it_is_matched_by_when_a_thin_listing_lacks_it(bench: Bench) -> None:
    target = bench.flow.integration.ap_id
    vendor = TargetRecord(target_id="009V", kind="vendor", name="Acme", currency="USD")
    with tenant_scope(bench.tenant_id):
        mirror.merge(target, Entity.VENDOR, [msgspec.structs.replace(vendor, postal_code="78701")])
        mirror.merge(target, Entity.VENDOR, [vendor])
        assert [each.postal_code for each in mirror.unlinked(target, Entity.VENDOR)] == ["78701"]


def test_a_bill_that_stands_on_the_target_unlinked_is_adopted_once(bench: Bench) -> None:
    target = bench.flow.integration.ap_id
    with tenant_scope(bench.tenant_id):
        mirror.merge(target, Entity.INVOICE, [theirs(), theirs(target_id="00n8", vendor_id="009B")])
        assert [each.target_id for each in mirror.unlinked(target, Entity.INVOICE, ["009A"])] == ["00n9"]
    store, items = bench.store(), staged(bench, "A")
    assert store.record(items, [LinkTo(target_id="00n9")]) == []
    with tenant_scope(bench.tenant_id):
        assert mirror.unlinked(target, Entity.INVOICE, ["009A"]) == []
    assert [(item.state, item.outcome) for item in bench.items()] == [("done", "linked")]


def test_two_sources_that_claim_one_bill_are_both_left_to_a_person(bench: Bench) -> None:
    store, items = bench.store(), staged(bench, "A", "B")
    store.record(items, [LinkTo(target_id="00n9"), LinkTo(target_id="00n9")])
    assert {(item.state, item.reason) for item in bench.items()} == {("held", "link_conflict")}


def test_the_mirror_is_listed_again_from_before_it_was_whole(bench: Bench) -> None:
    target = bench.flow.integration.ap_id
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with tenant_scope(bench.tenant_id):
        assert mirror.listed_since(target, Entity.INVOICE) is None
        mirror.whole(target, Entity.INVOICE, at)
        assert mirror.listed_since(target, Entity.INVOICE) == at - mirror.OVERLAP
        assert not mirror.is_fresh(target, Entity.INVOICE, 5)


def test_the_versions_we_hold_are_told_to_a_source_whose_details_are_dear(bench: Bench) -> None:
    store = bench.store("poll")
    store.stage(page(invoice(version="W/1")))
    assert store.versions(["10|1", "10|2"]) == {"10|1": "W/1"}
