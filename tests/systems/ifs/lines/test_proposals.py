"""What IFS is about to pay by itself: every item of every proposal, and nothing where the tenant hides them."""

from decimal import Decimal
from typing import Any

import pytest

from integrations.engine.records import Entity
from integrations.engine.targets import TargetRecord
from tests.systems.ifs.lines.world import World


def propose(world: World, number: int, state: str = "Preliminary", *, company: str = "10", **fields: Any) -> None:
    key = {"Company": company, "ProposalId": number}
    world.sim.insert("PaymentProposal", {**key, "Objstate": state})
    item = {"LedgerItemSeriesId": "SI", "LedgerItemId": f"N{number}", "Identity": "S1", "Currency": "USD"}
    amounts = {"CurrAmount": Decimal("100.00"), "PlannedPayDate": "2026-12-01"}
    world.sim.insert("ProposalItem", {**key, **item, **amounts, **fields})


def proposed(world: World, company: str = "10") -> dict[str, TargetRecord]:
    return {each.number: each for each in world.client.look_up(Entity.PAYMENT_PROPOSAL, company=company)}


@pytest.mark.parametrize("state", ["Preliminary", "Acknowledged", "Ordered", "Paid"])
def test_an_item_is_known_by_supplier_and_number(world: World, state: str) -> None:
    propose(world, 7, state)
    (found,) = proposed(world).values()
    assert (found.number, found.vendor_id, found.kind, found.active) == ("N7", "S1", state.lower(), True)
    assert (found.amount, found.currency, str(found.date)) == (Decimal("100.00"), "USD", "2026-12-01")


def test_a_cancelled_proposal_pays_nothing(world: World) -> None:
    propose(world, 7, "Cancelled")
    assert not proposed(world)["N7"].active


def test_other_companies_have_their_own(world: World) -> None:
    propose(world, 7)
    propose(world, 8, company="20")
    assert list(proposed(world)) == ["N7"]
    assert sorted(proposed(world, company="")) == ["N7", "N8"]


def test_many_are_read_set_wise(world: World) -> None:
    for number in range(60):
        propose(world, number)
    world.wire.sent.clear()
    assert len(proposed(world)) == 60
    assert len(world.calls("ProposalItemSet")) < 25  # pages of five rows, never a request per proposal


def test_an_item_that_cannot_be_read_still_counts(world: World) -> None:
    propose(world, 7)
    world.fault("bad_field", "/ProposalItemSet", times=None, field="CurrAmount", value="many")
    assert list(proposed(world)) == ["N7"]


def test_where_the_tenant_hides_them_nothing_is_known(world: World) -> None:
    propose(world, 7)
    world.fault("status", "/PaymentProposalSet", times=None, status=403)
    assert proposed(world) == {}


def test_terms_say_what_paying_early_saves(world: World) -> None:
    row = {"Company": "10", "PayTermId": "2-10", "Description": "2 % 10 days", "DueDays": 30, "Installments": 1}
    world.sim.insert("PaymentTerm", {**row, "DiscountDays": 10, "DiscountPercent": Decimal(2)})
    term = world.only(Entity.PAYMENT_TERM)
    assert (term.code, term.due_days, term.discount_days, term.discount_percent) == ("2-10", 30, 10, Decimal(2))


def test_a_supplier_has_its_tax_id(world: World) -> None:
    world.supplier("S1", AssociationNo=" 12-3456789 ")
    assert world.only(Entity.VENDOR).tax_id == "12-3456789"
