"""What people do in IFS after posting: heads, postings, ledger and proposals stay in step, and the client sees it."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from integrations.engine.records import Entity, InvoiceState
from integrations.engine.targets import TargetRecord
from integrations.systems.ifs.simulator import hands
from tests.systems.ifs.lines.world import World


@pytest.fixture
def world() -> World:
    found = World({"control": True})
    found.invoice(1, "100.00", lines=["60.00", "40.00"], OpenAmountCurr=Decimal("100.00"))
    return found


def proposed(world: World) -> list[TargetRecord]:
    return list(world.client.look_up(Entity.PAYMENT_PROPOSAL, company="10"))


def order(world: World, act: str, **arguments: Any) -> httpx.Response:
    body = {"act": act, "company": "10", **arguments}
    return world.sim(httpx.Request("POST", "https://t1.ifs.test/_sim/do", json=body))


def test_another_amount_is_another_amount_everywhere(world: World) -> None:
    hands.change_amount(world.sim, "10", 1, "5.50")
    found = world.only(Entity.INVOICE)
    assert found.net == found.ledger_items[0].original == found.ledger_items[0].open == Decimal("105.50")
    assert sum(line.net for line in found.lines) == Decimal("105.50")
    assert sum(posting.amount for posting in found.postings) == 0


def test_another_due_date_is_the_ledger_s_too(world: World) -> None:
    hands.change_due_date(world.sim, "10", 1, "2027-02-01")
    found = world.only(Entity.INVOICE)
    assert str(found.due_date) == str(found.ledger_items[0].due_date) == "2027-02-01"


def test_text_and_coding_of_a_line_change(world: World) -> None:
    hands.change_line(world.sim, "10", 1, Text="Other", CodeA="6130", CodeB="200")
    posting = world.only(Entity.INVOICE).postings[0]
    assert (posting.text, posting.account, posting.dimensions) == ("Other", "6130", {"B": "200"})


@pytest.mark.parametrize(
    ("fields", "shown"),
    [({"BlockedForPayment": True}, ("blocked", True)), ({"Objstate": "Posted"}, ("state", InvoiceState.POSTED))],
)
def test_blocks_and_lost_authority_show_on_the_head(
    world: World, fields: dict[str, Any], shown: tuple[str, object]
) -> None:
    hands.change_head(world.sim, "10", 1, **fields)
    assert getattr(world.only(Entity.INVOICE), shown[0]) == shown[1]


@pytest.mark.parametrize(
    ("amount", "state", "left"),
    [("", InvoiceState.PAID, "0"), ("30.00", InvoiceState.PARTLY_PAID, "70.00")],
)
def test_a_payment_takes_the_open_amount_away(world: World, amount: str, state: InvoiceState, left: str) -> None:
    hands.pay(world.sim, "10", 1, amount)
    found = world.only(Entity.INVOICE)
    assert (found.state, found.open_amount) == (state, Decimal(left))


def test_a_part_payment_covers_the_first_instalments_first(world: World) -> None:
    key = {"Company": "10", "Identity": "S1", "LedgerItemSeriesId": "SI", "LedgerItemId": "N1", "InstallmentId": 2}
    amounts = {"OriginalAmount": Decimal("50.00"), "OpenAmount": Decimal("50.00"), "Currency": "USD"}
    world.sim.insert("SupplierLedgerItem", key | amounts)
    hands.pay(world.sim, "10", 1, "120.00")
    found = world.only(Entity.INVOICE)
    assert [item.open for item in found.ledger_items] == [Decimal(0), Decimal("30.00")]
    assert found.open_amount == Decimal("30.00")


def test_a_cancelled_invoice_owes_nothing(world: World) -> None:
    hands.cancel(world.sim, "10", 1)
    found = world.only(Entity.INVOICE)
    assert (found.state, found.open_amount) == (InvoiceState.CANCELLED, 0)


def test_what_is_removed_leaves_no_row_behind(world: World) -> None:
    hands.remove(world.sim, "10", 1)
    assert world.keys(Entity.INVOICE) == []
    assert world.sim.rows("ManSuppInvoicePostings") == world.sim.rows("SupplierLedgerItem") == []


def test_a_proposal_is_seen_until_it_is_cancelled(world: World) -> None:
    number = hands.propose(world.sim, "10", [1])
    hands.move_proposal(world.sim, "10", number, "Ordered")
    (item,) = proposed(world)
    assert (item.number, item.kind, item.active, item.amount) == ("N1", "ordered", True, Decimal("100.00"))
    hands.move_proposal(world.sim, "10", number, "Cancelled")
    assert [item.active for item in proposed(world)] == [False]


def test_a_proposal_that_is_paid_pays_its_invoices(world: World) -> None:
    hands.move_proposal(world.sim, "10", hands.propose(world.sim, "10", [1]), "Paid")
    assert world.only(Entity.INVOICE).state is InvoiceState.PAID


def test_acts_are_ordered_over_the_port(world: World) -> None:
    assert order(world, "change_amount", invoice=1, by="1.00").status_code == 200
    assert order(world, "pay", invoice=99).status_code == 400
    assert order(world, "steal", invoice=1).status_code == 400
    assert world.only(Entity.INVOICE).net == Decimal("101.00")
