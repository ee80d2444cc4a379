"""The seeded books: the same for the same seed, of every case, and wrong only where they mean to be."""

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from integrations.engine.records import Entity, Invoice, Unreadable, Vendor
from integrations.systems.ifs.simulator import SeedReport, Simulator, build, seed_awkward
from integrations.systems.ifs.simulator.seeded_cases import CASES, RARE_ACCOUNTS, UNBALANCED
from tests.systems.ifs.lines.world import World

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
TABLES = ("ManSuppInvoice", "ManSuppInvoicePostings", "SupplierLedgerItem", "SupplierInfoGeneral", "ProposalItem")
UNREADABLE = {
    "too_fine": "too_many_decimals",
    "usd": "bad_currency",
    "no_currency": "bad_currency",
    "foreign_ledger": "ledger_currency",
}
Books = tuple[Simulator, SeedReport]


@pytest.fixture(scope="module")
def books() -> Books:
    sim = Simulator(clock=lambda: NOON)
    return sim, seed_awkward(sim, 600, seed=3)


def of(books: Books, *names: str) -> set[int]:
    return {number for name in names for number in books[1].cases[name]}


def test_the_same_seed_gives_the_same_books_and_another_one_others(books: Books) -> None:
    def rows(seed: int) -> list[list[dict[str, Any]]]:
        other = Simulator(clock=lambda: NOON)
        seed_awkward(other, 600, seed)
        return [other.rows(table) for table in TABLES]

    assert rows(3) == [books[0].rows(table) for table in TABLES]
    assert rows(4) != rows(3)


def test_every_case_is_there(books: Books) -> None:
    assert books[1].cases.keys() == CASES.keys()
    assert sum(map(len, books[1].cases.values())) == len(books[0].rows("ManSuppInvoice")) == 600


def test_too_few_invoices_for_every_case_are_refused() -> None:
    with pytest.raises(ValueError, match="at least"):
        seed_awkward(Simulator(), len(CASES))


def test_final_vouchers_add_up_but_for_the_wrong_ones(books: Books) -> None:
    sums: dict[int, Decimal] = defaultdict(Decimal)
    for row in books[0].rows("ManSuppInvoicePostings"):
        if not row["PrelVoucher"] and not row["Reversed"]:
            sums[row["InvoiceId"]] += row["CurrAmount"]
    assert {number for number, total in sums.items() if total} == of(books, *UNBALANCED)


def test_ledger_items_differ_from_the_debt_by_one_to_nine_units_where_rounded(books: Books) -> None:
    sim, _ = books
    debts = {
        row["InvoiceId"]: -row["CurrAmount"]
        for row in sim.rows("ManSuppInvoicePostings")
        if row["PostingType"] == "IP1" and not row["PrelVoucher"]
    }
    joins = {(r["Identity"], r["InvoiceNo"]): r for r in sim.rows("ManSuppInvoice")}
    owed: dict[int, Decimal] = defaultdict(Decimal)
    for row in sim.rows("SupplierLedgerItem"):
        owed[joins[row["Identity"], row["LedgerItemId"]]["InvoiceId"]] += row["OriginalAmount"]
    off = {number: abs(total - debts[number]) for number, total in owed.items() if total != debts[number]}
    assert off.keys() == of(books, "rounded")
    assert all(0 < amount <= 9 for amount in off.values())


@pytest.mark.parametrize(("currency", "places"), [("USD", 2), ("EUR", 2), ("CAD", 2), ("JPY", 0), ("KWD", 3)])
def test_amounts_have_the_decimals_of_their_currency(books: Books, currency: str, places: int) -> None:
    sim, _ = books
    found = {row["InvoiceId"] for row in sim.rows("ManSuppInvoice") if row["Currency"] == currency}
    amounts = [row["CurrAmount"] for row in sim.rows("ManSuppInvoicePostings") if row["InvoiceId"] in found]
    assert amounts
    assert {-int(Decimal(amount).as_tuple().exponent) for amount in amounts} == {places}


def test_coding_that_nobody_else_uses_stays_with_its_case(books: Books) -> None:
    rows = books[0].rows("ManSuppInvoicePostings")
    assert {row["InvoiceId"] for row in rows if row["CodeA"] in RARE_ACCOUNTS} == of(books, "rare_account")
    assert {row["InvoiceId"] for row in rows if row["CodeD"]} == of(books, "product_line")


def test_the_client_reads_them_all_and_holds_what_cannot_be_read() -> None:
    world = World(settings={"page_size": "200"})
    world.sim = Simulator(clock=world.clock)
    report = seed_awkward(world.sim, 300, seed=5)
    world.wire.simulator = world.sim
    records, _ = world.poll(Entity.INVOICE)
    wanted = {f"10|{number}": code for name, code in UNREADABLE.items() for number in report.cases[name]}
    assert {each.key: each.code for each in records if isinstance(each, Unreadable)} == wanted
    assert len(records) == len(world.sim.rows("ManSuppInvoice", Company="10"))
    assert all(isinstance(each, Invoice) for each in records if each.key not in wanted)


def test_suppliers_that_look_alike_stay_apart_and_two_share_a_tax_id() -> None:
    world = World(settings={"page_size": "200"})
    world.sim = Simulator(clock=world.clock)
    seed_awkward(world.sim, 200, seed=5)
    world.wire.simulator = world.sim
    found = {each.key: each for each in world.poll(Entity.VENDOR)[0] if isinstance(each, Vendor)}
    assert {"00123", "123", " 123 "} <= found.keys()
    assert found["S8002"].tax_id == found["S8003"].tax_id == "94-7654321"


def test_the_command_s_options_seed_them() -> None:
    assert "250 ManSuppInvoice\n" in build({"seeded": 250, "seed": "9"}).about
