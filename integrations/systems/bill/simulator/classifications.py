"""Classifications: chart of accounts, classes, departments, locations, jobs, employees, items; one shape for all.

Vendor page: https://developer.bill.com/reference/createchartofaccount
"""

from collections.abc import Callable
from dataclasses import dataclass

from integrations.systems.bill.simulator.bulk import bulk, ids_of, set_archived, single
from integrations.systems.bill.simulator.call import Answer, Call, Route
from integrations.systems.bill.simulator.checks import Checks, merged
from integrations.systems.bill.simulator.errors import entity
from integrations.systems.bill.simulator.listing import list_rows
from integrations.systems.bill.simulator.rows import Row
from integrations.systems.bill.simulator.wire import Json, without_empty

ACCOUNT_TYPES = frozenset(
    [
        "UNSPECIFIED", "ACCOUNTS_PAYABLE", "ACCOUNTS_RECEIVABLE", "BANK", "COST_OF_GOODS_SOLD",
        "CREDIT_CARD", "EQUITY", "EXPENSE", "FIXED_ASSET", "INCOME", "LONG_TERM_LIABILITY", "OTHER_ASSET",
        "OTHER_CURRENT_ASSET", "OTHER_CURRENT_LIABILITY", "OTHER_EXPENSE", "OTHER_INCOME", "NON_POSTING",
    ]
)  # fmt: skip
_NAMED = ("name", "shortName", "description", "parentId")


@dataclass(frozen=True)
class Kind:
    """One classification: where it lives, its id prefix, its bulk wrapper, its text fields."""

    path: str
    prefix: str
    wrapper: str
    texts: tuple[str, ...] = _NAMED
    required: tuple[str, ...] = ("name",)
    numbers: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    has_account: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        """Everything that can be written."""
        return (*self.texts, *self.numbers, *self.flags, *(("account",) if self.has_account else ()))

    def check(self, checks: Checks, item: Json, path: str, *, create: bool) -> None:
        """Everything wrong with the form of one entry."""
        for name in self.texts:
            wanted = name in self.required and (create or item.get(name) is not None)
            checks.text(item, name, path, required=wanted, longest=4000 if name == "description" else 100)
        for name in self.numbers:
            checks.money(item, name, path)
        for name in self.flags:
            checks.flag(item, name, path)
        account = checks.object(item, "account", path, required=create) if self.has_account else None
        if account is not None:
            checks.choice(account, "type", f"{path}account.", ACCOUNT_TYPES, required=create)
            checks.text(account, "number", f"{path}account.", longest=100)


KINDS = (
    Kind("chart-of-accounts", "0ca", "chartOfAccounts", ("name", "description", "parentId"), has_account=True),
    Kind("accounting-classes", "cls", "accountingClasses"),
    Kind("departments", "0de", "departments"),
    Kind("locations", "loc", "locations"),
    Kind("jobs", "job", "jobs"),
    Kind(
        "employees",
        "emp",
        "employees",
        ("firstName", "lastName", "shortName", "parentId"),
        ("firstName", "lastName"),
    ),
    Kind(
        "items",
        "0ii",
        "items",
        (*_NAMED, "type", "chartOfAccountId", "expenseChartOfAccountId", "purchaseDescription"),
        ("name", "type"),
        ("price", "percentage", "purchaseCost"),
        ("taxable",),
    ),
)


def _routes(kind: Kind) -> list[Route]:
    base = f"/v3/classifications/{kind.path}"

    def check_create(checks: Checks, item: Json, path: str) -> None:
        kind.check(checks, item, path, create=True)

    def check_change(checks: Checks, item: Json, path: str) -> None:
        kind.check(checks, item, path, create=False)

    def check_bulk_change(checks: Checks, item: Json, path: str) -> None:
        checks.text(item, "id", path, required=True)
        kind.check(checks, item, path, create=False)

    def known_parent(call: Call, item: Json) -> None:
        parent = item.get("parentId")
        if parent and call.world.rows.get(call.organization, kind.path, parent) is None:
            raise entity(400, "parentId is unknown.")

    def build(call: Call) -> Callable[[Json], Row]:
        def new(item: Json) -> Row:
            known_parent(call, item)
            body = {"id": call.world.rows.ids.new(kind.prefix), "archived": False}
            return Row(call.organization, kind.path, without_empty({**body, **{n: item.get(n) for n in kind.fields}}))

        return new

    def rebuild(call: Call, identity: str = "") -> Callable[[Json], Row]:
        def changed(item: Json) -> Row:
            row = call.find(kind.path, identity or item["id"])
            known_parent(call, item)
            sent = {name: item[name] for name in kind.fields if item.get(name) is not None}
            return Row(call.organization, kind.path, without_empty(merged(row.body, sent)))

        return changed

    def save(call: Call, rows: list[Row]) -> None:
        for row in rows:
            call.world.rows.save(row)

    def wrapped(rows: list[Row], status: int = 200) -> Answer:
        return Answer.of({kind.wrapper: [row.body for row in rows]}, status)

    def create(call: Call) -> Answer:
        row = single(call.object(), check_create, build(call))
        call.world.rows.insert([row])
        return Answer.of(row.body, 201)

    def create_bulk(call: Call) -> Answer:
        return wrapped(bulk(call, call.items(50), check_create, build(call), call.world.rows.insert), 201)

    def change(call: Call) -> Answer:
        row = single(call.object(), check_change, rebuild(call, call.row(kind.path).id))
        save(call, [row])
        return Answer.of(row.body)

    def change_bulk(call: Call) -> Answer:
        return wrapped(bulk(call, call.items(50), check_bulk_change, rebuild(call), lambda rows: save(call, rows)))

    def archiving(archived: bool) -> tuple[Callable[[Call], Answer], Callable[[Call], Answer]]:
        def one(call: Call) -> Answer:
            row = call.row(kind.path)
            set_archived(call, row, archived)
            return Answer.of(row.body)

        def many(call: Call) -> Answer:
            rows = [call.find(kind.path, key) for key in ids_of(call)]
            for row in rows:
                set_archived(call, row, archived)
            return wrapped(rows)

        return one, many

    archive, archive_bulk = archiving(True)
    restore, restore_bulk = archiving(False)
    return [
        ("GET", base, lambda call: list_rows(call, kind.path)),
        ("POST", base, create),
        ("POST", f"{base}/bulk", create_bulk),
        ("PATCH", f"{base}/bulk", change_bulk),
        ("POST", f"{base}/bulk/archive", archive_bulk),
        ("POST", f"{base}/bulk/restore", restore_bulk),
        ("GET", f"{base}/{{id}}", lambda call: Answer.of(call.row(kind.path).body)),
        ("PATCH", f"{base}/{{id}}", change),
        ("POST", f"{base}/{{id}}/archive", archive),
        ("POST", f"{base}/{{id}}/restore", restore),
    ]


ROUTES: list[Route] = [route for kind in KINDS for route in _routes(kind)]
