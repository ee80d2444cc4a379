"""What must post nothing a second time: a changed mapping or fingerprint, a restored backup. And poison alone stays."""

from collections.abc import Callable
from decimal import Decimal
from operator import attrgetter

import pytest

from integrations.engine import fingerprint
from integrations.engine.records import Invoice
from integrations.models import GLMapping, OutboxItem, RecordLink, ReviewItem
from integrations.runner import foreground
from tenants.scope import tenant_scope
from tests.integrations.runner.town import Make, Town, town_of

__all__ = ["town_of"]

MANY = 1_000


@pytest.fixture
def town(town_of: Make) -> Town:
    """Three suppliers with four invoices each, all of them sent."""
    made = town_of()
    for key in ("S1", "S2", "S3"):
        made.supplier(key)
    for number in range(12):
        made.erp.invoice(number + 1, f"{100 + number}.50", Identity=f"S{number % 3 + 1}")
    made.sync()
    assert len(made.bills()) == 12
    return made


def writes(town: Town) -> int:
    """How many requests that change a record BILL has seen."""
    return sum(call.method != "GET" and "/log" not in str(call.url) for call in town.ap.sent)


def other_mapping(town: Town, _patch: pytest.MonkeyPatch) -> None:
    with tenant_scope(town.tenant_id):
        GLMapping.objects.filter(table="account").update(target="5000")


def other_version(_town: Town, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fingerprint, "VERSION", fingerprint.VERSION + 1)


def other_fields(town: Town, patch: pytest.MonkeyPatch) -> None:
    """A later release that compares fewer fields of an invoice."""
    fewer = [name for name in fingerprint._FIELDS[Invoice] if name not in ("planned_pay_date", "payment_method")]
    patch.setitem(fingerprint._contents, Invoice, attrgetter(*fewer))
    other_version(town, patch)


def restored_backup(town: Town, _patch: pytest.MonkeyPatch) -> None:
    town.forget_what_was_sent()


@pytest.mark.parametrize("change", [other_mapping, other_version, other_fields, restored_backup])
def test_it_posts_nothing_again(
    town: Town, change: Callable[[Town, pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, bills = writes(town), town.bills()
    change(town, monkeypatch)
    town.sync()
    foreground.replay(town.tenant_id, town.integration.pk)
    assert (writes(town), town.bills()) == (before, bills)
    assert set(town.states().values()) == {"done"}


def test_a_changed_amount_is_still_written_after_all_of_that(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    other_fields(town, monkeypatch)
    town.sync()
    with tenant_scope(town.tenant_id):
        assert RecordLink.objects.filter(entity="invoice", schema=fingerprint.VERSION).count() == 12
    before = writes(town)
    town.erp.sim.edit("ManSuppInvoice", {"Company": "10", "InvoiceId": 1}, DueDate="2027-01-31")
    town.sync()
    assert writes(town) == before + 1


@pytest.mark.slow
def test_one_poison_record_among_a_thousand_is_one_review_item(town_of: Make) -> None:
    town = town_of()
    town.supplier("S1")
    for number in range(1, MANY + 1):
        town.erp.invoice(number, f"{number}.25")
    town.erp.sim.edit("ManSuppInvoice", {"Company": "10", "InvoiceId": 500}, InvoiceNo="")
    reports = {report.entity: report for report in town.sync()}
    assert len(town.bills()) == MANY - 1
    assert sum(map(Decimal, town.bills().values())) == sum(n + Decimal("0.25") for n in range(1, MANY + 1) if n != 500)
    assert reports["invoice"].balanced
    with tenant_scope(town.tenant_id):
        assert ReviewItem.objects.filter(status="open").count() == 1
        assert OutboxItem.objects.filter(flow__entity="invoice").exclude(state="done").count() == 1
