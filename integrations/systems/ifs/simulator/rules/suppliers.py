"""Supplier master."""

from collections.abc import Callable
from datetime import datetime

from integrations.systems.ifs.simulator.store import Row, Store, day


def _create(_store: Store, row: Row, now: datetime) -> None:
    row["CreationDate"] = row["CreationDate"] or day(now)
    row["PartyType"] = row["PartyType"] or "Supplier"
    row["SupplierCategory"] = row["SupplierCategory"] or "Supplier"
    row["IdentifierRefValidation"] = row["IdentifierRefValidation"] or "None"
    for flag in ("OneTime", "B2bSupplier"):
        row[flag] = bool(row[flag])
    row["DefaultDomain"] = True if row["DefaultDomain"] is None else row["DefaultDomain"]


CREATE: dict[str, Callable[[Store, Row, datetime], None]] = {"SupplierInfoGeneral": _create}
