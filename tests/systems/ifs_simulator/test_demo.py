"""The demo data is deterministic, complete, and right where it is not deliberately wrong."""

import time
from collections import Counter, defaultdict
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from integrations.systems.ifs.simulator import SeedReport, Simulator, seed
from integrations.systems.ifs.simulator.demo_cases import AWKWARD, CASES, UNBALANCED
from integrations.systems.ifs.simulator.demo_masters import COMPANY

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def demo() -> tuple[Simulator, SeedReport]:
    sim = Simulator(clock=lambda: NOON)
    return sim, seed(sim)


def final_sums(sim: Simulator) -> dict[int, tuple[Decimal, Decimal]]:
    """Currency and domestic sum of each invoice's final voucher."""
    found: dict[int, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in sim.rows("ManSuppInvoicePostings"):
        if not row["PrelVoucher"] and not row["Reversed"]:
            found[row["InvoiceId"]][0] += row["CurrAmount"]
            found[row["InvoiceId"]][1] += row["DomAmount"]
    return {key: (one, two) for key, (one, two) in found.items()}


def test_final_vouchers_add_up_to_zero_but_for_the_wrong_ones(demo: tuple[Simulator, SeedReport]) -> None:
    sim, report = demo
    wrong = {number for name in UNBALANCED for number in report.cases[name]}
    assert wrong == {number for number, sums in final_sums(sim).items() if any(sums)}


def test_every_posted_invoice_has_one_debt_row_and_a_ledger_item(demo: tuple[Simulator, SeedReport]) -> None:
    sim, _ = demo
    debts = Counter(
        row["InvoiceId"]
        for row in sim.rows("ManSuppInvoicePostings")
        if row["PostingType"] == "IP1" and not row["PrelVoucher"]
    )
    ledger = {(row["Identity"], row["LedgerItemId"]) for row in sim.rows("SupplierLedgerItem")}
    for invoice in sim.rows("ManSuppInvoice"):
        posted = invoice["Objstate"] not in ("Preliminary", "PrelPosted")
        assert debts[invoice["InvoiceId"]] == posted
        assert ((invoice["Identity"], invoice["InvoiceNo"]) in ledger) is posted


def test_ledger_item_is_the_debt_except_where_rounded(demo: tuple[Simulator, SeedReport]) -> None:
    sim, report = demo
    owed: dict[str, Decimal] = defaultdict(Decimal)
    for row in sim.rows("SupplierLedgerItem"):
        owed[row["LedgerItemId"]] += row["OriginalAmount"]
    numbers = {row["InvoiceId"]: row["InvoiceNo"] for row in sim.rows("ManSuppInvoice")}
    off = set()
    for row in sim.rows("ManSuppInvoicePostings"):
        if (
            row["PostingType"] == "IP1"
            and not row["PrelVoucher"]
            and owed[numbers[row["InvoiceId"]]] != -row["CurrAmount"]
        ):
            off.add(row["InvoiceId"])
            assert abs(owed[numbers[row["InvoiceId"]]] + row["CurrAmount"]) == Decimal("0.02")
    assert off == set(report.cases["rounded"])


def test_every_case_is_there_and_most_invoices_are_clean(demo: tuple[Simulator, SeedReport]) -> None:
    sim, report = demo
    assert set(report.cases) == set(CASES)
    clean = sum(len(numbers) for name, numbers in report.cases.items() if name not in AWKWARD)
    assert clean > 150
    states = Counter(row["Objstate"] for row in sim.rows("ManSuppInvoice"))
    assert states["PostedAuth"] > 200
    assert states["ParkedPosted"] >= 1
    assert {row["Currency"] for row in sim.rows("ManSuppInvoice")} == {"USD", "CAD", "EUR", "MXN"}


def test_cases_look_as_they_are_called(demo: tuple[Simulator, SeedReport]) -> None:
    sim, report = demo
    invoices = {row["InvoiceId"]: row for row in sim.rows("ManSuppInvoice")}

    def first(name: str) -> dict[str, object]:
        return invoices[report.cases[name][0]]

    assert first("no_due_date")["DueDate"] is None
    assert first("blocked")["BlockedForPayment"] is True
    assert first("zero")["NetCurrAmount"] == 0
    assert first("paid")["OpenAmountCurr"] == 0
    assert first("credit")["NetCurrAmount"] < 0  # type: ignore[operator]
    assert first("credit")["CreditForInvoiceNo"] in {row["InvoiceNo"] for row in invoices.values()}
    assert first("other_company")["Company"] != COMPANY
    assert len(sim.rows("SupplierLedgerItem", LedgerItemId=first("instalments")["InvoiceNo"])) == 2
    kinds = {row["PostingType"] for row in sim.rows("ManSuppInvoicePostings")}
    assert kinds == {"IP1", "IP2", "M10", "FA1", "IP3", "AP1", "AP3", "AP4", "WH1", "XQ9"}
    assert {row["Objstate"] for row in sim.rows("PaymentProposal")} >= {"Preliminary", "Ordered", "Cancelled"}


def test_head_amounts_are_the_sum_of_the_items(demo: tuple[Simulator, SeedReport]) -> None:
    sim, _ = demo
    nets: dict[int, Decimal] = defaultdict(Decimal)
    taxes: dict[int, Decimal] = defaultdict(Decimal)
    for row in sim.rows("ManSuppInvoiceItem"):
        nets[row["InvoiceId"]] += row["NetCurrAmount"]
        taxes[row["InvoiceId"]] += row["VatCurrAmount"]
    for row in sim.rows("ManSuppInvoice"):
        assert (row["NetCurrAmount"], row["VatCurrAmount"]) == (nets[row["InvoiceId"]], taxes[row["InvoiceId"]])


def test_codings_exist_in_the_masters(demo: tuple[Simulator, SeedReport]) -> None:
    sim, _ = demo
    accounts = {(row["Company"], row["Account"]) for row in sim.rows("Account")}
    centers = {row["CodeB"] for row in sim.rows("CodeB")}
    for row in sim.rows("ManSuppInvoicePostings"):
        assert (row["Company"], row["CodeA"]) in accounts
        assert row["CodeB"] is None or row["CodeB"] in centers


def test_supplier_names_and_numbers_are_awkward(demo: tuple[Simulator, SeedReport]) -> None:
    suppliers = {row["SupplierId"]: row for row in demo[0].rows("SupplierInfoGeneral")}
    assert {"00123", "123"} <= set(suppliers)
    assert any("'" in row["Name"] for row in suppliers.values())
    assert any(not row["Name"].isascii() for row in suppliers.values())
    assert suppliers["ONETIME"]["OneTime"] is True
    companies = {row["SupplierId"] for row in demo[0].rows("SupplierInvoiceCompany")}
    assert set(suppliers) - companies == {"S1002"}


def test_same_seed_same_data_other_seed_other_data() -> None:
    def lines(number: int) -> list[dict[str, object]]:
        sim = Simulator(clock=lambda: NOON)
        seed(sim, 80, seed=number)
        return sim.rows("ManSuppInvoicePostings")

    assert lines(5) == lines(5)
    assert lines(5) != lines(6)


def test_seeding_is_fast_enough_for_large_runs() -> None:
    sim = Simulator(clock=lambda: NOON)
    start = time.process_time()
    report = seed(sim, 2000, seed=3)
    assert sum(report.rows.values()) / (time.process_time() - start) > 10_000, "20,000 a second on a free core"


def test_too_few_invoices_to_show_every_case_are_refused() -> None:
    with pytest.raises(ValueError, match="at least"):
        seed(Simulator(), 10)
