"""Settlement and cash accounts of the ledger against our lists: agreed only where every voucher says so."""

from decimal import Decimal

from integrations.engine.agreement import Part, State
from integrations.engine.balances import Balance, Lists, Movement, compare, not_read

D = Decimal


def moved(voucher: str, amount: str, account: str = "2410", period: str = "2026-11", currency: str = "USD") -> Movement:
    return Movement(account, currency, period, voucher, D(amount))


def held(booked: list[Movement], ledger: list[Movement], settled: str = "0", **more: tuple[str, ...]) -> list[Balance]:
    lists = Lists(booked=booked, settled={("2410", "USD"): D(settled)}, settlement={"2410"}, **more)
    return compare(lists, ledger)


def told(found: list[Balance]) -> list[tuple[str, str, str]]:
    return [(each.what, each.state, each.reason) for each in found]


def test_what_stands_as_it_was_booked_is_agreed() -> None:
    mine = [moved("1", "100"), moved("1", "-100", "1150"), moved("2", "40", period="2026-12")]
    found = held(mine, mine)
    assert {each.state for each in found} == {State.AGREED}
    assert [(each.part, each.period, each.here, each.there) for each in found] == [
        (Part.CASH, "2026-11", D(-100), D(-100)),
        (Part.SETTLEMENT, "2026-11", D(100), D(100)),
        (Part.SETTLEMENT, "2026-12", D(40), D(40)),
    ]


def test_the_balance_of_a_settlement_account_is_what_is_paid_and_not_settled() -> None:
    ours = [moved("1", "100"), moved("2", "40")]
    found = held(ours, [*ours, moved("9", "-100")], settled="100")
    assert told(found) == [("booked", State.AGREED, ""), ("settled", State.AGREED, "settled_by_hand")]
    assert sum(each.here or 0 for each in found) == sum(each.there or 0 for each in found) == 40


def test_what_others_post_beside_the_list_is_named() -> None:
    [_, found] = held([moved("1", "100")], [moved("1", "100"), moved("9", "-30")])
    assert (found.state, found.reason, found.named) == (
        State.AMOUNT_DIFFERS, "posted_by_others", (("9", D(0), D(-30)),),
    )  # fmt: skip


def test_an_item_that_was_settled_from_another_account_shows_itself() -> None:
    [_, found] = held([moved("1", "100")], [moved("1", "100")], settled="100")
    assert (found.state, found.reason, found.here, found.there) == (
        State.AMOUNT_DIFFERS, "settled_elsewhere", D(-100), D(0),
    )  # fmt: skip


def test_two_changed_vouchers_do_not_make_each_other_right() -> None:
    [found] = held([moved("1", "100"), moved("2", "40")], [moved("1", "90"), moved("2", "50")])
    assert (found.state, found.reason, found.here, found.there) == (
        State.AMOUNT_DIFFERS, "vouchers_changed", D(140), D(140),
    )  # fmt: skip
    assert found.named == (("1", D(100), D(90)), ("2", D(40), D(50)))


def test_a_voucher_that_is_not_there_is_missing() -> None:
    [found] = held([moved("1", "100"), moved("2", "40")], [moved("1", "100")])
    assert (found.state, found.reason, found.named) == (
        State.MISSING_IN_TARGET, "vouchers_not_there", (("2", D(40), D(0)),),
    )  # fmt: skip


def test_rows_of_one_voucher_count_together_wherever_the_ledger_shows_them() -> None:
    [found] = held([moved("1", "60"), moved("1", "40")], [moved("1", "30"), moved("1", "70")])
    assert (found.state, found.there) == (State.AGREED, D(100))


def test_the_period_is_the_ledger_s() -> None:
    [found] = held([moved("1", "100", period="2026-11")], [moved("1", "100", period="2026-05")])
    assert (found.state, found.period) == (State.AGREED, "2026-05")


def test_what_others_post_on_a_cash_account_is_counted_and_compared_with_nothing() -> None:
    [_, found] = held([moved("1", "-100", "1150")], [moved("1", "-100", "1150"), moved("9", "500", "1150")])
    assert (found.what, found.state, found.here, found.there) == ("others", State.OUT, None, D(500))


def test_currencies_stay_apart() -> None:
    found = held([moved("1", "100"), moved("2", "100", currency="EUR")], [moved("1", "200")])
    assert told(found) == [
        ("booked", State.MISSING_IN_TARGET, "vouchers_not_there"),
        ("booked", State.AMOUNT_DIFFERS, "vouchers_changed"),
    ]


def test_a_voucher_that_a_person_linked_is_taken_as_the_ledger_has_it() -> None:
    [found] = held([], [moved("7", "100")], adopted=("7",))
    assert (found.what, found.state) == ("booked", State.AGREED)


def test_what_the_erp_does_not_show_is_never_agreed() -> None:
    found = not_read({"2410", "1150"}, {"2410"})
    assert [(each.part, each.account, each.state, each.reason) for each in found] == [
        (Part.CASH, "1150", State.WAITING, "not_read"),
        (Part.SETTLEMENT, "2410", State.WAITING, "not_read"),
    ]
