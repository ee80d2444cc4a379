"""Thousands of supplier invoices, most of them not the clean kind: every outcome is the one computed apart.

SEEDED_LONG=1 makes it 10,000 invoices; SEEDED_SEED takes another set of books, 0 one that nobody has seen yet.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from integrations.models import ReviewItem
from tenants.scope import tenant_scope
from tests.journeys.seeded.expectation import Outcome, plain
from tests.journeys.seeded.world import ASKED_ONCE, Seeded, seeded

COUNT = 10_000 if os.environ.get("SEEDED_LONG") == "1" else 1_000
SEED = int(os.environ.get("SEEDED_SEED", "739990")) or Random().randrange(1, 10**6)
SIGNING_IN = ("/connect/v3/login", "/connect/v3/logout")
pytestmark = [pytest.mark.slow, pytest.mark.processes]


@pytest.fixture(scope="module")
def synced(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    """Two syncs by the command."""
    folder = tmp_path_factory.mktemp("seeded")
    with django_db_blocker.unblock(), seeded(COUNT, SEED) as world:
        world.sync(folder)
        seen = max((each["seq"] for each in world.bill.ledger()), default=0)
        world.sync(folder)
        world.late = world.bill.ledger(seen)
        yield world


def differences(wanted: dict[str, Outcome], found: dict[str, Outcome]) -> list[tuple[str, object, object]]:
    """Invoices whose outcome is another one than computed."""
    return [
        (key, wanted.get(key), found.get(key)) for key in sorted({*wanted, *found}) if wanted.get(key) != found.get(key)
    ]


def test_every_outcome_is_the_one_computed_from_the_books(synced: Seeded) -> None:
    wrong = differences(synced.wanted, synced.found())
    assert wrong[:5] == [], f"{len(wrong)} of {COUNT}, seed {SEED}"


def test_every_kind_of_outcome_occurs(synced: Seeded) -> None:
    kinds = Counter(each.what for each in synced.wanted.values())
    assert set(kinds) == {"bill", "credit", "linked", "held", "waiting", "out"}
    assert kinds["bill"] > COUNT // 2
    assert len({code for each in synced.wanted.values() for code in each.codes}) > 20


def test_what_concerns_many_is_asked_once(synced: Seeded) -> None:
    wanted = Counter(code for each in synced.wanted.values() for code in each.codes if code in ASKED_ONCE)
    types = {row["InvoiceType"] for row in synced.ifs.rows("ManSuppInvoice", Company="10")} - {"SI"}
    assert wanted["invoice_type"] > len(types) > 1
    with tenant_scope(synced.tenant.pk):
        asked = Counter(ReviewItem.objects.filter(code__in=ASKED_ONCE, status="open").values_list("code", flat=True))
    assert asked == {"invoice_type": len(types), "one_time_supplier": 1}


def test_each_invoice_is_in_the_ledger_at_most_once(synced: Seeded) -> None:
    numbers = Counter((each.supplier, each.what, each.number) for each in synced.documents() if each.supplier)
    assert [key for key, count in numbers.items() if count > 1] == []


def test_the_books_of_both_sides_add_up_per_supplier(synced: Seeded) -> None:
    sums: dict[str, Decimal] = {}
    for sign, each in [(1, e) for e in synced.found().values()] + [(-1, e) for e in synced.wanted.values()]:
        value = -each.amount if each.what == "credit" else each.amount
        sums[each.supplier] = sums.get(each.supplier, Decimal(0)) + sign * value
    assert {key: off for key, off in sums.items() if off} == {}


def test_both_syncs_are_balanced_and_whole(synced: Seeded) -> None:
    for said in synced.said:
        assert {name: (flow["balanced"], flow["failed"]) for name, flow in said.items()} == dict.fromkeys(
            said, (True, False)
        )


def test_the_second_sync_writes_nothing(synced: Seeded) -> None:
    writes = [e for e in synced.late if e["method"] != "GET" and not e["path"].startswith(SIGNING_IN)]
    assert writes == []
    assert any(each["method"] != "GET" and "/bills" in each["path"] for each in synced.bill.ledger())


def test_the_limits_of_both_sides_are_kept(synced: Seeded) -> None:
    bill, ifs = synced.bill.stats(), synced.ifs.stats()
    assert bill["max_in_flight"] <= 3
    assert not {"BDC_1322", "BDC_1144"} & set(bill["refusals"])
    assert ifs["limited"] == 0


def test_a_bill_that_differs_by_a_cent_is_seen(synced: Seeded) -> None:
    key = next(key for key, each in synced.wanted.items() if each.what == "bill")
    altered = {**synced.wanted, key: replace(synced.wanted[key], amount=synced.wanted[key].amount + Decimal("0.01"))}
    assert [each[0] for each in differences(altered, synced.found())] == [key]


def test_a_bill_that_is_missing_or_coded_otherwise_is_seen(synced: Seeded) -> None:
    first, second = [key for key, each in synced.wanted.items() if each.what == "bill"][:2]
    found = synced.found()
    del found[first]
    account, used, amount = found[second].lines[0]
    found[second] = replace(found[second], lines=((f"{account}9", used, amount), *found[second].lines[1:]))
    assert {each[0] for each in differences(synced.wanted, found)} == {first, second}


def test_numbers_are_compared_as_the_rules_say() -> None:
    assert plain("INV-001") == plain("inv 1") == plain("INV0001")
    assert plain("2025/1") != plain("2026/1")
