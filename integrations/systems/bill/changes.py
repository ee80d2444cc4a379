"""How a record that is on BILL already becomes what a draft says, where BILL's money has not begun to move.

https://developer.bill.com/docs/ap-bills
"""

from collections.abc import Sequence

from integrations.engine.errors import Problem, Rejected
from integrations.engine.records import Draft, InvoiceDraft, VendorDraft
from integrations.systems.bill import drafts, wire
from integrations.systems.bill.drafts import Json


def change(current: wire.Wire, draft: Draft) -> tuple[str, Json]:
    """Method and body that turn `current` into `draft`. Raises Rejected where BILL's money has begun to move.

    PATCH keeps what people added in BILL, but adds lines without an id instead of replacing: so it serves while the
    number of lines is the same, and PUT, which replaces all, when it is not. PUT takes applied credits off a bill.
    https://developer.bill.com/docs/ap-bills
    """
    body = drafts.body(draft)
    if isinstance(draft, VendorDraft):
        return "PATCH", body
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


def _movable(current: wire.Wire, draft: InvoiceDraft) -> tuple[str, Sequence[wire.WireLine]]:
    """The lines of a bill or credit that may still be changed, and the member that holds them."""
    problem = None
    lines: Sequence[wire.WireLine] | None = None
    member = "billLineItems"
    if isinstance(current, wire.WireBill):
        lines = current.bill_line_items
        if current.payment_status != "UNPAID":
            problem = Problem("payment_started", "This bill is scheduled or paid in BILL; it is not changed any more.")
        elif current.credit_amount:
            problem = Problem("credit_applied", "A vendor credit is applied to this bill; it is not changed any more.")
    elif isinstance(current, wire.WireCredit):
        member, lines = "vendorCreditLineItems", current.vendor_credit_line_items
        if current.status not in (None, "NOT_APPLIED"):
            problem = Problem(
                "credit_applied", "This vendor credit is already used in BILL; it is not changed any more."
            )
    if problem is None and getattr(current, "vendor_id", None) != draft.vendor_id:
        problem = Problem("payee_changed", "The payee of a record that is in BILL is never changed.", "vendor_id")
    if problem is not None:
        raise Rejected(problem.message, code=problem.code, problems=(problem,))
    return member, lines or ()


def _emptied(current: wire.Wire, body: Json) -> list[str]:
    """Free texts that BILL has and the draft has not any more."""
    texts = {"description": "description", "purchase_order_number": "purchaseOrderNumber"}
    return [name for field, name in texts.items() if getattr(current, field, None) and name not in body]
