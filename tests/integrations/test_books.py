"""What the rows say of earlier payments when a batch of payments is decided."""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest

from integrations.engine.books import Books
from integrations.engine.drafts import VoucherDraft
from integrations.engine.records import Entity, Payment, Unreadable
from integrations.models import Flow, Integration, RecordLink
from integrations.runner.setup import Wanted, add_flow
from integrations.store import concerns, lease
from integrations.store.books import with_payments
from tenants.scope import tenant_scope
from tests.engine.build import invoice
from tests.engine.paying import paid, payment, voucher_of
from tests.integrations.conftest import Bench, page

FIRST = payment(paid(net="58.00", discount=Decimal("2.00")))
SECOND = payment(paid(net="40.00"), key="P2", transaction_id="T2")


@pytest.fixture
def flow(bench: Bench) -> Flow:
    """Payments into the books, beside an invoice I1 that is booked as 10|I1."""
    with tenant_scope(bench.tenant_id):
        add_flow(bench.flow.integration, Wanted(Entity.INVOICE, inbound=True))  # what is paid was captured
        made = add_flow(bench.flow.integration, Wanted(Entity.PAYMENT, inbound=True))
        _link(bench.flow.integration, Entity.INVOICE, "I1", "10|I1")
    return made


def _link(
    integration: Integration,
    entity: Entity,
    key: str,
    target_id: str,
    variant: str = "",
    sent: VoucherDraft | None = None,
) -> None:
    RecordLink.objects.create(
        integration=integration,
        entity=entity,
        inbound=True,
        source_key=key,
        variant=variant,
        target_connection=integration.erp,
        target_id=target_id,
        fingerprint="",
        schema=1,
        sent=msgspec.to_builtins(sent) if sent else None,
        linked_at=datetime(2026, 3, 10, tzinfo=UTC),
    )


def known(
    bench: Bench, flow: Flow, *batch: Payment, reversed_: bool = False, since: Payment | Unreadable = SECOND
) -> Books:
    """The books for `batch`, where FIRST is read and booked as voucher V1, and `since` is what was read last."""
    held = lease.claim(flow.pk)
    assert held is not None
    store = Bench(bench.tenant_id, flow, held).store("poll")
    store.stage(page(FIRST, SECOND))
    store.stage(page(since))
    with tenant_scope(bench.tenant_id):
        _link(flow.integration, Entity.PAYMENT, "P1", "V1", sent=voucher_of(FIRST))
        if reversed_:
            _link(flow.integration, Entity.PAYMENT, "P1", "V2", "reversal", voucher_of(FIRST))
        return with_payments(Books(), flow.integration, batch, {})


def test_what_vouchers_have_paid_counts_with_its_discount(bench: Bench, flow: Flow) -> None:
    books = known(bench, flow, SECOND)
    assert (books.invoices, books.paid) == ({"I1": "10|I1"}, {"10|I1": Decimal("60.00")})


@pytest.mark.parametrize(
    "since",
    [payment(paid(key="I9", net="58.00")), Unreadable(key="P1", code="bad_amount", message="No amount.")],
    ids=["changed", "unreadable"],
)
def test_what_was_booked_counts_whatever_the_payment_says_since(
    bench: Bench, flow: Flow, since: Payment | Unreadable
) -> None:
    assert known(bench, flow, SECOND, since=since).paid == {"10|I1": Decimal("60.00")}


def test_a_booked_payment_counts_also_when_it_is_read_again_in_the_same_batch(bench: Bench, flow: Flow) -> None:
    books = known(bench, flow, FIRST, SECOND)
    assert books.paid == {"10|I1": Decimal("60.00")}
    assert books.vouchers["P1"].draft == voucher_of(FIRST)


def test_a_reversed_payment_does_not_count(bench: Bench, flow: Flow) -> None:
    books = known(bench, flow, FIRST, reversed_=True)
    assert (books.paid, books.reversed) == ({}, frozenset({"P1"}))


def test_a_payment_that_is_reissued_does_not_count(bench: Bench, flow: Flow) -> None:
    assert known(bench, flow, msgspec.structs.replace(SECOND, replaces="P1")).paid == {}


def test_the_same_transaction_of_another_batch_is_known(bench: Bench, flow: Flow) -> None:
    assert set(known(bench, flow, payment(key="P3")).vouchers) == {"P1"}


def test_an_invoice_that_was_brought_in_is_known_when_invoices_go_out(bench: Bench, flow: Flow) -> None:
    brought, own = invoice(key="10|I1"), invoice(key="10|I2")
    with tenant_scope(bench.tenant_id):
        assert concerns.captured(bench.flow.integration, [brought, own]) == {"10|I1"}
