"""A day between both stand-ins, with faults: what our reconciliation says, and what their own data say."""

from datetime import datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from integrations.engine.agreement import State
from integrations.models import Flow, MirrorState
from integrations.runner.reconciling import moving
from integrations.runner.slices import run_slice
from integrations.store import lease, reconciling
from integrations.store.lease import poll_now
from integrations.store.reconciling import Cell, Narrowed, Row
from tenants.scope import tenant_scope
from tests.integrations.runner.town import Make, Town, town_of

__all__ = ["town_of"]


def cells(town: Town, at: datetime | None = None) -> list[Cell]:
    at = at or timezone.now()
    with tenant_scope(town.tenant_id):
        return reconciling.figures(town.integration, at, moving(town.integration, at))


def rows(town: Town, **only: str) -> list[Row]:
    at = timezone.now()
    with tenant_scope(town.tenant_id):
        return reconciling.rows(town.integration, at, moving(town.integration, at), Narrowed(**only))


def states(town: Town) -> dict[str, str]:
    return {row.number: row.state for row in rows(town)}


@pytest.fixture
def town(town_of: Make) -> Town:
    made = town_of()
    made.supplier("S1")
    for number in range(1, 7):
        made.erp.invoice(number, f"{100 + number}.50", Identity="S1")
    made.sync()
    return made


def test_what_both_sides_hold_alike_is_agreed(town: Town) -> None:
    assert {cell.state for cell in cells(town)} == {State.AGREED}
    found = cells(town)
    assert sum(cell.here for cell in found) == sum(cell.there for cell in found)
    assert sum(cell.there for cell in found) == sum(map(Decimal, town.bills().values()))


def later(town: Town) -> None:
    """Both sides are listed again, as some minutes later."""
    with tenant_scope(town.tenant_id):
        MirrorState.objects.update(whole_at="2026-01-01T00:00Z")
    town.sync()


def bill(town: Town, number: str) -> str:
    return next(str(row["id"]) for row in town.ap.sim.dump("bills") if row["invoice"]["invoiceNumber"] == number)


def by_hand(town: Town, number: str, amount: str) -> str:
    vendor = town.ap.sim.dump("vendors")[0]["id"]
    return town.ap.sim.create_bill_by_hand(vendor, number, amount, account_id=town.ap.account("1000"))


def test_a_bill_that_somebody_keyed_by_hand_has_no_invoice_of_the_erp(town: Town) -> None:
    by_hand(town, "HAND-1", "77.70")
    later(town)
    [found] = rows(town, part="by_hand")
    assert (found.number, found.there, found.state, found.reason) == (
        "HAND-1", Decimal("77.70"), State.MISSING_IN_SOURCE, "keyed_by_hand",
    )  # fmt: skip
    assert found.party == "S1"
    at = timezone.now()
    with tenant_scope(town.tenant_id):
        [owed] = reconciling.suppliers(town.integration, at, moving(town.integration, at), 10)
    assert (owed.party, owed.apart, owed.states["missing_in_source"]) == ("S1", Decimal("-77.70"), 1)


def test_a_day_of_faults_leaves_nothing_unexplained(town: Town) -> None:
    """Everything that people and networks do to invoices between two syncs; sums are those of the stand-ins."""
    sim = town.ap.sim
    town.ap.fault("status", "/v3/bills", status=503, method="GET")
    town.erp.fault("status", "ManSuppInvoiceSet", status=503)
    for number in range(7, 11):
        town.erp.invoice(number, f"{number}.25", Identity="S1")
    town.erp.invoice(11, "11.00", Identity="S1", Objstate="Preliminary")
    town.erp.invoice(12, "12.00", Identity="S1", DueDate=None)
    town.erp.invoice(13, "13.00", Identity="S1", Objstate="Posted")
    town.erp.invoice(14, "14.00", Identity="S1", Currency="EUR")
    town.sync()
    sim.edit_bill(bill(town, "N1"), amount="111.11")
    sim.archive(bill(town, "N2"))
    town.erp.sim.edit("ManSuppInvoice", {"Company": "10", "InvoiceId": 3}, Objstate="Cancelled")
    town.erp.sim.edit("ManSuppInvoice", {"Company": "10", "InvoiceId": 4}, Objstate="PaidPosted")
    sim.pay([bill(town, "N5")], status="CLEARED")
    by_hand(town, "HAND-2", "20.02")
    later(town)
    found = states(town)
    assert State.UNEXPLAINED not in found.values()
    told = {number: found[number] for number in ("N1", "N2", "N3", "N4", "N5", "N6", "N11", "N12", "N13", "N14")}
    assert told == {
        "N1": State.CHANGED_IN_TARGET,
        "N2": State.CHANGED_IN_TARGET,
        "N3": State.STATUS_DIFFERS,
        "N4": State.PAID_ON_ONE_SIDE,
        "N5": State.PAID_NOT_SETTLED,
        "N6": State.AGREED,
        "N11": State.OUT,
        "N12": State.HELD,
        "N13": State.WAITING,
        "N14": State.HELD,
    }
    assert found["HAND-2"] == State.MISSING_IN_SOURCE
    assert erp_sums(town) == sums(cells(town), "here")
    assert bill_sums(town) == sums(cells(town), "there")


def test_a_lost_answer_is_uncertain_while_it_is_looked_up(town: Town) -> None:
    town.erp.invoice(7, "7.00", Identity="S1")
    town.ap.fault("drop_after", "/v3/bills", method="POST")
    with tenant_scope(town.tenant_id):
        flow = Flow.objects.get(entity="invoice", inbound=False)
    poll_now(flow.pk)
    held = lease.claim(flow.pk)
    assert held is not None
    run_slice(held, seconds=1)
    assert states(town)["N7"] == State.UNCERTAIN


def sums(found: list[Cell], side: str) -> dict[str, Decimal]:
    """Of everything but what is archived or was never a bill."""
    totals: dict[str, Decimal] = {}
    for cell in found:
        if cell.part != "payments" and (amount := getattr(cell, side)):
            totals[cell.currency] = totals.get(cell.currency, Decimal(0)) + amount
    return totals


def erp_sums(town: Town) -> dict[str, Decimal]:
    """What the ERP's own rows come to, read past the product."""
    totals: dict[str, Decimal] = {}
    for row in town.erp.sim.rows("ManSuppInvoice"):
        amount = Decimal(str(row["NetCurrAmount"])) + Decimal(str(row["VatCurrAmount"] or 0))
        totals[row["Currency"]] = totals.get(row["Currency"], Decimal(0)) + amount
    return totals


def bill_sums(town: Town) -> dict[str, Decimal]:
    """What stands on the other side, archived bills with it, by the currency of the vendor."""
    currency = {row["id"]: row["billCurrency"] for row in town.ap.sim.dump("vendors")}
    totals: dict[str, Decimal] = {}
    for row in town.ap.sim.dump("bills"):
        mine = currency[row["vendorId"]]
        totals[mine] = totals.get(mine, Decimal(0)) + Decimal(str(row["amount"]))
    return totals
