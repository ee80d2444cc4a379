"""Demo master data of a US manufacturer: companies, accounts, code parts, tax, terms, periods."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from integrations.systems.ifs.simulator.schema import CODE_PARTS

Row = dict[str, Any]
COMPANY, OTHER_COMPANY = "10", "20"
DEBT, RECEIVED, ASSET, PREPAID = "2100", "2110", "1520", "1310"
INPUT_TAX, USE_TAX, WITHHELD, FREIGHT = "1260", "2210", "2220", "6300"
COST_CENTERS = tuple(str(number) for number in range(100, 220, 10))
CLOSED_CENTER = "990"
PROJECTS = tuple(f"P{number:03d}" for number in range(1, 11))
PRODUCTS = ("CNC", "FOUNDRY", "ASSEMBLY")

_BALANCE = {
    "1010": "Operating bank account",
    "1020": "Payroll bank account",
    "1030": "AP clearing bank",
    "1040": "Payments to be settled",
    "1200": "Raw material inventory",
    "1210": "Work in progress",
    "1220": "Finished goods",
    INPUT_TAX: "Sales tax paid to suppliers",
    PREPAID: "Prepayments to suppliers",
    "1320": "Prepaid insurance",
    "1510": "Land and buildings",
    ASSET: "Machinery and equipment",
    "1530": "Vehicles",
    RECEIVED: "Goods received, not invoiced",
    USE_TAX: "Use tax accrued",
    WITHHELD: "Withholding tax payable",
    "2300": "Accrued payroll",
    "2400": "Long-term debt",
    "3000": "Common stock",
    "3100": "Retained earnings",
}
_LEDGER = {"1400": "Accounts receivable (control)", DEBT: "Accounts payable (control)", "2105": "AP foreign (control)"}
_COST_GROUPS = {
    "5": (
        "Steel bar and plate;Aluminum stock;Castings;Fasteners;Bearings;Motors and drives;Hydraulics;Electronics;"
        "Paint and coatings;Packaging;Tooling;Cutting fluids;Subcontract machining;Heat treatment;Plating;Scrap;"
        "Direct labor;Overtime direct;Freight in;Customs duty"
    ),
    "6": (
        "Office supplies;Software subscriptions;Hardware under limit;Telephone;Internet;Travel air;Travel hotel;"
        "Travel meals;Training;Recruiting;Legal fees;Audit fees;Consulting;Insurance property;Insurance liability;"
        "Rent plant;Rent office;Electricity;Gas;Water;Waste disposal;Cleaning;Security;Repairs building;"
        "Repairs machines;Spare parts;Safety equipment;Uniforms;Vehicle fuel;Vehicle repair;Freight out;Courier;"
        "Postage;Printing;Advertising;Trade fairs;Donations;Bank charges;Licenses;Memberships"
    ),
}
COSTS = tuple(
    f"{group}{position * 10:03d}"
    for group, names in _COST_GROUPS.items()
    for position in range(len(names.split(";")))
    if f"{group}{position * 10:03d}" != FREIGHT
)
CLOSED_ACCOUNT = "6990"


def masters(today: date) -> Iterator[tuple[str, list[Row]]]:
    """(entity, rows) of everything that is not a supplier or a document."""
    yield (
        "Company",
        [
            {"Company": COMPANY, "Name": "Lakeside Manufacturing Inc.", "Currency": "USD", "Country": "US"},
            {"Company": OTHER_COMPANY, "Name": "Lakeside de México S.A.", "Currency": "MXN", "Country": "MX"},
        ],
    )
    yield "Account", list(_accounts(today))
    yield "AccountingCodePart", _code_parts()
    yield "CodeB", [_code("B", value, f"Cost center {value}", today) for value in COST_CENTERS] + [_closed(today)]
    yield "CodeC", [_code("C", value, f"Project {value}", today) for value in PROJECTS]
    yield "CodeD", [_code("D", value, value.capitalize(), today) for value in PRODUCTS]
    yield "TaxCode", _tax_codes()
    yield "PaymentTerm", _terms()
    yield "AccountingPeriod", list(_periods(today))
    yield "VoucherTypeDef", _voucher_types()


def _accounts(today: date) -> Iterator[Row]:
    for account, text in _BALANCE.items():
        kind = "Assets" if account < "2000" else "Liabilities"
        yield _account(account, text, kind, today, ReqCodeB="Blocked")
    for account, text in _LEDGER.items():
        yield _account(account, text, "Liabilities", today, LedgFlag=True, ReqCodeB="Blocked")
    for position in range(20):
        yield _account(f"4{position * 10:03d}", f"Revenue line {position + 1}", "Revenue", today)
    for group, names in _COST_GROUPS.items():
        for position, text in enumerate(names.split(";")):
            account = f"{group}{position * 10:03d}"
            yield _account(account, text, "Cost", today, ReqCodeB="Mandatory")
    for position in range(15):
        yield _account(f"7{position * 10:03d}", f"Other cost {position + 1}", "Cost", today)
    yield _account("9000", "Headcount (statistical)", "Statistics", today)
    last_year = date(today.year - 1, 12, 31)
    yield {**_account(CLOSED_ACCOUNT, "Fax rental (closed)", "Cost", today), "ValidUntil": last_year}
    yield _account(DEBT, "Proveedores", "Liabilities", today, LedgFlag=True, Company=OTHER_COMPANY)
    yield _account("6000", "Gastos de oficina", "Cost", today, Company=OTHER_COMPANY)


def _account(account: str, text: str, kind: str, today: date, **more: Any) -> Row:
    demands = {f"ReqCode{part}": "Can" if part in "BCD" else "Blocked" for part in CODE_PARTS}
    return {
        "Company": COMPANY,
        "Account": account,
        "Description": text,
        "AccntType": kind[0],
        "LogicalAccountType": kind,
        "AccntGroup": account[0],
        "ValidFrom": date(today.year - 10, 1, 1),
        "ValidUntil": date(2099, 12, 31),
        "LedgFlag": False,
        "TaxHandling": "Unrestricted",
        **demands,
        **more,
    }


def _code_parts() -> list[Row]:
    used = {"A": "Account", "B": "Cost center", "C": "Project", "D": "Product line"}
    return [
        {
            "Company": COMPANY,
            "CodePart": part,
            "CodeName": used.get(part, f"Free {part}"),
            "Description": used.get(part, "Not used"),
            "MaxNumberOfChar": 10 if part == "A" else 20,
            "CodePartUsed": part in used,
        }
        for part in f"A{CODE_PARTS}"
    ]


def _code(part: str, value: str, text: str, today: date) -> Row:
    return {
        "Company": COMPANY,
        f"Code{part}": value,
        "Description": text,
        "ValidFrom": date(today.year - 10, 1, 1),
        "ValidUntil": date(2099, 12, 31),
    }


def _closed(today: date) -> Row:
    row = _code("B", CLOSED_CENTER, "Old paint shop (closed)", today)
    return {**row, "ValidUntil": date(today.year - 1, 12, 31)}


def _tax_codes() -> list[Row]:
    codes = (
        ("ST825", "Sales tax 8.25 %", "8.25", "Tax"),
        ("ST6", "Sales tax 6 %", "6", "Tax"),
        ("UT825", "Use tax 8.25 %", "8.25", "UseTax"),
        ("GST5", "GST 5 %", "5", "Tax"),
        ("RC19", "Reverse charge 19 %", "19", "CalculatedTax"),
        ("NT", "No tax", "0", "NoTax"),
        ("WH30", "Withholding 30 %", "30", "Withholding"),
    )
    return [
        {"Company": COMPANY, "FeeCode": code, "Description": text, "FeeRate": Decimal(rate), "FeeType": kind}
        for code, text, rate, kind in codes
    ]


def _terms() -> list[Row]:
    terms = (
        ("0", "Immediately", 1, 0, None, None),
        ("30", "30 days net", 1, 30, None, None),
        ("45", "45 days net", 1, 45, None, None),
        ("2-10-30", "2 % 10 days, 30 net", 1, 30, 10, Decimal("2")),
        ("2X30", "Two instalments, 30 and 60 days", 2, 30, None, None),
    )
    return [
        {
            "Company": COMPANY,
            "PayTermId": term,
            "Description": text,
            "Installments": count,
            "DueDays": days,
            "DiscountDays": discount_days,
            "DiscountPercent": percent,
        }
        for term, text, count, days, discount_days, percent in terms
    ]


def _periods(today: date) -> Iterator[Row]:
    """Twelve periods a year, from two years back; the last two months and all later ones are open."""
    first_open = (today.replace(day=1) - timedelta(days=40)).replace(day=1)
    for year in range(today.year - 2, today.year + 2):
        for month in range(1, 13):
            start = date(year, month, 1)
            following = date(year + month // 12, month % 12 + 1, 1)
            for company in (COMPANY, OTHER_COMPANY):
                yield {
                    "Company": company,
                    "AccountingYear": year,
                    "AccountingPeriod": month,
                    "DateFrom": start,
                    "DateUntil": following - timedelta(days=1),
                    "Objstate": "Open" if start >= first_open else "Closed",
                }


def _voucher_types() -> list[Row]:
    kinds = {"I": "Supplier invoice", "U": "Supplier payment", "M": "Manual voucher", "AVX": "AP tool payments"}
    return [
        {"Company": company, "VoucherType": kind, "Description": text}
        for company in (COMPANY, OTHER_COMPANY)
        for kind, text in kinds.items()
    ]
