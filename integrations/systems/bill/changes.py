"""How a record that is on BILL already becomes what a draft says, where BILL's money has not begun to move.

https://developer.bill.com/docs/ap-bills  https://developer.bill.com/reference/updatevendor
"""

from collections.abc import Sequence

import msgspec

from integrations.engine.drafts import InvoiceDraft, VendorDraft
from integrations.engine.errors import Problem, Rejected
from integrations.engine.targets import Standing, TargetRecord
from integrations.systems.bill import drafts, progress, wire
from integrations.systems.bill.drafts import Json, Made
from integrations.systems.bill.echoes import echo
from integrations.systems.bill.records import MASKED
from integrations.systems.bill.targets import connected

_MEMBERS = {"name": "name", "currency": "billCurrency", "address": "address", "email": "email"}
_INFO = {"tax_id": ("taxId", "taxIdType"), "payment_term": ("paymentTermId",)}


def change(current: wire.Wire, draft: Made) -> tuple[str, Json]:
    """Method and body that turn `current` into `draft`. Raises Rejected where BILL's money has begun to move.

    PATCH keeps what people added in BILL, but adds lines without an id instead of replacing: so it serves while the
    number of lines is the same, and PUT, which replaces all, when it is not. PUT takes applied credits off a bill.
    https://developer.bill.com/docs/ap-bills
    """
    body = drafts.body(draft)
    if isinstance(draft, VendorDraft):
        return "PATCH", _chosen_change(current, draft, body) if draft.only else _refreshed(current, body)
    member, rows = _movable(current, draft)
    lines = [drafts.line(row) for row in draft.lines]
    for line, row in zip(lines, rows, strict=False):
        line["id"] = row.id or ""
    body[member] = lines
    if isinstance(current, wire.WireBill) and current.approvers:
        body["billApprovals"] = True
    if len(rows) != len(lines):
        return "PUT", body
    for line, row in zip(lines, rows, strict=True):
        if row.description:
            line.setdefault("description", "")
    return "PATCH", dict.fromkeys(_emptied(current, body), "") | body


def _refreshed(current: wire.Wire, body: Json) -> Json:
    """Only what the ERP owns of a vendor: its e-mail and its kind are BILL's once it is there.

    A new e-mail that people released goes where nothing else is left to change: beside other changes it would carry the
    ERP's e-mail over BILL's, unasked. A vendor connected on BILL's network keeps its own address, and refuses ours.
    """
    if not isinstance(current, wire.WireVendor):
        return body
    kept = {name: value for name, value in body.items() if name not in ("email", "accountType")}
    if connected(current):
        kept.pop("address", None)
        if kept.get("name") == current.name:
            kept.pop("name", None)
    elif "address" in kept:
        kept["address"] = _whole_address(current.address, kept["address"])
    if _same_info(current, kept.get("additionalInfo")):
        kept.pop("additionalInfo", None)
    if "email" in body and kept.items() <= _as_sent(current).items():
        kept["email"] = body["email"]
    return kept


def _chosen(draft: VendorDraft, body: Json) -> Json:
    """Of the body that would make the vendor, what this refresh writes, and the supplier number."""
    members = {_MEMBERS[name] for name in draft.only if name in _MEMBERS} | {"shortName"}
    kept = {name: value for name, value in body.items() if name in members}
    if isinstance(info := body.get("additionalInfo"), dict):
        left_out = {member for field, members in _INFO.items() if field not in draft.only for member in members}
        kept["additionalInfo"] = {name: value for name, value in info.items() if name not in left_out}
    return {name: value for name, value in kept.items() if value != {}}


def _chosen_change(current: wire.Wire, draft: VendorDraft, body: Json) -> Json:
    """The change of these fields alone; an e-mail goes where it is one of them, the name on a payment likewise."""
    chosen = _chosen(draft, body)
    kept = _refreshed(current, {name: value for name, value in chosen.items() if name != "email"})
    if "email" in chosen:
        kept["email"] = chosen["email"]
    if "payee_name" in draft.only:
        kept["paymentInformation"] = {"payeeName": body["name"]}
    return kept


def agrees(draft: Made, record: TargetRecord) -> bool:
    """Whether `record` says what the body that would make `draft` says; a connected vendor's own data left aside."""
    said = echo(msgspec.convert(drafts.body(draft), drafts.resource_for(draft).row))
    if isinstance(draft, VendorDraft):
        said |= {"payee_name": said["name"]} if "payee_name" in draft.only else {}
        shared = {"number", "currency"} if record.connected else set(said)
        shared -= {"tax_id"} - record.echo.keys()  # not every answer shows one
        shared -= set() if "email" in draft.only else {"email"}
        said = {name: said[name] for name in shared if name in said and _is_of(name, draft)}
    return said.items() <= record.echo.items()


def _is_of(name: str, draft: VendorDraft) -> bool:
    """Whether this field of an echo is one that the refresh writes."""
    return not draft.only or name.partition(".")[0] in draft.only


def _as_sent(current: wire.WireVendor) -> Json:
    """The vendor in the form in which we send one."""
    address = msgspec.to_builtins(current.address or wire.WireAddress())
    return {
        "name": current.name,
        "shortName": current.short_name,
        "billCurrency": current.bill_currency,
        "address": {name: value for name, value in address.items() if value},
    }


def _whole_address(old: wire.WireAddress | None, new: object) -> Json:
    """The new address, and "" for what only the old one has: PATCH leaves alone what is not named."""
    found: Json = dict(new) if isinstance(new, dict) else {}
    gone = {"line2": old and old.line2, "stateOrProvince": old and old.state_or_province}
    return {name: "" for name, value in gone.items() if value} | found


def _same_info(current: wire.WireVendor, sent: object) -> bool:
    """Whether BILL has tax id and payment term already, as far as they are sent and shown."""
    have, want = current.additional_info or wire.WireAdditionalInfo(), sent if isinstance(sent, dict) else {}
    term = have.payment_term_id or ""
    return want.get("paymentTermId", term) == term and ("taxId" not in want or _same_tax_id(have, str(want["taxId"])))


def _same_tax_id(info: wire.WireAdditionalInfo, want: str) -> bool:
    """Whether BILL has this tax id already, as far as it shows it: it may mask all but the end."""
    have = info.tax_id or ""
    bare = ["".join(letter for letter in each if letter.isalnum()) for each in (have, want)]
    masked = bool(MASKED.search(have))
    return bare[0][-4:] == bare[1][-4:] if masked else bare[0] == bare[1]


def _movable(current: wire.Wire, draft: InvoiceDraft) -> tuple[str, Sequence[wire.WireLine]]:
    """The lines of a bill or credit that may still be changed, and the member that holds them."""
    problem = None
    lines: Sequence[wire.WireLine] | None = None
    member = "billLineItems"
    if isinstance(current, wire.WireBill):
        lines = current.bill_line_items
        if current.credit_amount:
            problem = Problem("credit_applied", "A vendor credit is applied to this bill; it is not changed any more.")
        elif progress.standing(current) is not Standing.UNPAID:
            problem = Problem("payment_started", "This bill is scheduled or paid in BILL; it is not changed any more.")
    elif isinstance(current, wire.WireCredit):
        member, lines = "vendorCreditLineItems", current.vendor_credit_line_items
        if current.status is not None and progress.standing(current) is not Standing.UNPAID:
            problem = Problem(
                "credit_applied", "This vendor credit is already used in BILL; it is not changed any more."
            )
    if problem is None and current.archived:
        problem = Problem("archived", "This record is archived in BILL; restore it there, or ignore the change.")
    if problem is None and getattr(current, "vendor_id", None) != draft.vendor_id:
        problem = Problem("payee_changed", "The payee of a record that is in BILL is never changed.", "vendor_id")
    if problem is not None:
        raise Rejected(problem.message, code=problem.code, problems=(problem,))
    return member, lines or ()


def _emptied(current: wire.Wire, body: Json) -> list[str]:
    """Free texts that BILL has and the draft has not any more."""
    texts = {"description": "description", "purchase_order_number": "purchaseOrderNumber"}
    return [name for field, name in texts.items() if getattr(current, field, None) and name not in body]
