"""Manual supplier invoices."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from integrations.systems.ifs.simulator.answers import business
from integrations.systems.ifs.simulator.rates import BASE, DIVISORS, RATES, domestic
from integrations.systems.ifs.simulator.rules.common import amount, refuse_duplicate_invoice, supplier_name
from integrations.systems.ifs.simulator.store import Row, Store, day

_ALWAYS = frozenset(
    [
        "NcfReference",
        "PlPayDate",
        "DueDate",
        "PayTermId",
        "BlockedForPayment",
        "PaymentMethod",
        "AuthId",
        "InvoiceRecipient",
    ]
)


def _create(store: Store, row: Row, now: datetime) -> None:
    row["SeriesId"] = row["SeriesId"] or "SI"
    for name in ("Identity", "InvoiceNo"):
        if not row[name]:
            raise business(f"The field {name} of ManSuppInvoice is mandatory and must have a value.", "20111")
    refuse_duplicate_invoice(store, row)
    complete(store, row, now)


def complete(store: Store, row: Row, now: datetime) -> None:
    """What the server fills in on a new invoice. Refused for a supplier that may not be invoiced."""
    name = supplier_name(store, row)
    row["Name"], row["Objstate"], row["CreationDate"] = name, "Preliminary", day(now)
    row["PartyType"] = row["PartyType"] or "Supplier"
    row["InvoiceType"] = row["InvoiceType"] or "SI"
    row["InvoiceVersion"] = row["InvoiceVersion"] or 1
    for flag in ("AdvInv", "MultiCompanyInvoice", "GrossUp", "Cash", "Collect", "ProposalExist"):
        row[flag] = row[flag] or "FALSE"
    _convert(store, row)
    row["OpenAmountCurr"] = amount(row["NetCurrAmount"]) + amount(row["VatCurrAmount"])
    row["OpenAmount"] = amount(row["NetDomAmount"]) + amount(row["VatDomAmount"])


def _convert(store: Store, row: Row) -> None:
    """Rate and domestic amounts, as far as the tenant keeps a rate."""
    company, currency = store.one("Company", Company=row["Company"]), row["Currency"]
    base = company["Currency"] if company else None
    if base != BASE or currency not in RATES:
        return
    if row["CurrRate"] is None:
        row["CurrRate"], row["DivFactor"] = RATES[currency], DIVISORS.get(currency, Decimal(1))
    for ours, theirs in (("NetDomAmount", "NetCurrAmount"), ("VatDomAmount", "VatCurrAmount")):
        if row[ours] is None:
            row[ours] = domestic(amount(row[theirs]), currency)


def _update(_store: Store, row: Row, changes: Row) -> None:
    if row["Objstate"] == "Cancelled":
        raise business(f"The Supplier Invoice {row['InvoiceNo']} is cancelled.", "20131")
    own = {name for name in changes if not name.startswith("Cf_")}
    if row["Objstate"] != "Preliminary" and (refused := own - _ALWAYS):
        raise business(f"{min(refused)} cannot be changed in state {row['Objstate']}.", "20132")


def _cancel(_store: Store, row: Row, _now: datetime) -> Row:
    if row["Objstate"] not in ("Preliminary", "PrelPosted", "Posted", "PostedAuth"):
        raise business(f"The Supplier Invoice cannot be cancelled in state {row['Objstate']}.", "20133")
    return {"Objstate": "Cancelled", "OpenAmount": 0, "OpenAmountCurr": 0}


CREATE: dict[str, Callable[[Store, Row, datetime], None]] = {"ManSuppInvoice": _create}
UPDATE: dict[str, Callable[[Store, Row, Row], None]] = {"ManSuppInvoice": _update}
ACTIONS: dict[tuple[str, str], Callable[[Store, Row, datetime], Row]] = {("ManSuppInvoice", "Cancel"): _cancel}
