"""Payments: read, cancel, void, record one made elsewhere; created by a trusted session or by tests' hands only.

Vendor pages: https://developer.bill.com/docs/ap-payments https://developer.bill.com/docs/single-status-payment-values
"""

from collections.abc import Iterable
from decimal import Decimal

from integrations.systems.bill.simulator.balance import apply_credits, bucket, settle_bill
from integrations.systems.bill.simulator.bills import named
from integrations.systems.bill.simulator.call import Answer, Call, Route, World
from integrations.systems.bill.simulator.checks import Checks
from integrations.systems.bill.simulator.errors import entity, invalid, untrusted
from integrations.systems.bill.simulator.listing import list_rows
from integrations.systems.bill.simulator.rows import Row
from integrations.systems.bill.simulator.wire import Json, encode, without_empty

KIND = "payments"
_VOID_TYPES = frozenset({"VOID_AND_CREDIT", "VOID_AND_REISSUE", "VOID_AND_REISSUE_VCARD", "VOID_ONLY"})
_ONLINE_STATUS = {"CANCELED": "CANCELLED", "VOIDED": "VOID", "FUNDING_FAILED_VOIDED": "VOID"}


def status_of(single_status: str) -> str:
    """The coarse `status` beside a singleStatus (note CANCELLED here, CANCELED there)."""
    if single_status in _ONLINE_STATUS:
        return _ONLINE_STATUS[single_status]
    return "SCHEDULED" if bucket(single_status) == "scheduled" else "PAID"


def make(
    world: World,
    organization: str,
    shares: Iterable[tuple[Row, Decimal]],
    *,
    single_status: str,
    process_date: str,
    disbursement_type: str,
    user: str,
    **fields: object,
) -> Row:
    """Store a payment over one or more bills of one vendor and bring the bills up to date."""
    bills = list(shares)
    online = disbursement_type != "OFFLINE"
    body: Json = {
        "id": world.rows.ids.new("stp"),
        "archived": False,
        "vendorId": bills[0][0].body["vendorId"],
        "billId": bills[0][0].id,
        "amount": sum((amount for _, amount in bills), Decimal(0)),
        "billPayments": [
            {"id": world.rows.ids.new("blp"), "billId": bill.id, "amount": amount} for bill, amount in bills
        ],
        "processDate": process_date,
        "status": status_of(single_status) if online else "PAID",
        "singleStatus": single_status if online else None,
        "onlinePayment": online,
        "disbursementType": disbursement_type,
        "createdBy": user,
        "cancelRequestSubmitted": False,
        **fields,
    }
    if online:
        body["fundingAccount"] = {"type": "BANK_ACCOUNT", "id": "bac02DEMOBANKAAAA001"}
        body["disbursementInfo"] = {"isVoidable": bucket(single_status) == "paid"}
    row = Row(organization, KIND, without_empty(body))
    where = bucket(single_status) if online else "paid"
    world.rows.insert([row])
    world.rows.sql.executemany(
        "INSERT INTO settlement VALUES (?,?,?,?)",
        [(row.id, bill.id, str(amount), where) for bill, amount in bills],
    )
    _settle_bills(world, row)
    return row


def _settle_bills(world: World, payment: Row) -> None:
    for part in payment.body["billPayments"]:
        bill = world.rows.get(payment.organization, "bills", part["billId"])
        if bill is not None:
            settle_bill(world.rows, world.config, bill.body)
            world.rows.save(bill, touch=world.config.bill_time_moves_on_payment)


def set_status(world: World, row: Row, single_status: str, **fields: object) -> None:
    """Move a payment to another singleStatus; its bills follow and payment.updated is sent."""
    row.body |= {"singleStatus": single_status, "status": status_of(single_status), **fields}
    if "disbursementInfo" in row.body:
        row.body["disbursementInfo"]["isVoidable"] = bucket(single_status) == "paid"
    world.rows.sql.execute("UPDATE settlement SET bucket = ? WHERE payment = ?", (bucket(single_status), row.id))
    if bucket(single_status) == "none":
        world.rows.sql.execute("DELETE FROM application WHERE payment = ?", (row.id,))
    world.rows.save(row)
    _settle_bills(world, row)
    world.events.emit(row.organization, "payment.updated", event_body(world, row))


def event_body(world: World, row: Row) -> Json:
    """The payment as webhooks show it: `status` there is the singleStatus."""
    body = row.body
    vendor = {"id": body["vendorId"], "name": world.rows.vendor_name(body["vendorId"])}
    return without_empty(
        {
            "id": row.id,
            "billIds": [part["billId"] for part in body["billPayments"]],
            "transactionNumber": body.get("transactionNumber"),
            "status": body.get("singleStatus") or body["status"],
            "createdBy": body.get("createdBy"),
            "createdTime": body["createdTime"],
            "updatedTime": body["updatedTime"],
            "processDate": body["processDate"],
            "vendor": vendor,
            "billingType": "BDC" if body["onlinePayment"] else "NET_SYNC_FROM_OFFLINE_PAYMENT",
        }
    )


def void_info(world: World, kind: str, reason: str, user: str, status: str) -> list[Json]:
    """The `voidInfo` of a void request."""
    now = world.rows.instants()[0]
    entry = {
        "id": world.rows.ids.new("vdr"),
        "requestedBy": user,
        "type": kind,
        "status": status,
        "reason": reason,
        "createdTime": now,
        "updatedTime": now,
    }
    return [without_empty(entry)]


def show_list(call: Call) -> Answer:
    """GET /v3/payments"""
    return list_rows(call, KIND, named)


def _answer(call: Call, row: Row, status: int = 200) -> Answer:
    text = named(encode(row.body).decode(), call.world.rows.vendor_name(row.body["vendorId"]))
    return Answer(status, text.encode())


def get(call: Call) -> Answer:
    """GET /v3/payments/{id}"""
    return _answer(call, call.row(KIND))


def _shares(call: Call, parts: list[Json]) -> list[tuple[Row, Decimal]]:
    shares = [(call.find("bills", part["billId"]), Decimal(part["amount"])) for part in parts]
    for bill, amount in shares:
        if bill.body["archived"]:
            raise entity(422, f"{bill.id} : The bill is archived.")
        if amount > Decimal(bill.body["dueAmount"]) - Decimal(bill.body["scheduledAmount"]):
            raise entity(422, f"{bill.id} : The amount is more than what is due.")
    if len({bill.body["vendorId"] for bill, _ in shares}) != 1:
        raise entity(422, "All bills of a payment must belong to one vendor.")
    return shares


def record(call: Call) -> Answer:
    """POST /v3/bills/record-payment: paid outside BILL, no money moves; 200"""
    item, checks = call.object(), Checks()
    vendor = checks.text(item, "vendorId", "", required=True, longest=32)
    day = checks.day(item, "processDate", "", required=True)
    printed = checks.flag(item, "toPrintCheck", "", required=True)
    parts = checks.objects(item, "payments", "", required=True, most=100)
    for index, part in enumerate(parts):
        checks.text(part, "billId", f"payments[{index}].", required=True, longest=32)
        amount = checks.money(part, "amount", f"payments[{index}].", required=True)
        if amount is not None and amount <= 0:
            checks.add(f"payments[{index}].amount", "must be greater than 0")
    checks.text(item, "description", "")
    checks.text(item, "syncReference", "")
    if checks.messages:
        raise invalid(checks.messages)
    shares = _shares(call, parts)
    if shares[0][0].body["vendorId"] != vendor:
        raise entity(422, "vendorId is not the vendor of the bills.")
    fields = {name: item.get(name) for name in ("description", "syncReference", "allowExport", "classifications")}
    user = call.session.credential.user_id
    row = make(
        call.world, call.organization, shares, single_status="", process_date=day, disbursement_type="OFFLINE",
        user=user, toPrintCheck=printed, **fields,
    )  # fmt: skip
    for (bill, _), part in zip(shares, parts, strict=True):
        if part.get("vendorCredits"):
            apply_credits(call.world.rows, bill, part["vendorCredits"], payment=row.id)
    _settle_bills(call.world, row)
    return _answer(call, row)


def create(call: Call) -> Answer:
    """POST /v3/payments: trusted user sessions only"""
    if not call.session.trusted:
        raise untrusted()
    item, checks = call.object(), Checks()
    amount = checks.money(item, "amount", "", required=True)
    day = checks.day(item, "processDate", "", required=True)
    checks.object(item, "fundingAccount", "", required=True)
    checks.object(item, "processingOptions", "", required=True)
    bill = checks.text(item, "billId", "")
    if not bill:
        checks.add("billId", "must be provided if createBill is false")
    checks.text(item, "transactionNumber", "", longest=50)
    if checks.messages:
        raise invalid(checks.messages)
    shares = _shares(call, [{"billId": bill, "amount": amount}])
    fields = {name: item.get(name) for name in ("description", "transactionNumber")}
    user = call.session.credential.user_id
    row = make(
        call.world, call.organization, shares, single_status="SCHEDULED", process_date=day, disbursement_type="ACH",
        user=user, **fields,
    )  # fmt: skip
    return _answer(call, row, 201)


def refuse_bulk(_call: Call) -> Answer:
    """POST /v3/payments/bulk: never trusted here"""
    raise untrusted()


def cancel(call: Call) -> Answer:
    """POST /v3/payments/{id}/cancel: only while SCHEDULED"""
    row = call.row(KIND)
    if row.body.get("singleStatus") != "SCHEDULED":
        raise entity(422, "Only a scheduled payment can be canceled.")
    set_status(call.world, row, "CANCELED", cancelRequestSubmitted=True)
    return _answer(call, row)


def void(call: Call) -> Answer:
    """POST /v3/payments/{id}/void: asks for it; the payment is VOID_PENDING until it is carried out"""
    row, item, checks = call.row(KIND), call.object(), Checks()
    kind = checks.choice(item, "type", "", _VOID_TYPES, required=True)
    reason = checks.text(item, "reason", "", required=True)
    if checks.messages:
        raise invalid(checks.messages)
    if bucket(row.body.get("singleStatus", "")) != "paid" or not row.body["onlinePayment"]:
        raise entity(422, "This payment cannot be voided.")
    info = void_info(call.world, kind, reason, call.session.credential.user_id, "TO_BE_PROCESSED")
    set_status(call.world, row, "VOID_PENDING", voidInfo=info)
    return _answer(call, row)


ROUTES: list[Route] = [
    ("GET", "/v3/payments", show_list),
    ("POST", "/v3/payments", create),
    ("POST", "/v3/payments/bulk", refuse_bulk),
    ("GET", "/v3/payments/{id}", get),
    ("POST", "/v3/payments/{id}/cancel", cancel),
    ("POST", "/v3/payments/{id}/void", void),
    ("POST", "/v3/bills/record-payment", record),
]
