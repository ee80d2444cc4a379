"""What a push leaves behind beyond a create: changes, acts, wants, notes, lost workers."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from audit.models import AuditEntry
from integrations.engine.decisions import Act, Create, LinkTo, Nothing, Out, Update, Want
from integrations.engine.drafts import ArchiveDraft, InvoiceDraft, PaidDraft, Receipt
from integrations.engine.errors import Problem
from integrations.engine.ports import Item
from integrations.engine.records import Entity, Gone
from integrations.engine.targets import TargetRecord
from integrations.models import OutboxItem, RecordLink, SourceRecord, SyncRun
from integrations.store import FlowStore, mirror
from integrations.store.claiming import FEW
from tenants.scope import tenant_scope
from tests.engine.build import invoice
from tests.integrations.conftest import Bench, page
from tests.integrations.test_store import create, sent, staged

PAID = PaidDraft(vendor_id="009A", bill_id="00n1", amount=Decimal("20"), currency="USD", paid_on=date(2026, 3, 1))


def link(bench: Bench) -> RecordLink:
    with tenant_scope(bench.tenant_id):
        found: RecordLink = RecordLink.objects.get(integration=bench.flow.integration)
        return found


def again(bench: Bench, **changed: Any) -> tuple[FlowStore, Item]:
    """The sent record 00n1, changed at its source and claimed once more."""
    store, writes = sent(bench, "A")
    store.settle(writes, [Receipt(target_id="00n1", version="1", echo={"amount": "120", "number": "A"})])
    bench.store("poll").stage(page(invoice(key="10|A", number="A", **changed)))
    store = bench.store()
    return store, store.claim(10)[0]


def draft_of(item: Item) -> InvoiceDraft:
    assert item.link is not None
    assert isinstance(item.link.sent, InvoiceDraft)
    return item.link.sent


def test_a_link_comes_back_whole_with_what_was_sent_and_what_was_echoed(bench: Bench) -> None:
    _, item = again(bench, due_date=date(2026, 5, 1))
    assert item.link is not None
    assert (item.link.version, item.link.echo) == ("1", {"amount": "120", "number": "A"})
    assert draft_of(item).total == Decimal("120.00")


def test_an_update_moves_version_fingerprint_echo_and_what_was_sent(bench: Bench) -> None:
    store, item = again(bench, due_date=date(2026, 5, 1))
    draft = draft_of(item)
    writes = store.record([item], [Update(draft=draft, natural_key="k", target_id="00n1", version="1")])
    assert [(write.target_id, write.version) for write in writes] == [("00n1", "1")]
    store.settle(writes, [Receipt(target_id="00n1", version="2", echo={"amount": "120"})])
    found = link(bench)
    with tenant_scope(bench.tenant_id):
        assert found.fingerprint == SourceRecord.objects.get().fingerprint
    assert (found.target_version, found.echo, found.made_by) == ("2", {"amount": "120"}, "created")


@pytest.mark.parametrize(
    ("draft", "receipt", "action", "version"),
    [
        (ArchiveDraft(entity=Entity.INVOICE), Receipt(target_id="00n1", version="9"), "archived", "9"),
        (PAID, Receipt(target_id="0pay", version="9", echo={"amount": "20"}), "recorded", "1"),
    ],
)
def test_an_act_is_counted_as_a_change_and_leaves_its_own_audit_entry(
    bench: Bench, draft: Any, receipt: Receipt, action: str, version: str
) -> None:
    store, item = again(bench, due_date=date(2026, 5, 1))
    store.settle(store.record([item], [Act(draft=draft, natural_key="k", target_id="00n1")]), [receipt])
    run = store.finish(SyncRun.Status.DONE)
    with tenant_scope(bench.tenant_id):
        assert AuditEntry.objects.order_by("sequence").last().action == action
    assert (run.counts, run.balanced) == ({"updated": 1}, True)
    found = link(bench)
    assert (found.target_id, found.target_version, found.echo["amount"]) == ("00n1", version, "120")


def test_what_is_to_be_looked_at_once_more_is_ready_at_once_and_counts_once(bench: Bench) -> None:
    store, items = bench.store(), staged(bench, "A")
    made = create(items[0])
    writes = store.record(items, [Create(draft=made.draft, natural_key=made.natural_key, again=True)])
    store.settle(writes, [Receipt(target_id="00n1")])
    assert [item.state for item in bench.items()] == ["ready"]
    with tenant_scope(bench.tenant_id):
        OutboxItem.objects.update(run=store.run)
    store.record(store.claim(10), [Nothing()])
    assert [(item.state, item.outcome) for item in bench.items()] == [("done", "created")]


def test_an_accepted_state_replaces_the_echo_and_is_in_the_audit(bench: Bench) -> None:
    store, item = again(bench, due_date=date(2026, 5, 1))
    store.record([item], [Nothing(echo={"amount": "99"})])
    assert link(bench).echo == {"amount": "99"}
    with tenant_scope(bench.tenant_id):
        assert AuditEntry.objects.filter(action="accepted").count() == 1


def test_notes_are_kept_until_something_else_is_said(bench: Bench) -> None:
    store, items = bench.store(), staged(bench, "A")
    note = Problem("same_amount", "Like 00n9.")
    store.record(items, [Nothing(notes=(note,))])
    assert bench.items()[0].notes == [{"code": "same_amount", "message": "Like 00n9."}]


def test_a_wanted_variant_is_due_in_the_same_commit_and_carries_its_own_link(bench: Bench) -> None:
    store, items = bench.store(), staged(bench, "A")
    wants = tuple(Want(entity=Entity.INVOICE, key="10|A", variant=each) for each in "12")
    store.record(items, [Out(reason="instalments", message="Two.", wants=wants)])
    parts = store.claim(10)
    assert [part.variant for part in parts] == ["1", "2"]
    made = [Create(draft=create(part).draft, natural_key=part.variant, variant=part.variant) for part in parts]
    store.settle(store.record(parts, made), [Receipt(target_id="00n1"), Receipt(target_id="00n2")])
    bench.store("poll").stage(page(invoice(key="10|A", number="A", net=Decimal("5.00"))))
    found = {item.variant: item.link.target_id if item.link else "" for item in bench.store().claim(10)}
    assert found == {"": "", "1": "00n1", "2": "00n2"}


def test_wanting_the_same_again_changes_nothing(bench: Bench) -> None:
    out = Out(reason="x", message="X.", wants=(Want(entity=Entity.INVOICE, key="10|A", variant="1"),))
    store, items = bench.store(), staged(bench, "A")
    store.record(items, [out])
    store.record(store.claim(10), [Nothing()])
    store.record(items, [out])
    assert {item.variant: item.state for item in bench.items()} == {"": "out", "1": "done"}


def test_a_stale_write_is_due_at_once_and_its_try_counts(bench: Bench) -> None:
    store, writes = sent(bench, "A")
    store.stale(writes)
    assert [(item.attempts, item.outcome) for item in bench.items()] == [(1, "postponed")]
    assert len(store.claim(10)) == 1


def test_what_could_not_be_decided_goes_back_as_it_came(bench: Bench) -> None:
    store, items = bench.store(), staged(bench, "A")
    with tenant_scope(bench.tenant_id):
        OutboxItem.objects.update(run=store.run)
    store.give_back(items, 60.0)
    assert [(item.attempts, item.outcome) for item in bench.items()] == [(0, "postponed")]
    assert store.claim(10) == []


def test_whatever_kills_three_workers_is_held_and_its_neighbours_go_on(bench: Bench) -> None:
    bench.store("poll").stage(page(*(invoice(key=f"10|{n:02}", number=str(n)) for n in range(30))))
    sizes, culprit = [], "10|07"
    while batch := bench.store().claim(100):  # a run of its own each time: the worker before has died
        sizes.append(len(batch))
        if culprit not in [item.source_key for item in batch]:
            bench.store().record(batch, [Nothing()] * len(batch))
    assert (sizes[0], max(sizes[1:]), len(sizes) < 40) == (30, FEW, True)
    states = {item.source_key: (item.state, item.reason) for item in bench.items()}
    assert states.pop(culprit) == ("held", "lost_workers")
    assert set(states.values()) == {("done", "")}


def test_a_gone_record_is_decided_as_it_was_last_seen(bench: Bench) -> None:
    staged(bench, "A")
    with tenant_scope(bench.tenant_id):
        SourceRecord.objects.update(gone=True)
        OutboxItem.objects.update(state="ready")
    source = bench.store().claim(10)[0].source
    assert isinstance(source, Gone)
    assert source.last == invoice(key="10|A", number="A")


def test_a_bill_that_is_linked_already_is_never_adopted_a_second_time(bench: Bench) -> None:
    store, writes = sent(bench, "A")
    store.settle(writes, [Receipt(target_id="00n1")])
    store, items = bench.store(), staged(bench, "B")
    store.record(items, [LinkTo(target_id="00n1")])
    assert [(item.state, item.reason) for item in bench.items()] == [("done", ""), ("held", "link_conflict")]


@pytest.mark.parametrize(
    ("changed", "state"), [({}, "done"), ({"amount": Decimal("9")}, "ready"), ({"active": False}, "ready")]
)
def test_a_linked_record_that_somebody_changed_is_looked_at_again(
    bench: Bench, changed: dict[str, Any], state: str
) -> None:
    store, writes = sent(bench, "A")
    store.settle(writes, [Receipt(target_id="00n1", echo={"amount": "120", "number": "A"})])
    listed = {"target_id": "00n1", "number": "A", "amount": Decimal("120.00"), "kind": "bill"}
    with tenant_scope(bench.tenant_id):
        mirror.merge(bench.flow.target.pk, Entity.INVOICE, [TargetRecord(**{**listed, **changed})])
    assert [item.state for item in bench.items()] == [state]


def test_a_payment_proposal_wakes_the_invoice_it_names_and_again_when_it_is_gone(bench: Bench) -> None:
    store, writes = sent(bench, "A")
    store.settle(writes, [Receipt(target_id="00n1")])
    named = invoice(key="10|A", number="A")
    proposal = TargetRecord(target_id="p1", number="A", vendor_id=named.vendor_key, kind="ordered")
    erp = bench.flow.source.pk
    for listed, reason in (([proposal], ""), ([], "may_be_paid_twice")):
        with tenant_scope(bench.tenant_id):
            OutboxItem.objects.update(state="held" if reason else "done", reason=reason)
            mirror.replace_proposals(erp, listed)
        assert [item.state for item in bench.items()] == ["ready"]
