"""The whole job in both directions: masters and orders out, invoices and payments in, each once and as computed apart.

BOOKS_LONG=1 makes it 1,000 suppliers, 500 accounts, 2,000 values, 800 orders, 1,500 invoices and 1,200 payments;
BOOKS_SEED takes other books, 0 some that nobody has seen yet.
"""

import os
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from tests.journeys.books import comparing
from tests.journeys.books.world import Size, World, books

LONG = os.environ.get("BOOKS_LONG") == "1"
SIZE = Size(1000, 500, 2000, 800, 1500, 1200) if LONG else Size(100, 60, 150, 80, 200, 150)
SEED = int(os.environ.get("BOOKS_SEED", "471108")) or Random().randrange(1, 10**6)
COMPANY = "10"
pytestmark = [pytest.mark.slow, pytest.mark.processes]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One sync by the command."""
    with django_db_blocker.unblock(), books(SIZE, SEED, tmp_path_factory.mktemp("books")) as made:
        made.sync()
        yield made


def test_every_supplier_code_and_order_is_there_as_computed(world: World, tell: Callable[[str], None]) -> None:
    tell(f"books, seed {SEED}: first sync {world.seconds[0]:.0f} s")
    for both in comparing.masters(world, COMPANY):
        comparing.check(SEED, *both)


def test_every_captured_invoice_is_booked_or_says_why_not(world: World) -> None:
    comparing.check(SEED, *comparing.invoices(world, COMPANY))


def test_every_payment_is_a_voucher_or_says_why_not(world: World) -> None:
    comparing.check(SEED, *comparing.payments(world, COMPANY))
