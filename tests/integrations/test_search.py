"""One search finds a record by any id, number, name or amount, and never another tenant's."""

from decimal import Decimal

import pytest
from django.utils import timezone

from integrations.models import RecordLink, SearchTerm, SourceRecord
from integrations.store.search import search
from tenants.scope import tenant_scope
from tests.engine.build import invoice
from tests.factories import Cast
from tests.integrations.conftest import Bench, page


@pytest.fixture
def two(bench: Bench) -> Bench:
    """Two invoices of two suppliers."""
    first = invoice(key="10|4711", number="INV-00042", vendor_key="S77", vendor_name="O'Neill & Søns (Leeds) Ltd")
    bench.store("poll").stage(page(first, invoice(key="10|4712", number="B 9", vendor_name="Grafton")))
    return bench


def found(bench: Bench, text: str) -> set[str]:
    with tenant_scope(bench.tenant_id):
        return set(SourceRecord.objects.filter(pk__in=search(text)).values_list("source_key", flat=True))


@pytest.mark.parametrize(
    "text",
    [
        "4711",
        "10|4711",
        "inv-00042",
        "INV-0",
        "inv42",
        "42",
        "s77",
        "o'neill",
        "SØN",
        "leeds",
        "leeds inv-00042",
        "Ltd LEEDS",
    ],
)
def test_every_way_of_asking_finds_the_one(two: Bench, text: str) -> None:
    assert found(two, text) == {"10|4711"}


@pytest.mark.parametrize("text", ["120", "120.00", "4", "10 120.0"])
def test_what_both_have_finds_both(two: Bench, text: str) -> None:
    assert found(two, text.replace("10 ", "")) == {"10|4711", "10|4712"}


@pytest.mark.parametrize("text", ["", "  ", "leeds grafton", "4713", "%", "_", "ltd", "\\", "'; drop"])
def test_what_nobody_has_finds_nobody(two: Bench, text: str) -> None:
    assert found(two, text) == set()


def test_a_grouped_amount_is_the_amount(bench: Bench) -> None:
    bench.store("poll").stage(page(invoice(ledger_items=None, postings=(), net=Decimal("1234.5"), tax=Decimal(0))))
    assert found(bench, "1,234.50") == {"10|1"}


def test_the_id_on_the_target_finds_its_source(two: Bench) -> None:
    with tenant_scope(two.tenant_id):
        integration = two.flow.integration
        RecordLink.objects.create(
            integration=integration,
            entity=two.flow.entity,
            source_key="10|4711",
            target_connection=integration.ap,
            target_id="00n01ABC",
            fingerprint="f",
            schema=1,
            linked_at=timezone.now(),
        )
    assert found(two, "00n01ABC") == {"10|4711"}


def test_terms_of_what_a_record_was_before_are_gone(two: Bench) -> None:
    two.store("poll").stage(page(invoice(key="10|4711", number="NEW-1", vendor_name="Other")))
    assert found(two, "inv-00042") == set()
    assert found(two, "new-1") == {"10|4711"}
    with tenant_scope(two.tenant_id):
        assert not SearchTerm.objects.filter(term="leeds").exists()


def test_nobody_finds_what_belongs_to_another(two: Bench, cast: Cast) -> None:
    with tenant_scope(cast.elsewhere.pk):
        assert search("4711") == []
