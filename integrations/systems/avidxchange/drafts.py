"""Drafts -> AvidXchange's JSON, and every reason at once when a draft cannot be sent. Keys are never cut.

Lengths: vendors' as a public client knew them, of codes and orders assumed to be the same.
"""

from dataclasses import dataclass
from decimal import Decimal

from integrations.engine.drafts import ArchiveDraft, CodeDraft, Draft, OrderDraft, OrderedLine, VendorDraft
from integrations.engine.errors import Problem, Rejected
from integrations.engine.records import Entity

Json = dict[str, object]
Made = VendorDraft | CodeDraft | OrderDraft | ArchiveDraft

LONGEST_KEY = 50
LONGEST_NAME = 50  # of a code; a longer one once failed a whole run there
_LONGEST_VENDOR_NAME = 255
_LONGEST = {"Line1": 255, "Line2": 255, "City": 50, "State": 50, "PostalCode": 20, "Country": 50}
OPERATIONS = {
    Entity.VENDOR: "vendors.upsert",
    Entity.GL_ACCOUNT: "codes.upsert",
    Entity.DIMENSION: "codes.upsert",
    Entity.PURCHASE_ORDER: "purchase_orders.upsert",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """One record as it goes out: `key` is its own there, `group` the group of a code, `target_id` our name of it."""

    key: str
    group: str
    target_id: str
    body: Json


def made(draft: Draft) -> Made:
    """The draft of a record that AvidXchange takes. Raises Rejected for any other."""
    if isinstance(draft, VendorDraft | CodeDraft | OrderDraft):
        return draft
    if isinstance(draft, ArchiveDraft) and draft.entity is Entity.VENDOR:
        return draft
    raise Rejected("AvidXchange cannot do this to a record.", code="undeclared")


def sent(draft: Made, target_id: str, account_group: str) -> Sent:
    """The record as it goes out; a vendor that is linked keeps the code it is known by there."""
    match draft:
        case VendorDraft():
            code = target_id or draft.number
            return Sent(code, "", code, _vendor(draft, code))
        case ArchiveDraft():
            named: Json = {"Name": draft.name} if draft.name else {}
            return Sent(target_id, "", target_id, {"ExternalVendorCode": target_id, **named, "Active": False})
        case CodeDraft():
            group = draft.group or account_group
            body: Json = {"GroupName": group, "CodeValue": draft.value, "Description": draft.name or draft.value}
            return Sent(draft.value, group, f"{group}|{draft.value}", body | {"IsActive": draft.active})
        case OrderDraft():
            code = f"{draft.company}:{draft.number}"
            return Sent(code, "", code, _order(draft, code))


def problems(draft: Made, record: Sent) -> tuple[Problem, ...]:
    """Why it cannot be sent; empty when it can."""
    found = []
    if not record.key.strip():
        found.append(Problem("key_missing", "It has no code that AvidXchange could know it by.", "number"))
    if len(record.key) > LONGEST_KEY:
        words = f"Its code has {len(record.key)} characters, AvidXchange takes {LONGEST_KEY}; codes are never cut."
        found.append(Problem("key_too_long", words, "number", record.key))
    if isinstance(draft, VendorDraft):
        found += _vendor_problems(draft)
    if isinstance(draft, CodeDraft) and len(record.group) > LONGEST_KEY:
        words = f"The name of its dimension is longer than the {LONGEST_KEY} characters that AvidXchange takes."
        found.append(Problem("group_too_long", words, "group", record.group))
    if isinstance(draft, OrderDraft) and not all(amount.is_finite() for amount in _amounts(draft)):
        found.append(Problem("not_a_number", "An amount of the order is not a number.", "net"))
    return tuple(found)


def _vendor_problems(draft: VendorDraft) -> list[Problem]:
    found = []
    if not draft.name.strip():
        found.append(Problem("field_missing", "AvidXchange needs the vendor's name.", "name"))
    if len(draft.name) > _LONGEST_VENDOR_NAME:
        words = f"Its name is longer than the {_LONGEST_VENDOR_NAME} characters that AvidXchange takes."
        found.append(Problem("field_too_long", words, "name", draft.name))
    for name, value in _address(draft).items():
        if len(value) > _LONGEST[name]:
            words = f"{name} of its address is longer than the {_LONGEST[name]} characters that AvidXchange takes."
            found.append(Problem("field_too_long", words, f"address.{name}", value))
    return found


def _vendor(draft: VendorDraft, code: str) -> Json:
    body: Json = {"ExternalVendorCode": code, "Name": draft.name, "Address": _address(draft), "Active": True}
    if draft.tax_id:
        body["FedTaxId"] = draft.tax_id
    if draft.email:
        body["Email"] = draft.email
    return body


def _address(draft: VendorDraft) -> dict[str, str]:
    address = draft.address
    return {
        "Line1": address.line1,
        "Line2": address.line2,
        "City": address.city,
        "State": address.state,
        "PostalCode": address.postal_code,
        "Country": address.country,
    }


def _order(draft: OrderDraft, code: str) -> Json:
    """The whole order each time: AvidXchange replaces what it has of it."""
    return {
        "ExternalCode": code,
        "OrderNumber": draft.number,
        "VendorExternalCode": draft.vendor,
        "BillToCompanyExternalCode": draft.company,
        "ShipToCompanyExternalCode": draft.company,
        "Currency": draft.currency,
        "Status": draft.status.capitalize(),
        "TotalAmount": draft.total,
        "LineItems": [_line(line) for line in draft.lines],
    }


def _line(line: OrderedLine) -> Json:
    item: Json = {
        "ProductDesc": line.description,
        "ProductCode": line.part,
        "Quantity": line.quantity,
        "UOM": line.unit,
    }
    return {"ExternalCode": line.key, "Item": item, "Amount": line.net, "PricePer": line.price}


def _amounts(draft: OrderDraft) -> list[Decimal]:
    lines = [amount for line in draft.lines for amount in (line.net, line.quantity, line.price) if amount is not None]
    return [draft.total, *lines]
