"""Manual vouchers: type, year and period open, no ledger accounts, balanced before approval."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from integrations.systems.ifs.simulator.answers import business
from integrations.systems.ifs.simulator.rules.common import amount, as_date, check_coding, open_period
from integrations.systems.ifs.simulator.store import Row, Store

_PARENT = ("Company", "VoucherType", "AccountingYear", "VoucherNo")


def _create(store: Store, row: Row, _now: datetime) -> None:
    day = as_date(row["VoucherDate"])
    if day is None:
        raise business("The field VoucherDate of Voucher is mandatory and must have a value.", "20111")
    if not store.find("VoucherTypeDef", Company=row["Company"], VoucherType=row["VoucherType"]):
        raise business(f"Voucher type {row['VoucherType']} does not exist.", "20140")
    year, period = open_period(store, row["Company"], day)
    if row["AccountingYear"] not in (None, year) or row["AccountingPeriod"] not in (None, period):
        raise business(f"The voucher date {day.isoformat()} is not in the given year and period.", "20141")
    row["AccountingYear"], row["AccountingPeriod"], row["Objstate"] = year, period, "Waiting"


def _head(store: Store, row: Row) -> Row:
    head = store.one("Voucher", **{name: row[name] for name in _PARENT})
    if head is None:
        raise business("The Voucher does not exist.", "20142")
    if head["Objstate"] != "Waiting":
        raise business(f"The Voucher cannot be changed in state {head['Objstate']}.", "20143")
    return head


def _create_row(store: Store, row: Row, _now: datetime) -> None:
    head = _head(store, row)
    if not row["Account"]:
        raise business("The field Account of VoucherRow is mandatory and must have a value.", "20111")
    check_coding(store, row, row["Account"], as_date(head["VoucherDate"]), manual=True)
    row["VoucherDate"] = head["VoucherDate"]
    row["AccountingPeriod"] = head["AccountingPeriod"]
    row["CurrencyAmount"] = _net(row, "CurrencyDebetAmount", "CurrencyCreditAmount", "CurrencyAmount")
    row["Amount"] = _net(row, "DebetAmount", "CreditAmount", "Amount")


def _net(row: Row, debit: str, credit: str, net: str) -> Decimal:
    if row[debit] is not None and row[credit] is not None:
        raise business(f"{debit} and {credit} cannot both have a value.", "20144")
    if row[debit] is None and row[credit] is None:
        if row[net] is None:
            raise business(f"The field {net} of VoucherRow is mandatory and must have a value.", "20111")
        return amount(row[net])
    found = amount(row[debit]) - amount(row[credit])
    if row[net] is not None and amount(row[net]) != found:
        raise business(f"{net} does not agree with {debit} and {credit}.", "20145")
    return found


def _approve(store: Store, row: Row, _now: datetime) -> Row:
    if row["Objstate"] not in ("Waiting", "Confirmed"):
        raise business(f"The Voucher cannot be approved in state {row['Objstate']}.", "20143")
    rows = store.find("VoucherRow", **{name: row[name] for name in _PARENT})
    if not rows:
        raise business("The Voucher has no rows.", "20146")
    currencies: dict[str | None, Decimal] = defaultdict(Decimal)
    for each in rows:
        currencies[each["CurrencyCode"]] += amount(each["CurrencyAmount"])
    domestic = sum((amount(each["Amount"]) for each in rows), Decimal(0))
    if domestic or any(currencies.values()):
        raise business("The Voucher is not balanced.", "20147")
    day = as_date(row["VoucherDate"])
    if day is not None:
        open_period(store, row["Company"], day)
    return {"Objstate": "Approved"}


def _cancel(_store: Store, row: Row, _now: datetime) -> Row:
    if row["Objstate"] not in ("Waiting", "Confirmed"):
        raise business(f"The Voucher cannot be cancelled in state {row['Objstate']}.", "20143")
    return {"Objstate": "Cancelled"}


def _change_row(store: Store, row: Row, _changes: Row) -> None:
    _head(store, row)


def _waiting(store: Store, row: Row) -> None:
    _head(store, row)


CREATE: dict[str, Callable[[Store, Row, datetime], None]] = {"Voucher": _create, "VoucherRow": _create_row}
UPDATE: dict[str, Callable[[Store, Row, Row], None]] = {"Voucher": _change_row, "VoucherRow": _change_row}
DELETE: dict[str, Callable[[Store, Row], None]] = {"Voucher": _waiting, "VoucherRow": _waiting}
ACTIONS: dict[tuple[str, str], Callable[[Store, Row, datetime], Row]] = {
    ("Voucher", "Approve"): _approve,
    ("Voucher", "Cancel"): _cancel,
}
