"""A go-live on somebody's own history: what a spend export becomes, against an expectation computed apart.

Measured on two cores shared with others: the real ledger two to four minutes, the small export ten to twenty seconds.
"""

import copy
import shutil
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings

from tests.journeys import expectations
from tests.journeys.exports import MAPPING, write_export
from tests.journeys.rehearsal import Json, Rehearsal, expected, rehearse, script

FILE = settings.BASE_DIR.parent / "shared" / "data" / "ledger-2014-2016.csv.gz"
PAGE = settings.BASE_DIR / "docs" / "ledger.md"
CHECKS = [
    expectations.outcomes,
    expectations.suppliers,
    expectations.lines,
    expectations.loading,
    expectations.runs,
]
pytestmark = [pytest.mark.slow, pytest.mark.processes]
needs_file = pytest.mark.skipif(
    not FILE.is_file(), reason=f"THE REAL LEDGER WAS NOT TESTED: {FILE} is not there (docs/ledger.md says what it is)"
)


@pytest.fixture(scope="module")
def real(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rehearsal]:
    """The real ledger, synced twice, once for all tests of this file."""
    folder = tmp_path_factory.mktemp("ledger")
    with django_db_blocker.unblock():
        yield rehearse(FILE, folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def wanted() -> Json:
    """What the script computes from the real ledger."""
    return expected(FILE)


@needs_file
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.__name__))
def test_real_ledger_comes_out_as_computed_from_the_file_alone(check: Any, wanted: Json, real: Rehearsal) -> None:
    assert check(wanted, real)[:10] == []


@needs_file
def test_nine_in_ten_transactions_of_the_real_ledger_become_bills(wanted: Json, real: Rehearsal) -> None:
    assert len(real.held["bills"]) / wanted["transactions"] >= 0.9
    assert {each.reasons for each in real.standing} == {"no_invoice_date + no_due_date"}


@needs_file
def test_the_page_about_the_real_ledger_says_what_the_script_says() -> None:
    assert script(FILE, "--markdown") == PAGE.read_text("utf-8")


@pytest.fixture(scope="module")
def flawed(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Json, Rehearsal]:
    """A small export with other headers and every flaw: what the script says of it, and what came of it."""
    folder = tmp_path_factory.mktemp("flawed")
    file = write_export(folder / "export.csv")
    with django_db_blocker.unblock():
        return expected(file, MAPPING), rehearse(file, folder, MAPPING)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.__name__))
def test_flawed_export_comes_out_as_computed_from_the_file_alone(check: Any, flawed: tuple[Json, Rehearsal]) -> None:
    assert check(*flawed)[:10] == []


def test_flawed_export_comes_out_as_counted_by_hand(flawed: tuple[Json, Rehearsal]) -> None:
    assert flawed[1].outcomes() == {
        ("bill", ""): (12, Decimal("15663.21")),
        ("vendor credit", ""): (1, Decimal("-250.00")),
        ("out", "nothing_to_pay"): (3, Decimal("0.00")),
        ("held", "no_invoice_date + no_due_date"): (3, Decimal("1999.99")),
        ("held", "too_many_lines"): (1, Decimal("101.00")),
    }
    assert [each["line"] for each in flawed[0]["unreadable"]] == [*range(25, 35), 237]


def test_a_penny_in_the_wrong_place_is_seen(flawed: tuple[Json, Rehearsal]) -> None:
    wanted, found = copy.deepcopy(flawed)
    bill = found.held["bills"][0]
    bill["amount"] += 0.01
    bill["billLineItems"][0]["amount"] += 0.01
    assert [len(check(wanted, found)) for check in CHECKS] == [1, 1, 2, 0, 0]


def test_a_write_in_the_second_sync_is_seen(flawed: tuple[Json, Rehearsal]) -> None:
    wanted, found = copy.deepcopy(flawed)
    found.late.append({"method": "POST", "path": "/connect/v3/bills/bulk"})
    assert expectations.runs(wanted, found) == [("second sync", "no write", "/connect/v3/bills/bulk")]


def test_a_line_that_is_not_reported_is_seen(flawed: tuple[Json, Rehearsal]) -> None:
    wanted, found = copy.deepcopy(flawed)
    found.said = found.said.replace("line 30: not loaded", "line 30: loaded")
    assert [line for line, _, _ in expectations.loading(wanted, found)] == ["line 30", 30]


def test_split_numbers_take_a_suffix_that_nobody_has(flawed: tuple[Json, Rehearsal]) -> None:
    numbers = {number for sent in flawed[1].numbers().values() for number, _ in sent}
    assert {"9001", "9001-2", "9001-3"} <= numbers


def test_more_lines_than_a_bill_takes_are_added_up_by_coding(flawed: tuple[Json, Rehearsal]) -> None:
    long = next(row for row in flawed[1].held["bills"] if row["invoice"]["invoiceNumber"] == "9100")
    assert sorted(Decimal(str(line["amount"])) for line in long["billLineItems"]) == [Decimal(50), Decimal(60)]
