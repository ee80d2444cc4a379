"""Payments of sent bills, from the AP tool's stand-in back to the ERP's: followed, marked, booked, taken back."""

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.engine.records import Entity
from integrations.models import (
    Answer,
    MirrorRecord,
    MirrorState,
    OutboxItem,
    PaymentPart,
    PaymentStep,
    RecordLink,
    ReviewItem,
    Settlement,
    SourceRecord,
)
from integrations.runner import foreground
from integrations.store import answers, staging
from tenants.access import places_of
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import Cast, join, person
from tests.integrations.runner.town import Make, Town, town_of
from tests.systems.bill.world import SCOPE
from tests.systems.bill.world import World as Ap

__all__ = ["town_of"]

TODAY = datetime.now(UTC).date()
WAY = ("SCHEDULED", "READY_TO_FUND", "FUNDING_STARTED", "PROCESSED", "SENT", "DELIVERED", "CLEARED")
GOES_OUT = ("PROCESSED", "SENT", "DELIVERED", "CLEARED")
VOUCHERS = {
    "read_back": "voucher",
    "voucher_type": "BPV",
    "settlement_account": "2410",
    "cash_account": "1150",
    "rounding_account": "8040",
}


@pytest.fixture
def town(town_of: Make) -> Town:
    return sent(town_of())


def sent(made: Town) -> Town:
    """Three invoices of one supplier that were sent: 100.00, 60.00 and 40.00."""
    made.supplier("S1")
    for number, amount in enumerate(("100.00", "60.00", "40.00"), 1):
        made.erp.invoice(number, amount)
    for account in ("2410", "1150", "8040"):
        made.erp.account(account)
    made.erp.sim.insert("VoucherTypeDef", {"Company": "10", "VoucherType": "BPV"})
    days = {"DateFrom": f"{TODAY.year}-01-01", "DateUntil": f"{TODAY.year}-12-31", "Objstate": "Open"}
    made.erp.sim.insert(
        "AccountingPeriod", {"Company": "10", "AccountingYear": TODAY.year, "AccountingPeriod": 1, **days}
    )
    made.sync()
    later(made)
    assert len(ours(made)) == 3
    return made


def bill(town: Town, number: str) -> str:
    return str(next(row["id"] for row in town.ap.sim.dump("bills") if row["invoice"]["invoiceNumber"] == number))


def pay(town: Town, *numbers: str, amounts: tuple[str, ...] = (), **fields: Any) -> str:
    fields.setdefault("process_date", TODAY.isoformat())
    return town.ap.sim.pay([bill(town, number) for number in numbers], list(amounts) or None, **fields)


def later(town: Town) -> None:
    """Half an hour passes, then everything is synced."""
    with tenant_scope(town.tenant_id):
        for state in MirrorState.objects.all():
            state.whole_at -= timedelta(days=30)  # the stand-in's clock lies a few days behind
            state.save()
    town.sync()


def theirs(town: Town) -> dict[str, tuple[str, Decimal]]:
    """How every bill stands in the AP tool's own tables: (status, what is due)."""
    words = {"PARTIAL": "PARTLY_PAID"}
    return {
        row["id"]: (str(words.get(row["paymentStatus"], row["paymentStatus"])).lower(), Decimal(str(row["dueAmount"])))
        for row in town.ap.sim.dump("bills")
    }


def ours(town: Town) -> dict[str, tuple[str, Decimal]]:
    """The same of what we know."""
    with tenant_scope(town.tenant_id):
        rows = MirrorRecord.objects.filter(connection=town.integration.ap_id, entity=Entity.INVOICE, kind="bill")
        return {row.target_id: (str(row.standing), row.open_amount or Decimal(0)) for row in rows}


def same_parts(town: Town) -> None:
    """What each payment pays of which bill, its state and its date are as they stand there."""
    with tenant_scope(town.tenant_id):
        rows = PaymentPart.objects.order_by("payment", "place")
        kept = [(row.payment, row.invoice, row.amount, row.state_word, row.dated.isoformat()) for row in rows]
    there = sorted(
        (row["id"], part["billId"], Decimal(str(part["amount"])), row.get("singleStatus") or row["status"],
         row["processDate"])
        for row in town.ap.sim.dump("payments") for part in row["billPayments"]
    )  # fmt: skip
    assert sorted(kept) == there


def listed(town: Town) -> dict[tuple[str, str], tuple[str, Decimal]]:
    """The settlement list: (payment, invoice number) -> state and amount."""
    with tenant_scope(town.tenant_id):
        return {(row.payment, row.number): (row.state, row.amount) for row in Settlement.objects.all()}


def held(town: Town) -> list[str]:
    with tenant_scope(town.tenant_id):
        return sorted(ReviewItem.objects.filter(status="open").values_list("code", flat=True))


def reasons(town: Town) -> dict[str, tuple[str, str]]:
    with tenant_scope(town.tenant_id):
        rows = OutboxItem.objects.filter(flow__entity=Entity.PAYMENT, variant="")
        return {row.source_key: (row.state, row.reason) for row in rows}


@pytest.mark.parametrize("moves", [True, False], ids=["the bill's stamp moves", "only the payment's does"])
def test_every_bill_stands_as_it_stands_there_after_each_step(town_of: Make, moves: bool) -> None:
    town = sent(town_of(ap=Ap({"bill_time_moves_on_payment": moves})))
    payment = pay(town, "N1")
    for status in (*WAY, "DISBURSEMENT_FAILED_ACTION_NEEDED", "SENT", "VOIDED"):
        town.ap.sim.advance(payment, status)
        town.sync()
        assert ours(town) == theirs(town), status
        same_parts(town)
    with tenant_scope(town.tenant_id):
        steps = PaymentStep.objects.filter(payment=payment).order_by("id").values_list("state_word", flat=True)
        assert list(steps) == [*WAY, "DISBURSEMENT_FAILED_ACTION_NEEDED", "SENT", "VOIDED"]
    assert (held(town), listed(town)) == ([], {(payment, "N1"): ("reversed", Decimal(100))})


def test_a_part_payment_and_a_payment_of_several_bills_are_kept_apart(town: Town) -> None:
    part = pay(town, "N1", amounts=("30.00",), status="PROCESSED")
    several = pay(town, "N1", "N2", amounts=("70.00", "60.00"), status="SCHEDULED")
    town.sync()
    assert ours(town) == theirs(town)
    same_parts(town)
    assert listed(town) == {(part, "N1"): ("paid", Decimal(30))}
    town.ap.sim.advance(several, "CLEARED")
    town.sync()
    assert ours(town) == theirs(town)
    assert [listed(town)[several, number] for number in ("N1", "N2")] == [("paid", Decimal(70)), ("paid", Decimal(60))]
    town.ap.sim.void(several)
    town.sync()
    assert ours(town) == theirs(town)
    assert {key: state for key, (state, _) in listed(town).items()} == {
        (part, "N1"): "paid",
        (several, "N1"): "reversed",
        (several, "N2"): "reversed",
    }


def test_without_read_back_nothing_is_written_and_ap_settles_from_the_list(town: Town) -> None:
    payment = pay(town, "N1", status="CLEARED")
    before = len(writes(town))
    town.sync()
    assert (len(writes(town)), reasons(town)) == (before, {payment: ("out", "not_read_back")})
    assert listed(town) == {(payment, "N1"): ("paid", Decimal(100))}
    settle(town, 1)
    later(town)
    later(town)
    assert (listed(town), held(town)) == ({(payment, "N1"): ("settled", Decimal(100))}, [])


def test_a_payment_that_returns_after_ap_settled_it_is_urgent(town: Town) -> None:
    payment = pay(town, "N1", status="CLEARED")
    town.sync()
    settle(town, 1)
    later(town)
    town.ap.sim.fail(payment)
    town.sync()
    assert "void_but_settled" in held(town)
    assert listed(town) == {(payment, "N1"): ("reversed", Decimal(100))}


def test_a_payment_of_bills_keyed_by_hand_is_counted_as_not_ours(town: Town) -> None:
    vendor = town.ap.sim.dump("vendors")[0]["id"]
    by_hand = town.ap.sim.create_bill_by_hand(vendor, "HAND-1", "75.00")
    payment = town.ap.sim.pay([by_hand], status="CLEARED", process_date=TODAY.isoformat())
    reports = {report.entity: report for report in town.sync()}
    assert reasons(town) == {payment: ("out", "not_sent_by_us")}
    assert (reports["payment"].reasons, reports["payment"].amounts["out"]) == ({"out:not_sent_by_us": 1}, {"USD": "75"})
    assert listed(town) == {}


def test_a_payment_is_ours_as_soon_as_its_bill_is_linked(town: Town) -> None:
    """An invoice that comes to the ERP late, and whose bill somebody keyed and paid before."""
    vendor = town.ap.sim.dump("vendors")[0]["id"]
    by_hand = town.ap.sim.create_bill_by_hand(vendor, "N9", "75.00")
    payment = town.ap.sim.pay([by_hand], status="CLEARED", process_date=TODAY.isoformat())
    town.sync()
    assert reasons(town)[payment][1] == "not_sent_by_us"
    with tenant_scope(town.tenant_id):
        first = RecordLink.objects.filter(entity=Entity.INVOICE).earliest("id")
        first.pk, first.target_id, first.variant, first.linked_at = None, by_hand, "1", datetime.now(UTC)
        first.save()
    town.sync()
    assert reasons(town)[payment][1] == "not_read_back"
    assert listed(town) == {(payment, "N1"): ("paid", Decimal(75))}


def test_a_status_that_nobody_has_described_waits_for_a_person(town: Town) -> None:
    payment = pay(town, "N1", status="FUNDS_ESCHEATED")
    town.sync()
    assert (held(town), listed(town)) == (["unknown_payment_state"], {})
    town.ap.sim.advance(payment, "CLEARED")
    town.sync()
    assert (held(town), listed(town)) == ([], {(payment, "N1"): ("paid", Decimal(100))})


def test_a_payment_noted_for_later_counts_from_its_date_on(town: Town) -> None:
    ahead = (TODAY + timedelta(days=2)).isoformat()
    payment = pay(town, "N1", disbursement_type="OFFLINE", process_date=ahead)
    other = pay(town, "N2", disbursement_type="OFFLINE")
    town.sync()
    same_parts(town)
    assert (listed(town), payment in reasons(town)) == ({(other, "N2"): ("paid", Decimal(60))}, True)


def test_what_the_erp_paid_and_we_noted_does_not_come_back(town: Town) -> None:
    payment = pay(town, "N1", disbursement_type="OFFLINE", description="Paid in the ERP: N1")
    town.sync()
    assert (reasons(town), listed(town)) == ({payment: ("out", "paid_in_erp")}, {})


def test_a_change_that_the_polls_missed_is_found_by_the_sweep(town: Town) -> None:
    """A return after clearing, of which the list's change stamp says nothing."""
    payment = pay(town, "N1", status="CLEARED")
    town.sync()
    row = next(row for row in town.ap.sim.dump("payments") if row["id"] == payment)
    stamp = row["updatedTime"]
    town.ap.sim.fail(payment)
    town.ap.sim.put_raw(payment, updatedTime=stamp)
    foreground.sweep(town.tenant_id, town.integration.pk, ["payment"])
    same_parts(town)
    assert listed(town) == {(payment, "N1"): ("reversed", Decimal(100))}


FIELDS = {
    "read_back": "field",
    "paid_status_field": "Cf_Paid_State",
    "paid_date_field": "Cf_Paid_On",
    "paid_reference_field": "Cf_Payment_Id",
}


def fields_of(town: Town, number: int) -> tuple[Any, ...]:
    row = next(r for r in town.erp.sim.rows("ManSuppInvoice", Company="10") if r["InvoiceId"] == number)
    return row["Cf_Paid_State"], row["Cf_Paid_On"] and str(row["Cf_Paid_On"]), row["Cf_Payment_Id"]


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


def test_a_bill_that_was_paid_and_that_the_erp_proposes_is_an_alert(town: Town) -> None:
    pay(town, "N1", status="CLEARED")
    town.sync()
    assert held(town) == []
    propose(town, "N1", 100)
    later(town)
    assert held(town) == ["may_be_paid_twice"]
    with tenant_scope(town.tenant_id):
        assert "is paid already" in ReviewItem.objects.get().problems[0]["message"]


def test_a_bill_that_the_erp_pays_itself_is_an_alert(town: Town) -> None:
    pay(town, "N1")
    town.sync()
    settle(town, 1)
    later(town)
    assert held(town) == ["paid_twice"]


def propose(town: Town, number: str, amount: int) -> None:
    place = {"Company": "10", "ProposalId": 7}
    town.erp.sim.insert("PaymentProposal", place | {"Objstate": "Acknowledged"})
    item = {"Identity": "S1", "LedgerItemSeriesId": "SI", "LedgerItemId": number, "Currency": "USD"}
    town.erp.sim.insert("ProposalItem", place | item | {"CurrAmount": amount})


def test_the_same_payments_again_and_in_another_order_change_nothing(town: Town) -> None:
    """Polls overlap, and a page may be staged after a newer one: the newest read counts."""
    payment = pay(town, "N1")
    seen = []
    for status in WAY:
        town.ap.sim.advance(payment, status)
        town.sync()
        with tenant_scope(town.tenant_id):
            record = town.ap.client.fetch(Entity.PAYMENT, payment, SCOPE)
        assert record is not None
        seen.append(record)
    with tenant_scope(town.tenant_id):
        flow = SourceRecord.objects.get(source_key=payment).flow_id
    random.Random(7).shuffle(seen)
    for record in seen * 3:
        with tenant_scope(town.tenant_id):
            staging.merge(town.tenant_id, flow, [record], due=True)
    town.sync()
    same_parts(town)
    with tenant_scope(town.tenant_id):
        assert PaymentStep.objects.filter(payment=payment).count() == len(WAY)
    assert listed(town) == {(payment, "N1"): ("paid", Decimal(100))}


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


def writes(town: Town) -> list[Any]:
    """What was written to the ERP's books and records."""
    return [each for each in town.erp.sim.ledger() if each["method"] != "GET" and "token" not in each["path"]]


def settle(town: Town, number: int) -> None:
    """AP settles the invoice in the ERP."""
    place = {"Company": "10", "Identity": "S1", "LedgerItemSeriesId": "SI", "LedgerItemId": f"N{number}"}
    town.erp.sim.edit("SupplierLedgerItem", place | {"InstallmentId": 1}, OpenAmount=0)
    paid = {"Objstate": "PaidPosted", "OpenAmount": 0, "OpenAmountCurr": 0}
    town.erp.sim.edit("ManSuppInvoice", {"Company": "10", "InvoiceId": number}, **paid)
