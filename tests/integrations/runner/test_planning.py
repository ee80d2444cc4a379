"""Plan and apply: what would happen, with amounts and nothing written; then exactly that."""

from typing import Any

import pytest

from integrations.models import GLMapping, Integration, Plan
from integrations.store import plans
from tenants.scope import tenant_scope
from tests.integrations.runner.town import Make, Town, town_of

__all__ = ["town_of"]


@pytest.fixture
def town(town_of: Make) -> Town:
    """Two suppliers, three invoices, nothing active yet."""
    made = town_of(active=False)
    for key in ("S1", "S2"):
        made.supplier(key)
    made.erp.invoice(1, "100.00")
    made.erp.invoice(2, "250.00", Identity="S2")
    made.erp.invoice(3, "75.00", Objstate="Preliminary")
    return made


def writes(town: Town) -> list[Any]:
    return [call for call in town.ap.calls("POST") if "login" not in str(call.url)]


def test_a_plan_says_everything_with_amounts_and_writes_nothing(town: Town) -> None:
    plan = town.plan()
    assert (plan.status, plan.message) == ("ready", "")
    assert town.lines(plan, "vendor") == {"S1": ("create", "", "open"), "S2": ("create", "", "open")}
    assert plan.totals["invoice"]["create"]["amounts"] == {"USD": "350"}
    assert plan.totals["invoice"]["out"]["codes"] == {"not_released": 1}
    assert writes(town) == []


def test_an_invoice_is_planned_as_going_after_its_vendor_with_all_that_is_wrong_with_it(town: Town) -> None:
    town.erp.invoice(4, "10.00")
    place = {"Company": "10", "InvoiceId": 4, "ItemId": 1, "RowId": 1}
    town.erp.sim.edit("ManSuppInvoicePostings", place, CodeA="9999")
    lines = town.lines(town.plan())
    assert lines["N1"] == ("create", "after_vendor", "open")
    assert lines["N4"] == ("hold", "unmapped_account", "open")


def test_applying_does_exactly_the_plan_and_activates_the_integration(town: Town) -> None:
    plan = town.apply(town.plan())
    assert plan.status == "applied"
    assert town.bills() == {"N1": "100.00", "N2": "250.00"}
    assert {result for _, _, result in town.lines(plan).values()} == {"done"}
    with tenant_scope(town.tenant_id):
        assert Integration.objects.get().active


def test_what_changed_since_the_plan_is_refused_line_by_line_and_stays_ready(town: Town) -> None:
    plan = town.plan()
    town.erp.sim.edit("ManSuppInvoice", {"Company": "10", "InvoiceId": 1}, DueDate="2026-12-24")
    town.sync()
    plan = town.apply(plan)
    assert town.lines(plan)["N1"][2] == "changed"
    assert town.bills() == {"N2": "250.00"}
    assert town.states()["N1"] == "ready"
    town.sync()
    assert town.bills() == {"N1": "100.00", "N2": "250.00"}


def test_a_mapping_that_changed_since_the_plan_is_refused_for_the_lines_it_codes_and_for_no_other(town: Town) -> None:
    place = {"Company": "10", "InvoiceId": 2, "ItemId": 1, "RowId": 1}
    town.erp.sim.edit("ManSuppInvoicePostings", place, CodeA="6140")
    with tenant_scope(town.tenant_id):
        GLMapping.objects.create(integration=town.integration, table="account", source="6140", target="6140")
    plan = town.plan()
    with tenant_scope(town.tenant_id):
        GLMapping.objects.filter(table="account", source="6120").update(target="6130")
    plan = town.apply(plan)
    assert {number: result for number, (_, _, result) in town.lines(plan).items() if number != "N3"} == {
        "N1": "changed",
        "N2": "done",
    }
    assert town.coded() == {"N2": "6140"}
    town.sync()
    assert town.coded() == {"N1": "6130", "N2": "6140"}


def test_what_people_entered_by_hand_is_planned_as_a_link(town: Town) -> None:
    vendor = town.ap.vendor("Supplier S1", shortName="S1")
    town.ap.sim.create_bill_by_hand(vendor, "N1", "100.00", invoice_date="2026-11-02", due_date="2026-12-02")
    plan = town.plan()
    assert town.lines(plan, "vendor")["S1"][0] == "link"
    assert town.lines(plan)["N1"][0] == "link"
    town.apply(plan)
    assert sorted(town.bills()) == ["N1", "N2"]


def test_until_it_is_active_nothing_is_written_however_often_it_runs(town: Town) -> None:
    town.sync()
    town.sync()
    assert writes(town) == []
    assert set(town.states().values()) == {"ready"}


def test_one_plan_at_a_time_and_only_the_newest_is_applied(town: Town) -> None:
    first = town.plan()
    town.plan()
    with tenant_scope(town.tenant_id), pytest.raises(plans.PlanRefused, match="newer"):
        plans.start_applying(first)
    with tenant_scope(town.tenant_id):
        Plan.objects.filter(pk=first.pk).update(status="making")
        with pytest.raises(plans.PlanRefused, match="already"):
            plans.start(town.integration, None)


def test_nothing_is_applied_over_base_currencies_that_differ_until_it_is_confirmed(town: Town) -> None:
    plan = town.plan()
    with tenant_scope(town.tenant_id):
        joined = Integration.objects.filter(pk=town.integration.pk)
        joined.update(company_currency="USD", target_currency="CAD", currencies_confirmed=False)
        with pytest.raises(plans.PlanRefused, match="base currencies"):
            plans.start_applying(plan)
        joined.update(currencies_confirmed=True)
        assert plans.start_applying(plan).status == "applying"


def test_a_record_of_a_lost_memory_is_found_again_and_nothing_is_made_twice(town: Town) -> None:
    town.apply(town.plan())
    before = len(writes(town))
    town.forget_what_was_sent()
    town.sync()
    assert len(writes(town)) == before
    assert set(town.states().values()) == {"done", "out"}


def test_a_vendor_in_a_further_currency_is_planned_with_the_invoice_that_asked_for_it(town: Town) -> None:
    town.choose(vendor_per_currency="auto")
    town.erp.invoice(4, "60.00", Currency="EUR")
    plan = town.plan()
    assert town.lines(plan)["N4"] == ("create", "after_vendor", "open")
    assert plan.totals["vendor"]["create"]["count"] == 3
    town.apply(plan)
    assert town.bills()["N4"] == "60.00"
    assert set(town.lines(plan, "invoice").values()) >= {("create", "after_vendor", "done")}


def test_a_plan_that_a_connection_stops_goes_on_when_it_is_asked_for_again(town: Town) -> None:
    plan = town.plan()
    town.ap.fault("status", "/v3/bills", times=None, status=401)
    plan = town.apply(plan)
    assert (plan.status, plan.message[:8], town.bills()) == ("ready", "Stopped:", {})
    town.ap.sim.faults.clear()
    plan = town.apply(plan)
    assert (plan.status, sorted(town.bills())) == ("applied", ["N1", "N2"])
