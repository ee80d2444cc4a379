"""One demo invoice before it becomes rows: head, coding lines, ledger items, purchase order."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from integrations.systems.ifs.simulator.demo_masters import COMPANY, DEBT
from integrations.systems.ifs.simulator.demo_suppliers import Supplier
from integrations.systems.ifs.simulator.rates import BASE, DIVISORS, RATES, domestic

Row = dict[str, Any]
UNITS = {"JPY": Decimal(1), "KWD": Decimal("0.001")}
_CENT, _ONE = Decimal("0.01"), Decimal(1)
_COSTS = frozenset({"IP2", "M10", "FA1", "IP3"})
_UNPOSTED = frozenset({"Preliminary", "PrelPosted"})
_NOTHING_OPEN = frozenset({"PaidPosted", "Cancelled"})


@dataclass(slots=True)
class Line:
    """A posting row; debit positive. item: the invoice item it belongs to."""

    kind: str
    account: str
    amount: Decimal
    text: str = ""
    tax_code: str | None = None
    code_b: str | None = None
    code_c: str | None = None
    code_d: str | None = None
    item: int = 1
    prel: bool = False
    reversed: bool = False
    quantity: Decimal | None = None
    price: Decimal | None = None
    po_line: str | None = None


@dataclass(slots=True)
class Draft:
    """What the cases change. debt_off: IP1 wrong by this; ledger_off: ledger item beside IP1 by this;
    earlier: number of an earlier invoice of the supplier. in_ledger, debt_row: whether the ledger lists it, and
    whether its voucher has the supplier-debt row. ledger_currency: of the ledger item, where it is another one."""

    id: int
    number: str
    supplier: Supplier
    invoice_date: date
    voucher_date: date
    due: date | None
    lines: list[Line]
    company: str = COMPANY
    state: str = "PostedAuth"
    paid: Decimal = Decimal(0)
    settled: bool = False
    debt_off: Decimal = Decimal(0)
    ledger_off: Decimal = Decimal(0)
    instalments: int = 1
    earlier: str = ""
    in_ledger: bool = True
    debt_row: bool = True
    ledger_currency: str = ""
    more: Row = field(default_factory=dict)
    orders: list[Row] = field(default_factory=list)
    order_lines: list[Row] = field(default_factory=list)
    receipts: list[Row] = field(default_factory=list)

    @property
    def unit(self) -> Decimal:
        """The smallest amount of its currency."""
        return UNITS.get(self.supplier.currency, _CENT)

    @property
    def posted(self) -> bool:
        return self.state not in _UNPOSTED

    def final(self) -> list[Line]:
        return [line for line in self.lines if not line.prel and not line.reversed]

    def net(self) -> Decimal:
        return sum((line.amount for line in self.final() if line.kind in _COSTS), Decimal(0))

    def tax(self) -> Decimal:
        return sum((line.amount for line in self.final() if line.kind == "AP1"), Decimal(0))

    def debt(self) -> Decimal:
        """What the company owes: minus the IP1 row."""
        return sum((line.amount for line in self.final()), Decimal(0)) + self.debt_off

    def domestic(self, amount: Decimal) -> Decimal:
        return amount if self.supplier.currency == BASE else domestic(amount, self.supplier.currency)

    def open_amount(self) -> Decimal:
        if self.settled or self.state in _NOTHING_OPEN:
            return Decimal(0).quantize(self.unit)
        return self.debt() + self.ledger_off - self.paid


def head(draft: Draft, today: date) -> Row:
    """The ManSuppInvoice row."""
    net, tax, left = draft.net(), draft.tax(), draft.open_amount()
    voucher: Row = {}
    if draft.posted:
        voucher = {
            "VoucherTypeRef": "I",
            "VoucherNoRef": draft.id,
            "VoucherDateRef": draft.voucher_date,
            "AccountingYearRef": draft.voucher_date.year,
        }
    return {
        "Company": draft.company,
        "InvoiceId": draft.id,
        "Identity": draft.supplier.id,
        "PartyType": "Supplier",
        "Name": draft.supplier.name,
        "SeriesId": "SI",
        "InvoiceNo": draft.number,
        "InvoiceVersion": 1,
        "InvoiceDate": draft.invoice_date,
        "DueDate": draft.due,
        "ArrivalDate": draft.invoice_date,
        "PayTermBaseDate": draft.invoice_date,
        "PlPayDate": draft.due,
        "CreationDate": min(draft.voucher_date, today),
        "InvoiceType": "SI",
        "PayTermId": draft.supplier.term,
        "Currency": draft.supplier.currency,
        "CurrRate": RATES[draft.supplier.currency],
        "DivFactor": DIVISORS.get(draft.supplier.currency, _ONE),
        "NetCurrAmount": net,
        "VatCurrAmount": tax,
        "NetDomAmount": draft.domestic(net),
        "VatDomAmount": draft.domestic(tax),
        "ProposalExist": "FALSE",
        "AdvInv": "FALSE",
        "MultiCompanyInvoice": "FALSE",
        "GrossUp": "FALSE",
        "Cash": "FALSE",
        "Collect": "FALSE",
        "Objstate": draft.state,
        "OpenAmount": draft.domestic(left),
        "OpenAmountCurr": left,
        "BlockedForPayment": False,
        **voucher,
        **draft.more,
    }


def items(draft: Draft) -> list[Row]:
    """One item per cost line, its tax beside it."""
    taxes = {line.item: line for line in draft.final() if line.kind == "AP1"}
    found = []
    for line in draft.final():
        if line.kind not in _COSTS:
            continue
        tax = taxes.get(line.item)
        found.append(
            {
                "Company": draft.company,
                "InvoiceId": draft.id,
                "ItemId": line.item,
                "Description": line.text,
                "VatCode": tax.tax_code if tax else "NT",
                "NetCurrAmount": line.amount,
                "VatCurrAmount": tax.amount if tax else Decimal(0).quantize(draft.unit),
                "NetDomAmount": draft.domestic(line.amount),
                "PoRefNumber": draft.more.get("PoRefNumber") if line.po_line else None,
                "PoLineNo": line.po_line,
                "PoRelNo": "1" if line.po_line else None,
                "Quantity": line.quantity,
                "UnitPrice": line.price,
                "UnitMeas": "pcs" if line.quantity is not None else None,
            }
        )
    return found


def postings(draft: Draft) -> list[Row]:
    """Every voucher row: the final voucher closes with supplier debt (IP1), the preliminary one with its own."""
    rows = [_posting(draft, row, line) for row, line in enumerate(_all_lines(draft), 1)]
    if not draft.posted:
        return rows
    _close_domestic(rows)
    return rows


def _all_lines(draft: Draft) -> list[Line]:
    lines = list(draft.lines)
    early = sum((line.amount for line in lines if line.prel or not draft.posted), Decimal(0))
    if early:
        lines.append(Line("IP1", DEBT, -early, "Supplier debt, preliminary", prel=True))
    if draft.posted and draft.debt_row:
        lines.append(Line("IP1", DEBT, -draft.debt(), "Supplier debt"))
    return lines


def _close_domestic(rows: list[Row]) -> None:
    """Where the currency amounts of the final voucher are zero, so are the domestic ones: IP1 takes the cents."""
    final = [row for row in rows if not row["PrelVoucher"] and not row["Reversed"]]
    if sum(row["CurrAmount"] for row in final) == 0:
        final[-1]["DomAmount"] -= sum(row["DomAmount"] for row in final)


def _posting(draft: Draft, row: int, line: Line) -> Row:
    return {
        "Company": draft.company,
        "InvoiceId": draft.id,
        "ItemId": line.item,
        "RowId": row,
        "PostingType": line.kind,
        "CodeA": line.account,
        "CurrAmount": line.amount,
        "DomAmount": draft.domestic(line.amount),
        "VoucherDate": draft.voucher_date,
        "Text": line.text,
        "CodeB": line.code_b,
        "CodeC": line.code_c,
        "CodeD": line.code_d,
        "TaxCode": line.tax_code,
        "VoucherType": "M" if line.prel else "I",
        "VoucherNo": draft.id,
        "PrelVoucher": line.prel or not draft.posted,
        "Reversed": line.reversed,
    }


def ledger_items(draft: Draft) -> list[Row]:
    """The supplier ledger: one row an instalment, nothing before posting. What is paid is taken off the first ones."""
    if not draft.posted or not draft.in_ledger:
        return []
    paid = draft.debt() + draft.ledger_off - draft.open_amount()
    payment: Row = {}
    if draft.settled or draft.state == "PaidPosted" or draft.paid:
        payment = {
            "PayDate": draft.voucher_date + timedelta(days=1),
            "PaymentSeriesId": "SUPAY",
            "PaymentId": draft.id,
        }
    found = []
    for number, amount in enumerate(_instalments(draft), 1):
        covered = min(paid, amount) if draft.instalments > 1 else paid
        paid -= covered
        found.append(
            {
                "Company": draft.company,
                "Identity": draft.supplier.id,
                "LedgerItemSeriesId": "SI",
                "LedgerItemId": draft.number,
                "InstallmentId": number,
                "Currency": draft.ledger_currency or draft.supplier.currency,
                "OriginalAmount": amount,
                "CurrAmount": amount,
                "OpenAmount": amount - covered,
                "DueDate": draft.due + timedelta(days=30 * (number - 1)) if draft.due else None,
                **payment,
            }
        )
    return found


def _instalments(draft: Draft) -> list[Decimal]:
    """Equal amounts; the last one takes the rest."""
    total = draft.debt() + draft.ledger_off
    share = (total / draft.instalments).quantize(draft.unit)
    return [share] * (draft.instalments - 1) + [total - share * (draft.instalments - 1)]
