"""Bills: create, change, replace, archive. A bill's total is the sum of its lines, its currency the vendor's.

Vendor pages: https://developer.bill.com/reference/createbill https://developer.bill.com/docs/ap-bills
"""

from decimal import Decimal

from integrations.systems.bill.simulator.balance import apply_credits, set_funding, settle_bill
from integrations.systems.bill.simulator.bulk import bulk, set_archived, single
from integrations.systems.bill.simulator.call import Answer, Call, Route
from integrations.systems.bill.simulator.checks import Checks, merged
from integrations.systems.bill.simulator.coding import HEADER_CODING, Coder, check_coding, check_lines, total
from integrations.systems.bill.simulator.config import SimulatorConfig
from integrations.systems.bill.simulator.errors import entity, invalid, not_found, refuse
from integrations.systems.bill.simulator.listing import list_rows
from integrations.systems.bill.simulator.rows import Row
from integrations.systems.bill.simulator.wire import Json, decode, encode, without_empty

KIND = "bills"
_LINE = "bli"


def _check(checks: Checks, item: Json, path: str, config: SimulatorConfig, *, create: bool) -> None:
    checks.text(item, "vendorId", path, required=create, longest=32)
    checks.day(item, "dueDate", path, required=create)
    invoice = checks.object(item, "invoice", path, required=create)
    if invoice is not None:
        inside = f"{path}invoice."
        number_wanted = create or invoice.get("invoiceNumber") is not None
        checks.text(invoice, "invoiceNumber", inside, required=number_wanted, longest=config.max_invoice_number)
        checks.day(invoice, "invoiceDate", inside, required=create)
    sent = create or item.get("billLineItems") is not None
    lines = checks.objects(item, "billLineItems", path, required=sent, most=config.max_bill_lines)
    check_lines(checks, lines, f"{path}billLineItems", partial=not create)
    checks.text(item, "description", path)
    checks.text(item, "purchaseOrderNumber", path, longest=config.max_purchase_order)
    checks.text(item, "payFromChartOfAccountId", path, longest=32)
    check_coding(checks, item, path)
    checks.flag(item, "billApprovals", path)
    for index, credit in enumerate(checks.objects(item, "vendorCredits", path)):
        checks.text(credit, "id", f"{path}vendorCredits[{index}].", required=True, longest=32)
        checks.money(credit, "amount", f"{path}vendorCredits[{index}].", required=True)


class BillDesk:
    """Turns what was sent in one request into stored bills."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.coder = Coder(call)
        self._numbers: set[tuple[str, str]] = set()
        self._credits: dict[str, list[Json]] = {}  # bill id -> vendor credits named when it was created

    def check_create(self, checks: Checks, item: Json, path: str) -> None:
        """Everything wrong with the form of a new or replaced bill."""
        _check(checks, item, path, self.call.world.config, create=True)

    def check_change(self, checks: Checks, item: Json, path: str) -> None:
        """Everything wrong with the form of a PATCH."""
        _check(checks, item, path, self.call.world.config, create=False)

    def _head(self, item: Json) -> Json:
        if item.get("payFromChartOfAccountId"):
            self.coder.require("chart-of-accounts", item["payFromChartOfAccountId"], "payFromChartOfAccountId")
        invoice = item["invoice"]
        return {
            "vendorId": item["vendorId"],
            "dueDate": item["dueDate"],
            "invoice": {"invoiceNumber": invoice["invoiceNumber"], "invoiceDate": invoice["invoiceDate"]},
            "description": item.get("description"),
            "purchaseOrderNumber": item.get("purchaseOrderNumber"),
            "payFromChartOfAccountId": item.get("payFromChartOfAccountId"),
            "classifications": self.coder.coding(item, HEADER_CODING),
        }

    def create(self, item: Json) -> Row:
        """A new bill; refuses a duplicate number of the vendor unless duplicates are accepted (BDC_1171)."""
        world = self.call.world
        vendor = self.coder.vendor(item["vendorId"])
        number = (item["vendorId"], item["invoice"]["invoiceNumber"])
        if world.config.duplicates == "reject_create":
            if number in self._numbers or world.rows.bill_exists(self.call.organization, *number):
                raise refuse(422, "BDC_1171", "Invoice number is already used for this vendor.", "APPLICATION")
            self._numbers.add(number)
        currency = str(vendor["billCurrency"])
        lines = [self.coder.line(line, currency, _LINE) for line in item["billLineItems"]]
        amount = total(lines)
        if amount < 0:
            raise entity(400, "The amount of a bill must not be negative.")
        body = {
            "id": world.rows.ids.new("00n"),
            "archived": False,
            **self._head(item),
            "billLineItems": lines,
            "amount": amount,
            "paidAmount": 0,
            "dueAmount": amount,
            "scheduledAmount": 0,
            "creditAmount": 0,
            "paymentStatus": "UNPAID",
            "approvalStatus": "UNASSIGNED",
        }
        set_funding(body, world.config, currency)
        if item.get("billApprovals") or world.config.approval_policy:
            assign(body, world.config.approvers)
        if item.get("vendorCredits"):
            self._credits[body["id"]] = item["vendorCredits"]
        return Row(self.call.organization, KIND, without_empty(body))

    def store(self, rows: list[Row]) -> None:
        """Insert new bills and apply the vendor credits named in them."""
        world = self.call.world
        world.rows.insert(rows)
        for row in rows:
            if row.id in self._credits:
                apply_credits(world.rows, row, self._credits[row.id])
                settle_bill(world.rows, world.config, row.body)
                world.rows.save(row, touch=False)
            world.events.emit(row.organization, "bill.created", row.body)

    def change(self, row: Row, item: Json) -> Row:
        """PATCH: the fields and the lines that are named; other lines stay."""
        lines = {line["id"]: line for line in row.body["billLineItems"]}
        changed = {}
        for line in item.get("billLineItems") or []:
            if line["id"] not in lines:
                raise not_found(line["id"])
            changed[line["id"]] = _patched_line(lines[line["id"]], line)
        head = {
            name: merged(row.body.get(name), item[name])
            for name in ("vendorId", "dueDate", "invoice", "description", "purchaseOrderNumber",
                         "payFromChartOfAccountId", "classifications")
            if item.get(name) is not None
        }  # fmt: skip
        merged_item = {
            **row.body,
            **head,
            "billLineItems": [changed.get(key, line) for key, line in lines.items()],
        }
        return self._rewrite(row, merged_item, item, checked=set(changed))

    def replace(self, row: Row, item: Json) -> Row:
        """PUT: everything as sent; a line without id is new, one that is left out disappears."""
        known = {line["id"] for line in row.body["billLineItems"]}
        unknown = [line["id"] for line in item["billLineItems"] if line.get("id") and line["id"] not in known]
        if unknown:
            raise not_found(unknown[0])
        return self._rewrite(row, item, item, checked=None)

    def _rewrite(self, row: Row, item: Json, sent: Json, checked: set[str] | None) -> Row:
        world = self.call.world
        if row.body.get("approvers") and sent.get("billApprovals") is not True and not world.config.approval_policy:
            raise invalid(["billApprovals: must be true for a bill with approvers"])
        currency = str(self.coder.vendor(item["vendorId"])["billCurrency"])
        lines = [
            line
            if checked is not None and line["id"] not in checked
            else self.coder.line(line, currency, _LINE, line.get("id") or "")
            for line in item["billLineItems"]
        ]
        amount = total(lines)
        if amount < 0:
            raise entity(400, "The amount of a bill must not be negative.")
        old = row.body
        guarded = (amount, item["vendorId"]) != (Decimal(old["amount"]), old["vendorId"])
        if guarded and old["paymentStatus"] != "UNPAID" and world.config.refuse_changes_after_payment:
            raise entity(422, "Amount and vendor of a scheduled or paid bill cannot be changed.")
        kept = {name: value for name, value in old.items() if name not in ("exchangeRate", "fundingAmount")}
        body = without_empty({**kept, **self._head(item), "billLineItems": lines, "amount": amount})
        set_funding(body, world.config, currency)
        if sent.get("billApprovals") and not body.get("approvers"):
            assign(body, world.config.approvers)
        changed = Row(row.organization, KIND, body)
        if "vendorCredits" in sent or checked is None:
            apply_credits(world.rows, changed, sent.get("vendorCredits") or [])
        settle_bill(world.rows, world.config, body)
        world.rows.save(changed)
        if world.config.all_bill_changes_notify or _notable(old) != _notable(body):
            world.events.emit(row.organization, "bill.updated", body)
        return changed


def _patched_line(old: Json, sent: Json) -> Json:
    line: Json = merged(old, sent)
    repriced = sent.get("amount") is None and not (sent.get("quantity") is None and sent.get("price") is None)
    if repriced and line.get("quantity") is not None and line.get("price") is not None:
        line.pop("amount", None)
    return line


def _notable(body: Json) -> tuple[object, ...]:
    """The four fields whose change is documented to send bill.updated."""
    return (
        body["vendorId"],
        Decimal(body["amount"]),
        body["invoice"]["invoiceNumber"],
        body["invoice"]["invoiceDate"],
    )


def assign(body: Json, approvers: tuple[str, ...]) -> None:
    """Send a bill to its approvers."""
    if approvers:
        body["approvers"] = [
            {"userId": user, "status": "WAITING", "approverOrder": order} for order, user in enumerate(approvers, 1)
        ]
        body["approvalStatus"] = "ASSIGNED"


def named(body: str, vendor_name: str) -> str:
    """JSON text of a bill or payment with `vendorName`, which lists and single reads show."""
    return f'{body[:-1]},"vendorName":{encode(vendor_name).decode()}}}' if vendor_name else body


def _thin(body: str, vendor_name: str) -> str:
    bill = decode(body)
    for name in ("billLineItems", "approvers"):
        bill.pop(name, None)
    return named(encode(bill).decode(), vendor_name)


def create(call: Call) -> Answer:
    """POST /v3/bills"""
    desk = BillDesk(call)
    row = single(call.object(), desk.check_create, desk.create)
    desk.store([row])
    return Answer.of(row.body, 201)


def create_bulk(call: Call) -> Answer:
    """POST /v3/bills/bulk: at most 100, all or nothing; answers a bare array"""
    desk = BillDesk(call)
    rows = bulk(call, call.items(100), desk.check_create, desk.create, desk.store)
    return Answer.of([row.body for row in rows], 201)


def get(call: Call) -> Answer:
    """GET /v3/bills/{id}"""
    row = call.row(KIND)
    text = named(encode(row.body).decode(), call.world.rows.vendor_name(row.body["vendorId"]))
    return Answer(200, text.encode())


def change(call: Call) -> Answer:
    """PATCH /v3/bills/{id}"""
    desk, row = BillDesk(call), call.row(KIND)
    return Answer.of(single(call.object(), desk.check_change, lambda item: desk.change(row, item)).body)


def replace(call: Call) -> Answer:
    """PUT /v3/bills/{id}"""
    desk, row = BillDesk(call), call.row(KIND)
    return Answer.of(single(call.object(), desk.check_create, lambda item: desk.replace(row, item)).body)


def show_list(call: Call) -> Answer:
    """GET /v3/bills"""
    return list_rows(call, KIND, _thin if call.world.config.thin_bill_lists else named)


def archive(call: Call) -> Answer:
    """POST /v3/bills/{id}/archive: refused for a scheduled or paid bill, like a change of its amount"""
    row = call.row(KIND)
    if row.body["paymentStatus"] != "UNPAID" and call.world.config.refuse_changes_after_payment:
        raise entity(422, "A scheduled or paid bill cannot be archived.")
    if set_archived(call, row, True):
        call.world.events.emit(call.organization, "bill.archived", row.body)
    return Answer.of(row.body)


def restore(call: Call) -> Answer:
    """POST /v3/bills/{id}/restore"""
    row = call.row(KIND)
    if set_archived(call, row, False):
        call.world.events.emit(call.organization, "bill.restored", row.body)
    return Answer.of(row.body)


ROUTES: list[Route] = [
    ("GET", "/v3/bills", show_list),
    ("POST", "/v3/bills", create),
    ("POST", "/v3/bills/bulk", create_bulk),
    ("GET", "/v3/bills/{id}", get),
    ("PATCH", "/v3/bills/{id}", change),
    ("PUT", "/v3/bills/{id}", replace),
    ("POST", "/v3/bills/{id}/archive", archive),
    ("POST", "/v3/bills/{id}/restore", restore),
]
