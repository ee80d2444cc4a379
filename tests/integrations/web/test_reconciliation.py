"""The reconciliation's page, its records and its export say what both sides hold, and never more."""

import csv
import hashlib
import io
import re
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from integrations import tasks
from integrations.engine.agreement import Part, State
from integrations.models import MirrorRecord, OutboxItem, ReconciliationSnapshot
from integrations.runner import snapshots
from integrations.runner.snapshots import take_due
from integrations.store.reconciling import Cell, answer
from tenants.scope import tenant_scope
from tests.integrations.factories import Desk
from tests.integrations.settling import paid, refresh


def there(desk: Desk, item: OutboxItem, amount: str, **fields: object) -> None:
    """The bill that the other side shows for it."""
    with tenant_scope(desk.tenant_id):
        number = item.source_key.split("^")[1]
        MirrorRecord.objects.create(
            connection=desk.integration.ap, entity="invoice", target_id=f"00n{int(number):05d}", amount=Decimal(amount),
            currency="USD", kind="bill", seen_at=timezone.now(), **fields,
        )  # fmt: skip


def answer_of(client: Client, query: str = "") -> str:
    page = client.get(f"/reconciliation/{query}").content.decode()
    return re.search(r'class="answer">(.*?)</p>', page)[1].replace("\xa0", " ")  # type: ignore[index]


def test_without_records_there_is_nothing_to_reconcile(owner: Client, desk: Desk) -> None:
    assert answer_of(owner) == "There is nothing to reconcile yet."


def test_it_says_that_both_sides_agree_only_when_they_do(owner: Client, desk: Desk) -> None:
    there(desk, desk.record("done", amount="100.00"), "100.00")
    assert answer_of(owner).startswith("Both sides agree")
    desk.record("held", code="no_due_date")
    assert answer_of(owner) == "Every difference is explained: 1 held."


def test_what_is_paid_there_and_open_in_the_ledger_is_never_agreed(owner: Client, desk: Desk) -> None:
    item = desk.record("done", amount="100.00", snapshot={"open_amount": "100.00", "voucher_date": "2026-11-03"})
    there(desk, item, "100.00", open_amount=0)
    assert answer_of(owner) == (
        "Every difference is explained: 1 paid, not settled. Paid, and still open in the ledger: 100.00 USD."
    )


def test_an_invoice_and_its_payment_that_show_the_same_money_are_counted_once() -> None:
    def cell(part: Part, count: int, here: int, there: int, still: tuple[int, int]) -> Cell:
        sums = [Decimal(each) for each in (here, there, *still)]
        return Cell(part, "USD", "2026-11", State.PAID_NOT_SETTLED, count, sums[0], sums[1], sums[2], sums[3], None)

    cells = [cell(Part.INVOICES, 2, 100, 100, (100, 40)), cell(Part.PAYMENTS, 1, 60, 60, (0, 0))]
    assert answer(cells).endswith("Paid, and still open in the ledger: 60.00\N{NO-BREAK SPACE}USD.")


def test_what_no_row_explains_is_said_first(owner: Client, desk: Desk) -> None:
    there(desk, desk.record("done", amount="100.00"), "100.00")
    lost = desk.record("done", amount="5.00")
    with tenant_scope(desk.tenant_id):
        lost.source.flow.integration.links.filter(source_key=lost.source_key).delete()
    assert answer_of(owner) == "1 record is unexplained: no row says why. Tell support."


def test_a_stored_amount_that_somebody_altered_is_a_difference(owner: Client, desk: Desk) -> None:
    item = desk.record("done", amount="100.00")
    there(desk, item, "100.00")
    with tenant_scope(desk.tenant_id):
        type(item.source).objects.filter(pk=item.source_id).update(amount="101.00")
    assert "1 amount differs" in answer_of(owner)


def test_booked_payments_are_paid_and_not_settled(owner: Client, desk: Desk) -> None:
    desk.turn_round()
    paid(desk, "100.00")
    refresh(desk)
    assert "1 paid, not settled" in answer_of(owner, "?part=payments")


def test_its_records_are_narrowed_and_paged(owner: Client, desk: Desk) -> None:
    for number in range(51):
        desk.record("held", code="no_due_date", number=f"H-{number}")
    desk.record("out", code="settled", number="GONE")
    first = owner.get("/reconciliation/records/?state=held").content.decode()
    assert "GONE" not in first
    assert first.count("data-href") == 50
    address = re.search(r'href="(\?[^"]*after_key=[^"]*)"', first)[1].replace("&amp;", "&")  # type: ignore[index]
    assert owner.get(f"/reconciliation/records/{address}").content.decode().count("data-href") == 1


def test_the_export_says_what_it_is_and_is_hashed(owner: Client, desk: Desk) -> None:
    desk.record("held", code="no_due_date", amount="10.50")
    desk.record("out", code="settled", amount="2.25")
    content = b"".join(owner.get("/reconciliation/records.csv").streaming_content)  # type: ignore[attr-defined]
    lines = list(csv.reader(io.StringIO(content.decode().removeprefix("\ufeff"))))
    assert lines[1] == ["Integration", "Acme payables"]
    assert ["Rows", "2"] in lines
    assert ["Total", "Invoices of the ERP and bills", "USD", "12.750000"] in lines
    body, last = content.rsplit(b'"SHA-256', 1)
    assert hashlib.sha256(body).hexdigest() in last.decode()


def test_programs_read_the_same(owner: Client, desk: Desk) -> None:
    desk.record("held", code="no_due_date", amount="10.50")
    desk.record("held", code="no_due_date", amount="1.00")
    [cell] = owner.get("/api/v1/reconciliation/").json()["results"]
    assert (cell["state"], cell["count"], cell["source_amount"], cell["target_amount"]) == ("held", 2, "11.5", "0")
    first = owner.get(f"/api/v1/reconciliation/records/?integration={desk.integration.uuid}&limit=1").json()
    rest = owner.get(first["next"]).json()
    assert [row["owner"] for row in first["results"] + rest["results"]] == ["clerk", "clerk"]
    assert rest["next"] is None


def test_very_many_records_are_not_reckoned_with_every_look(
    owner: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "MANY", 1)
    desk.record("held", code="no_due_date")
    desk.record("held", code="no_due_date")
    page = owner.get("/reconciliation/").content.decode()
    assert "not reckoned yet" in page
    take_due(desk.tenant_id)
    desk.record("held", code="no_due_date")
    assert answer_of(owner) == "Every difference is explained: 2 held."
    [cell] = owner.get("/api/v1/reconciliation/").json()["results"]
    with tenant_scope(desk.tenant_id):
        kept = ReconciliationSnapshot.objects.get()
        assert (cell["count"], datetime.fromisoformat(cell["as_of"])) == (2, kept.at)
        ReconciliationSnapshot.objects.update(at=kept.at - timedelta(hours=1))
    monkeypatch.setattr(tasks.reckon, "delay", tasks.reckon)
    owner.post("/reconciliation/", {"integration": desk.integration.uuid})
    assert answer_of(owner) == "Every difference is explained: 3 held."
    assert not snapshots.reckon(desk.tenant_id, desk.integration.pk)  # it is fresh
