"""A spend export becomes invoices, and every line is accounted for."""

import csv
import gzip
import warnings
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from integrations.systems.ifs.simulator import LoadReport, Simulator, SpendMapping, build, load_spend

REAL = Path(__file__).parents[4] / "shared" / "data" / "ledger-2014-2016.csv.gz"
HEADER = (
    "transaction,line,paid_date,supplier_id,supplier_name,service_area,"
    "expenditure_code,expenditure_category,type,amount_gbp"
)
BODY = """\
T1,1,21/01/2014,100,ACME LTD,Housing,K9534 ,Rents,Revenue,500.00
T1,2,21/01/2014,100,Acme Ltd,Parks,K9540,Hire,Revenue,"1,000.10"
T2,1,00:00:00,100,ACME LTD,Housing,K9534,Other words,Revenue,20.00
T3,1,22/01/2014,20000000_46279931,BOB,,K9534,Rents,Revenue,-75.50
T4,1,22/01/2014,100,ACME LTD,Parks,K9540,Hire,Revenue,10.00
T4,2,22/01/2014,200,Other,Parks,K9540,Hire,Revenue,20.00
T4-2,1,22/01/2014,200,Other,Parks,K9540,Hire,Revenue,1.00
,,,,,,,xxx,,
T5,1,22/01/2014,200,Other,Parks,K9540,Hire,Revenue,ten
T6,1,22/01/2014,,Nobody,Parks,K9540,Hire,Revenue,10.00
T7,1,22/01/2014,200,Other,Parks,K9540,Hire,Revenue,10.005
T8,1,22/01/2014,200,Other,Parks,K9540,Hire,Revenue,1.00,surplus
"""


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "spend.csv"
    path.write_text(f"{HEADER}\n{BODY}", encoding="utf-8")
    return path


@pytest.fixture
def loaded(export: Path) -> tuple[Simulator, LoadReport]:
    sim = Simulator()
    return sim, load_spend(sim, export)


def test_every_line_is_loaded_or_reported(loaded: tuple[Simulator, LoadReport]) -> None:
    sim, report = loaded
    assert (report.read, report.loaded) == (12, 7)
    assert report.unreadable == [
        (9, "no transaction"),
        (10, "amount 'ten' is not a number"),
        (11, "no supplier id"),
        (12, "amount '10.005' is not an amount of money"),
        (13, "more cells than the header"),
    ]
    assert len(sim.rows("ManSuppInvoiceItem")) == report.loaded


def test_transactions_become_invoices_split_by_supplier(loaded: tuple[Simulator, LoadReport]) -> None:
    sim, report = loaded
    found = {(row["InvoiceNo"], row["Identity"]): row["NetCurrAmount"] for row in sim.rows("ManSuppInvoice")}
    assert found == {
        ("T1", "100"): Decimal("1500.10"),
        ("T2", "100"): Decimal("20.00"),
        ("T3", "20000000_46279931"): Decimal("-75.50"),
        ("T4", "100"): Decimal("10.00"),
        ("T4-3", "200"): Decimal("20.00"),
        ("T4-2", "200"): Decimal("1.00"),
    }
    assert report.splits == {"T4": ["T4", "T4-3"]}
    assert (report.invoices, report.credits, report.total) == (6, 1, Decimal("1475.60"))


def test_masters_are_stripped_and_first_or_most_frequent_wins(loaded: tuple[Simulator, LoadReport]) -> None:
    sim, report = loaded
    texts = {row["Account"]: row["Description"] for row in sim.rows("Account")}
    assert texts == {"K9534": "Rents", "K9540": "Hire", "AP-DEBT": "Supplier debt"}
    assert sim.row("SupplierInfoGeneral", ("100",))["Name"] == "ACME LTD"
    assert report.spellings == {"100": ["ACME LTD", "Acme Ltd"]}
    assert {row["CodeB"]: row["Description"] for row in sim.rows("CodeB")} == {"SA001": "Housing", "SA002": "Parks"}
    assert sim.rows("SupplierInfoAddress")[0]["Address2"] == "invented by the simulator"


def test_undated_transactions_have_no_dates_unless_one_is_given(export: Path) -> None:
    plain, dated = Simulator(), Simulator()
    assert load_spend(plain, export).undated == [(4, "T2")]
    load_spend(dated, export, date_for_undated=date(2014, 3, 31))
    row = plain.rows("ManSuppInvoice", InvoiceNo="T2")[0]
    assert (row["InvoiceDate"], row["DueDate"], row["VoucherDateRef"]) == (None, None, None)
    row = dated.rows("ManSuppInvoice", InvoiceNo="T2")[0]
    assert (row["InvoiceDate"], row["DueDate"], row["VoucherDateRef"]) == ("2014-03-31",) * 3
    row = dated.rows("ManSuppInvoice", InvoiceNo="T1")[0]
    assert (row["InvoiceDate"], row["Objstate"], row["OpenAmountCurr"]) == (
        "2014-01-21",
        "PostedAuth",
        Decimal("1500.10"),
    )


def test_postings_carry_the_coding_and_close_with_the_debt(loaded: tuple[Simulator, LoadReport]) -> None:
    rows = loaded[0].rows("ManSuppInvoicePostings", InvoiceId=1)
    assert [(row["PostingType"], row["CodeA"], row["CodeB"], row["CurrAmount"]) for row in rows] == [
        ("IP2", "K9534", "SA001", Decimal("500.00")),
        ("IP1", "AP-DEBT", None, Decimal("-1500.10")),
        ("IP2", "K9540", "SA002", Decimal("1000.10")),
    ]


def test_the_report_says_everything_in_words(loaded: tuple[Simulator, LoadReport]) -> None:
    text = loaded[1].text()
    for part in ("12 lines read, 7 loaded", "line 9: not loaded", "T4-3", "2 spellings", "1 lines have no usable date"):
        assert part in text


def test_other_headers_are_mapped_and_missing_ones_named(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_bytes(f"{HEADER.replace('amount_gbp', 'net')}\n{BODY}".replace("ACME", "CAFÉ").encode("cp1252"))
    assert load_spend(Simulator(), path, SpendMapping(amount="net"), company="7").invoices == 6
    with pytest.raises(KeyError, match="amount_gbp"):
        load_spend(Simulator(), path)


def test_build_takes_plain_options(export: Path, tmp_path: Path) -> None:
    options = {
        "data": str(tmp_path / "sim.db"),
        "ledger": str(export),
        "control": True,
        "date_for_undated": "2014-03-31",
    }
    first = build(options)
    assert "7 loaded" in first.about
    assert first.config.control
    first.close()
    again = build(options)
    assert "kept" in again.about
    assert len(again.rows("ManSuppInvoice")) == 6
    again.close()
    assert "300 ManSuppInvoice" in build({}).about
    with pytest.raises(ValueError, match="unknown option"):
        build({"colour": "red"})


def test_a_real_ledger_loads_completely() -> None:
    if not REAL.exists():
        warnings.warn(f"NOT TESTED on a real ledger: {REAL} is not there", stacklevel=1)
        pytest.skip(f"NOT TESTED on a real ledger: {REAL} is not there")
    sim = Simulator()
    report = load_spend(sim, REAL)
    expected: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    count = 0
    with gzip.open(REAL, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            count += 1
            if row["transaction"] and row["supplier_id"].strip():
                expected[row["transaction"].strip(), row["supplier_id"].strip()] += Decimal(row["amount_gbp"])
    assert report.read == count == 45_230
    assert report.loaded + len(report.unreadable) == count
    assert [reason for _, reason in report.unreadable] == ["no transaction", "no supplier id"]
    entity = sim.entities["ManSuppInvoice"]
    identities = sim.store.select(entity, [], '"InvoiceId"', what='"Identity"')
    assert len(identities) == len(expected) == report.invoices
    assert report.total == sum(expected.values())
    assert len(report.undated) == 3_836
