"""Purchase orders for the AP tool: whole orders, once they are released and their supplier is there, to their end."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from integrations.engine.decide import decide
from integrations.engine.decisions import Create, Decision, Link, Nothing, Update, Wait
from integrations.engine.drafts import OrderDraft
from integrations.engine.mapping import Rules, VendorLink
from integrations.engine.records import Gone, OrderLine, OrderState, PurchaseOrder
from tests.engine.build import POLICY, said
from tests.engine.build_books import linked

GIVEN = Rules(vendor_links={"S1": [VendorLink(target_id="S1", currency="")]})
BOLTS = OrderLine(
    line="1",
    release="1",
    part="B7",
    description="Bolts",
    quantity=Decimal(10),
    unit="pcs",
    price=Decimal("2.50"),
    net=Decimal("25.00"),
    state=OrderState.OPEN,
)
NUTS = OrderLine(line="2", release="1", description="Nuts", net=Decimal("5.00"), state=OrderState.RECEIVED)


def order(state: OrderState = OrderState.OPEN, **fields: Any) -> PurchaseOrder:
    """Order P1 of supplier S1 over 30.00 USD."""
    clean: dict[str, Any] = {
        "key": "P1",
        "company": "10",
        "number": "P1",
        "vendor_key": "S1",
        "currency": "USD",
        "state": state,
        "state_word": "Word",
        "ordered_on": date(2026, 3, 1),
        "lines": (BOLTS, NUTS),
    }
    return PurchaseOrder(**{**clean, **fields})


def decided(source: PurchaseOrder | Gone, link: Link | None = None, given: Rules = GIVEN) -> Decision:
    return decide(source, link, None, given, POLICY)


def drafted(source: PurchaseOrder, link: Link | None = None) -> OrderDraft:
    found = decided(source, link)
    assert isinstance(found, Create | Update), found
    assert isinstance(found.draft, OrderDraft)
    return found.draft


SENT = drafted(order())
LINK = linked(order(), SENT, "10:P1")


def test_an_order_goes_whole_with_its_lines_by_number() -> None:
    draft = drafted(order(lines=(msgspec.structs.replace(NUTS, line="10"), NUTS, BOLTS)))
    assert [line.key for line in draft.lines] == ["1-1", "2-1", "10-1"]
    head = (draft.company, draft.number, draft.vendor, draft.currency, draft.status, draft.ordered_on)
    assert head == ("10", "P1", "S1", "USD", "open", date(2026, 3, 1))
    assert draft.total == Decimal("35.00")


def test_a_line_says_what_was_ordered() -> None:
    line = SENT.lines[0]
    assert (line.description, line.part, line.unit) == ("Bolts", "B7", "pcs")
    assert (line.quantity, line.price, line.net) == (Decimal(10), Decimal("2.50"), Decimal("25.00"))


def test_an_order_is_found_again_by_company_and_number() -> None:
    first, later = decided(order()), decided(order(lines=(BOLTS,)), LINK)
    assert isinstance(first, Create)
    assert isinstance(later, Update)
    assert (first.natural_key, later.natural_key, later.target_id) == ("10:P1", "10:P1", "10:P1")


@pytest.mark.parametrize(
    ("state", "fresh", "sent"),
    [
        (OrderState.PLANNED, "out not_released", "hold went_back"),
        (OrderState.OPEN, "create", "nothing"),
        (OrderState.RECEIVED, "create", "nothing"),
        (OrderState.CLOSED, "out order_over", "closed"),
        (OrderState.STOPPED, "out order_over", "closed"),
        (OrderState.CANCELLED, "out order_over", "cancelled"),
        (OrderState.UNKNOWN, "hold unknown_state", "hold unknown_state"),
    ],
)
def test_its_state_decides_whether_it_is_sent_and_how_it_ends(state: OrderState, fresh: str, sent: str) -> None:
    assert said(decided(order(state))) == fresh
    found = decided(order(state), LINK)
    assert (
        found.draft.status if isinstance(found, Update) and isinstance(found.draft, OrderDraft) else said(found)
    ) == sent


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"lines": None}, "hold lines_unreadable"),
        ({"lines": (BOLTS, msgspec.structs.replace(NUTS, net=None))}, "hold lines_unreadable"),
        ({"lines": (BOLTS, msgspec.structs.replace(NUTS, net=None, state=OrderState.CANCELLED))}, "create"),
        ({"lines": ()}, "create"),
        ({"company": "20"}, "out other_company"),
        ({"company": ""}, "create"),
    ],
    ids=["no lines read", "no amount read", "of a cancelled line", "without lines", "other company", "no company"],
)
def test_an_order_that_cannot_be_read_whole_is_held_and_another_companys_is_out(
    fields: dict[str, Any], expected: str
) -> None:
    assert said(decided(order(**fields))) == expected


def test_an_order_without_a_company_goes_as_the_integrations_own() -> None:
    assert drafted(order(company="")).company == "10"


def test_a_cancelled_line_is_no_line_any_more() -> None:
    source = order(lines=(BOLTS, msgspec.structs.replace(NUTS, state=OrderState.CANCELLED)))
    draft = drafted(source, LINK)
    assert ([line.key for line in draft.lines], draft.total) == (["1-1"], Decimal("25.00"))


def test_an_order_waits_for_its_supplier() -> None:
    found = decided(order(), given=Rules())
    assert isinstance(found, Wait)
    assert (found.problems[0].code, found.problems[0].blocker) == ("vendor_not_sent", ("vendor", "S1"))


@pytest.mark.parametrize(
    "fields",
    [
        {"lines": (BOLTS,)},
        {"lines": (msgspec.structs.replace(BOLTS, quantity=Decimal(9)), NUTS)},
        {"currency": "EUR"},
        {"ordered_on": date(2026, 3, 2)},
    ],
    ids=str,
)
def test_it_is_sent_again_whole_when_it_changes(fields: dict[str, Any]) -> None:
    found = decided(order(**fields), LINK)
    assert isinstance(found, Update)
    assert found.draft == drafted(order(**fields))


def test_what_the_other_side_does_not_keep_is_taken_over_silently() -> None:
    assert decided(order(), LINK) == Nothing()
    assert decided(order(buyer="MEYER"), LINK) == Nothing(rebaseline=True)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (None, "out gone"),
        (LINK, "order"),
        (linked(order(), msgspec.structs.replace(SENT, status="closed")), "order"),
        (linked(order(), msgspec.structs.replace(SENT, status="cancelled")), "nothing"),
    ],
    ids=["never sent", "open", "closed", "cancelled"],
)
def test_an_order_that_is_gone_is_cancelled_never_deleted(link: Link | None, expected: str) -> None:
    found = decided(Gone(key="P1", last=order()), link)
    if isinstance(found, Update):
        assert found.draft == msgspec.structs.replace(SENT, status="cancelled")
    else:
        assert said(found) == expected
