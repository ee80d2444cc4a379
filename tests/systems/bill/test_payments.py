from datetime import date, timedelta
from decimal import Decimal

import pytest

from integrations.engine.records import Entity, Payment, Unreadable
from tests.systems.bill.world import SCOPE, World, read_all


def bills(world: World, vendor: str, *amounts: str) -> list[str]:
    return [world.sim.create_bill_by_hand(vendor, f"A-{n}", amount) for n, amount in enumerate(amounts)]


def test_a_payment_of_several_bills_names_each_with_its_amount(world: World) -> None:
    vendor = world.vendor(currency="CAD")
    first, second = bills(world, vendor, "10.10", "20")
    key = world.sim.pay([first, second], ["10.10", "5"], "PROCESSED", transactionNumber="T-1")
    (found,), _ = read_all(world.client, Entity.PAYMENT)
    assert isinstance(found, Payment)
    assert (found.key, found.vendor_key, found.number, found.currency) == (key, vendor, "T-1", "CAD")
    assert (found.amount, [(each.key, each.net) for each in found.invoices]) == (
        Decimal("15.10"),
        [(first, Decimal("10.10")), (second, Decimal(5))],
    )
    assert (found.state, found.state_word, found.method, found.dated) == (
        "issued",
        "PROCESSED",
        "ach",
        date(2026, 2, 10),
    )


def test_an_offline_payment_has_its_coarse_word(world: World) -> None:
    world.sim.pay(bills(world, world.vendor(), "10"), disbursement_type="OFFLINE")
    (found,), _ = read_all(world.client, Entity.PAYMENT)
    assert (found.state_word, found.method) == ("PAID", "offline")


@pytest.mark.parametrize("status", ["CLEARED", "VOIDED", "DISBURSEMENT_FAILED_ACTION_NEEDED", "XYZ"])
def test_every_step_of_a_payment_shows_in_the_next_poll_also_backwards(world: World, status: str) -> None:
    key = world.sim.pay(bills(world, world.vendor(), "10"), status="CLEARED")
    (before,), cursor = read_all(world.client, Entity.PAYMENT)
    world.clock.now += timedelta(days=20)
    world.sim.advance(key, status)
    (after,), _ = read_all(world.client, Entity.PAYMENT, cursor)
    assert (after.key, after.state_word) == (before.key, status)
    assert after.version != before.version


def test_payments_are_listed_once_since_they_are_never_archived(world: World) -> None:
    world.sim.pay(bills(world, world.vendor(), "10"))
    read_all(world.client, Entity.PAYMENT)
    (asked,) = world.calls("GET", "/v3/payments")
    assert "archived" not in str(asked.url)


def test_a_payment_is_fetched_by_its_key(world: World) -> None:
    key = world.sim.pay(bills(world, world.vendor(), "10"))
    found = world.client.fetch(Entity.PAYMENT, key, SCOPE)
    assert isinstance(found, Payment)
    assert world.client.fetch(Entity.PAYMENT, "stp02NOSUCHPAYMENT12", SCOPE) is None


def test_a_payment_without_an_amount_is_unreadable(world: World) -> None:
    world.sim.pay(bills(world, world.vendor(), "10"))
    world.fault("replace", "/v3/payments", find='"amount"', text='"amonut"')
    (found,), _ = read_all(world.client, Entity.PAYMENT)
    assert isinstance(found, Unreadable)
    assert found.code == "no_amount"


def test_the_payments_of_a_vendor_can_be_looked_up(world: World) -> None:
    one, other = world.vendor(), world.vendor("Other")
    key = world.sim.pay(bills(world, one, "10.10"), transactionNumber="T-1")
    world.sim.pay(bills(world, other, "20"))
    (found,) = world.client.look_up(Entity.PAYMENT, vendor_id=one)
    assert (found.target_id, found.kind, found.number, found.amount) == (key, "payment", "T-1", Decimal("10.10"))
    assert (found.vendor_id, found.date, found.currency) == (one, date(2026, 2, 10), "USD")


def test_payments_since_a_time_can_be_looked_up(world: World) -> None:
    vendor = world.vendor()
    first, second = bills(world, vendor, "10", "20")
    world.sim.pay([first])
    world.clock.now += timedelta(hours=1)
    since = world.clock.now
    key = world.sim.pay([second])
    assert [each.target_id for each in world.client.look_up(Entity.PAYMENT, updated_since=since.isoformat())] == [key]
