"""Payments of sent bills: what is paid there and open in the ledger is said so; with and without vouchers, and void."""

import pytest
from django.utils import timezone

from integrations.engine.agreement import State
from integrations.runner.reconciling import moving
from integrations.store import reconciling
from tenants.scope import tenant_scope
from tests.integrations.runner.paying import VOUCHERS, later, pay, sent
from tests.integrations.runner.town import Make, Town, town_of

__all__ = ["town_of"]


def states(town: Town) -> dict[tuple[str, str], str]:
    """(part, key of the payment or number of the invoice) -> state; nothing is ever unexplained."""
    at = timezone.now()
    with tenant_scope(town.tenant_id):
        rows = reconciling.rows(town.integration, at, moving(town.integration, at))
    found = {(row.part, row.key if row.part == "payments" else row.number): row.state for row in rows}
    assert State.UNEXPLAINED not in found.values()
    return found


@pytest.mark.parametrize("policy", [{}, VOUCHERS], ids=["on the list alone", "by vouchers"])
def test_a_paid_bill_is_not_agreed_while_the_ledger_shows_it_open(town_of: Make, policy: dict[str, str]) -> None:
    town = sent(town_of())
    town.choose(**policy)
    whole = pay(town, "N1", status="CLEARED")
    part = pay(town, "N2", amounts=("10.00",), status="CLEARED")
    later(town)
    found = states(town)
    assert found["payments", whole] == found["payments", part] == State.PAID_NOT_SETTLED
    assert found["invoices", "N1"] == found["invoices", "N2"] == State.PAID_NOT_SETTLED
    assert found["invoices", "N3"] == State.AGREED
    town.ap.sim.void(whole)
    later(town)
    found = states(town)
    assert found["payments", whole] == (State.VOIDED_AFTER_POSTING if policy else State.OUT)
    assert found["invoices", "N1"] == State.AGREED
