"""What happens to records that were sent: marks in the ERP, edits by people, payments by the ERP itself."""

import pytest

from integrations.models import MirrorState, ReviewItem
from tenants.scope import tenant_scope
from tests.integrations.runner.town import Make, Town, town_of

__all__ = ["town_of"]

FIELD = "Cf_Sent_To_Bill"


@pytest.fixture
def town(town_of: Make) -> Town:
    """One supplier and one invoice of 100.00 that was sent."""
    made = town_of()
    made.supplier("S1")
    made.erp.invoice(1, "100.00")
    made.sync()
    assert made.bills() == {"N1": "100.00"}
    return made


def look_round(town: Town) -> None:
    """Half an hour passes, then everything is synced."""
    with tenant_scope(town.tenant_id):
        for state in MirrorState.objects.all():
            state.whole_at = state.whole_at.replace(year=state.whole_at.year - 1)
            state.save()
    town.sync()


def held(town: Town) -> list[str]:
    with tenant_scope(town.tenant_id):
        return list(ReviewItem.objects.filter(status="open").values_list("code", flat=True))


def bill_id(town: Town) -> str:
    return str(town.ap.sim.dump("bills")[0]["id"])


def test_a_bill_that_somebody_edited_is_noticed_and_asked_about_once(town: Town) -> None:
    town.ap.sim.edit_bill(bill_id(town), amount="90.00")
    look_round(town)
    assert held(town) == ["changed_on_target"]
    look_round(town)
    with tenant_scope(town.tenant_id):
        assert ReviewItem.objects.count() == 1


def test_a_changed_due_date_is_written_to_the_bill(town: Town) -> None:
    town.erp.sim.edit("ManSuppInvoice", {"Company": "10", "InvoiceId": 1}, DueDate="2026-12-24")
    town.sync()
    assert [row["dueDate"] for row in town.ap.sim.dump("bills")] == ["2026-12-24"]


def test_a_second_run_writes_nothing(town: Town) -> None:
    before = len(town.ap.sent)
    town.sync()
    writes = [call for call in town.ap.sent[before:] if call.method != "GET" and "login" not in str(call.url)]
    assert writes == []


def test_what_the_erp_is_about_to_pay_is_an_alert_and_ends_with_it(town: Town) -> None:
    place = {"Company": "10", "ProposalId": 7}
    town.erp.sim.insert("PaymentProposal", place | {"Objstate": "Acknowledged"})
    item = {"Identity": "S1", "LedgerItemSeriesId": "SI", "LedgerItemId": "N1", "Currency": "USD", "CurrAmount": 100}
    town.erp.sim.insert("ProposalItem", place | item)
    look_round(town)
    assert held(town) == ["may_be_paid_twice"]
    town.erp.sim.edit("PaymentProposal", place, Objstate="Cancelled")
    look_round(town)
    assert (held(town), town.states()["N1"]) == ([], "done")


def test_what_arrived_is_marked_in_the_erp_with_its_id_once(town_of: Make) -> None:
    town = town_of()
    town.choose(write_back_field=FIELD)
    town.supplier("S1")
    town.erp.invoice(1, "100.00")
    town.sync()
    town.sync()
    assert [row[FIELD] for row in town.erp.sim.rows("ManSuppInvoice", Company="10")] == [bill_id(town)]
    assert town.states("sent_mark") == {"": "done"}
    assert len(town.erp.calls("ManSuppInvoice", "PATCH")) == 1


def test_an_erp_that_changed_in_between_is_read_again_and_marked_then(town_of: Make) -> None:
    town = town_of()
    town.choose(write_back_field=FIELD)
    town.supplier("S1")
    town.erp.invoice(1, "100.00")
    town.erp.fault("status", "/ManSuppInvoice", times=2, status=412, method="PATCH")
    town.sync()
    assert town.states("sent_mark") == {"": "done"}
    assert len(town.erp.calls("ManSuppInvoice", "PATCH")) == 3


def test_each_instalment_becomes_a_bill_of_its_own(town_of: Make) -> None:
    town = town_of()
    town.choose(instalments="bill_each")
    town.supplier("S1")
    town.erp.invoice(1, "100.00")
    place = {"Company": "10", "Identity": "S1", "LedgerItemSeriesId": "SI", "LedgerItemId": "N1"}
    half = {"OriginalAmount": 50, "OpenAmount": 50}
    town.erp.sim.edit("SupplierLedgerItem", place | {"InstallmentId": 1}, **half)
    town.erp.sim.insert("SupplierLedgerItem", place | {"InstallmentId": 2, "Currency": "USD"} | half)
    reports = {report.entity: report for report in town.sync()}
    assert town.bills() == {"N1/1": "50.00", "N1/2": "50.00"}
    assert town.states() == {"N1": "out", "N1/1": "done", "N1/2": "done"}
    assert (reports["invoice"].balanced, reports["invoice"].push) == (True, {"created": 2, "out": 1})
