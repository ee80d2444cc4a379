"""A card number stands in no record, no raw row, no error: only its last four digits do."""

from typing import Any

import httpx
import pytest

from integrations.engine.errors import Rejected, SyncError
from integrations.engine.records import Entity, Unreadable
from integrations.systems.avidxchange.cards import masked
from tests.systems.avidxchange.world import CARD, World, invoice, items, payment, vendor

_DIGITS = CARD.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("4111111111111111", "************1111"),
        ("paid by 4111 1111 1111 1111.", "paid by ************1111."),
        ("4111-1111-1111-1111", "************1111"),
        ("card 378282246310005 (15 digits)", "card ***********0005 (15 digits)"),
        ("no. 7 4111 1111 1111 1111 12/29", "no. 7 ************1111 12/29"),
        ("two: 4111111111111111, 5555 5555 5555 4444", "two: ************1111, ************4444"),
        ("4111111111111112", "4111111111111112"),  # fails the check digit
        ("091000010000016", "091000010000016"),  # passes it, but no network begins so: the trace of a transfer
        ("00000000000000000000000000", "00000000000000000000000000"),  # longer than any card
        ("INV-2026-11-02 100.00", "INV-2026-11-02 100.00"),
    ],
)
def test_what_looks_like_a_card_keeps_its_last_four_digits(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_a_key_is_no_card() -> None:
    assert masked(_DIGITS, keep=_DIGITS) == _DIGITS


def test_no_text_of_an_invoice_shows_one() -> None:
    world = World()
    line = {"Amount": 1, "Description": f"card {CARD}", "EnterpriseCodes": []}
    row = invoice(AccountNumber=CARD, PONumber=int(_DIGITS), Distributions=[line], BuyerVendor={"VendorName": CARD})
    world.answered_by(lambda request: items(row))
    (found,) = {record.key: record for record in world.read(Entity.INVOICE)}.values()
    assert found.po_number == "************1111"
    assert _DIGITS not in repr(found).replace(" ", "")


def test_an_invoice_number_that_looks_like_one_is_for_a_person_and_never_booked_masked() -> None:
    world = World()
    world.answered_by(lambda request: items(invoice(Number=CARD)))
    (found,) = {record.key: record for record in world.read(Entity.INVOICE)}.values()
    assert isinstance(found, Unreadable)
    assert found.code == "card_number"
    assert _DIGITS not in repr(found).replace(" ", "")


def test_no_text_of_a_payment_shows_one_but_its_key_stays() -> None:
    world = World()
    row = payment(PaymentId=int(_DIGITS), CheckNumber=CARD, Exceptions=[{"ReasonCode": {"Description": CARD}}])
    world.answered_by(lambda request: items(row))
    found = world.read(Entity.PAYMENT)[0]
    assert found.key == found.transaction_id == _DIGITS
    assert found.trace == "************1111"
    assert found.why == "************1111"


@pytest.mark.parametrize("amount", ["nothing", None, {"Value": 1}])
def test_no_raw_row_shows_one(amount: Any) -> None:
    world = World()
    world.answered_by(lambda request: items(invoice(GrossAmount=amount, Reference=CARD)))
    found = world.read(Entity.INVOICE)[0]
    assert isinstance(found, Unreadable)
    assert found.key == "880231"
    assert "************1111" in found.raw
    assert _DIGITS not in found.raw.replace(" ", "")


def test_no_error_shows_one() -> None:
    world = World()
    world.answered_by(lambda request: httpx.Response(500, text=f"no funds on {CARD}"))
    with pytest.raises(SyncError) as caught:
        world.read(Entity.PAYMENT)
    assert "************1111" in caught.value.detail
    world.answered_by(lambda request: httpx.Response(200, text=f"no list but {CARD}"))
    with pytest.raises(SyncError) as caught:
        world.read(Entity.PAYMENT)
    assert "************1111" in caught.value.detail


def test_no_refusal_shows_one() -> None:
    world = World()
    result = {"ExternalCode": "S1", "Successful": False, "Errors": {"Message": f"Strange: {CARD}"}}
    world.answered_by(lambda request: httpx.Response(200, json={"Results": result}))
    (refused,) = world.write(vendor())
    assert isinstance(refused, Rejected)
    assert refused.message == "AvidXchange refuses this: Strange: ************1111"
