"""Payments: the list of all accounting systems, some by id, their history, and pictures of cleared checks.

Paths and the history's bare array as the public NetSuite bundle used them.
"""

from collections.abc import Sequence

from integrations.systems.avidxchange.simulator import listing
from integrations.systems.avidxchange.simulator.call import Answer, Call
from integrations.systems.avidxchange.simulator.errors import missing
from integrations.systems.avidxchange.simulator.rows import Window
from integrations.systems.avidxchange.simulator.wire import Json

# Only 14 and 27 were seen in public; the words are those of AvidPay's dashboard.
STATUSES = {
    "Pending Approval": 1,
    "Held": 2,
    "Processing": 5,
    "Debit Requested": 7,
    "Funds Received": 9,
    "Sent to Check Printer": 12,
    "VCC Processing": 13,
    "Issued to Supplier": 14,
    "ACH Credit Issued": 15,
    "Cleared": 27,
    "Void": 30,
    "Error": 40,
}
METHODS = {"Check": 1, "AvidPay Direct": 2, "Virtual Credit Card": 3, "e-Payment": 4}
ISSUED = {"AvidPay Direct": "ACH Credit Issued", "Virtual Credit Card": "VCC Processing"}
_GIF = bytes.fromhex("47494638396101000100800000ffffff0000002c00000000010001000002024401003b")  # one white pixel


def payments(call: Call) -> Answer:
    """GET /v1/payments, by change date, or those of paymentIds (repeated, or with commas)."""
    asked = ",".join(call.request.url.params.get_list("paymentIds"))
    if not asked:
        return listing.answer(call, listing.changed(call, Window(call.customer.id, "payments")), dict)
    found = _named(call, [each.strip() for each in asked.split(",")])
    return listing.page(call, len(found), lambda offset, limit: found[offset : offset + limit])


def _named(call: Call, keys: Sequence[str]) -> list[Json]:
    found = [call.rows.get(call.customer.id, "payments", key) for key in keys]
    return [body for body in found if body is not None]


def history(call: Call) -> Answer:
    """GET /v1/payments/{payment}/paymenthistory: a bare array, oldest first."""
    row = call.rows.get(call.customer.id, "histories", call.parts["payment"])
    if row is None:
        raise missing(f"Payment {call.parts['payment']}")
    return Answer(row["Entries"])


def check_image(call: Call) -> Answer:
    """GET /v1/payments/{payment}/getclearedcheckimage."""
    body = call.rows.get(call.customer.id, "payments", call.parts["payment"])
    if body is None or not body["HasClearedCheckImages"]:
        raise missing(f"Check image of payment {call.parts['payment']}")
    return Answer(content=_GIF, content_type="image/gif")
