"""What both stand-ins hold before the first sync."""

from collections.abc import Mapping
from random import Random

from integrations.systems.avidxchange.simulator import ACCOUNTS, seeded
from integrations.systems.avidxchange.simulator import Simulator as Avid
from integrations.systems.ifs.simulator import Simulator as Ifs
from integrations.systems.ifs.simulator import seed_masters
from tests.journeys.books import outward
from tests.journeys.books.mixing import Desk
from tests.journeys.books.outcome import Choices, is_valid
from tests.journeys.books.outward import ENTITIES, Tables
from tests.journeys.books.sizes import Size

_AWKWARD = 30  # of so many accounts that invoices are coded to one is awkward


def fill(ifs: Ifs, avid: Avid, size: Size, seed: int, choices: Mapping[str, Choices]) -> None:
    """Masters and orders; invoices and payments for them, most of them fit to be booked, and the cases of `mixing`."""
    seed_masters(ifs, size.suppliers, size.accounts, size.values, size.orders, seed, tuple(choices))
    for company in choices:
        for number in (Choices.settlement, Choices.cash, Choices.rounding):
            _account(ifs, company, number)
    tables = {entity: ifs.rows(entity) for entity in ENTITIES}
    first = next(iter(choices.values()))
    sent = [key for key, each in outward.vendors(tables, first).items() if each.what == "sent"]
    names = {row["SupplierId"]: row["Name"] for row in tables["SupplierInfoGeneral"] if row["SupplierId"] in sent}
    fit, awkward = _accounts(tables, first)
    chance = Random(seed)
    accounts = [*fit, *chance.choices(awkward, k=1 + len(fit) // _AWKWARD)]
    values = {group: _values(tables, part, first) for group, part in _parts(tables, first).items()}
    orders = [
        (number, dict(each.facts)["vendor"], tuple(range(1, len(dict(each.facts)["lines"]) + 1)))
        for number, each in outward.orders(tables, first).items()
        if each.what == "sent"
    ]
    seeded(
        *(avid, size.invoices, size.payments, seed),
        companies=tuple(choices),
        vendors=names,
        accounts=accounts,
        dimensions=values,
        orders=orders,
    )
    coding = {ACCOUNTS: fit[0], **{group: found[0] for group, found in values.items()}}
    for company, supplier in zip(choices, sent, strict=False):
        desk = Desk(avid, company, supplier, coding, first.today)
        desk.invoices()
        desk.payments()
        desk.keyed(ifs)


def _account(ifs: Ifs, company: str, number: str) -> None:
    """An account that takes any coding."""
    row = {"Company": company, "Account": number, "Description": "Payments", "LogicalAccountType": "Assets"}
    demands = {f"ReqCode{part}": "Can" for part in "BCDEFGHIJ"}
    ifs.insert(
        "Account", {**row, **demands, "LedgFlag": False, "ValidFrom": "2010-01-01", "ValidUntil": "2099-12-31"}
    )  # fmt: skip


def _accounts(tables: Tables, choices: Choices) -> tuple[list[str], list[str]]:
    """(fit for invoices, not): by what the rows say."""
    fit: list[str] = []
    awkward: list[str] = []
    for row in tables["Account"]:
        if row["Company"] != choices.company:
            continue
        usable = is_valid(row, choices.today) and not row["LedgFlag"] and row["LogicalAccountType"] != "Statistics"
        (fit if usable and row["ReqCodeB"] != "Blocked" else awkward).append(row["Account"])
    return fit, awkward


def _parts(tables: Tables, choices: Choices) -> dict[str, str]:
    rows = [row for row in tables["AccountingCodePart"] if row["Company"] == choices.company]
    return {row["CodeName"]: row["CodePart"] for row in rows if row["CodePartUsed"] and row["CodePart"] != "A"}


def _values(tables: Tables, part: str, choices: Choices) -> list[str]:
    """Those that are valid, and one that is not."""
    rows = [row for row in tables[f"Code{part}"] if row["Company"] == choices.company]
    valid = [row[f"Code{part}"] for row in rows if is_valid(row, choices.today)]
    return [*valid, *[row[f"Code{part}"] for row in rows if not is_valid(row, choices.today)][:1]]
