"""What must become of every supplier invoice, computed from the stand-ins' own tables by the rules of docs/ap-rules.md.

It imports nothing of the product: both would have to make the same mistake. `Books` are plain rows as IFS and BILL hold
them; an `Outcome` is what has to stand on the other side, or the codes of every reason why nothing may stand there.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

Row = Mapping[str, Any]
ZERO = Decimal(0)
COST, TAX, SELF = {"IP2", "M10", "FA1", "IP3"}, {"AP1"}, {"AP3", "AP4"}
DEBT, WITHHELD = {"IP1"}, {"WH1"}
RELEASED, STATES = {"PostedAuth"}, {"Posted", "PostedAuth", "PartlyPaidPosted"}
OUT = {"Preliminary": "not_released", "PrelPosted": "not_released", "Cancelled": "cancelled", "PaidPosted": "settled"}
MINOR = {"JPY": Decimal(1), "KWD": Decimal("0.001")}


@dataclass(frozen=True)
class Choices:
    """What the tenant of the test has set; everything else is the product's default."""

    company: str
    start: date
    rounding_account: str
    tax_accounts: Mapping[str, str]
    parts: Mapping[str, str]  # code part -> kind of dimension, "" = not sent
    most_lines: int = 100
    tolerance: int = 5


@dataclass
class Books:
    """Rows of IFS by entity, and of BILL before the first sync: accounts and dimension values by number."""

    ifs: Mapping[str, Sequence[Row]]
    accounts: set[str]
    values: Mapping[str, set[str]]
    vendors: Sequence[Row] = ()  # entered in BILL by hand
    bills: Sequence[Row] = ()
    by_invoice: dict[tuple[str, str], list[Row]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for entity in ("ManSuppInvoicePostings", "ManSuppInvoiceItem"):
            for row in self.ifs[entity]:
                self.by_invoice[entity, f"{row['Company']}|{row['InvoiceId']}"].append(row)
        for row in self.ifs["SupplierLedgerItem"]:
            join = f"{row['Company']}|{row['Identity']}|{row['LedgerItemSeriesId']}|{row['LedgerItemId']}"
            self.by_invoice["SupplierLedgerItem", join].append(row)


@dataclass(frozen=True, order=True)
class Outcome:
    """`what` is bill, credit, linked, held, waiting or out; lines are (account, dimensions, amount), sorted."""

    what: str
    codes: tuple[str, ...] = ()
    supplier: str = ""
    number: str = ""
    day: str = ""
    due: str = ""
    amount: Decimal = ZERO
    lines: tuple[tuple[str, tuple[tuple[str, str], ...], Decimal], ...] = ()


def outcomes(books: Books, choices: Choices) -> dict[str, Outcome]:
    """The outcome of every invoice of the company by its key."""
    judge = _Judge(books, choices)
    mine = [row for row in books.ifs["ManSuppInvoice"] if row["Company"] == choices.company]
    return {f"{row['Company']}|{row['InvoiceId']}": judge.invoice(row) for row in mine}


class _Judge:
    def __init__(self, books: Books, choices: Choices) -> None:
        self.books, self.choices = books, choices
        self.suppliers = {row["SupplierId"]: row for row in books.ifs["SupplierInfoGeneral"]}
        mine = choices.company
        self.here = {r["SupplierId"]: r for r in books.ifs["SupplierInvoiceCompany"] if r["Company"] == mine}
        self.stopped = {
            r["Identity"] for r in books.ifs["SupplierPayment"] if r["Company"] == mine and r["BlockedForPayment"]
        }
        living = {(r["Company"], r["ProposalId"]) for r in books.ifs["PaymentProposal"] if r["Objstate"] != "Cancelled"}
        self.proposed = {
            (r["Identity"], r["LedgerItemId"])
            for r in books.ifs["ProposalItem"]
            if (r["Company"], r["ProposalId"]) in living
        }

    def invoice(self, row: Row) -> Outcome:
        ledger = self._ledger(row)
        if code := _unreadable(row, ledger):
            return Outcome("held", (code,))
        total = self._total(row, ledger)
        if reason := self._out(row, ledger, total):
            return Outcome("out", (reason,))
        if codes := self._held(row, ledger):
            return Outcome("held", tuple(codes))
        if row["Objstate"] not in (*RELEASED, "PartlyPaidPosted"):
            return Outcome("waiting", ("not_authorised",))
        if row["Identity"] not in self.suppliers:
            return Outcome("waiting", ("vendor_missing",))
        if supplier := self._unfit(row["Identity"]):
            return Outcome("held", (supplier,))
        if row["BlockedForPayment"] or row["Identity"] in self.stopped:
            return Outcome("waiting", ("blocked",))
        if not self._vendor_goes(row["Identity"]):
            return Outcome("waiting", ("vendor_not_sent",))
        if (row["Identity"], row["InvoiceNo"]) in self.proposed:
            return Outcome("held", ("in_payment_proposal",))
        if row["Objstate"] == "PartlyPaidPosted":
            return Outcome("held", ("partly_paid",))
        lines, codes = self._lines(row, total)
        if not self._is_owed(row, ledger):
            codes = ["total_unknown"]
        if codes:
            return Outcome("held", tuple(codes))
        return self._with_order(row, self._among_bills(self._document(row, total, lines)))

    def _with_order(self, row: Row, wanted: Outcome) -> Outcome:
        """What would be made waits for an order that nobody has read; a mismatch is noted, IFS has authorised it."""
        named = row["PoRefNumber"]
        unread = named and named not in {each["OrderNo"] for each in self.books.ifs["PurchaseOrder"]}
        return Outcome("waiting", ("po_not_read",)) if unread and wanted.what in ("bill", "credit") else wanted

    def _ledger(self, row: Row) -> list[Row]:
        join = f"{row['Company']}|{row['Identity']}|{row['SeriesId']}|{row['InvoiceNo']}"
        return self.books.by_invoice["SupplierLedgerItem", join]

    def _final(self, row: Row) -> list[Row]:
        rows = self.books.by_invoice["ManSuppInvoicePostings", f"{row['Company']}|{row['InvoiceId']}"]
        return [each for each in rows if not each["PrelVoucher"] and not each["Reversed"]]

    def _total(self, row: Row, ledger: Sequence[Row]) -> Decimal:
        if ledger:
            return sum((Decimal(each["OriginalAmount"]) for each in ledger), ZERO)
        debts = [Decimal(each["CurrAmount"]) for each in self._final(row) if each["PostingType"] in DEBT]
        return -sum(debts, ZERO) if debts else Decimal(row["NetCurrAmount"]) + Decimal(row["VatCurrAmount"] or 0)

    def _is_owed(self, row: Row, ledger: Sequence[Row]) -> bool:
        """Whether what is owed can be known: net and tax tell it only where no tax is self-assessed."""
        kinds = {each["PostingType"] for each in self._final(row)}
        return bool(ledger or kinds & DEBT or not kinds & SELF)

    def _out(self, row: Row, ledger: Sequence[Row], total: Decimal) -> str:
        state = row["Objstate"]
        if state in ("Preliminary", "PrelPosted", "Cancelled"):
            return OUT[state]
        if row["Cash"] == "TRUE":
            return "cash"
        if state != "PaidPosted" and total == 0:
            return "nothing_to_pay"
        still = sum((Decimal(each["OpenAmount"]) for each in ledger), ZERO) if ledger else row["OpenAmountCurr"]
        if state == "PaidPosted" or (still is not None and Decimal(still) == 0):
            return "settled"
        entered = row["VoucherDateRef"]
        return "before_start" if entered and date.fromisoformat(str(entered)) < self.choices.start else ""

    def _held(self, row: Row, ledger: Sequence[Row]) -> list[str]:
        found = []
        if row["Objstate"] not in STATES:
            found.append("unknown_state")
        if row["PartyType"] != "Supplier":
            found.append("party_type")
        if not row["InvoiceDate"]:
            found.append("no_invoice_date")
        if row["InvoiceType"] != "SI":
            found.append("invoice_type")
        flags = {"AdvInv": "prepayment", "MultiCompanyInvoice": "multi_company", "Collect": "collect"}
        found += [code for name, code in {**flags, "GrossUp": "gross_up"}.items() if row[name] == "TRUE"]
        if not row["DueDate"]:
            found.append("no_due_date")
        if len(ledger) > 1 and row["Objstate"] != "PartlyPaidPosted":
            found.append("instalments")
        return found

    def _unfit(self, key: str) -> str:
        if self.suppliers[key]["SupplierCategory"] != "Supplier":
            return "not_a_supplier"
        if key not in self.here:
            return "not_in_company"
        return "one_time_supplier" if self.suppliers[key]["OneTime"] else ""

    def _vendor_goes(self, key: str) -> bool:
        """Whether the supplier is, or becomes, a vendor in BILL without a person: never without a whole address."""
        name = "".join(c for c in self.suppliers[key]["Name"].casefold() if c.isalnum())
        numbered = any(each.get("shortName") == key for each in self.books.vendors)
        alike = any("".join(c for c in e["name"].casefold() if c.isalnum()) == name for e in self.books.vendors)
        return self._has_address(key) and (numbered or not alike)

    def _has_address(self, key: str) -> bool:
        today = self.today
        types = {
            (r["SupplierId"], r["AddressId"], r["AddressTypeCode"]) for r in self.books.ifs["SupplierInfoAddressType"]
        }
        for use in ("Pay", "Document"):
            for row in self.books.ifs["SupplierInfoAddress"]:
                if row["SupplierId"] == key and (key, row["AddressId"], use) in types and _valid(row, today):
                    return all(row[name] for name in ("Address1", "City", "ZipCode", "Country"))
        return False

    @property
    def today(self) -> str:
        return date.today().isoformat()  # noqa: DTZ011 - the stand-in's dates have no zone either

    def _lines(self, row: Row, total: Decimal) -> tuple[list[tuple[str, dict[str, str], Decimal]], list[str]]:
        """(coded lines, codes of what is wrong with them)."""
        rows = self._final(row)
        known = COST | TAX | SELF | DEBT | WITHHELD
        codes = [] if {each["PostingType"] for each in rows} <= known else ["unknown_posting_type"]
        if sum((Decimal(e["CurrAmount"]) for e in rows if e["PostingType"] in SELF), ZERO):
            codes.append("self_assessed_tax")
        if any(each["PostingType"] in WITHHELD for each in rows):
            codes.append("withholding")
        if codes:
            return [], codes
        lines = [self._coded(each, codes) for each in rows if each["PostingType"] in COST]
        taxes: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for each in rows:
            if each["PostingType"] in TAX:
                taxes[each["TaxCode"] or ""] += Decimal(each["CurrAmount"])
        for code, amount in taxes.items():
            account = self.choices.tax_accounts.get(code)
            if account is None:
                codes.append("unmapped_tax_code")
            elif amount:
                lines.append((account, {}, amount))
        lines = self._rounded(lines, total, row["Currency"], codes)
        return self._few(lines, codes), sorted(set(codes))

    def _coded(self, row: Row, codes: list[str]) -> tuple[str, dict[str, str], Decimal]:
        if row["CodeA"] not in self.books.accounts:
            codes.append("unmapped_account")
        used: dict[str, str] = {}
        for part in "BCDEFGHIJ":
            value = row[f"Code{part}"]
            if not value:
                continue
            if part not in self.choices.parts:
                codes.append("undeclared_dimension")
            elif kind := self.choices.parts[part]:
                if value not in self.books.values[kind]:
                    codes.append("unmapped_dimension")
                used[kind] = value
        return row["CodeA"], used, Decimal(row["CurrAmount"])

    def _rounded(
        self, lines: list[tuple[str, dict[str, str], Decimal]], total: Decimal, currency: str, codes: list[str]
    ) -> list[tuple[str, dict[str, str], Decimal]]:
        off = total - sum((amount for _, _, amount in lines), ZERO)
        if not off:
            return lines
        if abs(off) > self.choices.tolerance * MINOR.get(currency, Decimal("0.01")):
            codes.append("lines_do_not_add_up")
            return lines
        return [*lines, (self.choices.rounding_account, {}, off)]

    def _few(
        self, lines: list[tuple[str, dict[str, str], Decimal]], codes: list[str]
    ) -> list[tuple[str, dict[str, str], Decimal]]:
        """Lines of the same coding added together where there are too many; still too many is a reason."""
        if len(lines) <= self.choices.most_lines:
            return lines
        sums: dict[tuple[object, ...], Decimal] = defaultdict(lambda: ZERO)
        for account, used, amount in lines:
            sums[account, tuple(sorted(used.items()))] += amount
        joined = [(str(key[0]), dict(key[1]), amount) for key, amount in sums.items() if amount]  # type: ignore[call-overload]
        if len(joined) > self.choices.most_lines:
            codes.append("too_many_lines")
        return joined

    def _document(self, row: Row, total: Decimal, lines: Sequence[tuple[str, dict[str, str], Decimal]]) -> Outcome:
        sign = -1 if total < 0 else 1
        coded = sorted((account, tuple(sorted(used.items())), sign * amount) for account, used, amount in lines)
        return Outcome(
            "credit" if total < 0 else "bill",
            (),
            row["Identity"],
            row["InvoiceNo"],
            str(row["InvoiceDate"]),
            "" if total < 0 else str(row["DueDate"]),
            abs(total),
            tuple(coded),
        )

    def _among_bills(self, made: Outcome) -> Outcome:
        """Linked when the very same bill stands there, held when a bill of the same number in other spelling does."""
        own = {each["id"] for each in self.books.vendors if each.get("shortName") == made.supplier}
        mine = [each for each in self.books.bills if each["vendorId"] in own and made.what == "bill"]
        for each in mine:
            invoice = each["invoice"]
            same = (invoice["invoiceNumber"], str(invoice["invoiceDate"]), Decimal(str(each["amount"])))
            if same == (made.number, made.day, made.amount):
                return Outcome("linked")
        return Outcome("held", ("possible_duplicate",)) if any(_alike(each, made) for each in mine) else made


def _alike(bill: Row, made: Outcome) -> bool:
    """The same number in another spelling; or all its digits in order, and the amount."""
    number = bill["invoice"]["invoiceNumber"]
    if plain(number) == plain(made.number):
        return True
    digits = ["".join(c for c in each if c.isdigit()).lstrip("0") for each in (number, made.number)]
    return digits[0] == digits[1] != "" and Decimal(str(bill["amount"])) == made.amount


def plain(number: str) -> str:
    """Letters and digits in upper case; leading zeros of each run of digits off."""
    found, digits = "", ""
    for c in f"{number.upper()} ":
        if c.isdigit():
            digits += c
            continue
        found, digits = found + (digits.lstrip("0") or "0" if digits else ""), ""
        found += c if c.isalpha() else "/" if c == "/" else ""
    return found


def _unreadable(row: Row, ledger: Sequence[Row]) -> str:
    """Why no amount of it can be trusted: a currency nobody can pay in, too many decimals, a ledger in another one."""
    if row["Currency"] in ("usd", "XXX"):
        return "bad_currency"
    if Decimal(row["NetCurrAmount"]) % MINOR.get(row["Currency"], Decimal("0.01")):
        return "too_many_decimals"
    return "ledger_currency" if any(each["Currency"] != row["Currency"] for each in ledger) else ""


def _valid(row: Row, today: str) -> bool:
    return str(row["ValidFrom"] or "") <= today <= str(row["ValidTo"] or "9999")
