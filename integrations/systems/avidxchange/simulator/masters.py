"""What the ERP sends: vendors, enterprise codes (accounts and dimension values), purchase orders and receipts.

Limits as a public Business Central connector met them (vendor code 50, code description 50, address fields).
"""

import re

from integrations.systems.avidxchange.simulator import listing, writing
from integrations.systems.avidxchange.simulator.call import Answer, Call
from integrations.systems.avidxchange.simulator.rows import Window
from integrations.systems.avidxchange.simulator.wire import Json
from integrations.systems.avidxchange.simulator.writing import ItemKind

_CURRENCY = re.compile(r"[A-Z]{3}")
_STATUSES = ("Open", "Closed", "Cancelled")


def _order_problems(call: Call, item: Json) -> list[str]:
    found = []
    vendor, company = item["VendorExternalCode"], item["BillToCompanyExternalCode"]
    if call.rows.get(call.customer.id, "vendors", str(vendor)) is None:
        found.append(f"Vendor {vendor} is unknown.")
    if company not in call.customer.companies:
        found.append(f"Company {company} is unknown.")
    if item.get("Status", "Open") not in _STATUSES:
        found.append(f"Status must be one of {', '.join(_STATUSES)}.")
    if not _CURRENCY.fullmatch(str(item.get("Currency", "USD"))):
        found.append(f"Currency {item['Currency']} is unknown.")
    lines = item.get("LineItems")
    codes = [line.get("ExternalCode") if isinstance(line, dict) else None for line in lines or ()]
    if not isinstance(lines, list) or not all(codes):
        found.append("LineItems must be a list of lines with an ExternalCode.")
    elif len(set(map(str, codes))) < len(codes):
        found.append("The ExternalCode of a line must be used once.")
    return found


def _receipt_problems(call: Call, item: Json) -> list[str]:
    number = item["PurchaseOrderNumber"]
    known = call.rows.holds(Window(call.acct, "purchaseOrders"), "OrderNumber", str(number))
    return [] if known else [f"Purchase order {number} is unknown."]


VENDOR = ItemKind(
    "vendors",
    ("ExternalVendorCode",),
    ("ExternalVendorCode", "Name"),
    {
        "ExternalVendorCode": 50,
        "Name": 255,
        "NameOnCheck": 255,
        "Telephone1": 20,
        "Address.Line1": 255,
        "Address.Line2": 255,
        "Address.City": 50,
        "Address.State": 50,
        "Address.PostalCode": 20,
    },
    shared=True,
)
CODE = ItemKind(
    "enterpriseCodes",
    ("GroupName", "CodeValue"),
    ("GroupName", "CodeValue", "Description"),
    {"GroupName": 50, "CodeValue": 50, "Description": 50},
    shared=True,
)
ORDER = ItemKind(
    "purchaseOrders",
    ("ExternalCode",),
    ("ExternalCode", "OrderNumber", "VendorExternalCode", "BillToCompanyExternalCode"),
    {"ExternalCode": 50, "OrderNumber": 50, "VendorExternalCode": 50},
    _order_problems,
    whole=True,
)
RECEIPT = ItemKind(
    "materialReceipts",
    ("ExternalCode",),
    ("ExternalCode", "PurchaseOrderNumber"),
    {"ExternalCode": 50, "PurchaseOrderNumber": 50},
    _receipt_problems,
    whole=True,
)


def accounting_systems(call: Call) -> Answer:
    """GET /v1/accountingSystems: a list that has no Paging."""
    return Answer({"Items": [{"ID": number, "Name": name} for number, name in call.customer.accounting_systems]})


def upsert_vendors(call: Call) -> Answer:
    """POST .../vendors."""
    return writing.upsert(call, VENDOR)


def upsert_codes(call: Call) -> Answer:
    """POST .../enterpriseCodes."""
    return writing.upsert(call, CODE)


def upsert_orders(call: Call) -> Answer:
    """POST .../purchaseOrders."""
    return writing.upsert(call, ORDER)


def upsert_receipts(call: Call) -> Answer:
    """POST .../materialReceipts."""
    return writing.upsert(call, RECEIPT)


def vendors(call: Call) -> Answer:
    """GET .../vendors by change date."""
    return listing.answer(call, listing.changed(call, Window(VENDOR.place(call), "vendors")), dict)
