"""External supplier invoices (load, check, create) and posting proposals."""

from collections.abc import Callable
from datetime import datetime

from integrations.systems.ifs.simulator.answers import Refusal, business
from integrations.systems.ifs.simulator.rules.common import (
    amount,
    as_date,
    check_coding,
    duplicates,
    refuse_duplicate_invoice,
    supplier_name,
)
from integrations.systems.ifs.simulator.rules.invoices import complete
from integrations.systems.ifs.simulator.store import Row, Store, day

_SHARED = frozenset(
    (
        "Company",
        "Identity",
        "PartyType",
        "SeriesId",
        "InvoiceNo",
        "InvoiceType",
        "InvoiceDate",
        "DueDate",
        "PayTermId",
        "Currency",
        "CurrRate",
        "NetCurrAmount",
        "VatCurrAmount",
        "NetDomAmount",
        "VatDomAmount",
        "PoRefNumber",
        "NcfReference",
        "Cf_Avid_Id",
        "ArrivalDate",
        "PaymentMethod",
    )
)


def _load(_store: Store, row: Row, now: datetime) -> None:
    row["Objstate"], row["CreationDate"] = "Loaded", day(now)
    row["PartyType"] = row["PartyType"] or "Supplier"
    row["SeriesId"] = row["SeriesId"] or "SI"


def _load_child(store: Store, row: Row, _now: datetime) -> None:
    _loose(_head(store, row))


def _head(store: Store, row: Row) -> Row:
    head = store.one("ExtIncInvHead", Company=row["Company"], LoadId=row["LoadId"])
    if head is None:
        raise business(f"The load {row['LoadId']} does not exist.", "20150")
    return head


def _loose(head: Row) -> None:
    if head["Objstate"] == "Created":
        raise business("The external invoice has been created and cannot be changed.", "20151")


def _change_head(_store: Store, row: Row, changes: Row) -> None:
    if any(not name.startswith("Cf_") for name in changes):
        _loose(row)


def _change_child(store: Store, row: Row, _changes: Row) -> None:
    _loose(_head(store, row))


def _remove_head(_store: Store, row: Row) -> None:
    _loose(row)


def _remove_child(store: Store, row: Row) -> None:
    _loose(_head(store, row))


def _check(store: Store, row: Row, _now: datetime) -> Row:
    _loose(row)
    fault = _fault(store, row)
    return {"Objstate": "Error" if fault else "Checked", "ErrorCode": fault}


def _fault(store: Store, row: Row) -> str | None:
    """Why the invoice cannot be created, as an error code."""
    try:
        supplier_name(store, row)
    except Refusal:
        return "SUPPLIER_NOT_VALID"
    if duplicates(store, row):
        return "INVOICE_EXISTS"
    items, postings = _children(store, row)
    sums = [
        sum(amount(each[name]) for each in rows)
        for rows, name in ((items, "NetCurrAmount"), (postings, "CurrAmount"))
        if rows
    ]
    if not sums or any(each != amount(row["NetCurrAmount"]) for each in sums):
        return "AMOUNTS_DIFFER"
    try:
        for each in postings:
            check_coding(store, each, each["CodeA"], as_date(row["InvoiceDate"]), manual=False)
    except Refusal:
        return "POSTING_NOT_VALID"
    return None


def _children(store: Store, row: Row) -> tuple[list[Row], list[Row]]:
    key = {"Company": row["Company"], "LoadId": row["LoadId"]}
    return store.find("ExtIncInvItem", **key), store.find("ExtIncInvPostings", **key)


def _create_invoice(store: Store, row: Row, now: datetime) -> Row:
    if row["Objstate"] != "Checked":
        raise business(f"The external invoice must be checked first; it is {row['Objstate']}.", "20152")
    refuse_duplicate_invoice(store, row)
    invoice = _preliminary(store, {name: row[name] for name in _SHARED}, now)
    items, postings = _children(store, row)
    key = {"Company": row["Company"], "InvoiceId": invoice}
    names = store.entities["ManSuppInvoiceItem"].names
    store.insert_many("ManSuppInvoiceItem", [{**_kept(each, names), **key} for each in items])
    names = store.entities["ManSuppInvoicePostings"].names
    store.insert_many(
        "ManSuppInvoicePostings",
        [{**_kept(each, names), **key, "PrelVoucher": True, "Reversed": False} for each in postings],
    )
    return {"Objstate": "Created", "InvoiceId": invoice, "ErrorCode": None}


def _kept(row: Row, names: frozenset[str]) -> Row:
    return {name: value for name, value in row.items() if name in names}


def _preliminary(store: Store, values: Row, now: datetime) -> int:
    """A new preliminary invoice; returns its id."""
    entity = store.entities["ManSuppInvoice"]
    row: Row = {**entity.blank, **values}
    complete(store, row, now)
    row["InvoiceId"] = store.next_number(entity, "InvoiceId", {"Company": row["Company"]})
    store.insert("ManSuppInvoice", row)
    return int(row["InvoiceId"])


def _propose(store: Store, row: Row, now: datetime) -> None:
    row["Objstate"] = "Preliminary"
    if row["InvoiceId"] is None:
        for name in ("Identity", "InvoiceNo", "InvoiceDate", "Currency", "NetCurrAmount"):
            if row[name] is None:
                raise business(f"The field {name} is mandatory for a new invoice.", "20111")
        values = {name: row[name] for name in _SHARED if name in row} | {"SeriesId": "SI"}
        refuse_duplicate_invoice(store, values)
        row["InvoiceId"] = _preliminary(store, values, now)
        return
    invoice = store.one("ManSuppInvoice", Company=row["Company"], InvoiceId=row["InvoiceId"])
    if invoice is None:
        raise business(f"The Supplier Invoice {row['InvoiceId']} does not exist.", "20153")
    if invoice["Objstate"] not in ("Preliminary", "PrelPosted"):
        raise business(f"The Supplier Invoice is {invoice['Objstate']}; no proposal is possible.", "20154")
    for name in ("Identity", "InvoiceNo", "InvoiceDate", "DueDate", "Currency", "NetCurrAmount", "VatCurrAmount"):
        row[name] = invoice[name] if row[name] is None else row[name]


def _propose_line(store: Store, row: Row, _now: datetime) -> None:
    key = {name: row[name] for name in ("Company", "InvoiceId", "ProposalId")}
    head = store.one("PostingProposalHead", **key)
    if head is None:
        raise business("The Posting Proposal does not exist.", "20155")
    if head["Objstate"] not in ("Preliminary", "InProgress"):
        raise business(f"The Posting Proposal is {head['Objstate']}.", "20156")
    if not row["CodeA"]:
        raise business("The field CodeA of PostingProposalLine is mandatory and must have a value.", "20111")
    check_coding(store, row, row["CodeA"], as_date(head["InvoiceDate"]), manual=True)


def _authorise(_store: Store, row: Row, _now: datetime) -> Row:
    if row["Objstate"] not in ("Preliminary", "InProgress"):
        raise business(f"The Posting Proposal is {row['Objstate']}.", "20156")
    return {"Objstate": "Authorized"}


CREATE: dict[str, Callable[[Store, Row, datetime], None]] = {
    "ExtIncInvHead": _load,
    "ExtIncInvItem": _load_child,
    "ExtIncInvPostings": _load_child,
    "PostingProposalHead": _propose,
    "PostingProposalLine": _propose_line,
}
UPDATE: dict[str, Callable[[Store, Row, Row], None]] = {
    "ExtIncInvHead": _change_head,
    "ExtIncInvItem": _change_child,
    "ExtIncInvPostings": _change_child,
}
DELETE: dict[str, Callable[[Store, Row], None]] = {
    "ExtIncInvHead": _remove_head,
    "ExtIncInvItem": _remove_child,
    "ExtIncInvPostings": _remove_child,
}
ACTIONS: dict[tuple[str, str], Callable[[Store, Row, datetime], Row]] = {
    ("ExtIncInvHead", "Check"): _check,
    ("ExtIncInvHead", "Create"): _create_invoice,
    ("PostingProposalHead", "Authorize"): _authorise,
}
