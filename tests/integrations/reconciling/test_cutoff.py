"""The cut-off list: net by account and dimensions, each invoice in exactly one period."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from integrations.models import RecordLink
from integrations.store.reconciling.cutoff import accrued, sums
from tenants.scope import tenant_scope
from tests.factories import Cast, signed_in
from tests.integrations.factories import Desk


@pytest.fixture
def desk(cast: Cast) -> Desk:
    made = Desk(cast.tenant.pk, cast.owner)
    made.turn_round()
    return made


def captured(desk: Desk, approved: str, *parts: tuple[str, str, str], state: str = "held") -> Any:
    """An approved invoice, coded to (account, department, net)."""
    postings = [{"kind": "cost", "account": a, "dimensions": {"B": b}, "amount": net} for a, b, net in parts]
    tax = {"kind": "tax", "account": "2500", "dimensions": {}, "amount": "8.00"}
    snapshot = {"state": "authorised", "approved_on": approved, "postings": [*postings, tax]}
    return desk.record(state, code="closed_period", snapshot=snapshot)


def test_it_is_net_by_account_and_dimensions_and_period(desk: Desk, cast: Cast) -> None:
    captured(desk, "2026-10-30", ("4000", "100", "60.00"), ("4000", "200", "40.00"))
    captured(desk, "2026-10-02", ("4000", "100", "5.50"))
    captured(desk, "2026-11-01", ("4000", "100", "1.00"))
    with tenant_scope(desk.tenant_id):
        found = [(s.period, s.account, s.dimensions, s.net, s.invoices) for s in sums(accrued(desk.integration))]
    assert found == [
        ("2026-11", "4000", "B 100", Decimal("1.00"), 1),
        ("2026-10", "4000", "B 100", Decimal("65.50"), 2),
        ("2026-10", "4000", "B 200", Decimal("40.00"), 1),
    ]
    client: Client = signed_in(cast.colleague)
    assert (
        "2 periods have something to accrue, 2026-11 the last."
        in client.get("/reconciliation/cut-off/").content.decode()
    )
    content = b"".join(client.get("/reconciliation/cut-off.csv?period=2026-10").streaming_content)  # type: ignore[attr-defined]
    lines = list(csv.reader(io.StringIO(content.decode().removeprefix("\ufeff"))))
    assert ["Rows", "3"] in lines
    assert ["Total", "USD", "105.50"] in lines


def test_what_was_booked_in_its_period_is_not_on_it_and_what_came_later_is(desk: Desk) -> None:
    for day in ("2026-10-31", "2026-11-01"):
        item = captured(desk, "2026-10-30", ("4000", "100", "60.00"), state="done")
        with tenant_scope(desk.tenant_id):
            RecordLink.objects.filter(source_key=item.source_key).update(sent={"arrival_date": day})
    with tenant_scope(desk.tenant_id):
        [line] = accrued(desk.integration)
    assert (line.key, line.period, str(line.booked)) == (item.source_key, "2026-10", "2026-11-01")
