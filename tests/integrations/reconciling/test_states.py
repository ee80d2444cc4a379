"""What people and networks do to invoices between two syncs, and the state that each then stands in.

With test_town, test_paying and test_balances every state of docs/ap-rules.md is reached by a real way, but for the one
that nothing leads to: `unexplained` is what an altered row makes of a record.
"""

import pytest
from django.utils import timezone

from integrations.engine.agreement import State
from integrations.models import ReviewItem
from integrations.systems.ifs.simulator import hands
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import Cast, join, person, signed_in
from tests.integrations.reconciling.test_town import bill, later, rows, states
from tests.integrations.runner.town import Make, Town, town_of

__all__ = ["town_of"]


@pytest.fixture
def town(town_of: Make) -> Town:
    """Two invoices that were sent."""
    made = town_of()
    made.supplier("S1")
    for number in (1, 2):
        made.erp.invoice(number, "100.00", Identity="S1")
    made.sync()
    return made


def test_what_the_other_side_refuses_has_failed(town: Town) -> None:
    town.erp.invoice(3, "30.00", Identity="S1")
    town.ap.fault("status", "/v3/bills", method="POST", status=400, times=None)
    town.sync()
    assert states(town)["N3"] == State.FAILED


def test_what_a_person_leaves_out_is_ignored_until_then(town: Town, cast: Cast) -> None:
    town.erp.invoice(3, "30.00", Identity="S1", DueDate=None)
    town.sync()
    clerk = person()
    join(clerk, cast.tenant, Role.CLERK)
    with tenant_scope(town.tenant_id):
        review = ReviewItem.objects.get(status="open")
    body = {"reason": "Paid by card", "until": "2030-01-01T00:00:00Z"}
    answer = signed_in(clerk).post(f"/api/v1/review-items/{review.uuid}/ignore/", body, "application/json")
    assert answer.status_code == 200
    [found] = [row for row in rows(town) if row.number == "N3"]
    assert found.state == State.IGNORED
    assert found.until is not None
    assert found.until > timezone.now()


def test_another_amount_after_approval_is_a_change_in_the_source(town: Town) -> None:
    town.ap.sim.assign(bill(town, "N1"))
    town.ap.sim.approve(bill(town, "N1"))
    hands.change_amount(town.erp.sim, "10", 1, "5.00")
    later(town)
    assert states(town)["N1"] == State.CHANGED_IN_SOURCE
