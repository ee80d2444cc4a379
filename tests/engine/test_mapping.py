"""Mapping rules by themselves: which one wins, and that no pattern is dear."""

import time
from datetime import date

import pytest

from integrations.engine.charges import Orders
from integrations.engine.duplicates import Guard
from integrations.engine.mapping import Account, Rule, Rules

DAY = date(2026, 3, 1)
ACCOUNTS = [Account(target_id=f"t{number}", number=str(number)) for number in range(10)]


def rule(source: str, target: str = "1", **fields: object) -> Rule:
    return Rule(id=1, version=1, table="account", source=source, target=target, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "pattern", ["*a*a*a*a*a*a*a*b", "?*?*?*?*", "*" * 8, "*aaaaaaa*aaaaaaa*aaaaaaa*b", "*[a]*[a]*[a]*[!b]*", "(a+)+$*"]
)
@pytest.mark.parametrize("value", ["a" * 120, "a" * 119 + "b", "ab" * 60, "[a]" * 40])
def test_no_pattern_takes_50_ms(pattern: str, value: str) -> None:
    """Of the longest code there is: a source is at most 60 characters of rule, 120 of value."""
    began = time.perf_counter()
    rule(pattern).covers("10", value, DAY)
    assert time.perf_counter() - began < 0.05


def test_a_rule_among_2000_is_found_as_fast_as_one_alone() -> None:
    many = Rules(rules=[rule(f"{n:05d}") for n in range(2000)], accounts=ACCOUNTS)
    began = time.perf_counter()
    for n in range(2000):
        assert many.account("10", f"{n:05d}", DAY)[2] is None
    assert time.perf_counter() - began < 0.5


def test_the_company_goes_before_the_value_and_the_longer_pattern_before_the_shorter() -> None:
    rules = [rule("4000", "1"), rule("4*", "2", company="10"), rule("40*", "3"), rule("4*", "4")]
    found = Rules(rules=rules, accounts=ACCOUNTS)
    assert found.account("10", "4000", DAY)[0] == "t2"  # its own company, though by a pattern
    assert found.account("20", "4000", DAY)[0] == "t1"
    assert (found.account("20", "4099", DAY)[0], found.account("20", "4999", DAY)[0]) == ("t3", "t4")


def test_an_exact_rule_out_of_its_dates_leaves_room_for_a_pattern() -> None:
    rules = [rule("4000", "1", valid_from=date(2026, 4, 1)), rule("4*", "2")]
    found = Rules(rules=rules, accounts=ACCOUNTS)
    assert found.account("10", "4000", DAY)[0] == "t2"
    assert found.account("10", "4000", date(2026, 4, 1))[0] == "t1"


def test_a_code_is_said_as_it_is_written() -> None:
    problem = Rules(rules=[], accounts=ACCOUNTS).account("10", "D302X", DAY)[2]
    assert problem is not None
    assert problem.message.startswith("Account D302X has no counterpart")


def test_other_tables_know_the_orders_of_a_batch_too() -> None:
    """Else a preview of mappings would let go what is held for its purchase order."""
    orders = Orders()
    batch = Rules(accounts=ACCOUNTS).for_batch({}, {}, Guard([]), orders=orders)
    assert Rules(accounts=ACCOUNTS).coding(batch).orders is orders
