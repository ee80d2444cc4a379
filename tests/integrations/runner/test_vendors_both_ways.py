"""Vendors that people edit in the payment tool: noticed, asked about, and never written over by the way."""

import random
from collections.abc import Callable

import pytest

from integrations.engine.asking import ACCEPT
from integrations.models import OutboxItem, RecordLink, ReviewItem
from integrations.store import answers
from tenants.access import Place, places_of
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import Cast, join, person
from tests.integrations.runner.test_after_sending import held, look_round
from tests.integrations.runner.town import Make, Town, town_of

__all__ = ["town_of"]
BANKS = ["NO_ACCOUNT", "NO_NET_LINKED_ACCOUNT", "NET_LINKED_ACCOUNT"]


@pytest.fixture
def town(town_of: Make) -> Town:
    """One supplier that is a vendor there."""
    made = town_of()
    made.supplier("S1")
    made.sync()
    assert len(made.ap.sim.dump("vendors")) == 1
    return made


def vendor(town: Town) -> dict[str, object]:
    found: dict[str, object] = town.ap.sim.dump("vendors")[0]
    return found


def edit(town: Town, **changes: object) -> None:
    town.ap.sim.edit_vendor(str(vendor(town)["id"]), **changes)
    look_round(town)


@pytest.fixture
def people(cast: Cast) -> tuple[Place, Place]:
    """A clerk and a controller."""
    controller = person()
    join(controller, cast.tenant, Role.CONTROLLER)
    return places_of(cast.colleague)[0], places_of(controller)[0]


def give(town: Town, people: tuple[Place, Place], choice: str) -> None:
    """The clerk answers; it counts only once the controller has approved."""
    clerk, controller = people
    with clerk.scope():
        review = ReviewItem.objects.select_related("item").get(status="open")
        asked = review.problems[0]
        given = answers.answer(clerk, review.item, asked["code"], asked["subject"], choice, "asked by telephone")
    assert given.status == "proposed"
    with controller.scope():
        answers.approve(controller, given)
    town.sync()


def test_an_address_changed_there_is_asked_about_with_both_values(town: Town) -> None:
    edit(town, address={"line1": "9 Elsewhere", "city": "Austin", "zipOrPostalCode": "78701", "country": "US"})
    assert held(town) == ["changed_on_target"]
    with tenant_scope(town.tenant_id):
        (side,) = ReviewItem.objects.get().problems[0]["sides"]
    assert side["field"] == "address"
    assert "9 Elsewhere" in side["target"]
    assert "9 Elsewhere" not in side["ledger"]


def test_a_name_that_was_accepted_stays_when_the_address_changes_in_the_erp(
    town: Town, people: tuple[Place, Place]
) -> None:
    town.choose(remit_hold="one_person")
    edit(town, name="Their own name")
    give(town, people, ACCEPT.key)
    town.erp.sim.edit("SupplierInfoAddress", {"SupplierId": "S1", "AddressId": "1"}, City="Dallas")
    town.sync()
    address = vendor(town)["address"]
    assert isinstance(address, dict)
    assert (vendor(town)["name"], address["city"], held(town)) == ("Their own name", "Dallas", [])


def test_a_new_bank_account_is_flagged_and_no_number_is_kept(town: Town, people: tuple[Place, Place]) -> None:
    edit(town, bankAccountStatus="NO_NET_LINKED_ACCOUNT", paymentInformation={"payByType": "ACH"})
    assert held(town) == ["payment_details_changed"]
    with tenant_scope(town.tenant_id):
        assert "check → ach" in ReviewItem.objects.get().problems[0]["message"]
    give(town, people, "checked")
    look_round(town)
    assert held(town) == []
    with tenant_scope(town.tenant_id):
        assert RecordLink.objects.get().echo["pay.method"] == "ach"


def test_an_email_changed_there_is_its_own_business_and_rests(town: Town) -> None:
    edit(town, email="theirs@example.com")
    calls = len(town.ap.sent)
    look_round(town)
    assert (held(town), vendor(town)["email"]) == ([], "theirs@example.com")
    assert [call.method for call in town.ap.sent[calls:] if call.method == "PATCH"] == []
    with tenant_scope(town.tenant_id):
        assert OutboxItem.objects.get(flow__entity="vendor").state == "done"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_edits_on_both_sides_in_random_order_come_to_rest(town: Town, people: tuple[Place, Place], seed: int) -> None:
    chance = random.Random(seed)
    address = {"SupplierId": "S1", "AddressId": "1"}
    edits: list[Callable[[int], object]] = [
        lambda n: town.erp.sim.edit("SupplierInfoAddress", address, City=f"Erp {n}"),
        lambda n: town.erp.sim.edit("SupplierInfoGeneral", {"SupplierId": "S1"}, Name=f"Erp {n}"),
        lambda n: town.ap.sim.edit_vendor(str(vendor(town)["id"]), name=f"There {n}"),
        lambda n: town.ap.sim.edit_vendor(str(vendor(town)["id"]), email=f"there{n}@example.com"),
        lambda n: town.ap.sim.edit_vendor(str(vendor(town)["id"]), paymentInformation={"payeeName": f"There {n}"}),
        lambda n: town.ap.sim.edit_vendor(str(vendor(town)["id"]), bankAccountStatus=chance.choice(BANKS)),
    ]
    for n in range(8):
        chance.choice(edits)(n)
        if chance.random() < 0.4:
            look_round(town)
    look_round(town)
    rounds = 0
    while held(town):
        rounds += 1
        assert rounds < 6, held(town)
        with tenant_scope(town.tenant_id):
            choices = ReviewItem.objects.get(status="open").problems[0]["choices"]
        give(town, people, chance.choice(choices)["key"])
    calls = len(town.ap.sent)
    for _ in range(2):
        look_round(town)
    assert (held(town), [call for call in town.ap.sent[calls:] if call.method == "PATCH"]) == ([], [])
