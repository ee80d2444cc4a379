"""Demo master data of a US manufacturer and its Mexican subsidiary: companies, accounts, code part values."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from integrations.systems.ifs.simulator.demo_frame import frame
from integrations.systems.ifs.simulator.schema import CODE_PARTS

Row = dict[str, Any]
COMPANY, OTHER_COMPANY = "10", "20"
DEBT, RECEIVED, ASSET, PREPAID = "2100", "2110", "1520", "1310"
INPUT_TAX, USE_TAX, WITHHELD, FREIGHT = "1260", "2210", "2220", "6300"
CLEARING, SETTLEMENT = "1150", "2410"
"""Money at the payment provider; what it has paid and the supplier ledger has not settled yet."""
DISCOUNT, EXCHANGE_GAIN, EXCHANGE_LOSS, ROUNDING = "8010", "8020", "8030", "8040"
COST_CENTERS = tuple(str(number) for number in range(100, 220, 10))
CLOSED_CENTER = "990"
PROJECTS = tuple(f"P{number:03d}" for number in range(1, 11))
PRODUCTS = ("CNC", "FOUNDRY", "ASSEMBLY")

_BALANCE = {
    "1010": "Operating bank account",
    "1020": "Payroll bank account",
    "1030": "AP clearing bank",
    "1040": "Payments to be settled",
    CLEARING: "Payment provider clearing",
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
    SETTLEMENT: "Paid by provider, to be settled",
    "3000": "Common stock",
    "3100": "Retained earnings",
}
_LEDGER = {"1400": "Accounts receivable (control)", DEBT: "Accounts payable (control)", "2105": "AP foreign (control)"}
_FINANCIAL = {
    DISCOUNT: "Cash discounts received",
    EXCHANGE_GAIN: "Exchange gains",
    EXCHANGE_LOSS: "Exchange losses",
    ROUNDING: "Rounding differences",
}
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
OTHER_TEXT, CLOSED_THERE = "6000", "6050"
"""Accounts of both companies: one with another text in the other company, one that is closed in it only."""


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
    for company, country in ((COMPANY, "US"), (OTHER_COMPANY, "MX")):
        yield from frame(company, today, country)
    closed = code_row("B", CLOSED_CENTER, "Old paint shop (closed)", today, ValidUntil=last_year(today))
    yield "CodeB", [code_row("B", value, f"Cost center {value}", today) for value in COST_CENTERS] + [closed]
    yield "CodeC", [code_row("C", value, f"Project {value}", today) for value in PROJECTS]
    yield "CodeD", [code_row("D", value, value.capitalize(), today) for value in PRODUCTS]
    shared = COST_CENTERS[:4]
    yield "CodeB", [code_row("B", value, f"Cost center {value}", today, Company=OTHER_COMPANY) for value in shared]


def _accounts(today: date) -> Iterator[Row]:
    for account, text in _BALANCE.items():
        kind = "Assets" if account < "2000" else "Liabilities"
        yield account_row(account, text, kind, today, ReqCodeB="Blocked")
    for account, text in _LEDGER.items():
        yield account_row(account, text, "Liabilities", today, LedgFlag=True, ReqCodeB="Blocked")
    for position in range(20):
        yield account_row(f"4{position * 10:03d}", f"Revenue line {position + 1}", "Revenue", today)
    for group, names in _COST_GROUPS.items():
        for position, text in enumerate(names.split(";")):
            account = f"{group}{position * 10:03d}"
            yield account_row(account, text, "Cost", today, ReqCodeB="Mandatory")
    for position in range(15):
        yield account_row(f"7{position * 10:03d}", f"Other cost {position + 1}", "Cost", today)
    for account, text in _FINANCIAL.items():
        yield account_row(account, text, "Revenue" if account in (DISCOUNT, EXCHANGE_GAIN) else "Cost", today)
    yield account_row("9000", "Headcount (statistical)", "Statistics", today)
    yield account_row("9010", "Machine hours (statistical)", "Statistics", today)
    yield account_row(CLOSED_ACCOUNT, "Fax rental (closed)", "Cost", today, ValidUntil=last_year(today))
    yield account_row(DEBT, "Proveedores", "Liabilities", today, LedgFlag=True, Company=OTHER_COMPANY)
    yield from _overlapping(today)


def _overlapping(today: date) -> Iterator[Row]:
    """Cost accounts of the other company, numbers and texts the same but for one text; one is closed there only."""
    for position, text in enumerate(_COST_GROUPS["6"].split(";")[:12]):
        account = f"6{position * 10:03d}"
        row = account_row(account, text, "Cost", today, ReqCodeB="Can", Company=OTHER_COMPANY)
        row |= {"Description": "Gastos de oficina"} if account == OTHER_TEXT else {}
        row |= {"ValidUntil": last_year(today)} if account == CLOSED_THERE else {}
        yield row


def last_year(today: date) -> date:
    """Its last day."""
    return date(today.year - 1, 12, 31)


def account_row(account: str, text: str, kind: str, today: date, **more: Any) -> Row:
    """An account of the demo company, valid for long; `more` lies over it."""
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


def code_row(part: str, value: str, text: str, today: date, **more: Any) -> Row:
    """A code part value of the demo company, valid for long; `more` lies over it."""
    return {
        "Company": COMPANY,
        f"Code{part}": value,
        "Description": text,
        "ValidFrom": date(today.year - 10, 1, 1),
        "ValidUntil": date(2099, 12, 31),
        **more,
    }
