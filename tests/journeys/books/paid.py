"""What must become of every payment that AvidXchange made, computed from its tables and from what is booked.

By docs/ap-rules.md, "Payments into the books", payment_mode clearing; it imports nothing of the product.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from tests.journeys.books.outcome import ZERO, Choices, Outcome, Row, cents, facts, held

_WAITING = {"Pending Approval", "Held", "Processing", "Debit Requested", "Funds Received", "VCC Processing"}
_BOOKED = {"Issued to Supplier", "ACH Credit Issued", "Cleared"}


def payments(paid: Sequence[Row], booked: Mapping[str, Row], choices: Choices) -> dict[str, Outcome]:
    """By the id of AvidXchange; `paid` in the order of their ids, `booked` are invoices of IFS by AvidXchange's id."""
    judge = _Judge(booked, choices)
    return {str(row["PaymentId"]): judge.payment(row) for row in paid}


class _Judge:
    """One after the other: what an earlier one has paid is not open any more."""

    def __init__(self, booked: Mapping[str, Row], choices: Choices) -> None:
        self.booked, self.choices = booked, choices
        self.paid: dict[str, Decimal] = {}
        self.transactions: set[str] = set()

    def payment(self, row: Row) -> Outcome:
        if outcome := self._not_for_us(row) or self._state(row) or self._amounts(row):
            return outcome
        parts = row["Invoices"]
        if any(str(each["InvoiceId"]) not in self.booked for each in parts):
            return Outcome("waiting", ("invoice_not_booked",))
        if faults := [fault for each in parts for fault in self._faults(row, each)]:
            return held(*faults)
        if row["TransactionId"] in self.transactions:
            return held("possible_duplicate_payment")
        self.transactions.add(row["TransactionId"])
        for each in parts:
            key = str(each["InvoiceId"])
            self.paid[key] = self.paid.get(key, ZERO) + each["Net"] + each["Discount"]
        return Outcome("booked", (), self.voucher(row))

    def _not_for_us(self, row: Row) -> Outcome | None:
        company, choices = row["CompanyExternalCode"], self.choices
        if company == choices.company:
            return None
        if company in choices.companies or choices.company != choices.companies[0]:
            return Outcome("out", ("other_company",))
        return held("unknown_company")

    def _state(self, row: Row) -> Outcome | None:
        status = row["Status"]["Description"]
        if status in _BOOKED:
            card = row["PaymentMethod"]["Description"] == "Virtual Credit Card"
            return Outcome("waiting", ("not_issued",)) if card and status != "Cleared" else None
        if status in _WAITING:
            return Outcome("waiting", ("not_issued",))
        if status == "Error":
            return Outcome("waiting", ("payment_failed",))
        return Outcome("out", ("voided",)) if status == "Void" else held("unknown_payment_state")

    def _amounts(self, row: Row) -> Outcome | None:
        total = sum(each["Net"] for each in row["Invoices"])
        return held("amounts_differ") if total != row["Amount"] else None

    def _faults(self, row: Row, each: Row) -> list[str]:
        """A part must be of the sign of its invoice and no more than is left of it."""
        key = str(each["InvoiceId"])
        invoice, found = self.booked[key], []
        if invoice["Currency"] != row["Currency"]:
            found.append("other_currency")
        if invoice["Identity"] != row["Payee"]["ExternalVendorCode"].partition("|")[0]:
            found.append("other_supplier")
        total = invoice["NetCurrAmount"] + invoice["VatCurrAmount"]
        sign = -1 if total < 0 else 1
        left = total - self.paid.get(key, ZERO)
        if not 0 < (each["Net"] + each["Discount"]) * sign <= left * sign:
            found.append("more_than_open")
        return found

    def voucher(self, row: Row) -> tuple[tuple[str, object], ...]:
        """Head and rows: account, currency, amount, domestic, supplier, series, number, transaction; debit positive."""
        first = self.booked[str(row["Invoices"][0]["InvoiceId"])]
        rate = Decimal(str(first["CurrRate"])) / Decimal(str(first["DivFactor"]))
        rows = [self._row(self.choices.cash, -row["Amount"], rate, row, first)]
        for each in row["Invoices"]:
            invoice = self.booked[str(each["InvoiceId"])]
            rows.append(self._row(self.choices.settlement, each["Net"], rate, row, invoice))
        off = sum((Decimal(str(each[3])) for each in rows), ZERO)
        if off:
            account, currency, _, _, *named = self._row(self.choices.rounding, ZERO, rate, row, first)
            rows.append((account, currency, ZERO, -off, *named))
        return facts(
            company=self.choices.company,
            type=self.choices.voucher_type,
            dated=row["PaymentDate"][:10],
            rows=tuple(sorted(rows, key=str)),
        )

    def _row(self, account: str, amount: Decimal, rate: Decimal, row: Row, invoice: Row) -> tuple[object, ...]:
        named = (invoice["Identity"], invoice["SeriesId"], invoice["InvoiceNo"], row["TransactionId"])
        return (account, row["Currency"], amount, cents(amount * rate), *named)
