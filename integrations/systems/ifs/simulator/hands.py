"""What people do in IFS after an invoice was posted, all its rows kept in step: for tests and journeys.

Every act takes the simulator, a company and an InvoiceId (or ProposalId) and raises KeyError for one that is not there.
ACTS offers them by name over the control endpoint.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from integrations.systems.ifs.simulator.store import day

if TYPE_CHECKING:
    from integrations.systems.ifs.simulator.simulator import Simulator

Row = dict[str, Any]
_COSTS = frozenset({"IP2", "M10", "FA1", "IP3"})
_CHILDREN = ("ManSuppInvoiceItem", "ManSuppInvoicePostings", "InvoiceDocument")
_ENTRIES = ("Company", "InvoiceId", "ItemId", "RowId")
_LEDGER = ("Company", "Identity", "LedgerItemSeriesId", "LedgerItemId", "InstallmentId")


def change_amount(sim: "Simulator", company: str, invoice: int, by: Decimal | str) -> None:
    """The first cost line, and with it item, head, debt and ledger item, grows by so much."""
    more, head = Decimal(by), _head(sim, company, invoice)
    line, debt, entry = _line(sim, company, invoice), _debt(sim, company, invoice), _ledger(sim, head)[-1]
    _edit(sim, "ManSuppInvoicePostings", _ENTRIES, line, CurrAmount=line["CurrAmount"] + more)
    _edit(sim, "ManSuppInvoicePostings", _ENTRIES, debt, CurrAmount=debt["CurrAmount"] - more)
    item = sim.row("ManSuppInvoiceItem", (company, invoice, line["ItemId"]))
    _edit(sim, "ManSuppInvoiceItem", _ENTRIES[:3], item, NetCurrAmount=item["NetCurrAmount"] + more)
    sim.edit("ManSuppInvoice", (company, invoice), **_grown(head, more, "NetCurrAmount", "OpenAmountCurr"))
    _edit(
        sim, "SupplierLedgerItem", _LEDGER, entry, **_grown(entry, more, "OriginalAmount", "CurrAmount", "OpenAmount")
    )


def change_due_date(sim: "Simulator", company: str, invoice: int, due: date | str) -> None:
    """Head and first instalment fall due on another day."""
    head = _head(sim, company, invoice)
    sim.edit("ManSuppInvoice", (company, invoice), DueDate=str(due))
    _edit(sim, "SupplierLedgerItem", _LEDGER, _ledger(sim, head)[0], DueDate=str(due))


def change_line(sim: "Simulator", company: str, invoice: int, **fields: Any) -> None:
    """Other text or coding (Text, CodeA..CodeJ) of the first cost line."""
    _edit(sim, "ManSuppInvoicePostings", _ENTRIES, _line(sim, company, invoice), **fields)


def change_head(sim: "Simulator", company: str, invoice: int, **fields: Any) -> None:
    """Fields of the head alone: a number, a reference, BlockedForPayment, a state such as Posted (authority taken)."""
    sim.edit("ManSuppInvoice", (company, invoice), **fields)


def cancel(sim: "Simulator", company: str, invoice: int) -> None:
    """The invoice is cancelled; its ledger items are closed."""
    head = _head(sim, company, invoice)
    _close(sim, head, "Cancelled")
    for entry in _ledger(sim, head):
        _edit(sim, "SupplierLedgerItem", _LEDGER, entry, OpenAmount=Decimal(0))


def pay(sim: "Simulator", company: str, invoice: int, amount: Decimal | str = "") -> None:
    """IFS pays the whole open amount, or `amount` of it, the first instalments first."""
    head = _head(sim, company, invoice)
    entries = _ledger(sim, head)
    due = sum((Decimal(entry["OpenAmount"]) for entry in entries), Decimal(0))
    left = Decimal(amount) if amount else due
    rest = due - left
    for entry in entries:
        part = min(left, entry["OpenAmount"]) if left > 0 else max(left, entry["OpenAmount"])
        left -= part
        payment = {"PayDate": day(sim.clock()).isoformat(), "PaymentSeriesId": "SUPAY", "PaymentId": invoice}
        _edit(sim, "SupplierLedgerItem", _LEDGER, entry, OpenAmount=entry["OpenAmount"] - part, **payment)
    if rest:
        sim.edit("ManSuppInvoice", (company, invoice), Objstate="PartlyPaidPosted", OpenAmountCurr=rest)
    else:
        _close(sim, head, "PaidPosted")


def settle(sim: "Simulator", company: str, invoice: int, account: str, amount: Decimal | str = "") -> int:
    """AP settles the whole open amount, or `amount` of it, from `account`; returns the number of its voucher."""
    head = _head(sim, company, invoice)
    due = sum((Decimal(entry["OpenAmount"]) for entry in _ledger(sim, head)), Decimal(0))
    paid = Decimal(amount) if amount else due
    pay(sim, company, invoice, paid)
    rate = Decimal(str(head["CurrRate"] or 1)) / Decimal(str(head["DivFactor"] or 1))
    debt = _debt(sim, company, invoice)["CodeA"]
    named = {"ReferenceSerie": head["SeriesId"], "ReferenceNumber": head["InvoiceNo"], "PartyTypeId": head["Identity"]}
    sides = ((debt, "CurrencyDebetAmount", paid), (account, "CurrencyCreditAmount", paid))
    rows = [
        {"Account": number, side: amount_, "CurrencyCode": head["Currency"], "CurrencyRate": rate, **named}
        for number, side, amount_ in sides
    ]
    return post(sim, company, rows, text=f"Settlement of {head['InvoiceNo']}")


def post(sim: "Simulator", company: str, rows: Sequence[Row], *, kind: str = "SUP", text: str = "") -> int:
    """Somebody's own voucher of type `kind`, approved today; returns its number. It is not checked: IFS made it."""
    today = day(sim.clock())
    periods = sim.rows("AccountingPeriod", Company=company)
    period = next(
        each for each in periods if str(each["DateFrom"])[:10] <= today.isoformat() <= str(each["DateUntil"])[:10]
    )
    key = {"Company": company, "VoucherType": kind, "AccountingYear": period["AccountingYear"]}
    number = sim.store.next_number(sim.entities["Voucher"], "VoucherNo", key)
    said = {
        **key,
        "VoucherNo": number,
        "AccountingPeriod": period["AccountingPeriod"],
        "VoucherDate": today.isoformat(),
    }
    sim.insert("Voucher", {**said, "VoucherText": text, "Objstate": "Approved"})
    for place, row in enumerate(rows, 1):
        sim.insert("VoucherRow", {**said, "RowNo": place, "Text": text, **row})
    return number


def remove(sim: "Simulator", company: str, invoice: int) -> None:
    """The invoice and everything under it vanish."""
    head = _head(sim, company, invoice)
    for entry in _ledger(sim, head):
        sim.delete("SupplierLedgerItem", [entry[name] for name in _LEDGER])
    for name in _CHILDREN:
        for row in sim.rows(name, Company=company, InvoiceId=invoice):
            sim.delete(name, [row[key] for key in sim.entities[name].keys])
    sim.delete("ManSuppInvoice", (company, invoice))


def propose(sim: "Simulator", company: str, invoices: Sequence[int]) -> int:
    """A new payment proposal with the open ledger items of these invoices; returns its id."""
    number = sim.store.next_number(sim.entities["PaymentProposal"], "ProposalId", {"Company": company})
    today = day(sim.clock())
    head = {"Company": company, "ProposalId": number, "ProposalDate": today, "Objstate": "Preliminary"}
    sim.insert("PaymentProposal", {**head, "Description": f"Pay run {number}"})
    for each in invoices:
        invoice = _head(sim, company, each)
        item = {name: invoice[name] for name in ("Company", "Identity", "Currency")}
        join = {"LedgerItemSeriesId": invoice["SeriesId"], "LedgerItemId": invoice["InvoiceNo"]}
        plan = {"CurrAmount": invoice["OpenAmountCurr"], "PlannedPayDate": today + timedelta(days=3)}
        sim.insert("ProposalItem", {**item, **join, **plan, "ProposalId": number})
        sim.edit("ManSuppInvoice", (company, each), ProposalExist="TRUE")
    return number


def move_proposal(sim: "Simulator", company: str, proposal: int, state: str) -> None:
    """Acknowledged, Ordered, Paid (its invoices are paid) or Cancelled (its invoices are free again)."""
    sim.edit("PaymentProposal", (company, proposal), Objstate=state)
    if state not in ("Paid", "Cancelled"):
        return
    for item in sim.rows("ProposalItem", Company=company, ProposalId=proposal):
        number = {
            "Identity": item["Identity"],
            "InvoiceNo": item["LedgerItemId"],
            "SeriesId": item["LedgerItemSeriesId"],
        }
        for invoice in sim.rows("ManSuppInvoice", Company=company, **number):
            if state == "Paid":
                pay(sim, company, invoice["InvoiceId"])
            else:
                sim.edit("ManSuppInvoice", (company, invoice["InvoiceId"]), ProposalExist="FALSE")


ACTS: dict[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (
        change_amount,
        change_due_date,
        change_line,
        change_head,
        cancel,
        pay,
        settle,
        post,
        remove,
        propose,
        move_proposal,
    )
}


def _head(sim: "Simulator", company: str, invoice: int) -> Row:
    return sim.row("ManSuppInvoice", (company, invoice))


def _close(sim: "Simulator", head: Row, state: str) -> None:
    nothing = {"OpenAmount": Decimal(0), "OpenAmountCurr": Decimal(0)}
    sim.edit("ManSuppInvoice", (head["Company"], head["InvoiceId"]), Objstate=state, **nothing)


def _final(sim: "Simulator", company: str, invoice: int) -> list[Row]:
    rows = sim.rows("ManSuppInvoicePostings", Company=company, InvoiceId=invoice)
    return [row for row in rows if not row["PrelVoucher"] and not row["Reversed"]]


def _line(sim: "Simulator", company: str, invoice: int) -> Row:
    found = [row for row in _final(sim, company, invoice) if row["PostingType"] in _COSTS]
    if not found:
        raise KeyError(f"invoice {invoice} has no cost line")
    return found[0]


def _debt(sim: "Simulator", company: str, invoice: int) -> Row:
    found = [row for row in _final(sim, company, invoice) if row["PostingType"] == "IP1"]
    if not found:
        raise KeyError(f"invoice {invoice} has no row of supplier debt")
    return found[0]


def _ledger(sim: "Simulator", head: Row) -> list[Row]:
    join = {"LedgerItemSeriesId": head["SeriesId"], "LedgerItemId": head["InvoiceNo"]}
    found = sim.rows("SupplierLedgerItem", Company=head["Company"], Identity=head["Identity"], **join)
    if not found:
        raise KeyError(f"invoice {head['InvoiceId']} is not in the ledger")
    return found


def _grown(row: Row, more: Decimal, *names: str) -> Row:
    """Those of the amounts that are filled, so much larger."""
    return {name: row[name] + more for name in names if row[name] is not None}


def _edit(sim: "Simulator", entity: str, names: Sequence[str], row: Mapping[str, Any], **fields: Any) -> None:
    sim.edit(entity, [row[name] for name in names], **fields)
