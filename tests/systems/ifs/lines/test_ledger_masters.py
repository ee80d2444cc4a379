"""Accounts say what coding they demand, and periods whether they take vouchers."""

from datetime import date
from typing import Any

import pytest

from integrations.engine.records import AccountingPeriod, Entity, Unreadable
from tests.systems.ifs.lines.world import SCOPE, World

PERIODS = Entity.ACCOUNTING_PERIOD


def period(world: World, year: int, number: int, state: str = "Open", company: str = "10", **fields: Any) -> None:
    days = {"DateFrom": f"{year}-{number:02}-01", "DateUntil": f"{year}-{number:02}-28"}
    key = {"Company": company, "AccountingYear": year, "AccountingPeriod": number}
    world.sim.insert("AccountingPeriod", key | days | {"Objstate": state} | fields)


def test_demands_of_an_account_are_by_code_part(world: World) -> None:
    world.account("6000", ReqCodeB="Mandatory", ReqCodeC="Can", ReqCodeJ="Blocked")
    assert world.only(Entity.GL_ACCOUNT).demands == {"B": "mandatory", "J": "blocked"}


def test_words_of_demands_are_the_profiles() -> None:
    world = World(override={"demands": {"M": "mandatory"}, "statistical_kinds": ["Q"]})
    world.account("6000", ReqCodeB="M", ReqCodeC="Mandatory", LogicalAccountType="Q")
    account = world.only(Entity.GL_ACCOUNT)
    assert account.demands == {"B": "mandatory", "C": "mandatory"}
    assert account.statistical


@pytest.mark.parametrize(("kind", "statistical"), [("Statistics", True), ("Cost", False), (None, False)])
def test_statistical_accounts_are_told_by_their_kind(world: World, kind: str | None, statistical: bool) -> None:
    world.account("9000", LogicalAccountType=kind)
    assert world.only(Entity.GL_ACCOUNT).statistical is statistical


def test_an_account_of_a_tenant_without_demands_has_none() -> None:
    gone = {f"demand_{part}": "" for part in "bcdefghij"}
    world = World(override={"sets": {"account": {"fields": gone}}})
    world.account("6000", ReqCodeB="Mandatory")
    assert world.only(Entity.GL_ACCOUNT).demands == {}


def test_a_period_has_its_days_and_is_open_or_not(world: World) -> None:
    period(world, 2026, 10, "Closed")
    period(world, 2026, 11)
    records, _ = world.poll(PERIODS)
    assert [(each.key, each.starts, each.ends, each.open) for each in records] == [
        ("10|2026|10", date(2026, 10, 1), date(2026, 10, 28), False),
        ("10|2026|11", date(2026, 11, 1), date(2026, 11, 28), True),
    ]


def test_a_period_in_an_unknown_state_takes_no_vouchers(world: World) -> None:
    period(world, 2026, 11, "Frozen")
    assert world.only(PERIODS).open is False


def test_a_period_is_found_by_its_key_in_its_company_only(world: World) -> None:
    period(world, 2026, 11)
    period(world, 2026, 12, company="20")
    found = world.client.fetch(PERIODS, "10|2026|11", SCOPE)
    assert isinstance(found, AccountingPeriod)
    assert (found.year, found.period) == (2026, 11)
    for key in ("10|2026|12", "20|2026|12", "10|2026", "10|2026|x", "10||11", "10|2026|11|1"):
        assert world.client.fetch(PERIODS, key, SCOPE) is None


def test_a_period_without_its_days_is_kept_as_unreadable(world: World) -> None:
    period(world, 2026, 11, DateUntil=None)
    (found,) = world.poll(PERIODS)[0]
    assert isinstance(found, Unreadable)
    assert (found.key, found.code) == ("10|2026|11", "missing_date")
