"""Statements of a tenant: chained, verified offline and against our rows; the sums of each day are kept once."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from integrations.engine.statement import verify
from integrations.models import Integration, ReconciliationSnapshot, ReconciliationStatement, SourceRecord, StatementKey
from integrations.runner.snapshots import make_statement, take_due
from integrations.store.statements import against_rows, document_of
from integrations.web.statement_pdf import _first, pdf
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.factories import Cast, signed_in
from tests.integrations.factories import Desk


@pytest.fixture
def desk(cast: Cast) -> Desk:
    made = Desk(cast.tenant.pk, cast.owner)
    made.record("held", code="no_due_date", amount="10.50", number="H-1")
    made.record("out", code="before_start", amount="3.00")
    made.record("ignored", amount="7.00", number="IGN-1")
    return made


def make(desk: Desk) -> ReconciliationStatement:
    with tenant_scope(desk.tenant_id):
        return make_statement(Integration.objects.select_related("erp", "ap").get(), None)


def test_each_follows_the_one_before_and_proves_itself(desk: Desk, tmp_path: Path) -> None:
    files = []
    for row in (make(desk), make(desk)):
        files.append(tmp_path / f"{row.number}.json")
        files[-1].write_text(json.dumps(document_of(row)))
    with tenant_scope(desk.tenant_id):
        key = StatementKey.objects.get().public
    call_command("verify_statement", *map(str, files), key=key)
    with pytest.raises(SystemExit):
        call_command("verify_statement", *map(str, reversed(files)))


def test_one_stored_amount_that_is_altered_is_named(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps(document_of(make(desk))))
    with tenant_scope(desk.tenant_id):
        slug = Tenant.objects.get().slug
        SourceRecord.objects.filter(number="H-1").update(amount="10.49")
    with pytest.raises(SystemExit):
        call_command("verify_statement", str(file), tenant=slug)
    said = capsys.readouterr().err
    assert "(H-1): 10.5 USD is stated, our row says 10.49." in said
    assert said.count("\n") == 1


def test_an_amount_altered_in_the_file_is_named(desk: Desk) -> None:
    document = document_of(make(desk))
    document["statement"]["rows"][0]["here"] = "1"
    assert verify(document)[0].startswith("Altered: invoices 10^1 (H-1)")


def test_what_changed_by_its_fingerprint_is_no_alteration(desk: Desk) -> None:
    document = document_of(make(desk))
    with tenant_scope(desk.tenant_id):
        SourceRecord.objects.filter(number="H-1").update(amount="12.00", fingerprint="newer")
        assert list(against_rows(document)) == []


def test_its_first_page_says_what_is_left_out_and_which_controls_are_off(desk: Desk) -> None:
    document = document_of(make(desk))
    words = [getattr(each, "getPlainText", str)() for each in _first(document, "Statement")]
    assert any("everything connected is a simulator" in each for each in words)
    whole = document["statement"]
    assert [(each["reason"], each["amount"]) for each in whole["exclusions"]] == [("before_start", "3")]
    assert [each["number"] for each in whole["ignored"]] == ["IGN-1"]
    assert pdf(document).startswith(b"%PDF")


def test_people_make_and_take_them(desk: Desk, cast: Cast) -> None:
    client: Client = signed_in(cast.colleague)
    client.post("/reconciliation/statements/", {"integration": str(desk.integration.uuid)})
    with tenant_scope(desk.tenant_id):
        made = ReconciliationStatement.objects.get()
    assert made.made_by == cast.colleague
    assert verify(client.get(f"/reconciliation/statements/{made.uuid}.json").json()) == []
    assert client.get(f"/reconciliation/statements/{made.uuid}.pdf").content.startswith(b"%PDF")
    assert made.digest[:12] in client.get("/reconciliation/statements/").content.decode()


def test_the_sums_of_a_day_are_kept_once(desk: Desk) -> None:
    now = timezone.now()
    assert [take_due(desk.tenant_id, now), take_due(desk.tenant_id, now)] == [1, 0]
    assert take_due(desk.tenant_id, now + timedelta(days=1)) == 1
    with tenant_scope(desk.tenant_id):
        first = ReconciliationSnapshot.objects.earliest("id")
    assert (first.records, first.unexplained) == (3, 0)
    assert ["invoices", "USD", "", "held", 1, "10.5", "0", "0", "0"] in first.cells
