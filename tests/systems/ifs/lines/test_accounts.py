"""What stands on accounts of the ledger: rows of vouchers added up page by page, cancelled ones left out."""

from decimal import Decimal
from typing import Any

import pytest

from integrations.engine.balances import Movement
from integrations.engine.errors import Rejected
from tests.systems.ifs.lines.world import World


@pytest.fixture
def world() -> World:
    return World(settings={"page_size": "3"})


def voucher(world: World, number: int, *rows: tuple[str, str], state: str = "Approved", **fields: Any) -> None:
    """`rows` are (account, amount), debit positive."""
    head = {"Company": "10", "VoucherType": "BPV", "AccountingYear": 2026, "VoucherNo": number} | fields
    world.sim.insert("Voucher", head | {"Objstate": state, "VoucherDate": "2026-11-05"})
    for place, (account, text) in enumerate(rows, 1):
        side = "CurrencyDebetAmount" if Decimal(text) > 0 else "CurrencyCreditAmount"
        row = {"RowNo": place, "Account": account, "AccountingPeriod": 11, "CurrencyCode": "USD"}
        world.sim.insert("VoucherRow", head | row | {side: abs(Decimal(text))})


def moved(world: World) -> list[Movement]:
    return list(world.client.movements("10", ["2410", "1150"]))


def test_rows_of_a_voucher_are_added_up_account_by_account(world: World) -> None:
    voucher(world, 1, ("1150", "-100.00"), ("2410", "60.00"), ("2410", "40.00"), ("8040", "0.00"))
    assert moved(world) == [
        Movement("1150", "USD", "2026-11", "10|BPV|2026|1", Decimal("-100.00")),
        Movement("2410", "USD", "2026-11", "10|BPV|2026|1", Decimal("100.00")),
    ]


def test_many_vouchers_come_page_by_page_each_once(world: World) -> None:
    for number in range(1, 12):
        voucher(world, number, ("1150", f"-{number}.00"), ("2410", f"{number}.00"))
    found = moved(world)
    assert sorted(each.amount for each in found if each.account == "2410") == [Decimal(n) for n in range(1, 12)]
    assert len(world.calls("VoucherRowsAnalysis")) > 7


def test_cancelled_vouchers_and_other_companies_are_left_out(world: World) -> None:
    voucher(world, 1, ("2410", "60.00"), state="Cancelled")
    voucher(world, 2, ("2410", "5.00"))
    voucher(world, 2, ("2410", "7.00"), Company="20")
    assert [each.amount for each in moved(world)] == [Decimal("5.00")]


@pytest.mark.parametrize("status", [403, 404])
def test_an_ifs_that_hides_the_rows_says_so(world: World, status: int) -> None:
    world.fault("status", "VoucherRowsAnalysis", status=status, times=None)
    with pytest.raises(Rejected) as caught:
        moved(world)
    assert caught.value.code == "not_readable"


def test_a_row_that_cannot_be_read_makes_the_whole_account_unknown(world: World) -> None:
    voucher(world, 1, ("2410", "5.00"))
    key = ("10", "BPV", 2026, 1, 1)
    world.sim.edit("VoucherRow", key, CurrencyCode="XXX")
    with pytest.raises(Rejected) as caught:
        moved(world)
    assert caught.value.code == "not_readable"
