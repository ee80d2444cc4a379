"""What several areas ask of the books: suppliers, accounts, periods."""

from datetime import date
from decimal import Decimal
from typing import Any

from integrations.systems.ifs.simulator.answers import business
from integrations.systems.ifs.simulator.schema import CODE_PARTS
from integrations.systems.ifs.simulator.store import Row, Store


def amount(value: Any) -> Decimal:
    """A stored amount; null counts as zero."""
    return Decimal(0) if value is None else Decimal(value)


def as_date(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def supplier_name(store: Store, row: Row) -> str:
    """Name of the invoice's supplier, who must be set up for the company."""
    supplier = store.one("SupplierInfoGeneral", SupplierId=row["Identity"])
    if supplier is None:
        raise business(f"The Supplier {row['Identity']} does not exist.", "20115")
    if not store.find("SupplierInvoiceCompany", SupplierId=row["Identity"], Company=row["Company"]):
        raise business(f"Supplier {row['Identity']} has no invoice data in company {row['Company']}.", "20110")
    return str(supplier["Name"])


def refuse_duplicate_invoice(store: Store, row: Row) -> None:
    """One SeriesId and InvoiceNo per supplier; cancelled invoices do not count."""
    if duplicates(store, row):
        raise business(
            f"Invoice {row['SeriesId']} {row['InvoiceNo']} of supplier {row['Identity']} already exists.", "20112"
        )


def duplicates(store: Store, row: Row) -> list[Row]:
    """Invoices that the tenant takes for the same one."""
    if not store.refuses_duplicates:
        return []
    same = store.find("ManSuppInvoice", Company=row["Company"], Identity=row["Identity"], InvoiceNo=row["InvoiceNo"])
    return [each for each in same if each["SeriesId"] == (row["SeriesId"] or "SI") and each["Objstate"] != "Cancelled"]


def open_period(store: Store, company: str, day: date) -> tuple[int, int]:
    """(year, period) of a date. Refused where the period is missing or closed."""
    for period in store.find("AccountingPeriod", Company=company):
        if period["DateFrom"] <= day.isoformat() <= period["DateUntil"]:
            if period["Objstate"] != "Open":
                raise business(f"Period {period['AccountingYear']} {period['AccountingPeriod']} is closed.", "20117")
            return int(period["AccountingYear"]), int(period["AccountingPeriod"])
    raise business(f"No accounting period exists for {day.isoformat()} in company {company}.", "20118")


def check_coding(store: Store, row: Row, account: str, day: date | None, manual: bool) -> None:
    """The account is valid on the day and the code parts are what it demands. manual: ledger accounts refused."""
    found = store.one("Account", Company=row["Company"], Account=account)
    if found is None:
        raise business(f"Account {account} does not exist in company {row['Company']}.", "20119")
    if manual and found["LedgFlag"]:
        raise business(f"Account {account} is a ledger account; manual postings are not allowed.", "20120")
    if day is not None and not _valid(found, day):
        raise business(f"Account {account} is not valid on {day.isoformat()}.", "20121")
    for part in CODE_PARTS:
        _check_part(store, row, found, account, part)


def _check_part(store: Store, row: Row, account: Row, number: str, part: str) -> None:
    demand, value = account[f"ReqCode{part}"], row[f"Code{part}"]
    if demand == "Mandatory" and not value:
        raise business(f"Code part {part} is mandatory for account {number}.", "20122")
    if demand == "Blocked" and value:
        raise business(f"Code part {part} is blocked for account {number}.", "20123")
    if value and not store.find(f"Code{part}", Company=row["Company"], **{f"Code{part}": value}):
        raise business(f"Value {value} of code part {part} does not exist.", "20124")


def _valid(row: Row, day: date) -> bool:
    text = day.isoformat()
    return (row["ValidFrom"] or "") <= text <= (row["ValidUntil"] or "9999")
