"""Bill approvals: who still has to look at a bill, and what they decide.

Vendor page: https://developer.bill.com/docs/ap-bills
"""

from integrations.systems.bill.simulator.bills import assign
from integrations.systems.bill.simulator.call import Answer, Call, Route, World
from integrations.systems.bill.simulator.checks import Checks
from integrations.systems.bill.simulator.errors import entity, invalid
from integrations.systems.bill.simulator.rows import Row
from integrations.systems.bill.simulator.wire import Json, decode

_ACTIONS = frozenset({"APPROVE", "DENY"})


def decide(world: World, row: Row, user: str, approved: bool) -> None:
    """One approver acts: the bill is DENIED by any no, APPROVED when nobody waits any more."""
    body = row.body
    if not body.get("approvers"):
        assign(body, (user,))
    waiting = [approver for approver in body["approvers"] if approver["status"] == "WAITING"]
    own = [approver for approver in waiting if approver["userId"] == user] or waiting
    if not own:
        raise entity(422, f"{row.id} : Nobody has to approve this bill any more.")
    own[0]["status"] = "APPROVED" if approved else "DENIED"
    own[0]["statusChangedTime"] = world.rows.instants()[0]
    if not approved:
        body["approvalStatus"] = "DENIED"
    else:
        body["approvalStatus"] = "APPROVED" if len(waiting) == 1 else "APPROVING"
    world.rows.save(row, touch=world.config.bill_time_moves_on_approval)
    if world.config.all_bill_changes_notify:
        world.events.emit(row.organization, "bill.updated", body)


def act(call: Call) -> Answer:
    """POST /v3/bill-approvals/actions"""
    items, checks = call.items(100), Checks()
    for index, item in enumerate(items):
        checks.text(item, "billId", f"[{index}].", required=True, longest=32)
        checks.choice(item, "action", f"[{index}].", _ACTIONS, required=True)
        checks.text(item, "comment", f"[{index}].")
    if checks.messages:
        raise invalid(checks.messages)
    for item in items:
        row = call.find("bills", item["billId"])
        decide(call.world, row, call.session.credential.user_id, item["action"] == "APPROVE")
    return Answer.of({"status": "SUCCESS"})


def pending(call: Call) -> Answer:
    """GET /v3/bill-approvals/pending-user-approvals: unarchived bills that wait for an approver"""
    query = (
        "SELECT body FROM record WHERE organization = ? AND kind = 'bills' AND archived = 0"
        " AND json_extract(body, '$.approvalStatus') IN ('ASSIGNED', 'APPROVING') ORDER BY seq"
    )
    bills: list[Json] = []
    for (text,) in call.world.rows.sql.execute(query, (call.organization,)):
        body = decode(text)
        bills.append(
            {
                "billId": body["id"],
                "vendorId": body["vendorId"],
                "amount": body["amount"],
                "dueDate": body["dueDate"],
            }
        )
    return Answer.of({"bills": bills})


ROUTES: list[Route] = [
    ("POST", "/v3/bill-approvals/actions", act),
    ("GET", "/v3/bill-approvals/pending-user-approvals", pending),
]
