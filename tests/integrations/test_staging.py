"""What a page leaves behind: columns to compare by, items of every variant, ignored ones left in peace."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from integrations.engine import fingerprint as hashing
from integrations.models import OutboxItem, SourceRecord
from integrations.store import staging
from tenants.scope import tenant_scope
from tests.engine.build import invoice
from tests.integrations.conftest import Bench, page


def source(bench: Bench, **where: Any) -> SourceRecord:
    with tenant_scope(bench.tenant_id):
        found: SourceRecord = SourceRecord.objects.get(flow=bench.flow, **where)
        return found


def test_an_invoice_keeps_what_duplicates_are_compared_by(bench: Bench) -> None:
    bench.store("poll").stage(page(invoice(number="INV-0/0042")))
    found = source(bench)
    assert (found.dated, found.plain, found.amount) == (date(2026, 3, 1), "INV0/42", Decimal("120"))


def test_backslashes_tabs_and_line_ends_come_through_as_they_are(bench: Bench) -> None:
    odd = "a\\tb\tc\nd\re\\"
    bench.store("poll").stage(page(invoice(key=odd, version=odd, vendor_name=odd)))
    bench.store("poll").stage(page(invoice(key=odd, version=odd, vendor_name=odd)))
    found = source(bench)
    assert (found.source_key, found.version, found.snapshot["vendor_name"]) == (odd, odd, odd)
    assert [item.revision for item in bench.items()] == [1]


def test_changed_content_makes_every_variant_due(bench: Bench) -> None:
    bench.store("poll").stage(page(invoice()))
    with tenant_scope(bench.tenant_id):
        first = OutboxItem.objects.get(flow=bench.flow)
        OutboxItem.objects.filter(pk=first.pk).update(state="done")
        now = datetime(2026, 3, 1, tzinfo=UTC)
        given = {"source_key": first.source_key, "state": "done", "not_before": now, "changed_at": now}
        OutboxItem.objects.create(flow=bench.flow, source_id=first.source_id, variant="EUR", **given)
    bench.store("poll").stage(page(invoice(net=Decimal("5.00"))))
    assert {(item.variant, item.state, item.revision) for item in bench.items()} == {
        ("", "ready", 2),
        ("EUR", "ready", 2),
    }


def test_an_ignored_record_wakes_only_when_it_is_no_longer_what_was_ignored(bench: Bench) -> None:
    seen, other = invoice(), invoice(net=Decimal("5.00"))
    bench.store("poll").stage(page(other))
    with tenant_scope(bench.tenant_id):
        ignored = {"state": "ignored", "ignored_fingerprint": hashing.fingerprint(seen)}
        OutboxItem.objects.filter(flow=bench.flow).update(**ignored)
    bench.store("poll").stage(page(seen))
    assert [item.state for item in bench.items()] == ["ignored"]
    bench.store("poll").stage(page(other))
    assert [item.state for item in bench.items()] == ["ready"]


def test_a_record_that_was_gone_and_is_there_again_is_due_though_nothing_changed(bench: Bench) -> None:
    bench.store("poll").stage(page(invoice()))
    with tenant_scope(bench.tenant_id):
        SourceRecord.objects.filter(flow=bench.flow).update(gone_since=datetime(2026, 3, 1, tzinfo=UTC), gone=True)
        OutboxItem.objects.filter(flow=bench.flow).update(state="done")
    bench.store("poll").stage(page(invoice()))
    assert (source(bench).gone_since, source(bench).gone) == (None, False)
    assert [item.state for item in bench.items()] == ["ready"]


def test_only_a_sweep_leaves_its_number(bench: Bench) -> None:
    with tenant_scope(bench.tenant_id):
        staging.merge(bench.tenant_id, bench.flow.pk, [invoice(), invoice(key="10|2")], due=True, sweep=7)
        staging.merge(bench.tenant_id, bench.flow.pk, [invoice()], due=True)
        staging.merge(bench.tenant_id, bench.flow.pk, [invoice(key="10|2")], due=True, sweep=8)
        scans = dict(SourceRecord.objects.values_list("source_key", "last_seen_scan"))
    assert scans == {"10|1": 7, "10|2": 8}
