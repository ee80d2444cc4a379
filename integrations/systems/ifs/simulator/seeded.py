"""Seeded books of any size in which little is of the clean kind: what a go-live meets, deterministic by seed."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import islice
from random import Random

from integrations.systems.ifs.simulator.demo import CHUNK, FIRST_ID, SeedReport, insert, plain, plan, propose
from integrations.systems.ifs.simulator.demo_cases import LEAST, SUPPLIER_KIND
from integrations.systems.ifs.simulator.demo_drafts import Draft
from integrations.systems.ifs.simulator.demo_masters import masters
from integrations.systems.ifs.simulator.demo_suppliers import Supplier, supplier_rows
from integrations.systems.ifs.simulator.seeded_cases import CASES, HUGE, LATE, REPEATS, TWINS, huge
from integrations.systems.ifs.simulator.seeded_suppliers import seeded_roster
from integrations.systems.ifs.simulator.simulator import Simulator
from integrations.systems.ifs.simulator.store import day

_USUAL = ("", "two_addresses", "document_address", "incomplete_address", "no_address", "expired_address")
_SCALES = {"JPY": 2, "KWD": -1}  # from cents to whole yen, and to thousandths of a dinar
_METHODS = ("CHECK", "CHECK", "ACH", "WIRE")


def seed_awkward(sim: Simulator, invoices: int, seed: int = 1, suppliers: int = 0) -> SeedReport:
    """Fill an empty simulator. The same arguments on the same day give the same books.

    Every case comes at least once; from 10,000 invoices on, one has 10,000 lines. Raises ValueError for fewer invoices
    than there are cases.
    """
    least = len(CASES) + sum(LEAST.values()) - len(LEAST)
    if invoices < least:
        raise ValueError(f"at least {least} invoices are needed to show every case")
    chance, today, report = Random(seed), day(sim.clock()), SeedReport()
    people = seeded_roster(suppliers or max(80, invoices // 50), chance)
    with sim.store.transaction():
        for entity, rows in (*masters(today), *supplier_rows(people, today, chance)):
            report.count(entity, sim.store.insert_many(entity, rows))
        drafts = _drafts(invoices, people, today, chance, report)
        while chunk := list(islice(drafts, CHUNK)):
            insert(sim.store, chunk, today, report)
        propose(sim.store, report, today)
    return report


def _drafts(count: int, people: list[Supplier], today: date, chance: Random, report: SeedReport) -> Iterator[Draft]:
    last: Draft | None = None
    taken: set[tuple[str, str]] = set()
    for position, name in enumerate(_names(count, chance)):
        supplier = _supplier(name, people, last, chance)
        draft = plain(FIRST_ID + position, supplier, today, chance)
        draft.earlier = last.number if last is not None else ""
        draft.more["PaymentMethod"] = chance.choice(_METHODS)
        apply = huge if name == "huge" else CASES[name][1]
        apply(draft, chance)
        _scale(draft)
        if name in TWINS and last is not None:
            TWINS[name](draft, last, chance)
        if name in LATE:
            LATE[name](draft, chance)
        if (draft.supplier.id, draft.number) in taken:  # IFS has a number of a supplier once
            draft.number = f"{draft.number} {draft.id}"
        taken.add((draft.supplier.id, draft.number))
        report.cases.setdefault(name, []).append(draft.id)
        last = draft if name == "ordinary" else last
        yield draft


def _names(count: int, chance: Random) -> list[str]:
    """The case of each invoice; large books hold one of very many lines."""
    names = plan(CASES, count, chance)
    if count >= HUGE:
        names[len(names) - 1 - names[::-1].index("ordinary")] = "huge"
    return names


def _supplier(name: str, people: list[Supplier], last: Draft | None, chance: Random) -> Supplier:
    if name in REPEATS and last is not None:
        return last.supplier
    if name in SUPPLIER_KIND:
        return chance.choice([each for each in people if each.kind == SUPPLIER_KIND[name]])
    if name == "other_company":
        return chance.choice([each for each in people if each.currency == "MXN"])
    return chance.choice([each for each in people if each.kind in _USUAL])


def _scale(draft: Draft) -> None:
    """Amounts are drawn in cents; a currency of another unit gets as many of its own."""
    places = _SCALES.get(draft.supplier.currency, 0)
    if not places:
        return

    def moved(amount: Decimal) -> Decimal:
        return amount.scaleb(places).quantize(draft.unit)

    for line in draft.lines:
        line.amount = moved(line.amount)
        line.price = moved(line.price) if line.price is not None else None
    draft.paid, draft.debt_off, draft.ledger_off = map(moved, (draft.paid, draft.debt_off, draft.ledger_off))
    for row in draft.order_lines:
        row |= {name: moved(row[name]) for name in ("BuyUnitPrice", "NetAmtCurr", "GrossAmtCurr")}
