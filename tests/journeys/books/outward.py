"""What AvidXchange must hold of the masters and orders of IFS, computed from the rows of IFS by docs/ap-rules.md.

It imports nothing of the product: both would have to make the same mistake.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from tests.journeys.books.outcome import Choices, Outcome, Row, facts, held, is_valid

Tables = Mapping[str, Sequence[Row]]
ENTITIES = (
    *("SupplierInfoGeneral", "SupplierInvoiceCompany", "SupplierInfoAddress", "SupplierInfoAddressType"),
    *("Account", "AccountingCodePart", "CodeB", "CodeC", "CodeD"),
    *("PurchaseOrder", "PurchaseOrderLine", "AccountingPeriod", "ManSuppInvoice"),
)
_ORDERS = {"Planned": "not_released", "Closed": "order_over", "Cancelled": "order_over", "Stopped": "order_over"}
_LONGEST = 50
_US_DIGITS = 9


def vendors(ifs: Tables, choices: Choices) -> dict[str, Outcome]:
    """By supplier."""
    here = {row["SupplierId"]: row for row in ifs["SupplierInvoiceCompany"] if row["Company"] == choices.company}
    return {row["SupplierId"]: _vendor(ifs, row, here.get(row["SupplierId"]), choices) for row in _suppliers(ifs)}


def _suppliers(ifs: Tables) -> Sequence[Row]:
    return ifs["SupplierInfoGeneral"]


def _vendor(ifs: Tables, row: Row, here: Row | None, choices: Choices) -> Outcome:
    if row["SupplierCategory"] != "Supplier":
        return Outcome("out", ("not_a_supplier",))
    if here is None:
        return Outcome("out", ("not_in_company",))
    if row["OneTime"]:
        return Outcome("out", ("one_time",))
    address = _remit_to(ifs, row["SupplierId"], choices)
    if address is None:
        return held("no_remit_address")
    if not all(address[name] for name in ("Address1", "City", "ZipCode", "Country")):
        return held("incomplete_address")
    return Outcome("sent", (), _vendor_facts(ifs, row, address))


def _remit_to(ifs: Tables, supplier: str, choices: Choices) -> Row | None:
    """The valid address of type Pay, else of type Document."""
    kinds = {
        (row["AddressId"], row["AddressTypeCode"])
        for row in ifs["SupplierInfoAddressType"]
        if row["SupplierId"] == supplier
    }
    valid = {
        row["AddressId"]: row
        for row in ifs["SupplierInfoAddress"]
        if row["SupplierId"] == supplier
        and (row["ValidFrom"] or "") <= choices.today.isoformat() <= (row["ValidTo"] or "9999")
    }
    for kind in ("Pay", "Document"):
        found = sorted(each for each in valid if (each, kind) in kinds)
        if found:
            return valid[found[0]]
    return None


def _vendor_facts(ifs: Tables, row: Row, address: Row) -> tuple[tuple[str, object], ...]:
    tax = row["AssociationNo"] or ""
    digits = sum(letter.isdigit() for letter in tax)
    shown = tax if row["Country"] != "US" or digits == _US_DIGITS else ""
    return facts(
        name=row["Name"],
        line1=address["Address1"] or "",
        line2=address["Address2"] or "",
        city=address["City"] or "",
        state=address["State"] or "",
        postal_code=address["ZipCode"] or "",
        country=address["Country"] or "",
        tax_id=shown,
        active=True,
    )


def codes(ifs: Tables, choices: Choices) -> dict[str, Outcome]:
    """Accounts (group Accounting Codes) and values of code parts (group: the part's name), by group|code."""
    return dict(_codes(ifs, choices))


def _codes(ifs: Tables, choices: Choices) -> list[tuple[str, Outcome]]:
    used = {
        row["CodePart"]: row["CodeName"]
        for row in ifs["AccountingCodePart"]
        if row["Company"] == choices.company and row["CodePartUsed"]
    }
    found = [(f"Accounting Codes|{row['Account']}", _account(row, choices)) for row in _of(ifs["Account"], choices)]
    for part, name in used.items():
        rows = _of(ifs[f"Code{part}"], choices) if part != "A" else []
        found += [(f"{name}|{row[f'Code{part}']}", _code(row, row[f"Code{part}"], choices)) for row in rows]
    return found


def _of(rows: Sequence[Row], choices: Choices) -> list[Row]:
    return [row for row in rows if row["Company"] == choices.company]


def _account(row: Row, choices: Choices) -> Outcome:
    if row["LedgFlag"] or row["LogicalAccountType"] == "Statistics":
        return Outcome("out", ("not_for_coding",))
    return _code(row, row["Account"], choices)


def _code(row: Row, code: str, choices: Choices) -> Outcome:
    if not is_valid(row, choices.today):
        return Outcome("out", ("not_valid_today",))
    return Outcome("sent", (), facts(text=(row["Description"] or code)[:_LONGEST].rstrip(), active=True))


def orders(ifs: Tables, choices: Choices) -> dict[str, Outcome]:
    """By order number; an order waits for its supplier."""
    sent = {key for key, outcome in vendors(ifs, choices).items() if outcome.what == "sent"}
    lines: dict[str, list[Row]] = {}
    for row in ifs["PurchaseOrderLine"]:
        lines.setdefault(row["OrderNo"], []).append(row)
    return {row["OrderNo"]: _order(row, lines[row["OrderNo"]], sent) for row in _of(ifs["PurchaseOrder"], choices)}


def _order(row: Row, lines: Sequence[Row], sent: set[str]) -> Outcome:
    if reason := _ORDERS.get(row["Objstate"]):
        return Outcome("out", (reason,))
    if row["VendorNo"] not in sent:
        return Outcome("waiting", ("vendor_not_sent",))
    return Outcome(
        "sent",
        (),
        facts(
            number=row["OrderNo"],
            vendor=row["VendorNo"],
            company=row["Company"],
            currency=row["CurrencyCode"],
            status="Open",
            total=sum((line["NetAmtCurr"] for line in lines), Decimal(0)),
            lines=tuple(sorted(_line(line) for line in lines)),
        ),
    )


def _line(line: Row) -> tuple[object, ...]:
    key = f"{line['LineNo']}-{line['ReleaseNo']}"
    return (
        *(key, line["PartNo"] or "", line["Description"] or "", line["BuyQtyDue"]),
        *(line["BuyUnitMeas"], line["BuyUnitPrice"], line["NetAmtCurr"]),
    )
