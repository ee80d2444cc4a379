"""Settlement and cash accounts between both stand-ins: what the ledger shows of them, held against our own lists."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from integrations.engine.agreement import State
from integrations.engine.statement import verify
from integrations.models import AccountBalance
from integrations.runner.reconciling import moving
from integrations.runner.snapshots import make_statement
from integrations.store import reconciling
from integrations.store.reconciling import Row
from integrations.store.statements import against_rows, document_of
from integrations.systems.ifs.simulator import hands
from tenants.scope import tenant_scope
from tests.integrations.runner.paying import TODAY, VOUCHERS, later, pay, sent
from tests.integrations.runner.town import Make, Town, town_of

__all__ = ["town_of"]


@pytest.fixture
def town(town_of: Make) -> Town:
    """Two payments of 100.00 and 60.00 are in the books as vouchers, and the accounts were read."""
    made = sent(town_of())
    made.choose(**VOUCHERS)
    pay(made, "N1", status="CLEARED")
    pay(made, "N2", status="CLEARED")
    later(made)
    read(made)
    return made


def read(town: Town) -> None:
    """A day passes, and whatever differed has stood for a while."""
    with tenant_scope(town.tenant_id):
        AccountBalance.objects.update(read_at=timezone.now() - timedelta(days=1))
    later(town)


def told(town: Town, **aged: Any) -> dict[str, tuple[str, str, str, str]]:
    """By account and what of it: both sides, state and reason; `aged` is how long ago it came to stand so."""
    with tenant_scope(town.tenant_id):
        AccountBalance.objects.update(since=timezone.now() - timedelta(**aged or {"days": 1}))
    found = [row for row in rows(town) if row.part in ("settlement", "cash")]
    return {f"{row.key} {row.variant.split()[0]}": _said(row) for row in found}


def rows(town: Town) -> list[Row]:
    at = timezone.now()
    with tenant_scope(town.tenant_id):
        return reconciling.rows(town.integration, at, moving(town.integration, at))


def _said(row: Row) -> tuple[str, str, str, str]:
    here, there = ("" if each is None else f"{each:.2f}" for each in (row.here, row.there))
    return here, there, row.state, row.reason


def test_vouchers_that_stand_as_they_were_booked_agree(town: Town) -> None:
    assert told(town) == {
        "2410 booked": ("160.00", "160.00", State.AGREED, ""),
        "1150 booked": ("-160.00", "-160.00", State.AGREED, ""),
    }


def test_what_ap_settles_leaves_the_account_with_what_is_still_paid_and_open(town: Town) -> None:
    hands.settle(town.erp.sim, "10", 1, "2410")
    read(town)
    found = told(town)
    assert found["2410 settled"] == ("-100.00", "-100.00", State.AGREED, "settled_by_hand")
    with tenant_scope(town.tenant_id):
        kept = AccountBalance.objects.filter(account="2410").values_list("there", flat=True)
        assert sum(filter(None, kept)) == Decimal(60)


def cancel(sim: Any) -> None:
    for row in sim.rows("Voucher", VoucherType="BPV"):
        key = [row[name] for name in ("Company", "VoucherType", "AccountingYear", "VoucherNo")]
        sim.edit("Voucher", key, Objstate="Cancelled")


Act = Callable[[Any], object]


@pytest.mark.parametrize(
    ("act", "line", "expected"),
    [
        (
            lambda sim: hands.pay(sim, "10", 1),
            "2410 settled", ("-100.00", "0.00", State.AMOUNT_DIFFERS, "settled_elsewhere"),
        ),
        (
            lambda sim: hands.post(sim, "10", [{"Account": "2410", "CurrencyCode": "USD", "CurrencyCreditAmount": 25}]),
            "2410 settled", ("0.00", "-25.00", State.AMOUNT_DIFFERS, "posted_by_others"),
        ),
        (
            lambda sim: hands.post(sim, "10", [{"Account": "1150", "CurrencyCode": "USD", "CurrencyDebetAmount": 500}]),
            "1150 others", ("", "500.00", State.OUT, "posted_by_others"),
        ),
        (
            cancel,
            "2410 booked", ("160.00", "0.00", State.MISSING_IN_TARGET, "vouchers_not_there"),
        ),
    ],
    ids=["settled from another account", "posted beside the list", "others on the cash account", "vouchers cancelled"],
)  # fmt: skip
def test_what_people_do_to_the_accounts_is_said_with_its_amount(
    town: Town, act: Act, line: str, expected: tuple[str, str, str, str]
) -> None:
    act(town.erp.sim)
    read(town)
    assert told(town)[line] == expected


def test_a_difference_is_on_its_way_until_it_was_seen_for_a_cycle(town: Town) -> None:
    hands.pay(town.erp.sim, "10", 1)
    read(town)
    assert told(town, seconds=1)["2410 settled"][2] == State.IN_TRANSIT
    assert told(town, days=1)["2410 settled"][2] == State.AMOUNT_DIFFERS


def test_an_erp_that_does_not_show_its_rows_is_said_to_be_unread(town: Town) -> None:
    town.erp.fault("status", "VoucherRowsAnalysis", status=403, times=50)
    read(town)
    assert told(town) == {
        "2410 not_read": ("", "", State.WAITING, "not_read"),
        "1150 not_read": ("", "", State.WAITING, "not_read"),
    }


def test_a_reading_of_last_week_says_nothing_of_today(town: Town) -> None:
    with tenant_scope(town.tenant_id):
        AccountBalance.objects.update(read_at=timezone.now() - timedelta(days=7))
    assert {(state, reason) for _, _, state, reason in told(town).values()} == {(State.WAITING, "not_read_lately")}


def test_who_is_told_nothing_by_vouchers_has_no_such_accounts(town_of: Make) -> None:
    made = sent(town_of())
    made.choose(**VOUCHERS | {"read_back": "none"})
    pay(made, "N1", status="CLEARED")
    later(made)
    read(made)
    assert told(made) == {}


def test_a_statement_names_an_account_that_somebody_altered_in_our_rows_or_in_the_file(town: Town) -> None:
    with tenant_scope(town.tenant_id):
        document = document_of(make_statement(town.integration, None))
        assert verify(document) == list(against_rows(document)) == []
        AccountBalance.objects.filter(account="2410").update(there="159.99")
        assert list(against_rows(document)) == [
            f"Altered: settlement 2410/booked USD {TODAY.year}-01 (2410): 160 USD is stated, our row says 159.99."
        ]
    row = next(each for each in document["statement"]["rows"] if each["part"] == "cash")
    row["there"] = "-1"
    assert verify(document)[0].startswith("Altered: cash 1150/booked USD")


def test_after_a_day_of_faults_nothing_is_unexplained_and_the_accounts_agree(town: Town) -> None:
    """Readings that fail, a lost answer to a voucher, a settlement by AP and a bill paid by two payments."""
    town.erp.fault("status", "VoucherRowsAnalysis", status=503)
    town.erp.fault("drop_after", "VoucherSet", method="POST")
    pay(town, "N3", amounts=("15.00",), status="CLEARED")
    pay(town, "N3", amounts=("25.00",), status="CLEARED")
    hands.settle(town.erp.sim, "10", 1, "2410")
    for _ in range(3):
        read(town)
    found = told(town)
    assert {state for _, _, state, _ in found.values()} == {State.AGREED}
    assert found["2410 booked"][:2] == ("200.00", "200.00")
    assert found["2410 settled"][:2] == ("-100.00", "-100.00")
    assert State.UNEXPLAINED not in {row.state for row in rows(town)}
