"""What a company of a simulated tenant needs before it has accounts: code parts, tax, terms, periods, voucher types."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from integrations.systems.ifs.simulator.schema import CODE_PARTS

Row = dict[str, Any]
PAYMENT_VOUCHER = "AVP"
"""The voucher type of payments that an AP tool made, used by nothing else."""


def frame(company: str, today: date, country: str = "US") -> Iterator[tuple[str, list[Row]]]:
    """(entity, rows) of one company; tax codes are those of its country, US or MX."""
    tables = {
        "AccountingCodePart": _code_parts(),
        "TaxCode": _tax_codes(country),
        "PaymentTerm": _terms(),
        "AccountingPeriod": _periods(today),
        "VoucherTypeDef": _voucher_types(),
    }
    for entity, rows in tables.items():
        yield entity, [{"Company": company, **row} for row in rows]


def _code_parts() -> list[Row]:
    used = {"A": "Account", "B": "Cost center", "C": "Project", "D": "Product line"}
    return [
        {
            "CodePart": part,
            "CodeName": used.get(part, f"Free {part}"),
            "Description": used.get(part, "Not used"),
            "MaxNumberOfChar": 10 if part == "A" else 20,
            "CodePartUsed": part in used,
        }
        for part in f"A{CODE_PARTS}"
    ]


_TAX_CODES = {
    "US": (
        ("ST825", "Sales tax 8.25 %", "8.25", "Tax"),
        ("ST6", "Sales tax 6 %", "6", "Tax"),
        ("UT825", "Use tax 8.25 %", "8.25", "UseTax"),
        ("GST5", "GST 5 %", "5", "Tax"),
        ("RC19", "Reverse charge 19 %", "19", "CalculatedTax"),
        ("NT", "No tax", "0", "NoTax"),
        ("WH30", "Withholding 30 %", "30", "Withholding"),
    ),
    "MX": (("IVA16", "IVA 16 %", "16", "Tax"), ("NT", "No tax", "0", "NoTax")),
}


def _tax_codes(country: str) -> list[Row]:
    return [
        {"FeeCode": code, "Description": text, "FeeRate": Decimal(rate), "FeeType": kind}
        for code, text, rate, kind in _TAX_CODES[country]
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
            yield {
                "AccountingYear": year,
                "AccountingPeriod": month,
                "DateFrom": start,
                "DateUntil": following - timedelta(days=1),
                "Objstate": "Open" if start >= first_open else "Closed",
            }


_VOUCHER_TYPES = {
    "I": "Supplier invoice",
    "U": "Supplier payment",
    "M": "Manual voucher",
    "AVX": "AP tool payments",
    PAYMENT_VOUCHER: "AvidXchange payments",
}


def _voucher_types() -> list[Row]:
    return [{"VoucherType": kind, "Description": text} for kind, text in _VOUCHER_TYPES.items()]
