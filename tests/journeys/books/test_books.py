"""The whole job in both directions: masters and orders out, invoices and payments in, each once and as computed apart.

BOOKS_LONG=1 makes it 1,000 suppliers, 500 accounts, 2,000 values, 800 orders, 1,500 invoices and 1,200 payments that
are booked, and all the others; BOOKS_SEED takes other books, 0 some that nobody has seen yet.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.defences.planted import findings
from tests.journeys.books import comparing, found
from tests.journeys.books.comparing import Seen
from tests.journeys.books.inward import CARDS, MASKED
from tests.journeys.books.sizes import SEED
from tests.journeys.books.world import Json, World
from tests.journeys.rehearsal import manage

pytestmark = [pytest.mark.slow, pytest.mark.processes]


def test_every_supplier_code_and_order_is_there_as_computed_and_no_other(
    world: World, first: Seen, tell: Callable[[str], None]
) -> None:
    tell(f"books, seed {SEED}: {first.told()}, first sync {world.seconds[0]:.0f} s")
    for both in first.masters:
        comparing.check(SEED, *both)


def test_every_captured_invoice_is_booked_or_says_why_not(first: Seen) -> None:
    comparing.check(SEED, *first.invoices)


def test_every_payment_is_a_voucher_or_says_why_not(first: Seen) -> None:
    comparing.check(SEED, *first.payments)


def test_neither_side_holds_anything_else(first: Seen) -> None:
    both = [*first.masters, first.invoices, first.payments]
    wanted = [{key for key, each in mine.items() if each.what in ("sent", "booked")} for mine, _ in both]
    assert [set(each) for each in first.there] == wanted


def test_bookings_that_broke_off_half_way_were_met(world: World, first: Seen) -> None:
    assert world.ifs.stats()["limited"] == 2


def test_every_kind_of_outcome_occurs(first: Seen) -> None:
    invoices, payments = (
        Counter(each.what for each in wanted.values()) for wanted, _ in (first.invoices, first.payments)
    )
    assert set(invoices) == {"booked", "linked", "held", "out"}
    assert set(payments) == {"booked", "held", "waiting", "out"}
    codes = {code for wanted, _ in (first.invoices, first.payments) for each in wanted.values() for code in each.codes}
    assert len(codes) > 25
    signs = {dict(each.facts)["net"] > 0 for each in first.invoices[0].values() if each.what == "booked"}
    assert signs == {True, False}


def test_what_differs_by_a_cent_or_is_missing_is_seen(first: Seen) -> None:
    wanted, there = first.invoices
    one, other = [key for key, each in wanted.items() if each.what == "booked"][:2]
    altered = tuple((name, Decimal("0.01") if name == "net" else value) for name, value in wanted[one].facts)
    less = {key: each for key, each in there.items() if key != other}
    seen = comparing.differences({**wanted, one: replace(wanted[one], facts=altered)}, less)
    assert {each[0] for each in seen} == {one, other}


def test_every_voucher_is_balanced_and_none_touches_a_ledger_account(world: World, first: Seen) -> None:
    ledger = {row["Account"] for row in world.ifs.rows("Account", Company=world.company) if row["LedgFlag"]}
    assert ledger
    vouchers = found.vouchers(world.ifs, world.company)
    assert len(vouchers) > len(first.payments[0]) // 2
    assert len(vouchers) == len(world.ifs.rows("Voucher", Company=world.company)), "one was begun and not approved"
    for key, each in vouchers.items():
        rows = dict(each.facts)["rows"]
        assert (sum(row[2] for row in rows), sum(row[3] for row in rows)) == (0, 0), key
        assert not ledger & {row[0] for row in rows}, key


def test_each_invoice_and_each_payment_is_in_the_ledger_once(world: World, first: Seen) -> None:
    rows = world.ifs.rows("ManSuppInvoice", Company=world.company)
    numbers = Counter((row["Identity"], row["SeriesId"], row["InvoiceNo"]) for row in rows)
    assert [key for key, count in numbers.items() if count > 1] == []
    loads = world.ifs.rows("ExtIncInvHead", Company=world.company)
    assert {row["Objstate"] for row in loads} == {"Created"}
    assert len(loads) == sum(each.what == "booked" for each in first.invoices[0].values())


def test_every_call_that_writes_to_ifs_names_the_company(world: World, first: Seen) -> None:
    assert world.written_companies == Counter({world.company: world.written_companies[world.company]})


def test_the_second_sync_writes_nothing(world: World, second: list[Json], tell: Callable[[str], None]) -> None:
    tell(f"books: second sync {world.seconds[1]:.0f} s")
    assert second == []
    assert len(world.said) == 2
    for said in world.said:
        flows = {name: each for name, each in said.items() if name != "company"}
        assert {name: (flow["balanced"], flow["failed"]) for name, flow in flows.items()} == dict.fromkeys(
            flows, (True, False)
        )


def test_a_card_number_stands_nowhere_but_by_its_last_four(world: World, first: Seen) -> None:
    export = world.folder / "audit.jsonl"
    manage(world.folder / "export.txt", "export_audit", world.tenant.slug, str(export))
    heard = {each.name: each.read_text("utf-8", "replace") for each in (*world.folder.glob("*.txt"), export)}
    heard["the ledger of IFS"] = repr([world.ifs.rows(entity) for entity in world.ifs.entities])
    heard["what IFS was asked"] = repr(world.ifs.ledger())
    assert findings(CARDS, heard=heard) == []
    assert MASKED in heard["the ledger of IFS"]
    assert CARDS[0] in repr(world.avid.dump("invoices"))
