"""Loads a spend export as suppliers, accounts, one dimension and released supplier invoices."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from integrations.systems.ifs.simulator.ledger_lines import (
    LoadReport,
    SpendLine,
    SpendMapping,
    most_frequent,
    open_export,
    readable,
)
from integrations.systems.ifs.simulator.schema import CODE_PARTS
from integrations.systems.ifs.simulator.simulator import Simulator
from integrations.systems.ifs.simulator.store import day

Row = dict[str, Any]
DEBT = "AP-DEBT"
_ZERO = Decimal("0.00")


@dataclass(slots=True)
class _Invoice:
    """The lines of one transaction and supplier."""

    id: int
    number: str
    paid: date | None
    lines: list[SpendLine]

    @property
    def supplier(self) -> str:
        return self.lines[0].supplier

    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), _ZERO)


def load_spend(
    sim: Simulator,
    lines: Iterable[Mapping[str, str]] | str | Path,
    mapping: SpendMapping | None = None,
    company: str = "10",
    currency: str = "GBP",
    date_for_undated: date | None = None,
) -> LoadReport:
    """Load an export (records, or the path of a CSV or CSV.gz file) into an empty simulator, in one transaction.

    InvoiceNo is the transaction; a transaction with two suppliers is split (suffix -2, -3); a net negative one is a
    credit. Invoices without a usable date have no InvoiceDate, DueDate or voucher date unless one is given.
    Raises KeyError where the export lacks a mapped column; single bad lines are reported, never dropped silently.
    """
    report = LoadReport(currency, date_for_undated=date_for_undated)
    records = open_export(lines) if isinstance(lines, str | Path) else lines
    found = list(readable(records, mapping or SpendMapping(), report))
    names = most_frequent(found)
    report.spellings = {supplier: each for supplier, each in names.items() if len(each) > 1}
    invoices = _invoices(found, date_for_undated, report)
    areas = {area: f"SA{number:03d}" for number, area in enumerate(sorted({line.area for line in found} - {""}), 1)}
    accounts = {line.account: line.category for line in reversed(found)}
    with sim.store.transaction():
        _masters(sim, company, currency, accounts, areas, invoices)
        _suppliers(sim, company, currency, names)
        _documents(sim, company, currency, invoices, areas, names)
    report.suppliers, report.accounts, report.areas = len(names), len(accounts), len(areas)
    report.invoices = len(invoices)
    report.credits = sum(invoice.total() < 0 for invoice in invoices)
    report.total = sum((invoice.total() for invoice in invoices), _ZERO)
    return report


def _invoices(lines: list[SpendLine], undated: date | None, report: LoadReport) -> list[_Invoice]:
    groups: dict[str, dict[str, list[SpendLine]]] = {}
    for line in lines:
        groups.setdefault(line.transaction, {}).setdefault(line.supplier, []).append(line)
    found: list[_Invoice] = []
    for transaction, suppliers in groups.items():
        numbers = _numbers(transaction, len(suppliers), groups)
        if len(numbers) > 1:
            report.splits[transaction] = numbers
        for number, members in zip(numbers, suppliers.values(), strict=True):
            days = sorted({line.paid for line in members if line.paid})
            if len(days) > 1:
                report.redated[number] = days
            found.append(_Invoice(len(found) + 1, number, days[0] if days else undated, members))
    return found


def _numbers(transaction: str, count: int, taken: Container[str]) -> list[str]:
    """The transaction, then with suffixes no other transaction has."""
    numbers, suffix = [transaction], 2
    while len(numbers) < count:
        if f"{transaction}-{suffix}" not in taken:
            numbers.append(f"{transaction}-{suffix}")
        suffix += 1
    return numbers


def _masters(
    sim: Simulator,
    company: str,
    currency: str,
    accounts: dict[str, str],
    areas: dict[str, str],
    invoices: list[_Invoice],
) -> None:
    store, key = sim.store, {"Company": company}
    today = day(sim.clock())
    since = date(min([today, *(each.paid for each in invoices if each.paid)]).year, 1, 1)
    valid = {"ValidFrom": since, "ValidUntil": date(2099, 12, 31)}
    store.insert_many("Company", [{**key, "Name": "Spend export", "Currency": currency, "Country": "GB"}])
    store.insert_many("Account", (_account(company, *each, valid) for each in accounts.items()))
    store.insert_many("Account", [{**_account(company, DEBT, "Supplier debt", valid), "LedgFlag": True}])
    parts = {"A": "Account", "B": "Service area"}
    store.insert_many(
        "AccountingCodePart",
        [{**key, "CodePart": part, "CodeName": name, "CodePartUsed": True} for part, name in parts.items()],
    )
    store.insert_many(
        "CodeB", [{**key, "CodeB": code, "Description": area[:100], **valid} for area, code in areas.items()]
    )
    store.insert_many("TaxCode", [{**key, "FeeCode": "NT", "FeeRate": _ZERO, "FeeType": "NoTax"}])
    term = {"PayTermId": "0", "Description": "Immediately", "Installments": 1, "DueDays": 0}
    store.insert_many("PaymentTerm", [{**key, **term}])
    store.insert_many("VoucherTypeDef", [{**key, "VoucherType": "M", "Description": "Manual voucher"}])
    store.insert_many("AccountingPeriod", _periods(company, since.year, today.year + 1))


def _account(company: str, account: str, text: str, valid: Row) -> Row:
    demands = {f"ReqCode{part}": "Can" if part == "B" else "Blocked" for part in CODE_PARTS}
    kind = "Liabilities" if account == DEBT else "Cost"
    row = {"Company": company, "Account": account, "Description": text[:100] or account, "LedgFlag": False}
    return {**row, "LogicalAccountType": kind, "AccntType": kind[0], **valid, **demands}


def _periods(company: str, first: int, last: int) -> Iterator[Row]:
    """One open period a year."""
    for year in range(first, last + 1):
        span = {"DateFrom": date(year, 1, 1), "DateUntil": date(year, 12, 31)}
        yield {"Company": company, "AccountingYear": year, "AccountingPeriod": 1, "Objstate": "Open", **span}


def _suppliers(sim: Simulator, company: str, currency: str, names: dict[str, list[str]]) -> None:
    store = sim.store
    kind = {"PartyType": "Supplier"}
    general = {**kind, "Country": "GB", "SupplierCategory": "Supplier", "OneTime": False, "DefaultDomain": True}
    terms = {"DefCurrency": currency, "PayTermId": "0", "InvoiceType": "SI", "GroupId": "ALL"}
    place = {"AddressId": "1", "Address1": "1 Invented Street", "Address2": "invented by the simulator"}
    place |= {"City": "Invented", "ZipCode": "ZZ1 1ZZ", "Country": "GB"}
    pay = {"AddressId": "1", "AddressTypeCode": "Pay", "DefAddress": True}
    keys = [(supplier, {"SupplierId": supplier}) for supplier in names]
    identity = [{**key, **kind, "Company": company, "Identity": supplier} for supplier, key in keys]
    store.insert_many("SupplierInfoGeneral", ({**key, "Name": names[supplier][0], **general} for supplier, key in keys))
    store.insert_many("SupplierInvoiceCompany", ({**each, **terms} for each in identity))
    store.insert_many("SupplierPayment", ({**each, "BlockedForPayment": False} for each in identity))
    store.insert_many("SupplierInfoAddress", ({**key, **place, "Name": names[supplier][0]} for supplier, key in keys))
    store.insert_many("SupplierInfoAddressType", ({**key, **pay} for _, key in keys))


def _documents(
    sim: Simulator,
    company: str,
    currency: str,
    invoices: list[_Invoice],
    areas: dict[str, str],
    names: dict[str, list[str]],
) -> None:
    store = sim.store
    today = day(sim.clock())
    shared = {"Company": company}
    store.insert_many(
        "ManSuppInvoice",
        ({**shared, **_head(each, currency, names[each.supplier][0], today)} for each in invoices),
    )
    store.insert_many("ManSuppInvoiceItem", ({**shared, **row} for invoice in invoices for row in _items(invoice)))
    store.insert_many(
        "ManSuppInvoicePostings", ({**shared, **row} for invoice in invoices for row in _postings(invoice, areas))
    )
    store.insert_many("SupplierLedgerItem", ({**shared, **_ledger_item(each, currency)} for each in invoices))


def _head(invoice: _Invoice, currency: str, name: str, today: date) -> Row:
    total, paid = invoice.total(), invoice.paid
    flags = ("AdvInv", "MultiCompanyInvoice", "GrossUp", "Cash", "Collect", "ProposalExist")
    voucher = {"VoucherTypeRef": "I", "VoucherNoRef": invoice.id, "VoucherDateRef": paid}
    return {
        "InvoiceId": invoice.id,
        "Identity": invoice.supplier,
        "PartyType": "Supplier",
        "Name": name,
        "SeriesId": "SI",
        "InvoiceNo": invoice.number,
        "InvoiceVersion": 1,
        "InvoiceDate": paid,
        "DueDate": paid,
        "CreationDate": paid or today,
        "InvoiceType": "SI",
        "PayTermId": "0",
        "Currency": currency,
        "CurrRate": Decimal(1),
        "DivFactor": Decimal(1),
        "NetCurrAmount": total,
        "VatCurrAmount": _ZERO,
        "NetDomAmount": total,
        "VatDomAmount": _ZERO,
        **voucher,
        "AccountingYearRef": paid.year if paid else None,
        "Objstate": "PostedAuth",
        "OpenAmount": total,
        "OpenAmountCurr": total,
        "BlockedForPayment": False,
        **dict.fromkeys(flags, "FALSE"),
    }


def _items(invoice: _Invoice) -> Iterator[Row]:
    for item, line in enumerate(invoice.lines, 1):
        amounts = {"NetCurrAmount": line.amount, "NetDomAmount": line.amount, "VatCurrAmount": _ZERO}
        row = {"InvoiceId": invoice.id, "ItemId": item, "VatCode": "NT", **amounts}
        yield {**row, "Description": (line.category or line.account)[:200]}


def _postings(invoice: _Invoice, areas: dict[str, str]) -> Iterator[Row]:
    final = {"VoucherType": "I", "VoucherNo": invoice.id, "PrelVoucher": False, "Reversed": False}
    shared = {"InvoiceId": invoice.id, "VoucherDate": invoice.paid, **final}
    for item, line in enumerate(invoice.lines, 1):
        coding = {"PostingType": "IP2", "CodeA": line.account, "CodeB": areas.get(line.area)}
        amounts = {"CurrAmount": line.amount, "DomAmount": line.amount}
        yield {**shared, "ItemId": item, "RowId": item, **coding, **amounts, "Text": line.category[:200] or None}
    total = -invoice.total()
    debt = {"PostingType": "IP1", "CodeA": DEBT, "CurrAmount": total, "DomAmount": total}
    yield {**shared, "ItemId": 1, "RowId": len(invoice.lines) + 1, **debt, "Text": "Supplier debt"}


def _ledger_item(invoice: _Invoice, currency: str) -> Row:
    amounts = dict.fromkeys(("OriginalAmount", "CurrAmount", "OpenAmount"), invoice.total())
    key = {"Identity": invoice.supplier, "LedgerItemSeriesId": "SI", "LedgerItemId": invoice.number}
    return {**key, "InstallmentId": 1, "Currency": currency, **amounts, "DueDate": invoice.paid}
