"""Two companies of IFS on one AvidXchange customer: codes shared, invoices and payments each at home, none twice."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.journeys.books import comparing, found
from tests.journeys.books.comparing import Seen
from tests.journeys.books.outcome import held, is_valid
from tests.journeys.books.sizes import SEED, TWO_COMPANIES
from tests.journeys.books.world import World, books

COMPANIES = ("10", "20")
pytestmark = [pytest.mark.slow, pytest.mark.processes]


class Codes:
    """Accounts that both companies have, each in a state of its own."""

    def __init__(self, world: World) -> None:
        rows = [row for row in world.ifs.rows("Account", Company="10") if _is_sent(row, world)]
        self.other_text, self.closed_there, self.going = (row["Account"] for row in rows[:3])


def _is_sent(row: dict[str, Any], world: World) -> bool:
    """A code for costs; payments have accounts of their own."""
    usable = is_valid(row, world.choices["10"].today) and row["LogicalAccountType"] == "Cost"
    return usable and not row["LedgFlag"] and " " not in row["Account"]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Company 20 names one code otherwise, and has closed another one."""
    with django_db_blocker.unblock(), books(TWO_COMPANIES, SEED, tmp_path_factory.mktemp("two"), COMPANIES) as made:
        codes = Codes(made)
        _change(made, "20", codes.other_text, Description="Gastos de oficina")
        _change(made, "20", codes.closed_there, ValidUntil="2020-12-31")
        yield made


@pytest.fixture(scope="module")
def codes(world: World) -> Codes:
    """By what is the matter with them."""
    return Codes(world)


@pytest.fixture(scope="module")
def seen(world: World, codes: Codes) -> dict[str, Seen]:
    """By company, after one sync of both."""
    world.sync()
    return {company: comparing.seen(world, company) for company in COMPANIES}


def test_invoices_and_payments_are_each_in_their_own_company(seen: dict[str, Seen]) -> None:
    for company in COMPANIES:
        comparing.check(SEED, *seen[company].invoices)
        comparing.check(SEED, *seen[company].payments)
    booked = [
        {key for key, each in seen[company].invoices[0].items() if each.what == "booked"} for company in COMPANIES
    ]
    assert min(map(len, booked)) > 20
    assert not booked[0] & booked[1]
    for company, mine in zip(COMPANIES, booked, strict=True):
        assert set(seen[company].there[3]) == mine


def test_a_code_that_two_companies_name_otherwise_is_held_in_the_second(
    world: World, seen: dict[str, Seen], codes: Codes
) -> None:
    key = f"Accounting Codes|{codes.other_text}"
    for company, (wanted, there) in ((each, seen[each].masters[1]) for each in COMPANIES):
        comparing.check(SEED, wanted if company == "10" else {**wanted, key: held("code_text_differs")}, there)
    assert dict(found.codes(world.avid)[key].facts)["text"] == f"Account {codes.other_text}"


def test_suppliers_and_orders_of_both_are_there(world: World, seen: dict[str, Seen]) -> None:
    for company in COMPANIES:
        vendors, _, orders = seen[company].masters
        comparing.check(SEED, *vendors)
        comparing.check(SEED, *orders)
    assert set(world.written_companies) == set(COMPANIES)


def test_the_second_sync_of_both_writes_nothing(world: World, seen: dict[str, Seen]) -> None:
    place = world.place()
    world.sync()
    assert world.written(place) == []


def test_a_code_is_switched_off_only_when_no_company_uses_it(world: World, seen: dict[str, Seen], codes: Codes) -> None:
    assert _is_active(world, codes.closed_there)
    yesterday = str(world.choices["10"].today - timedelta(days=1))
    _change(world, "10", codes.closed_there, ValidUntil=yesterday)
    _change(world, "10", codes.going, ValidUntil=yesterday)
    world.sync()
    assert not _is_active(world, codes.closed_there)
    assert _is_active(world, codes.going)
    _change(world, "20", codes.going, ValidUntil=yesterday)
    world.sync()
    assert not _is_active(world, codes.going)


def _change(world: World, company: str, account: str, **fields: Any) -> None:
    world.ifs.edit("Account", (company, account), **fields)


def _is_active(world: World, account: str) -> bool:
    return bool(dict(found.codes(world.avid)[f"Accounting Codes|{account}"].facts)["active"])
