"""Invoices and payments as the assumed contract writes them, from the few things that matter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from integrations.systems.avidxchange.simulator.payments import METHODS, STATUSES
from integrations.systems.avidxchange.simulator.wire import Json, money, plain

ACCOUNTS = "Accounting Codes"
_UNSEEN_STATUS = 99


@dataclass(frozen=True)
class Line:
    """One distribution: its codes by group name, at most one of a group."""

    amount: Decimal | str | int
    codes: Mapping[str, str] = field(default_factory=dict)
    text: str = "Goods and services"
    po_line: int | None = None


def distribution(number: int, line: Line) -> Json:
    """A line as it is sent; the contract repeats a code in its description."""
    codes = [
        {
            "EnterpriseCodeValue": value,
            "EnterpriseCodeValueDescription": f"{value} : {group}",
            "EnterpriseCodeGroups": [{"CodeGroupName": group}],
        }
        for group, value in line.codes.items()
    ]
    return {
        "LineNumber": number,
        "Amount": money(line.amount),
        "Description": line.text,
        "POLineNumber": line.po_line,
        "EnterpriseCodes": codes,
    }


def invoice(number: int, vendor: str, text: str, lines: Sequence[Line], day: date, **fields: object) -> Json:
    """An invoice in workflow whose lines are its gross amount; `fields` replace what is made."""
    gross = sum((money(line.amount) for line in lines), Decimal("0.00"))
    body = {
        "Id": number,
        "Number": text,
        "Status": "InWorkflow",
        "InvoiceType": "Credit" if gross < 0 else "Invoice",
        "InvoiceDate": day,
        "InvoiceDueDate": date.fromordinal(day.toordinal() + 30),
        "GrossAmount": gross,
        "TaxAmount": money(0),
        "Currency": "USD",
        "PONumber": None,
        "BuyerVendor": {"VendorName": f"Vendor {vendor}", "VendorExternalSystemID": vendor},
        "CompanyExternalCode": "10",
        "AccountNumber": None,
        "Reference": None,
        "LastChangedDate": None,
        "ApprovedDate": None,
        "ImageUrl": f"/v1/invoices/{number}/image",
        "Distributions": [distribution(position, line) for position, line in enumerate(lines, 1)],
    }
    if unknown := fields.keys() - body.keys():
        raise ValueError(f"an invoice has no {', '.join(sorted(unknown))}")
    return plain({**body, **fields})


def part(invoice: Json, gross: Decimal | str | int | None = None, discount: Decimal | str | int = 0) -> Json:
    """What a payment pays of an invoice; all of it unless `gross` says how much."""
    paid = money(invoice["GrossAmount"] if gross is None else gross)
    return {
        "InvoiceId": invoice["Id"],
        "Number": invoice["Number"],
        "Gross": paid,
        "Discount": money(discount),
        "Net": paid - money(discount),
    }


def payment(number: int, payee: Json, parts: Sequence[Json], method: str, batch: str, **fields: object) -> Json:
    """A payment that waits for its approval; its amount is the sum of the nets. `fields` replace what is made."""
    body = {
        "PaymentId": number,
        "Status": status("Pending Approval"),
        "PaymentMethod": {"Id": METHODS.get(method, _UNSEEN_STATUS), "Description": method},
        "Amount": sum((each["Net"] for each in parts), Decimal("0.00")),
        "Currency": "USD",
        "PaymentDate": None,
        "ClearedDate": None,
        "BatchId": batch,
        "CheckNumber": None,
        "AvidPayChecknumber": None,
        "TraceNumber": None,
        "CardLastFour": None,
        "TransactionId": str(number),
        "ExternalPaymentId": None,
        "ReplacesPaymentId": None,
        "CompanyExternalCode": "10",
        "Payee": payee,
        "LastModifiedDate": None,
        "HasClearedCheckImages": False,
        "Exceptions": [],
        "Invoices": list(parts),
    }
    if unknown := fields.keys() - body.keys():
        raise ValueError(f"a payment has no {', '.join(sorted(unknown))}")
    return plain({**body, **fields})


def status(text: str) -> Json:
    """A payment's status; a word that nobody has seen yet has a number nobody has seen."""
    return {"Id": STATUSES.get(text, _UNSEEN_STATUS), "Description": text}


def instrument(number: int, method: str) -> Json:
    """What a payment is known by at the bank, once it is issued."""
    match method:
        case "Check":
            return {"CheckNumber": str(number % 100_000), "AvidPayChecknumber": str(5_000_000 + number % 1_000_000)}
        case "AvidPay Direct":
            return {"TraceNumber": f"{91_000_010_000_000 + number}"}
        case "Virtual Credit Card":
            return {"CardLastFour": f"{number % 10_000:04d}"}
    return {}
