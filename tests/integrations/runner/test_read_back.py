"""Payments of sent bills told to the ERP: marked on the invoice, booked as vouchers, taken back by people."""

import random
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest

from integrations.models import (
    Answer,
    ReviewItem,
    Settlement,
)
from integrations.store import answers
from tenants.access import places_of
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import Cast, join, person
from tests.integrations.runner.paying import (
    TODAY,
    VOUCHERS,
    WAY,
    held,
    later,
    listed,
    ours,
    pay,
    propose,
    reasons,
    same_parts,
    theirs,
    town,
    writes,
)
from tests.integrations.runner.town import Town, town_of

__all__ = ["town", "town_of"]

GOES_OUT = ("PROCESSED", "SENT", "DELIVERED", "CLEARED")
FIELDS = {
    "read_back": "field",
    "paid_status_field": "Cf_Paid_State",
    "paid_date_field": "Cf_Paid_On",
    "paid_reference_field": "Cf_Payment_Id",
}


def fields_of(town: Town, number: int) -> tuple[Any, ...]:
    row = next(r for r in town.erp.sim.rows("ManSuppInvoice", Company="10") if r["InvoiceId"] == number)
    return row["Cf_Paid_State"], row["Cf_Paid_On"] and str(row["Cf_Paid_On"]), row["Cf_Payment_Id"]


def vouchers(town: Town) -> list[tuple[str, str]]:
    """Approved vouchers of the ERP: the first words of their texts, and what their first row credits or debits."""
    found = []
    for head in town.erp.sim.rows("Voucher", Company="10"):
        assert head["Objstate"] == "Approved"
        rows = [r for r in town.erp.sim.rows("VoucherRow", Company="10") if r["VoucherNo"] == head["VoucherNo"]]
        assert sum(Decimal(str(row["Amount"])) for row in rows) == 0
        amount = next(Decimal(str(row["CurrencyAmount"])) for row in rows if row["Account"] == "1150")
        found.append((head["VoucherText"].split()[1], f"{amount:.2f}"))
    return sorted(found)


def release(town: Town, cast: Cast) -> None:
    """A clerk asks for every reversal that is prepared, and a controller releases it."""
    with tenant_scope(town.tenant_id):
        asked = list(ReviewItem.objects.filter(status="open", code="reversal_prepared").select_related("item"))
    if not asked:
        return
    controller = person()
    join(controller, cast.tenant, Role.CONTROLLER)
    clerk, second = places_of(cast.colleague)[0], places_of(controller)[0]
    for review in asked:
        with clerk.scope():
            given = answers.answer(
                clerk, review.item, "reversal_prepared", review.problems[0]["subject"], "release", "It came back."
            )
            assert given.status == Answer.Status.PROPOSED
        with second.scope():
            answers.approve(second, given)


def test_fields_of_the_invoice_say_how_far_it_is_paid(town: Town) -> None:
    town.choose(**FIELDS)
    part = pay(town, "N1", amounts=("30.00",))
    town.sync()
    assert fields_of(town, 1) == (None, None, None)
    town.ap.sim.advance(part, "PROCESSED")
    town.sync()
    assert fields_of(town, 1) == ("Partly paid", TODAY.isoformat(), part)
    rest = pay(town, "N1", "N2", amounts=("70.00", "60.00"), status="CLEARED")
    town.sync()
    assert fields_of(town, 1) == ("Paid", TODAY.isoformat(), f"{part} {rest}")
    assert fields_of(town, 2) == ("Paid", TODAY.isoformat(), rest)
    before = len(writes(town))
    town.sync()
    assert len(writes(town)) == before
    town.ap.sim.void(rest)
    town.sync()
    assert (fields_of(town, 1)[0], fields_of(town, 2)) == ("Partly paid", ("Not paid", None, None))
    assert held(town) == []


def test_a_field_that_somebody_changed_in_between_is_read_again_and_written_then(town: Town) -> None:
    town.choose(**FIELDS)
    pay(town, "N1", status="PROCESSED")
    town.erp.fault("status", "/ManSuppInvoice", times=2, status=412, method="PATCH")
    town.sync()
    assert fields_of(town, 1)[0] == "Paid"


def test_a_payment_becomes_one_voucher_and_a_void_one_a_mirror_that_people_release(town: Town, cast: Cast) -> None:
    town.choose(**VOUCHERS)
    payment = pay(town, "N1", "N2", status="FUNDING_STARTED")
    town.sync()
    assert (vouchers(town), reasons(town)[payment]) == ([], ("waiting", "not_issued"))
    for status in ("PROCESSED", "SENT", "CLEARED"):
        town.ap.sim.advance(payment, status)
        town.sync()
        assert vouchers(town) == [(payment, "-160.00")]
    with tenant_scope(town.tenant_id):
        assert all(row.link and row.link.target_id for row in Settlement.objects.all())
    town.ap.sim.fail(payment)
    town.sync()
    town.sync()
    assert (vouchers(town), held(town)) == ([(payment, "-160.00")], ["reversal_prepared"])
    assert {state for state, _ in listed(town).values()} == {"paid"}
    release(town, cast)
    town.sync()
    assert vouchers(town) == [(payment, "-160.00"), (f"{payment}R", "160.00")]
    assert {state for state, _ in listed(town).values()} == {"reversed"}
    town.ap.sim.void(payment)
    again = pay(town, "N1", status="PROCESSED")
    town.sync()
    assert ((again, "-100.00") in vouchers(town), held(town)) == (True, [])


def test_an_invoice_that_the_erp_proposes_is_not_booked_but_asked_about(town: Town) -> None:
    town.choose(**VOUCHERS)
    propose(town, "N1", 100)
    payment = pay(town, "N1", status="PROCESSED")
    later(town)
    assert (vouchers(town), reasons(town)[payment]) == ([], ("held", "in_payment_proposal"))
    assert held(town) == ["in_payment_proposal", "may_be_paid_twice"]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("how", ["none", "field", "voucher"])
def test_whatever_becomes_of_payments_both_sides_agree_after_each_poll(
    town: Town, cast: Cast, how: str, seed: int
) -> None:
    """Random payments of three bills that go on, return, come back and end; polled after some of the steps."""
    town.choose(**{"none": {}, "field": FIELDS, "voucher": VOUCHERS}[how])
    chance = random.Random(seed)
    for _ in range(9):
        for _ in range(chance.randint(1, 2)):
            _step(town, chance)
        town.sync()
        assert ours(town) == theirs(town)
        same_parts(town)
        if how == "voucher":
            booked = vouchers(town)
            assert len(booked) == len(set(booked))
            release(town, cast)
        else:
            _agree(town)


def _step(town: Town, chance: random.Random) -> None:
    """A new payment of what is still due, or an old one moves."""
    due = {number: _left(town, number) for number in ("N1", "N2", "N3")}
    some = [number for number, left in due.items() if left > 0]
    moving = [row for row in town.ap.sim.dump("payments") if row.get("singleStatus") in WAY[:-1]]
    if some and (not moving or chance.random() < 0.4):
        chosen = chance.sample(some, chance.randint(1, len(some)))
        parts = [
            due[n] if chance.random() < 0.5 else max(Decimal(1), (due[n] / 2).quantize(Decimal(1))) for n in chosen
        ]
        parts = [min(part, due[n]) for part, n in zip(parts, chosen, strict=True)]
        kind = chance.choice(["ACH", "CHECK", "OFFLINE"])
        pay(town, *chosen, amounts=tuple(str(part) for part in parts), disbursement_type=kind)
    elif moving:
        row = chance.choice(moving)
        at = WAY.index(row["singleStatus"])
        end = "VOIDED" if at > 2 else "CANCELED"
        town.ap.sim.advance(row["id"], chance.choice([WAY[at + 1]] * 4 + [end, "DISBURSEMENT_FAILED_ACTION_NEEDED"]))


def _left(town: Town, number: str) -> Decimal:
    row = next(row for row in town.ap.sim.dump("bills") if row["invoice"]["invoiceNumber"] == number)
    return Decimal(str(row["dueAmount"])) - Decimal(str(row["scheduledAmount"]))


def _agree(town: Town) -> None:
    """What stands on the settlement list of each bill is what went out for it and did not come back."""
    gone: dict[str, Decimal] = defaultdict(Decimal)
    for row in town.ap.sim.dump("payments"):
        for part in row["billPayments"]:
            if row.get("singleStatus") in GOES_OUT or row["disbursementType"] == "OFFLINE":
                gone[part["billId"]] += Decimal(str(part["amount"]))
    kept: dict[str, Decimal] = defaultdict(Decimal)
    with tenant_scope(town.tenant_id):
        for row in Settlement.objects.filter(state="paid"):
            kept[row.invoice] += row.amount
    assert kept == gone
