"""Images of invoices on their way from the ERP to the bill: once, byte for byte, and never at the cost of the bill."""

from datetime import timedelta
from typing import Any

import pytest

from audit.models import AuditEntry
from integrations.models import OutboxItem, RecordLink, ReviewItem, SourceRecord, WriteIntent
from integrations.runner import foreground
from tenants.scope import tenant_scope
from tests.factories import Cast, signed_in
from tests.integrations.runner.town import Make, Town, town_of
from tests.systems.ifs.lines.world import PDF

__all__ = ["town_of"]


@pytest.fixture
def town(town_of: Make) -> Town:
    """One supplier and one invoice of 100.00, to be sent."""
    made = town_of()
    made.supplier("S1")
    made.erp.invoice(1, "100.00")
    return made


def images(town: Town) -> list[tuple[str, bytes]]:
    """What BILL keeps: name and content, oldest first."""
    return list(town.ap.sim.world.rows.sql.execute("SELECT name, content FROM document ORDER BY seq"))


def states(town: Town, entity: str = "invoice_image") -> list[tuple[str, str]]:
    with tenant_scope(town.tenant_id):
        return list(OutboxItem.objects.filter(flow__entity=entity).order_by("id").values_list("state", "reason"))


def later(town: Town, days: int = 0) -> None:
    """Whatever waits for its time is due, what was read was read so many days ago; and everything is synced."""
    with tenant_scope(town.tenant_id):
        for intent in WriteIntent.objects.filter(settled_at=None):
            WriteIntent.objects.filter(pk=intent.pk).update(look_at=intent.created_at, send_by=intent.created_at)
        for item in OutboxItem.objects.filter(state="ready"):
            OutboxItem.objects.filter(pk=item.pk).update(not_before=item.changed_at)
        for row in SourceRecord.objects.all():
            SourceRecord.objects.filter(pk=row.pk).update(first_seen=row.first_seen - timedelta(days=days))
    town.sync()


def uploads(town: Town) -> int:
    return len(town.ap.calls("POST", "/v3/documents/bills/"))


def created(town: Town) -> int:
    return len([each for each in town.ap.calls("POST", "/v3/bills") if "/documents/" not in each.url.path])


def test_the_image_follows_its_bill_byte_for_byte_and_is_read_back(town: Town) -> None:
    town.erp.document(1)
    town.sync()
    later(town)
    assert (images(town), states(town)) == ([("scan-1-1.pdf", PDF)], [("done", "")])
    with tenant_scope(town.tenant_id):
        link = RecordLink.objects.get(entity="invoice_image")
        assert (link.target_id, link.echo["read_back"]) == (town.ap.sim.dump("bills")[0]["id"], "equal")
        entry = AuditEntry.objects.get(action="attached")
        assert link.echo["sha256"] in entry.body


def test_a_second_run_and_a_replay_send_nothing_twice(town: Town) -> None:
    town.erp.document(1)
    town.sync()
    later(town)
    foreground.replay(town.tenant_id, town.integration.pk)
    later(town)
    assert (uploads(town), states(town)) == (1, [("done", "")])


def test_after_a_restored_backup_the_image_is_found_not_doubled(town: Town) -> None:
    town.erp.document(1)
    town.sync()
    later(town)
    town.forget_what_was_sent()
    town.sync()
    later(town)
    assert (uploads(town), states(town)) == (1, [("done", "")])


def test_an_image_that_cannot_be_read_three_times_arrives_in_the_end_with_the_bill_made_once(town: Town) -> None:
    town.erp.document(1)
    town.erp.document(1, b"%PDF another", "2")
    town.erp.fault("status", "DocNo='1')/FileData", times=12, status=503)  # each read is repeated in place
    town.sync()
    assert images(town) == [("scan-1-2.pdf", b"%PDF another")]
    assert states(town)[0] == ("ready", "image_away")
    town.erp.sim.faults.clear()
    for _ in range(2):
        town.erp.fault("status", "DocNo='1')/FileData", times=12, status=503)
        later(town)
        assert states(town)[0] == ("ready", "image_away")
        town.erp.sim.faults.clear()
    later(town)
    later(town)
    assert sorted(images(town)) == [("scan-1-1.pdf", PDF), ("scan-1-2.pdf", b"%PDF another")]
    assert (created(town), states(town, "invoice")) == (1, [("done", "")])


@pytest.mark.parametrize("processed", [True, False])
def test_an_upload_whose_answer_was_lost_is_looked_for_before_it_is_sent_again(town: Town, processed: bool) -> None:
    town.erp.document(1)
    town.ap.fault("html", "/v3/documents/bills/", method="POST", processed=processed)
    town.sync()
    assert states(town) == [("uncertain", "answer_lost")]
    with tenant_scope(town.tenant_id):
        intent = WriteIntent.objects.get(settled_at=None)
        assert intent.look_at - intent.send_by >= timedelta(minutes=15)  # BILL may still be processing it
    later(town)
    later(town)
    assert ([content for _, content in images(town)], states(town)) == ([PDF], [("done", "")])
    assert (uploads(town), created(town)) == (1 if processed else 2, 1)


def test_what_the_tool_processes_is_asked_for_until_it_is_there(town_of: Make) -> None:
    town = town_of()
    town.supplier("S1")
    town.erp.invoice(1, "100.00")
    town.erp.document(1)
    town.ap.sim.world.config.__dict__["document_seconds"] = 600.0
    town.sync()
    later(town)
    assert (states(town), town.states()) == ([("uncertain", "under_way")], {"N1": "done"})
    town.ap.clock.now += timedelta(minutes=11)
    later(town)
    assert (states(town), uploads(town)) == ([("done", "")], 1)


def test_where_a_bill_needs_its_image_it_waits_three_days_and_then_a_person_decides(town: Town) -> None:
    town.choose(image="required")
    town.sync()
    assert (town.bills(), states(town, "invoice")) == ({}, [("waiting", "image_missing")])
    later(town, days=3)
    assert (town.bills(), states(town, "invoice")) == ({}, [("held", "image_missing")])
    town.erp.document(1)
    town.sync()
    later(town)
    assert (town.bills(), images(town)) == ({"N1": "100.00"}, [("scan-1-1.pdf", PDF)])
    with tenant_scope(town.tenant_id):
        assert not ReviewItem.objects.filter(status="open").exists()


def test_an_image_that_is_there_from_the_start_lets_the_bill_go_at_once(town: Town) -> None:
    town.choose(image="required")
    town.erp.document(1)
    town.sync()
    assert town.bills() == {"N1": "100.00"}


def test_a_tenant_that_wants_none_sends_none(town: Town) -> None:
    town.choose(image="no")
    town.erp.document(1)
    town.sync()
    assert (images(town), states(town), town.bills()) == ([], [("out", "image_not_sent")], {"N1": "100.00"})


@pytest.mark.parametrize(
    ("said", "wanted", "found"),
    [
        ({"Size": 6 * 1024 * 1024 + 1}, "when_available", ("out", "document_too_large")),
        ({"Size": 6 * 1024 * 1024 + 1}, "required", ("held", "document_too_large")),
        ({"FileName": "scan.exe"}, "when_available", ("out", "image_kind")),
    ],
)
def test_what_the_tool_would_not_take_is_said_and_the_bill_goes(
    town: Town, said: dict[str, Any], wanted: str, found: tuple[str, str]
) -> None:
    town.choose(image=wanted)
    town.erp.document(1, **said)
    town.sync()
    assert (images(town), states(town), town.bills()) == ([], [found], {"N1": "100.00"})
    assert town.erp.calls("FileData") == []


def test_one_that_is_larger_than_it_says_is_not_read_to_its_end(town: Town) -> None:
    town.erp.document(1, b"\0" * (6 * 1024 * 1024 + 1), Size=None)
    town.sync()
    assert (images(town), states(town)) == ([], [("held", "document_too_large")])
    assert town.bills() == {"N1": "100.00"}


def test_each_instalment_has_the_image(town: Town) -> None:
    town.choose(instalments="bill_each")
    key = {"Company": "10", "Identity": "S1", "LedgerItemSeriesId": "SI", "LedgerItemId": "N1", "Currency": "USD"}
    for part in (1, 2):
        amounts = {"OriginalAmount": "50.00", "OpenAmount": "50.00", "DueDate": f"2026-12-{part:02}"}
        place = {name: key[name] for name in ("Company", "Identity", "LedgerItemSeriesId", "LedgerItemId")}
        if part == 1:
            town.erp.sim.edit("SupplierLedgerItem", place | {"InstallmentId": 1}, **amounts)
        else:
            town.erp.sim.insert("SupplierLedgerItem", key | {"InstallmentId": part} | amounts)
    town.erp.document(1)
    town.sync()
    later(town)
    bills = {row["id"] for row in town.ap.sim.dump("bills")}
    assert len(bills) == 2
    assert {row["billId"] for row in town.ap.sim.dump("documents")} == bills


def test_the_pages_of_an_invoice_and_its_image_lead_to_each_other(town: Town, cast: Cast) -> None:
    town.erp.document(1)
    town.sync()
    later(town)
    with tenant_scope(town.tenant_id):
        (invoice,) = OutboxItem.objects.filter(flow__entity="invoice").values_list("uuid", flat=True)
        (image,) = OutboxItem.objects.filter(flow__entity="invoice_image").values_list("uuid", flat=True)
    client = signed_in(cast.owner)
    of_invoice, of_image = (client.get(f"/records/{uuid}/").content.decode() for uuid in (invoice, image))
    assert f'href="/records/{image}/"' in of_invoice
    assert "read back, byte for byte" in of_invoice
    assert f'Of invoice <a href="/records/{invoice}/"><bdi>N1</bdi></a>' in of_image


def test_the_image_of_a_credit_stays_in_the_erp(town: Town) -> None:
    town.erp.invoice(2, "-40.00")
    town.erp.document(2)
    town.sync()
    assert (images(town), states(town)) == ([], [("out", "image_of_credit")])
