"""Masters in bulk, and the demo's orders, periods and second company: complete, consistent, and awkward on purpose."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from integrations.systems.ifs.simulator import MasterReport, Simulator, seed, seed_masters

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
TODAY = date(2026, 6, 15)
STATES = {"Planned", "Released", "Confirmed", "Arrived", "Received", "Closed", "Cancelled", "Stopped"}


def made(**counts: Any) -> tuple[Simulator, MasterReport]:
    sim = Simulator(clock=lambda: NOON)
    return sim, seed_masters(sim, **counts)


@pytest.fixture(scope="module")
def mass() -> tuple[Simulator, MasterReport]:
    return made(suppliers=200, accounts=300, values=600, orders=400, companies=("10", "20"))


@pytest.fixture(scope="module")
def demo() -> Simulator:
    sim = Simulator(clock=lambda: NOON)
    seed(sim, 100, images=0)
    return sim


def check_goods(sim: Simulator) -> None:
    """What was received of each line is the sum of its receipts; amounts are quantity times price."""
    received: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in sim.rows("PurchaseReceipt"):
        received[row["OrderNo"], row["LineNo"], row["ReleaseNo"]] += row["QtyReceived"]
    for row in sim.rows("PurchaseOrderLine"):
        assert received[row["OrderNo"], row["LineNo"], row["ReleaseNo"]] == row["QtyReceived"]
        assert row["NetAmtCurr"] == row["BuyQtyDue"] * row["BuyUnitPrice"]


def test_there_is_as_much_as_was_asked_for_in_every_company(mass: tuple[Simulator, MasterReport]) -> None:
    sim, report = mass
    assert report.rows["SupplierInfoGeneral"] == 200
    assert report.rows["PurchaseOrder"] == 400
    for company in ("10", "20"):
        assert len(sim.rows("Account", Company=company)) == 300
        assert sum(len(sim.rows(f"Code{part}", Company=company)) for part in "BCD") == 600
        assert len(sim.rows("PurchaseOrder", Company=company)) == 200
        assert sim.rows("AccountingPeriod", Company=company, Objstate="Closed")


def test_awkward_codes_are_what_they_are_called(mass: tuple[Simulator, MasterReport]) -> None:
    sim, report = mass
    rows = {row["Account"]: row for row in sim.rows("Account", Company="10")}

    def all_of(case: str) -> list[dict[str, Any]]:
        return [rows[key] for key in report.cases[f"account {case}"]]

    assert {len(row["Description"]) for row in all_of("long text")} == {51}
    assert all(" " in row["Account"] for row in (*all_of("blank inside"), *all_of("blank before")))
    assert all(str(row["ValidUntil"]) < str(TODAY) for row in all_of("inactive"))
    assert all(str(row["ValidFrom"]) > str(TODAY) for row in all_of("future"))
    assert all(row["LedgFlag"] for row in all_of("control"))
    assert {row["LogicalAccountType"] for row in all_of("statistical")} == {"Statistics"}
    assert {row["ReqCodeB"] for row in rows.values()} == {"Mandatory", "Blocked", "Can"}
    assert {case for case in report.cases if case.startswith("value ")} == {
        f"value {case}" for case in ("ordinary", "long text", "blank inside", "blank before", "inactive", "future")
    }


def test_orders_have_every_state_both_kinds_of_lines_and_several_receipts(mass: tuple[Simulator, MasterReport]) -> None:
    sim, _ = mass
    assert {row["Objstate"] for row in sim.rows("PurchaseOrder")} == STATES
    assert Counter(row["PartNo"] is None for row in sim.rows("PurchaseOrderLine")).keys() == {True, False}
    assert max(row["ReceiptNo"] for row in sim.rows("PurchaseReceipt")) == 3
    assert "2" in {row["ReleaseNo"] for row in sim.rows("PurchaseOrderLine")}
    check_goods(sim)


def test_the_same_seed_makes_the_same_rows_and_another_one_others() -> None:
    def rows(number: int) -> list[dict[str, Any]]:
        return made(suppliers=30, accounts=40, values=40, orders=40, seed=number)[0].rows("PurchaseOrderLine")

    assert rows(4) == rows(4)
    assert rows(4) != rows(5)


def test_the_demo_has_orders_in_every_state_with_their_goods(demo: Simulator) -> None:
    orders = demo.rows("PurchaseOrder", Company="10")
    assert {row["Objstate"] for row in orders} == STATES
    known = {row["SupplierId"] for row in demo.rows("SupplierInfoGeneral")}
    alone = {row["OrderNo"] for row in orders if row["OrderNo"].startswith("PS")}
    assert {row["VendorNo"] for row in orders if row["OrderNo"] in alone} <= known
    assert alone <= {row["OrderNo"] for row in demo.rows("PurchaseOrderLine")}


def test_the_demos_companies_share_codes_but_for_one_text_and_one_that_is_closed(demo: Simulator) -> None:
    mine, theirs = (
        {row["Account"]: row for row in demo.rows("Account", Company=company) if not row["LedgFlag"]}
        for company in ("10", "20")
    )
    assert set(theirs) < set(mine)
    assert {key for key in theirs if theirs[key]["Description"] != mine[key]["Description"]} == {"6000"}
    assert {key for key in theirs if theirs[key]["ValidUntil"] != mine[key]["ValidUntil"]} == {"6050"}
    of = defaultdict(set)
    for row in demo.rows("SupplierInvoiceCompany"):
        of[row["SupplierId"]].add(row["Company"])
    assert sum(companies == {"10", "20"} for companies in of.values()) >= 5


def test_the_demo_is_ready_for_payments_made_elsewhere(demo: Simulator) -> None:
    accounts = {row["Account"] for row in demo.rows("Account", Company="10") if not row["LedgFlag"]}
    assert {"2410", "1150", "8010", "8020", "8030", "8040"} <= accounts
    assert demo.rows("VoucherTypeDef", Company="10", VoucherType="AVP")
    periods = demo.rows("AccountingPeriod", Company="10", AccountingYear=2026)
    assert {row["AccountingPeriod"]: row["Objstate"] for row in periods if row["AccountingPeriod"] in (3, 6)} == {
        3: "Closed",
        6: "Open",
    }
