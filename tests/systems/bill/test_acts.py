from datetime import date, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from integrations.engine.drafts import ApplyDraft, ArchiveDraft, Draft, MarkDraft, PaidDraft
from integrations.engine.errors import OutcomeUnknown, Rejected, Retryable, Stale
from integrations.engine.records import Entity
from integrations.engine.targets import Standing
from tests.systems.bill.world import World, vendor_draft

BILL, CREDIT = ArchiveDraft(entity=Entity.INVOICE), ArchiveDraft(entity=Entity.INVOICE, credit=True)
VENDOR = ArchiveDraft(entity=Entity.VENDOR)


def refusal(world: World, draft: Draft, target_id: str, version: str = "") -> str:
    """The code of a refusal that wrote nothing."""
    before = len([each for each in world.sent if each.method != "GET"])
    with pytest.raises(Rejected) as caught:
        world.act(draft, target_id, version)
    assert len([each for each in world.sent if each.method != "GET"]) == before
    return caught.value.code


def bill(world: World, vendor: str, number: str = "A-1", *amounts: str) -> str:
    return world.post(world.invoice(vendor, number, *amounts))[0].target_id


def credit(world: World, vendor: str, number: str = "C-1", amount: str = "30") -> str:
    return world.post(world.invoice(vendor, number, amount, credit=True))[0].target_id


def paid(vendor: str, bill_id: str, amount: str = "120.50") -> PaidDraft:
    return PaidDraft(
        vendor_id=vendor, bill_id=bill_id, amount=Decimal(amount), currency="USD", paid_on=date(2026, 11, 20)
    )


def applied(vendor: str, bill_id: str, credit_id: str, amount: str = "30") -> ApplyDraft:
    return ApplyDraft(vendor_id=vendor, bill_id=bill_id, credit_id=credit_id, amount=Decimal(amount), currency="USD")


@pytest.mark.parametrize("what", ["bill", "credit", "vendor"])
def test_an_archived_record_is_archived_once(world: World, what: str) -> None:
    vendor = world.post(vendor_draft())[0].target_id
    key = {"bill": lambda: bill(world, vendor), "credit": lambda: credit(world, vendor), "vendor": lambda: vendor}[
        what
    ]()
    draft = {"bill": BILL, "credit": CREDIT, "vendor": VENDOR}[what]
    first, second = world.act(draft, key), world.act(draft, key)
    assert first == second
    assert not world.standing(key, draft.entity).active
    assert len(world.calls("POST", "/archive")) == 1


def test_money_on_its_way_keeps_a_record_from_being_archived(world: World) -> None:
    vendor = world.vendor()
    scheduled, used = bill(world, vendor), credit(world, vendor)
    world.act(applied(vendor, bill(world, vendor, "A-2"), used), used)
    world.sim.pay([scheduled])
    assert refusal(world, BILL, scheduled) == "payment_started"
    assert refusal(world, CREDIT, used) == "credit_applied"


def test_a_vendor_with_open_bills_is_not_archived(world: World) -> None:
    vendor = world.vendor()
    open_bill = bill(world, vendor)
    assert refusal(world, VENDOR, vendor) == "open_bills"
    world.sim.pay([open_bill], status="CLEARED")
    world.act(VENDOR, vendor)
    assert not world.standing(vendor, Entity.VENDOR).active


def test_a_payment_made_elsewhere_is_noted_once(world: World) -> None:
    vendor = world.vendor()
    key = bill(world, vendor)
    first, second = world.act(paid(vendor, key), key), world.act(paid(vendor, key), key)
    assert first.target_id == second.target_id == key
    (payment,) = world.sim.dump("payments")
    assert (payment["disbursementType"], payment["amount"], first.echo["payment"]) == (
        "OFFLINE",
        Decimal("120.50"),
        payment["id"],
    )
    assert world.standing(key).standing is Standing.PAID


def test_the_receipt_of_a_noted_payment_is_of_the_bill_and_shows_no_drift(world: World) -> None:
    vendor = world.vendor()
    key = bill(world, vendor)
    receipt, now = world.act(paid(vendor, key), key), world.standing(key)
    assert {name: receipt.echo[name] for name in now.echo} == now.echo


def test_parts_paid_elsewhere_add_up_and_the_same_part_counts_once(world: World) -> None:
    vendor = world.vendor()
    key = bill(world, vendor)
    for amount in ("20.50", "20.50", "40"):
        world.act(paid(vendor, key, amount), key)
    found = world.standing(key)
    assert (found.paid, found.standing) == (Decimal("60.50"), Standing.PARTLY_PAID)


def test_a_decision_on_a_fresh_read_is_carried_out_as_it_is(world: World) -> None:
    vendor = world.vendor()
    key = bill(world, vendor)
    for _ in range(2):  # two like payments on one day: each was decided on what BILL showed
        world.act(paid(vendor, key, "20.50"), key, world.standing(key).version)
    assert world.standing(key).paid == 41


def test_a_scheduled_bill_is_not_noted_as_paid(world: World) -> None:
    vendor = world.vendor()
    key = bill(world, vendor)
    world.sim.pay([key])
    assert refusal(world, paid(vendor, key), key) == "payment_started"


def test_more_than_is_open_and_another_payee_or_currency_are_refused(world: World) -> None:
    vendor, other = world.vendor(), world.vendor("Other")
    key = bill(world, vendor)
    assert refusal(world, paid(vendor, key, "120.51"), key) == "overpaid"
    assert refusal(world, paid(other, key), key) == "payee_changed"
    assert refusal(world, replace(paid(vendor, key), currency="EUR"), key) == "vendor_currency"


def test_a_credit_is_set_off_beside_those_that_are_there(world: World) -> None:
    vendor = world.vendor()
    key, one, two = bill(world, vendor), credit(world, vendor, "C-1"), credit(world, vendor, "C-2", "50")
    world.act(applied(vendor, key, one, "10"), one)
    receipt = world.act(applied(vendor, key, two, "50"), two, world.standing(two).version)
    assert receipt.target_id == two
    assert receipt.echo == world.standing(two).echo
    used = {row["id"]: row["appliedAmount"] for row in world.sim.dump("vendor-credits")}
    assert used == {one: 10, two: 50}
    assert world.standing(key).paid == 60


def test_a_credit_is_set_off_once(world: World) -> None:
    vendor = world.vendor()
    key, one = bill(world, vendor), credit(world, vendor)
    for _ in range(2):
        world.act(applied(vendor, key, one), one)
    assert len(world.calls("PATCH")) == 1


def test_no_credit_on_a_bill_that_moves_or_beyond_what_is_left(world: World) -> None:
    vendor = world.vendor()
    scheduled, approved, free = (bill(world, vendor, f"A-{n}") for n in range(3))
    one = credit(world, vendor)
    world.sim.pay([scheduled])
    world.sim.approve(approved)
    assert refusal(world, applied(vendor, scheduled, one), one) == "payment_started"
    assert refusal(world, applied(vendor, approved, one), one) == "approver_acted"
    assert refusal(world, applied(vendor, free, one, "30.01"), one) == "credit_too_large"


def test_credits_that_bill_does_not_show_are_never_wiped(world: World) -> None:
    vendor = world.vendor()
    key, one, two = bill(world, vendor), credit(world, vendor, "C-1"), credit(world, vendor, "C-2")
    world.act(applied(vendor, key, one), one)
    world.fault("replace", "/v3/vendor-credits?", find='"usage"', text='"unused"', times=None)
    assert refusal(world, applied(vendor, key, two), two) == "credit_unclear"


@pytest.mark.parametrize("amount", ["1e999", '"NaN"', '"Infinity"'])
def test_an_amount_that_is_none_stops_every_act_on_money(world: World, amount: str) -> None:
    vendor = world.vendor()
    key, one = bill(world, vendor), credit(world, vendor)
    world.fault("replace", find='"amount":120.50', text=f'"amount":{amount}', times=None, method="GET")
    assert refusal(world, paid(vendor, key), key) == "payment_started"
    assert refusal(world, applied(vendor, key, one), one) == "payment_started"
    assert refusal(world, BILL, key) == "payment_started"


def every_act(world: World) -> list[tuple[Draft, str]]:
    vendor = world.vendor()
    key, one = bill(world, vendor), credit(world, vendor)
    return [
        (BILL, key),
        (CREDIT, one),
        (VENDOR, world.vendor("Idle")),
        (paid(vendor, key), key),
        (applied(vendor, key, one), one),
    ]


@pytest.mark.parametrize("which", range(5))
def test_an_act_on_a_record_changed_meanwhile_is_stale(world: World, which: int) -> None:
    draft, key = every_act(world)[which]
    entity = Entity.VENDOR if draft is VENDOR else Entity.INVOICE
    version = world.standing(key, entity).version
    world.sim.put_raw(key, description="edited")
    before = len(world.sent)
    with pytest.raises(Stale):
        world.act(draft, key, version)
    assert all(each.method == "GET" for each in world.sent[before:])


@pytest.mark.parametrize("which", range(5))
@pytest.mark.parametrize("kind", ["drop_after", "truncate_body", "html"])
def test_a_lost_answer_of_an_act_is_unknown_and_doing_it_again_does_nothing(
    world: World, which: int, kind: str
) -> None:
    draft, key = every_act(world)[which]
    method = "PATCH" if isinstance(draft, ApplyDraft) else "POST"
    world.fault(kind, method=method, processed=True)
    with pytest.raises(OutcomeUnknown):
        world.act(draft, key)
    world.act(draft, key)
    writes = [each for each in world.calls(method) if "archive" in str(each.url) or "payment" in str(each.url)]
    assert len(writes if method == "POST" else world.calls(method)) == 1


@pytest.mark.parametrize("which", range(5))
def test_an_act_that_is_too_late_is_not_sent(world: World, which: int) -> None:
    draft, key = every_act(world)[which]
    write = replace(world.write(draft, key), send_by=world.clock.now - timedelta(seconds=1))
    before = len(world.sent)
    with pytest.raises(Retryable) as caught:
        world.client.write([write])
    assert caught.value.code == "too_late"
    assert all(each.method == "GET" for each in world.sent[before:])


@pytest.mark.parametrize("which", range(5))
def test_an_act_on_what_is_gone_is_refused(world: World, which: int) -> None:
    draft, _ = every_act(world)[which]
    gone = "00n02NOSUCHBILL12345"
    fields = {PaidDraft: "bill_id", ApplyDraft: "credit_id"}
    name = fields.get(type(draft))
    assert refusal(world, replace(draft, **{name: gone}) if name else draft, gone) == "not_found"


def test_acts_go_alone_and_what_bill_cannot_do_is_refused(world: World) -> None:
    writes = [world.write(draft, key) for draft, key in every_act(world)]
    assert [len(group) for group in world.client.groups(writes)] == [1] * 5
    mark = MarkDraft(entity=Entity.INVOICE, key="1", fields={"Sent": "yes"})
    assert refusal(world, mark, "1") == "undeclared"
