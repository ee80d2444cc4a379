"""What the rows say of a captured invoice whose number stands under another id of the AP tool as well."""

from datetime import UTC, datetime

import pytest

from integrations.engine.mapping import Rules
from integrations.engine.ports import Item
from integrations.engine.records import Entity, Invoice
from integrations.models import Flow, RecordLink
from integrations.runner.setup import Wanted, add_flow
from integrations.store import lease, rulebook
from tenants.scope import tenant_scope
from tests.engine.build_books import captured, rules
from tests.integrations.conftest import Bench, page

OLDER = captured(key="6999", number="inv 1", vendor_key="S1|2")


@pytest.fixture
def flow(bench: Bench) -> Flow:
    """Captured invoices into the books, two of one number among them."""
    with tenant_scope(bench.tenant_id):
        made = add_flow(bench.flow.integration, Wanted(Entity.INVOICE, inbound=True))
    held = lease.claim(made.pk)
    assert held is not None
    strangers = captured(key="7002", vendor_key="S12"), captured(key="7003", number="INV-7")
    Bench(bench.tenant_id, made, held).store("poll").stage(page(OLDER, captured(), *strangers))
    return made


def known(flow: Flow, source: Invoice) -> Rules:
    """What a decision of `source` may know."""
    item = Item(id=1, source_key=source.key, revision=1, attempts=0, source=source)
    with tenant_scope(flow.tenant_id):
        return rulebook.for_batch(rules(), Flow.objects.select_related("integration").get(pk=flow.pk), [item])


@pytest.mark.parametrize("code", ["S1", "S1|2", "S1|3"])
def test_twins_are_found_under_every_address_of_the_supplier(flow: Flow, code: str) -> None:
    peers = known(flow, captured(vendor_key=code)).peers
    assert {party: [peer.key for peer in each] for party, each in peers.items()} == {"S1": ["6999", "7001"]}


def test_it_is_known_which_of_them_is_in_the_books(flow: Flow) -> None:
    with tenant_scope(flow.tenant_id):
        RecordLink.objects.create(
            integration=flow.integration,
            entity=Entity.INVOICE,
            inbound=True,
            source_key="7001",
            target_connection=flow.integration.erp,
            target_id="10|55",
            fingerprint="",
            schema=1,
            linked_at=datetime(2026, 3, 10, tzinfo=UTC),
        )
    books = known(flow, OLDER).books
    assert books is not None
    assert books.invoices == {"7001": "10|55"}
