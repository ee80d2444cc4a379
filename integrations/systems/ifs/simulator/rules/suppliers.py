"""Supplier master."""

from collections.abc import Callable
from datetime import datetime

from integrations.systems.ifs.simulator.answers import business
from integrations.systems.ifs.simulator.store import Row, Store, day


def _create(_store: Store, row: Row, now: datetime) -> None:
    row["CreationDate"] = row["CreationDate"] or day(now)
    row["PartyType"] = row["PartyType"] or "Supplier"
    row["SupplierCategory"] = row["SupplierCategory"] or "Supplier"
    row["IdentifierRefValidation"] = row["IdentifierRefValidation"] or "None"
    for flag in ("OneTime", "B2bSupplier"):
        row[flag] = bool(row[flag])
    row["DefaultDomain"] = True if row["DefaultDomain"] is None else row["DefaultDomain"]


def _child(store: Store, row: Row, _now: datetime) -> None:
    if store.one("SupplierInfoGeneral", SupplierId=row["SupplierId"]) is None:
        raise business(f"The Supplier {row['SupplierId']} does not exist.", "20115")


def _company(store: Store, row: Row, now: datetime) -> None:
    _child(store, row, now)
    if store.one("Company", Company=row["Company"]) is None:
        raise business(f"The Company {row['Company']} does not exist.", "20110")
    row["Identity"], row["PartyType"] = row["Identity"] or row["SupplierId"], row["PartyType"] or "Supplier"


def _payment(store: Store, row: Row, now: datetime) -> None:
    row["SupplierId"] = row["SupplierId"] or row["Identity"]
    _child(store, row, now)
    row["BlockedForPayment"] = bool(row["BlockedForPayment"])


CREATE: dict[str, Callable[[Store, Row, datetime], None]] = {
    "SupplierInfoGeneral": _create,
    "SupplierInfoAddress": _child,
    "SupplierInfoAddressType": _child,
    "SupplierInvoiceCompany": _company,
    "SupplierPayment": _payment,
}
