"""Tax ids: readable where they are decided and sent, in no table otherwise, and still found by equality."""

from datetime import timedelta

import msgspec
from django.db import connection
from django.utils import timezone

from integrations.engine.decisions import Create
from integrations.engine.drafts import VendorDraft
from integrations.engine.ports import Item
from integrations.engine.records import Address, Entity, Vendor
from integrations.models import SourceRecord, WriteIntent
from integrations.store import lease, sealing
from tenants.rotation import renew_tenant
from tenants.scope import tenant_scope
from tests.factories import Cast
from tests.integrations.conftest import Bench, make_flow, page

TAX_ID = "98-7654321"
HOME = Address(key="1", line1="1 Road", city="Town", postal_code="1", country="US")


def vendor_bench(cast: Cast) -> Bench:
    flow = make_flow(cast.tenant.pk, Entity.VENDOR)
    held = lease.claim(flow.pk)
    assert held is not None
    return Bench(cast.tenant.pk, flow, held)


def supplier() -> Vendor:
    return Vendor(key="1001", name="Grafton", number="1001", currency="USD", tax_id=TAX_ID)


def everything_stored(bench: Bench) -> str:
    """Every cell of the rows that hold records or drafts, as text."""
    with tenant_scope(bench.tenant_id), connection.cursor() as cursor:
        found = ""
        for table in ("integrations_sourcerecord", "integrations_writeintent", "audit_auditentry"):
            cursor.execute(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t")
            found += cursor.fetchone()[0]
    return found


def claimed(bench: Bench) -> Item:
    bench.store("poll").stage(page(supplier()))
    return bench.store().claim(1)[0]


def draft(tax_id: str = TAX_ID) -> VendorDraft:
    return VendorDraft(name="Grafton", number="1001", currency="USD", address=HOME, tax_id=tax_id)


def test_a_tax_id_is_decided_with_and_sent_but_stored_nowhere(cast: Cast) -> None:
    bench = vendor_bench(cast)
    item = claimed(bench)
    assert isinstance(item.source, Vendor)
    assert item.source.tax_id == TAX_ID
    writes = bench.store().record([item], [Create(draft=draft(), natural_key="1001|USD")])
    assert [write.draft for write in writes] == [draft()]
    stored = everything_stored(bench)
    assert "Grafton" in stored
    assert TAX_ID not in stored
    assert "987654321" not in stored


def test_a_lost_draft_is_opened_again_for_the_resolver(cast: Cast) -> None:
    bench = vendor_bench(cast)
    bench.store().record([claimed(bench)], [Create(draft=draft(), natural_key="1001|USD")])
    with tenant_scope(bench.tenant_id):
        stored = msgspec.convert(WriteIntent.objects.get().draft, VendorDraft)
        assert stored.tax_id != TAX_ID
        assert sealing.opened_draft(stored) == draft()


def test_equal_tax_ids_have_equal_keys_in_one_tenant_and_others_elsewhere(cast: Cast) -> None:
    with tenant_scope(cast.tenant.pk):
        here = {sealing.key_of(written) for written in ("98-7654321", "98 7654321", "987654321")}
        assert sealing.key_of("98-7654322") not in here
        assert sealing.key_of(" - ") == ""
    with tenant_scope(cast.elsewhere.pk):
        assert sealing.key_of(TAX_ID) not in here
    assert len(here) == 1


def test_new_keys_make_no_supplier_look_changed(cast: Cast) -> None:
    bench = vendor_bench(cast)
    claimed(bench)
    with tenant_scope(bench.tenant_id):
        before = SourceRecord.objects.get().fingerprint
    renew_tenant(bench.tenant_id, timedelta(0), timezone.now())
    item = bench.store().claim(1)
    bench.store("poll").stage(page(supplier()))
    with tenant_scope(bench.tenant_id):
        assert SourceRecord.objects.get().fingerprint == before
    assert [each.source.tax_id for each in item if isinstance(each.source, Vendor)] == [TAX_ID]
