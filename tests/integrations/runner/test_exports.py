"""What auditors take, after whole days between both stand-ins: payees, payments, vouchers, reversals."""

from datetime import date, timedelta

from tenants.access import Place
from tests.factories import Cast, signed_in
from tests.integrations.runner.paying import TODAY, VOUCHERS, later, pay, sent
from tests.integrations.runner.test_read_back import release
from tests.integrations.runner.test_vendors_both_ways import give, people
from tests.integrations.runner.town import Make, Town, town_of
from tests.integrations.taking import take

__all__ = ["people", "town_of"]


def moved(town: Town) -> None:
    """The supplier's address changes in the ERP."""
    town.erp.sim.edit("SupplierInfoAddress", {"SupplierId": "S1", "AddressId": "1"}, Address1="9 Elsewhere Street")
    later(town)


def test_a_payee_change_stands_beside_who_released_it_and_the_next_payment(
    town_of: Make, cast: Cast, people: tuple[Place, Place]
) -> None:
    town, auditor = sent(town_of()), signed_in(cast.owner)
    moved(town)
    assert take(auditor, "payees").column("Action") == ["decided"]
    give(town, people, "send")
    assert take(auditor, "payees").column("Next payment") == [""] * 4
    payment = pay(town, "N1", "N2", status="PROCESSED")
    town.sync()
    found = take(auditor, "payees")
    assert found.column("Action") == ["decided", "answer_proposed", "answered", "updated"]
    answered = found.rows[2]
    clerk, controller = (place.actor.label for place in people)
    assert (answered["Key"], answered["Asked by"], answered["Judged by"]) == ("S1", clerk, controller)
    assert {*found.column("Next payment")} == {payment}
    assert (answered["Paid on"], answered["Paid"], answered["Paid in"]) == (TODAY.isoformat(), "160.000000", "USD")


def test_a_payment_of_before_the_change_is_not_the_next_one(town_of: Make, cast: Cast) -> None:
    town, auditor = sent(town_of()), signed_in(cast.owner)
    pay(town, "N1", status="PROCESSED", process_date=(TODAY - timedelta(days=3)).isoformat())
    town.sync()
    moved(town)
    assert take(auditor, "payees").column("Next payment") == [""]


def test_vouchers_on_another_date_or_late_are_listed_and_others_not(town_of: Make, cast: Cast) -> None:
    town, auditor = sent(town_of()), signed_in(cast.owner)
    town.choose(**VOUCHERS, closed_period="first_open_day")
    first = date(TODAY.year, TODAY.month, 1)
    town.erp.sim.edit(
        "AccountingPeriod",
        {"Company": "10", "AccountingYear": TODAY.year, "AccountingPeriod": 1},
        DateFrom=first.isoformat(),
    )
    before = (first - timedelta(days=1)).replace(day=1)
    town.erp.sim.insert(
        "AccountingPeriod",
        {
            "Company": "10",
            "AccountingYear": before.year,
            "AccountingPeriod": 2,
            "Objstate": "Closed",
            "DateFrom": before.isoformat(),
            "DateUntil": (first - timedelta(days=1)).isoformat(),
        },
    )
    on_time, old = pay(town, "N1", status="PROCESSED"), (first - timedelta(days=1)).isoformat()
    moved_on = pay(town, "N2", status="PROCESSED", process_date=old)
    later(town)
    found = take(auditor, "vouchers", "?days=400")
    assert [(row["Key"], row["Own date"], row["Booked on"], row["Re-dated"]) for row in found.rows] == [
        (moved_on, old, first.isoformat(), "yes")
    ]
    assert on_time not in found.column("Key")
    assert found.totals == {"payment USD": "60.000000"}


def test_a_reversal_stands_with_who_released_it(town_of: Make, cast: Cast) -> None:
    town, auditor = sent(town_of()), signed_in(cast.owner)
    town.choose(**VOUCHERS)
    payment = pay(town, "N1", status="PROCESSED")
    town.sync()
    assert take(auditor, "reversals").rows == []
    town.ap.sim.fail(payment)
    town.sync()
    town.sync()
    release(town, cast)
    town.sync()
    found = take(auditor, "reversals")
    assert found.column("Action") == ["answer_proposed", "answered", "created"]
    assert {*found.column("Key")} == {payment}
    assert found.rows[1]["Judged by"] not in ("", found.rows[1]["Asked by"])
