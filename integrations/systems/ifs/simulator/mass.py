"""Masters in bulk: companies with many suppliers, accounts, code part values and orders, some of each awkward."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random
from typing import Any

from integrations.systems.ifs.simulator.demo_frame import frame
from integrations.systems.ifs.simulator.demo_masters import account_row, code_row, last_year
from integrations.systems.ifs.simulator.demo_orders import LONG_TEXT, STATES, Order, order_rows
from integrations.systems.ifs.simulator.demo_suppliers import Supplier, roster, supplier_rows
from integrations.systems.ifs.simulator.simulator import Simulator
from integrations.systems.ifs.simulator.store import day

Row = dict[str, Any]
_PARTS = "BCD"
_KINDS = ("Cost", "Cost", "Cost", "Cost", "Cost", "Revenue", "Assets", "Liabilities")
_FATES = {7: "blocked", 11: "no_address", 13: "expired_address", 17: "two_addresses", 19: "no_company"}
_AWKWARD = 20  # every so many accounts or values one is awkward, each kind in turn


@dataclass
class MasterReport:
    """What was made: keys within a company by case name (`account inactive`, `order Closed`), rows by entity."""

    cases: dict[str, list[str]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    def note(self, case: str, key: str) -> None:
        self.cases.setdefault(case, []).append(key)


def seed_masters(
    sim: Simulator,
    suppliers: int = 1000,
    accounts: int = 500,
    values: int = 2000,
    orders: int = 800,
    seed: int = 1,
    companies: tuple[str, ...] = ("10",),
) -> MasterReport:
    """Fill an empty simulator; the same arguments on the same day give the same rows.

    Suppliers and orders are so many in all, the orders spread over the companies; accounts and values (of all code
    parts together) are so many in each company, and the same in all.
    """
    chance, today, report = Random(seed), day(sim.clock()), MasterReport()
    people = _people(suppliers, chance, report)

    def everywhere(supplier: Supplier) -> tuple[str, ...]:
        return () if supplier.kind == "no_company" else companies

    heads = [{"Company": each, "Name": f"Company {each}", "Currency": "USD", "Country": "US"} for each in companies]
    chart, coding = list(_accounts(accounts, today, report)), list(_values(values, today, report))
    made: Iterable[tuple[str, list[Row]]] = (
        ("Company", heads),
        *(table for company in companies for table in frame(company, today)),
        *((entity, [{**row, "Company": company}]) for company in companies for entity, row in (*chart, *coding)),
        *supplier_rows(people, today, chance, everywhere),
        *order_rows(list(_orders(orders, people, companies, today, chance, report)), chance),
    )
    with sim.store.transaction():
        for entity, rows in made:
            report.rows[entity] = report.rows.get(entity, 0) + sim.store.insert_many(entity, rows)
    return report


def _people(count: int, chance: Random, report: MasterReport) -> list[Supplier]:
    """The special ones of the demo first; of the others every so many has a fate of its own."""
    found = []
    for position, each in enumerate(roster(count, chance)[:count]):
        fates = [kind for every, kind in _FATES.items() if not each.kind and position % every == 0 and position > 20]
        supplier = replace(each, kind=fates[-1]) if fates else each
        report.note(f"supplier {supplier.kind or 'ordinary'}", supplier.id)
        found.append(supplier)
    return found


def _accounts(count: int, today: date, report: MasterReport) -> Iterator[tuple[str, Row]]:
    for position in range(count):
        number, kind = str(4000 + position * 7), _KINDS[position % len(_KINDS)]
        case, code, more = _awkward(position, number, today)
        if case == "ordinary" and position % _AWKWARD == 3:
            case, kind = "statistical", "Statistics"
        elif case == "ordinary" and position % _AWKWARD == 9:
            case, more = "control", {"LedgFlag": True}
        demand = {"ReqCodeB": "Mandatory" if kind == "Cost" else "Blocked" if kind == "Assets" else "Can"}
        report.note(f"account {case}", code)
        yield "Account", account_row(code, f"Account {number}", kind, today, **(demand | more))


def _values(count: int, today: date, report: MasterReport) -> Iterator[tuple[str, Row]]:
    for position in range(count):
        part = _PARTS[position % len(_PARTS)]
        value = f"{part}{1000 + position // len(_PARTS)}"
        case, code, more = _awkward(position, value, today)
        report.note(f"value {case}", f"{part}|{code}")
        yield f"Code{part}", code_row(part, code, f"Value {value}", today, **more)


def _awkward(position: int, code: str, today: date) -> tuple[str, str, Row]:
    """(case, code, fields over the row): in turn a long text, blanks in the code, no longer and not yet valid."""
    turn, at = divmod(position, _AWKWARD)
    if at != _AWKWARD // 2:
        return "ordinary", code, {}
    cases: tuple[tuple[str, str, Row], ...] = (
        ("long text", code, {"Description": LONG_TEXT}),
        ("blank inside", f"{code[:2]} {code[2:]}", {}),
        ("blank before", f" {code}", {}),
        ("inactive", code, {"ValidUntil": last_year(today)}),
        ("future", code, {"ValidFrom": today + timedelta(days=90)}),
    )
    return cases[turn % len(cases)]


def _orders(
    count: int, people: list[Supplier], companies: tuple[str, ...], today: date, chance: Random, report: MasterReport
) -> Iterator[Order]:
    """Mostly orders that goods still come for or have come for; every eighth in another state, one after the other."""
    invoiced = [each for each in people if each.kind != "no_company"]
    for position in range(count):
        turn, rest = divmod(position, 8)
        state = STATES[turn % len(STATES)] if rest == 0 else chance.choice(("Released", "Confirmed", "Received"))
        number, company = f"PM{position:06}", companies[position % len(companies)]
        ordered = today - timedelta(days=chance.randint(5, 200))
        report.note(f"order {state}", number)
        yield Order(number, chance.choice(invoiced), state, ordered, chance.randint(1, 6), company)
