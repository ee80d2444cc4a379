"""Over real HTTP: the scan of a sent invoice arrives beside its bill, though the ERP cannot give it three times."""

import pytest

from integrations.engine.records import Entity
from integrations.models import OutboxItem, RecordLink, WriteIntent
from integrations.systems.ifs.simulator import Fault
from tenants.scope import tenant_scope
from tests.factories import Cast
from tests.journeys.after_sending.world import Pair, pair

pytestmark = pytest.mark.slow
SCAN = b"%PDF-1.7 " + bytes(range(256)) * 9000  # 2.3 MB
TRIES = 12  # of one reading: passing trouble is repeated in place


def hand_over(made: Pair) -> OutboxItem:
    """The flow of images, with whatever waits for its time due; the one image there is."""
    with tenant_scope(made.tenant.pk):
        for intent in WriteIntent.objects.filter(item__flow__entity=Entity.INVOICE_IMAGE, settled_at=None):
            WriteIntent.objects.filter(pk=intent.pk).update(look_at=intent.created_at)
        for item in OutboxItem.objects.filter(flow__entity=Entity.INVOICE_IMAGE, state="ready"):
            OutboxItem.objects.filter(pk=item.pk).update(not_before=item.changed_at)
    made.sync("invoice_image")
    with tenant_scope(made.tenant.pk):
        found: OutboxItem = OutboxItem.objects.get(flow__entity=Entity.INVOICE_IMAGE)
        return found


def test_it_arrives_byte_for_byte_and_its_bill_is_never_written_for_it(cast: Cast) -> None:
    with pair(cast) as made:
        made.take()
        key = {"Company": "10", "InvoiceId": made.invoice["InvoiceId"], "DocNo": "SCAN-1"}
        said = {"FileName": "scan.pdf", "ContentType": "application/pdf", "Size": len(SCAN)}
        made.ifs.store.write_media("InvoiceDocument", made.ifs.store.insert("InvoiceDocument", key | said), SCAN)
        written: list[tuple[str, str]] = []
        for _ in range(3):
            made.ifs.faults.add(Fault("status", "/FileData", times=TRIES, status=503))
            item = hand_over(made)
            made.ifs.faults.clear()
            written += made.writes()
            assert (item.state, item.reason) == ("ready", "image_away")
        for _ in range(2):
            item = hand_over(made)
            written += made.writes()
        assert item.state == "done"
        stored = made.bill.world.rows.sql.execute("SELECT bill, content FROM document").fetchall()
        assert stored == [(made.bill_row()["id"], SCAN)]
        assert [path.rpartition("/")[0] for _, path in written] == ["/connect/v3/documents/bills"]
        with tenant_scope(made.tenant.pk):
            assert RecordLink.objects.get(entity=Entity.INVOICE_IMAGE).echo["read_back"] == "equal"
