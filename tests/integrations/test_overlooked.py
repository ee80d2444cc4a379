"""A record that is decided to wait, at the very moment at which what it waits for is linked."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import sleep

import pytest
from django.db import connection
from django.utils import timezone

from integrations.engine.decisions import Wait
from integrations.engine.errors import Problem
from integrations.engine.ports import Item
from integrations.engine.records import Entity
from integrations.models import RecordLink
from integrations.runner.setup import Wanted, add_flow
from integrations.store import FlowStore, blockers, lease
from tenants.scope import tenant_scope
from tests.engine.build import invoice
from tests.integrations.conftest import Bench, bench, page

__all__ = ["bench"]
WAITS = Wait(problems=(Problem("vendor_not_sent", "It is not there.", blocker=("vendor", "S1")),))


def claimed(bench: Bench) -> tuple[FlowStore, list[Item]]:
    store = bench.store()
    bench.store("poll").stage(page(invoice(key="10|A", number="A")))
    return store, store.claim(10)


def link_vendor(bench: Bench, seconds_ago: float = 0) -> None:
    """In the open scope."""
    integration, at = bench.flow.integration, timezone.now() - timedelta(seconds=seconds_ago)
    vendor = {"entity": "vendor", "source_key": "S1", "target_id": "009S1", "target_connection": integration.ap}
    RecordLink.objects.create(integration=integration, linked_at=at, fingerprint="f", schema=1, **vendor)


@pytest.mark.parametrize(("seconds_ago", "state"), [(0, "ready"), (60, "waiting")])
def test_what_was_linked_since_it_was_looked_at_frees_it(bench: Bench, seconds_ago: float, state: str) -> None:
    store, items = claimed(bench)
    with tenant_scope(bench.tenant_id):
        link_vendor(bench, seconds_ago)
    store.record(items, [WAITS])
    assert [item.state for item in bench.items()] == [state]


def test_it_is_stored_after_a_commit_under_way_that_may_link_it(bench: Bench) -> None:
    store, items = claimed(bench)
    with tenant_scope(bench.tenant_id):
        vendors = lease.claim(add_flow(bench.flow.integration, Wanted(Entity.VENDOR)).pk)
    assert vendors is not None
    with ThreadPoolExecutor(1) as pool:
        with tenant_scope(bench.tenant_id):
            lease.prove(vendors)
            link_vendor(bench)
            blockers.free(bench.flow.integration_id, "vendor", ["S1"])
            stored = pool.submit(in_a_thread, store, items)
            sleep(0.3)
            assert not stored.done()
        stored.result(10)
    assert [item.state for item in bench.items()] == ["ready"]


def in_a_thread(store: FlowStore, items: list[Item]) -> None:
    """Which has a connection of its own."""
    try:
        store.record(items, [WAITS])
    finally:
        connection.close()
