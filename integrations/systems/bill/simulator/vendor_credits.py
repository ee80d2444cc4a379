"""Vendor credits: create, change, replace, archive; applied to bills through the bill's `vendorCredits`.

Vendor page: https://developer.bill.com/reference/createvendorcredit
"""

from decimal import Decimal

from integrations.systems.bill.simulator.bulk import bulk, ids_of, set_archived, single
from integrations.systems.bill.simulator.call import Answer, Call, Route
from integrations.systems.bill.simulator.checks import Checks, merged
from integrations.systems.bill.simulator.coding import Coder, check_lines, total
from integrations.systems.bill.simulator.errors import entity, not_found
from integrations.systems.bill.simulator.listing import list_rows
from integrations.systems.bill.simulator.rows import Row
from integrations.systems.bill.simulator.wire import Json, without_empty

KIND = "vendor-credits"
_LINE = "vcl"
_HEAD = [
    "vendorId",
    "referenceNumber",
    "creditDate",
    "description",
    "applyToChartOfAccountId",
    "applyToBankAccountId",
]


def _check(checks: Checks, item: Json, path: str, *, create: bool) -> None:
    checks.text(item, "vendorId", path, required=create, longest=32)
    checks.text(item, "referenceNumber", path, required=create, longest=100)
    checks.day(item, "creditDate", path, required=create)
    checks.text(item, "description", path)
    checks.text(item, "applyToChartOfAccountId", path, longest=32)
    lines = checks.objects(item, "vendorCreditLineItems", path, required=create, most=100)
    check_lines(checks, lines, f"{path}vendorCreditLineItems", partial=not create)


def _check_create(checks: Checks, item: Json, path: str) -> None:
    _check(checks, item, path, create=True)


def _check_change(checks: Checks, item: Json, path: str) -> None:
    _check(checks, item, path, create=False)


def _check_bulk_change(checks: Checks, item: Json, path: str) -> None:
    checks.text(item, "id", path, required=True)
    _check(checks, item, path, create=False)


def _check_bulk_replace(checks: Checks, item: Json, path: str) -> None:
    checks.text(item, "id", path, required=True)
    _check(checks, item, path, create=True)


class CreditDesk:
    """Turns what was sent in one request into stored credits."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.coder = Coder(call)

    def create(self, item: Json) -> Row:
        """A new credit, not applied to anything."""
        identity = self.call.world.rows.ids.new("vcr")
        return self._row({"id": identity, "archived": False, "appliedAmount": 0, "status": "NOT_APPLIED"}, item)

    def change(self, item: Json) -> Row:
        """PATCH of the credit named by `id`: the named fields and lines."""
        old = self.call.find(KIND, item["id"]).body
        lines = {line["id"]: line for line in old["vendorCreditLineItems"]}
        for line in item.get("vendorCreditLineItems") or []:
            if line["id"] not in lines:
                raise not_found(line["id"])
            lines[line["id"]] = merged(lines[line["id"]], line)
        head = {name: item[name] for name in _HEAD if item.get(name) is not None}
        return self._row(old, {**old, **head, "vendorCreditLineItems": list(lines.values())})

    def replace(self, item: Json) -> Row:
        """PUT of the credit named by `id`: everything as sent."""
        old = self.call.find(KIND, item["id"]).body
        known = {line["id"] for line in old["vendorCreditLineItems"]}
        for line in item["vendorCreditLineItems"]:
            if line.get("id") and line["id"] not in known:
                raise not_found(line["id"])
        return self._row(old, item)

    def _row(self, old: Json, item: Json) -> Row:
        currency = str(self.coder.vendor(item["vendorId"])["billCurrency"])
        if item.get("applyToChartOfAccountId"):
            self.coder.require("chart-of-accounts", item["applyToChartOfAccountId"], "applyToChartOfAccountId")
        lines = [self.coder.line(line, currency, _LINE, line.get("id") or "") for line in item["vendorCreditLineItems"]]
        amount = total(lines)
        if amount <= 0:
            raise entity(400, "The amount of a vendor credit must be positive.")
        if amount < Decimal(old["appliedAmount"]):
            raise entity(422, "More of this vendor credit has been applied than would be left.")
        head = {name: item.get(name) for name in _HEAD}
        return Row(
            self.call.organization,
            KIND,
            without_empty({**old, **head, "vendorCreditLineItems": lines, "amount": amount}),
        )

    def save(self, rows: list[Row]) -> None:
        """Store changed credits."""
        for row in rows:
            self.call.world.rows.save(row)


def _wrapped(rows: list[Row], status: int = 200) -> Answer:
    return Answer.of({"vendorCredits": [row.body for row in rows]}, status)


def create(call: Call) -> Answer:
    """POST /v3/vendor-credits"""
    row = single(call.object(), _check_create, CreditDesk(call).create)
    call.world.rows.insert([row])
    return Answer.of(row.body, 201)


def create_bulk(call: Call) -> Answer:
    """POST /v3/vendor-credits/bulk: at most 50"""
    return _wrapped(bulk(call, call.items(50), _check_create, CreditDesk(call).create, call.world.rows.insert), 201)


def change(call: Call) -> Answer:
    """PATCH /v3/vendor-credits/{id}"""
    desk, row = CreditDesk(call), call.row(KIND)
    changed = single(call.object(), _check_change, lambda item: desk.change({**item, "id": row.id}))
    desk.save([changed])
    return Answer.of(changed.body)


def change_bulk(call: Call) -> Answer:
    """PATCH /v3/vendor-credits/bulk"""
    desk = CreditDesk(call)
    return _wrapped(bulk(call, call.items(50), _check_bulk_change, desk.change, desk.save))


def replace(call: Call) -> Answer:
    """PUT /v3/vendor-credits/{id}"""
    desk, row = CreditDesk(call), call.row(KIND)
    changed = single(call.object(), _check_create, lambda item: desk.replace({**item, "id": row.id}))
    desk.save([changed])
    return Answer.of(changed.body)


def replace_bulk(call: Call) -> Answer:
    """PUT /v3/vendor-credits/bulk"""
    desk = CreditDesk(call)
    return _wrapped(bulk(call, call.items(50), _check_bulk_replace, desk.replace, desk.save))


def get(call: Call) -> Answer:
    """GET /v3/vendor-credits/{id}"""
    return Answer.of(call.row(KIND).body)


def show_list(call: Call) -> Answer:
    """GET /v3/vendor-credits"""
    return list_rows(call, KIND)


def archive(call: Call) -> Answer:
    """POST /v3/vendor-credits/{id}/archive; there is no restore"""
    row = call.row(KIND)
    if Decimal(row.body["appliedAmount"]):
        raise entity(422, "An applied vendor credit cannot be archived.")
    set_archived(call, row, True)
    return Answer.of(row.body)


def archive_bulk(call: Call) -> Answer:
    """POST /v3/vendor-credits/bulk/archive?ids="""
    rows = [call.find(KIND, key) for key in ids_of(call)]
    if any(Decimal(row.body["appliedAmount"]) for row in rows):
        raise entity(422, "An applied vendor credit cannot be archived.")
    for row in rows:
        set_archived(call, row, True)
    return _wrapped(rows)


ROUTES: list[Route] = [
    ("GET", "/v3/vendor-credits", show_list),
    ("POST", "/v3/vendor-credits", create),
    ("POST", "/v3/vendor-credits/bulk", create_bulk),
    ("PATCH", "/v3/vendor-credits/bulk", change_bulk),
    ("PUT", "/v3/vendor-credits/bulk", replace_bulk),
    ("POST", "/v3/vendor-credits/bulk/archive", archive_bulk),
    ("GET", "/v3/vendor-credits/{id}", get),
    ("PATCH", "/v3/vendor-credits/{id}", change),
    ("PUT", "/v3/vendor-credits/{id}", replace),
    ("POST", "/v3/vendor-credits/{id}/archive", archive),
]
