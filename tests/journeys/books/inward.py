"""What must become of every invoice that AvidXchange captured, computed from the tables of both sides.

By docs/ap-rules.md, "Captured invoices into the books"; it imports nothing of the product.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from tests.journeys.books import outward
from tests.journeys.books.outcome import ZERO, Choices, Outcome, Row, facts, held, is_valid
from tests.journeys.books.outward import Tables

ACCOUNTS = "Accounting Codes"
MASKED = "************1111"
CARDS = ("4111 1111 1111 1111", "4111111111111111")
CURRENCIES = {"USD", "CAD", "EUR", "MXN", "JPY", "PLN"}
_OUT = {"InWorkflow": "not_approved", "Rejected": "cancelled", "Void": "cancelled"}
_TEXT = 200


def invoices(ifs: Tables, captured: Sequence[Row], choices: Choices) -> dict[str, Outcome]:
    """By the id of AvidXchange. `captured` in the order in which they were captured."""
    judge = _Judge(ifs, choices, captured)
    return {str(row["Id"]): judge.invoice(row) for row in captured}


class _Judge:
    def __init__(self, ifs: Tables, choices: Choices, captured: Sequence[Row]) -> None:
        self.choices, self.captured = choices, captured
        self.sent = {key for key, each in outward.vendors(ifs, choices).items() if each.what == "sent"}
        self.terms = {
            row["SupplierId"]: row["PayTermId"]
            for row in ifs["SupplierInvoiceCompany"]
            if row["Company"] == choices.company
        }
        self.accounts = {row["Account"]: row for row in ifs["Account"] if row["Company"] == choices.company}
        self.parts = {
            row["CodeName"]: row["CodePart"]
            for row in ifs["AccountingCodePart"]
            if row["Company"] == choices.company and row["CodePartUsed"]
        }
        self.values = {
            (part, row[f"Code{part}"]): row
            for part in "BCD"
            for row in ifs[f"Code{part}"]
            if row["Company"] == choices.company
        }
        self.periods = [row for row in ifs["AccountingPeriod"] if row["Company"] == choices.company]
        mine = [row for row in ifs["ManSuppInvoice"] if row["Company"] == choices.company]
        self.keyed = [row for row in mine if not row["Cf_Avid_Id"]]

    def invoice(self, row: Row) -> Outcome:
        if row["Number"] in CARDS:
            return held("card_number")
        return (
            self._company(row) or self._scope(row) or self._own(row) or self._coded(row) or self._double(row)
        ) or self._booked(row)

    def _company(self, row: Row) -> Outcome | None:
        company, choices = row["CompanyExternalCode"], self.choices
        if company == choices.company:
            return None
        if company in choices.companies or choices.company != choices.companies[0]:
            return Outcome("out", ("other_company",))
        return held("unknown_company")

    def _scope(self, row: Row) -> Outcome | None:
        if reason := _OUT.get(row["Status"]):
            return Outcome("out", (reason,))
        if _day(row["ApprovedDate"] or row["InvoiceDate"]) < self.choices.start:
            return Outcome("out", ("before_start",))
        return None

    def _own(self, row: Row) -> Outcome | None:
        found = []
        if row["Status"] == "Paid":
            found.append("paid_before_booked")
        elif row["Status"] != "Approved":
            found.append("unknown_state")
        if (row["Currency"] or "USD") not in CURRENCIES:
            found.append("currency")
        if not row["GrossAmount"]:
            found.append("zero_amount")
        elif not row["Distributions"]:
            found.append("no_lines")
        return held(*found) if found else None

    def _coded(self, row: Row) -> Outcome | None:
        arrived, invoiced = _day(row["ApprovedDate"]), _day(row["InvoiceDate"])
        found = [] if self._supplier(row) in self.sent else ["unknown_vendor"]
        found += [] if self._is_open(arrived) else ["closed_period"]
        for line in row["Distributions"]:
            found += self._line_faults(line, (arrived, invoiced))
        if sum(line["Amount"] for line in row["Distributions"]) != row["GrossAmount"]:
            found.append("unbalanced")
        return held(*found) if found else None

    def _line_faults(self, line: Row, days: tuple[date, ...]) -> list[str]:
        codes = _codes(line)
        account = self.accounts.get(codes.get(ACCOUNTS, ""))
        parts = {self.parts[group]: value for group, value in codes.items() if group != ACCOUNTS}
        found = [] if account else ["unmapped_account"]
        if account and (account["LedgFlag"] or account["LogicalAccountType"] == "Statistics"):
            found.append("account_not_usable")
        if account and not all(is_valid(account, day) for day in days):
            found.append("account_not_usable")
        found += [fault for part, value in parts.items() for fault in self._value_faults(part, value, days)]
        return [*found, *self._demand_faults(account, parts)]

    def _value_faults(self, part: str, value: str, days: tuple[date, ...]) -> list[str]:
        row = self.values.get((part, value))
        if row is None:
            return ["unmapped_dimension"]
        return [] if all(is_valid(row, day) for day in days) else ["value_not_valid"]

    def _demand_faults(self, account: Row | None, parts: Mapping[str, str]) -> list[str]:
        """What the account asks of each code part; a value that nobody knows is another matter."""
        demands = {part: account[f"ReqCode{part}"] for part in "BCD"} if account else {}
        for part, demand in demands.items():
            blocked = demand == "Blocked" and (part, parts.get(part, "")) in self.values
            if blocked or (demand == "Mandatory" and part not in parts):
                return ["code_part_demand"]
        return []

    def _double(self, row: Row) -> Outcome | None:
        """An older one of the same supplier, number and sign; or one that somebody keyed in IFS."""
        for older in self.captured:
            same = (_code(older), plain(older["Number"])) == (_code(row), plain(row["Number"]))
            if same and older["Id"] < row["Id"] and (older["GrossAmount"] < 0) == (row["GrossAmount"] < 0):
                return held("possible_duplicate")
        for keyed in self.keyed:
            total = keyed["NetCurrAmount"] + keyed["VatCurrAmount"]
            if keyed["Identity"] != self._supplier(row) or plain(keyed["InvoiceNo"]) != plain(row["Number"]):
                continue
            told = (keyed["InvoiceNo"], total, keyed["InvoiceDate"], keyed["Currency"])
            mine = (row["Number"], row["GrossAmount"], row["InvoiceDate"][:10], row["Currency"] or "USD")
            return Outcome("linked") if told == mine else held("possible_duplicate")
        return None

    def _booked(self, row: Row) -> Outcome:
        supplier = self._supplier(row)
        lines = [line for line in row["Distributions"] if line["Amount"]]
        return Outcome(
            "booked",
            (),
            facts(
                company=self.choices.company,
                supplier=supplier,
                series="SI",
                number=row["Number"],
                dated=row["InvoiceDate"][:10],
                arrived=row["ApprovedDate"][:10],
                due=row["InvoiceDueDate"][:10],
                currency=row["Currency"] or "USD",
                net=row["GrossAmount"],
                tax=ZERO,
                term=self.terms[supplier],
                method=self.choices.payment_method,
                order=row["PONumber"] or "",
                postings=tuple(self._posting(line) for line in lines),
                items=tuple((line["Amount"], str(line["POLineNumber"] or "")) for line in lines),
                authoriser=self.choices.authoriser,
            ),
        )

    def _posting(self, line: Row) -> tuple[object, ...]:
        codes = _codes(line)
        by_part = {self.parts[group]: value for group, value in codes.items() if group != ACCOUNTS}
        text = line["Description"]
        for card in CARDS:
            text = text.replace(card, MASKED)
        coding = tuple(by_part.get(part, "") for part in "BCD")
        return (codes[ACCOUNTS], *coding, line["Amount"], text.strip()[:_TEXT])

    def _supplier(self, row: Row) -> str:
        return _code(row).partition("|")[0]

    def _is_open(self, day: date) -> bool:
        return any(
            each["DateFrom"] <= day.isoformat() <= each["DateUntil"] and each["Objstate"] == "Open"
            for each in self.periods
        )


def plain(number: str) -> str:
    """A number without case, separators and leading zeros of each run of digits."""
    runs = re.findall(r"[0-9]+|[A-Z]+", number.upper())
    return " ".join(run.lstrip("0") or "0" if run.isdigit() else run for run in runs)


def _code(row: Row) -> str:
    return str(row["BuyerVendor"]["VendorExternalSystemID"])


def _codes(line: Row) -> Mapping[str, str]:
    found = line["EnterpriseCodes"]
    return {each["EnterpriseCodeGroups"][0]["CodeGroupName"]: each["EnterpriseCodeValue"] for each in found}


def _day(text: str) -> date:
    return date.fromisoformat(text[:10])
