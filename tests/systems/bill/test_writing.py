from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from integrations.engine.drafts import DraftLine, Receipt
from integrations.engine.errors import OutcomeUnknown, Rejected, Retryable, SyncError
from integrations.engine.records import Dimension, Entity, GLAccount
from tests.systems.bill.world import SCOPE, World, codes, vendor_draft


def refused(world: World, *drafts: object) -> SyncError:
    with pytest.raises(SyncError) as caught:
        world.post(*drafts)  # type: ignore[arg-type]
    return caught.value


def update(world: World, draft: object, receipt: Receipt, version: str | None = None) -> Receipt:
    chosen = receipt.version if version is None else version
    return world.client.write([world.write(draft, receipt.target_id, chosen)])[0]  # type: ignore[arg-type]


def stored(world: World, entity: str = "bills") -> list[dict]:  # type: ignore[type-arg]
    return world.sim.dump(entity)


def test_one_bill_goes_alone_and_many_go_in_one_request(world: World) -> None:
    vendor = world.vendor()
    world.post(world.invoice(vendor, "A-1"))
    receipts = world.post(*[world.invoice(vendor, f"B-{number}") for number in range(100)])
    assert [request.url.path for request in world.calls("POST", "/v3/bills")] == [
        "/connect/v3/bills",
        "/connect/v3/bills/bulk",
    ]
    by_id = {row["id"]: row["invoice"]["invoiceNumber"] for row in stored(world)}
    assert [by_id[receipt.target_id] for receipt in receipts] == [f"B-{number}" for number in range(100)]


def test_the_receipt_echoes_what_bill_stored(world: World) -> None:
    vendor = world.vendor()
    (receipt,) = world.post(world.invoice(vendor, "A-1", "100.00", "20.50", po_number="PO-77"))
    assert receipt.echo == {
        "vendor_id": vendor,
        "number": "A-1",
        "date": "2026-11-02",
        "due_date": "2026-12-02",
        "amount": "120.5",
        "currency": "USD",
        "lines": "2 lines, 120.5",
        "coding": receipt.echo["coding"],
        "po_number": "PO-77",
        "description": "",
    }
    assert receipt.version == stored(world)[0]["updatedTime"]


def test_an_amount_that_bill_changed_is_not_lost_but_shown(world: World) -> None:
    vendor = world.vendor()
    body = f'{{"id":"00nA","vendorId":"{vendor}","amount":120.49,"invoice":{{"invoiceNumber":"A-1001"}}}}'
    world.fault("status", "/v3/bills", method="POST", status=201, body=body)
    (receipt,) = world.post(world.invoice(vendor))
    assert (receipt.target_id, receipt.echo["amount"]) == ("00nA", "120.49")


@pytest.mark.parametrize("amount", ["1e999999999", "1e30"])
def test_a_created_bill_with_a_mad_answer_still_gives_its_id(world: World, amount: str) -> None:
    vendor = world.vendor()
    invoice = '{"invoiceNumber":"A-1001\\u0000"}'
    body = f'{{"id":"00nA","vendorId":"{vendor}","amount":{amount},"invoice":{invoice}}}'
    world.fault("status", "/v3/bills", method="POST", status=201, body=body)
    (receipt,) = world.post(world.invoice(vendor))
    assert receipt.target_id == "00nA"
    assert receipt.echo["number"] == "A-1001\\x00"
    assert Decimal(receipt.echo["amount"]) != Decimal("120.50")


def test_bulk_answers_are_matched_by_what_they_are_of(world: World) -> None:
    vendor = world.vendor()
    world.fault(
        "status",
        "/v3/bills/bulk",
        status=201,
        body=f'[{{"id":"00nB","vendorId":"{vendor}","invoice":{{"invoiceNumber":"B"}}}},'
        f'{{"id":"00nA","vendorId":"{vendor}","invoice":{{"invoiceNumber":"A"}}}}]',
    )
    receipts = world.post(world.invoice(vendor, "A"), world.invoice(vendor, "B"))
    assert [receipt.target_id for receipt in receipts] == ["00nA", "00nB"]


@pytest.mark.parametrize("count", [1, 3])
def test_an_answer_without_ids_leaves_the_outcome_unknown(world: World, count: int) -> None:
    vendor = world.vendor()
    world.fault("missing_id", "/v3/bills", method="POST")
    assert isinstance(refused(world, *[world.invoice(vendor, f"A-{n}") for n in range(count)]), OutcomeUnknown)


def test_a_bulk_refused_but_partly_kept_leaves_the_outcome_unknown(world: World) -> None:
    vendor = world.vendor()
    world.fault("partial_bulk", "/v3/bills/bulk")
    error = refused(world, *[world.invoice(vendor, f"A-{n}") for n in range(4)])
    assert stored(world)
    assert isinstance(error, OutcomeUnknown)
    assert error.code == "partly_written"


def test_an_older_record_of_the_same_key_is_no_sign_of_a_kept_bulk(world: World) -> None:
    vendor = world.vendor()
    world.sim.create_bill_by_hand(vendor, "A-1", "5")
    world.clock.now += timedelta(minutes=1)
    error = refused(world, world.invoice(vendor, "A-1"), world.invoice(vendor, "A-2"))
    assert isinstance(error, Rejected)
    assert error.code == "duplicate_number"


def test_a_bulk_answer_that_lacks_a_record_leaves_the_outcome_unknown(world: World) -> None:
    vendor = world.vendor()
    world.fault("replace", "/v3/bills/bulk", find='"invoiceNumber":"A-2"', text='"invoiceNumber":"X"')
    error = refused(world, *[world.invoice(vendor, f"A-{n}") for n in range(4)])
    assert isinstance(error, OutcomeUnknown)
    assert error.code == "incomplete_answer"


@pytest.mark.parametrize("kind", ["drop_after", "truncate_body", "html", "empty", "bad_json"])
def test_a_lost_answer_is_unknown_and_nothing_is_sent_again(world: World, kind: str) -> None:
    vendor = world.vendor()
    params = {} if kind in ("drop_after", "truncate_body", "bad_json") else {"processed": True}
    world.fault(kind, "/v3/bills", method="POST", **params)
    assert isinstance(refused(world, world.invoice(vendor, "A-1")), OutcomeUnknown)
    assert len(world.calls("POST", "/v3/bills")) == 1
    assert [found.number for found in world.client.look_up(Entity.INVOICE, vendor_id=vendor, number="A-1")] == ["A-1"]


def test_a_refused_bulk_writes_nothing_and_names_the_reason(world: World) -> None:
    vendor = world.vendor()
    good = [world.invoice(vendor, f"A-{n}") for n in range(3)]
    error = refused(world, *good, world.invoice("00902NOSUCHVENDOR123", "B"))
    assert isinstance(error, Rejected)
    assert codes(error.problems) == ["not_found"]
    assert stored(world) == []


def test_a_duplicate_number_is_refused_as_such(world: World) -> None:
    vendor = world.vendor()
    world.post(world.invoice(vendor, "A-1"))
    error = refused(world, world.invoice(vendor, "A-1"))
    assert isinstance(error, Rejected)
    assert error.code == "duplicate_number"


def test_an_unknown_account_and_an_archived_vendor_are_refused(world: World) -> None:
    vendor = world.vendor()
    line = DraftLine(amount=Decimal("1"), account="0ca02NOSUCHACCOUNT12")
    assert isinstance(refused(world, world.invoice(vendor, "A-1", "1", lines=(line,))), Rejected)
    world.sim.archive(vendor)
    assert isinstance(refused(world, world.invoice(vendor, "A-2")), Rejected)


def test_what_is_wrong_by_itself_is_refused_before_anything_is_sent(world: World) -> None:
    error = refused(world, world.invoice(world.vendor(), total=Decimal("1")))
    assert isinstance(error, Rejected)
    assert codes(error.problems) == ["lines_differ"]
    assert world.sent == []


def test_an_invoice_in_another_currency_than_the_vendor_is_refused(world: World) -> None:
    error = refused(world, world.invoice(world.vendor(currency="USD"), currency="EUR"))
    assert isinstance(error, Rejected)
    assert error.code == "vendor_currency"
    assert stored(world) == []


def test_coding_and_text_arrive_exactly(world: World) -> None:
    department = world.sim.dump("departments")[0]["id"]
    line = DraftLine(
        amount=Decimal("0.10"), account=world.account("1000"), dimensions={"department": department}, description="ł 🔩"
    )
    world.post(world.invoice(world.vendor(), "00123", "0.10", lines=(line,)))
    (bill,) = stored(world)
    assert bill["invoice"]["invoiceNumber"] == "00123"
    assert bill["billLineItems"][0]["amount"] == Decimal("0.10")
    assert bill["billLineItems"][0]["description"] == "ł 🔩"
    assert bill["billLineItems"][0]["classifications"] == {
        "chartOfAccountId": world.account("1000"),
        "departmentId": department,
    }


def test_credits_go_to_vendor_credits(world: World) -> None:
    vendor = world.vendor()
    receipts = world.post(*[world.invoice(vendor, f"C-{n}", "5.25", credit=True) for n in range(2)])
    assert [row["amount"] for row in stored(world, "vendor-credits")] == [Decimal("5.25")] * 2
    assert receipts[0].echo["amount"] == "5.25"
    assert stored(world) == []


def test_vendors_go_in_bulk_and_a_long_name_comes_back_in_the_echo(world: World) -> None:
    long = vendor_draft("S-2", "Long " * 30)
    receipts = world.post(vendor_draft("S-1"), long)
    assert [receipt.echo["number"] for receipt in receipts] == ["S-1", "S-2"]
    assert receipts[1].echo["name"] == ("Long " * 20).strip()


def test_a_vendor_whose_name_bill_changed_is_still_recognised(world: World) -> None:
    world.fault("echo_differs", "/v3/vendors", method="POST")
    receipts = world.post(vendor_draft("S-1", "Nordic Bolts Incorporated"), vendor_draft("S-2", "Other"))
    assert all(receipt.target_id for receipt in receipts)


def test_groups_are_cut_by_endpoint_and_size(world: World) -> None:
    vendor = "0091"
    writes = [world.write(world.invoice(vendor, f"B-{n}")) for n in range(150)]
    writes += [world.write(world.invoice(vendor, f"C-{n}", "1", credit=True)) for n in range(60)]
    writes += [world.write(vendor_draft(f"S-{n}")) for n in range(25)]
    writes += [world.write(world.invoice(vendor, "U-1"), target_id="00n1")]
    groups = world.client.groups(writes)
    assert sorted(map(len, groups)) == [1, 5, 10, 20, 50, 50, 100]
    assert sorted(write.intent for group in groups for write in group) == [write.intent for write in writes]


def test_two_of_the_same_key_never_share_a_request(world: World) -> None:
    writes = [world.write(world.invoice("0091", number)) for number in ("a-1", "A-1 ", "B-1")]
    writes += [world.write(vendor_draft("S-1", currency=currency)) for currency in ("USD", "EUR")]
    groups = world.client.groups(writes)
    assert sorted(map(len, groups)) == [1, 1, 1, 2]


def test_a_write_that_is_too_late_is_not_sent(world: World) -> None:
    write = world.write(world.invoice(world.vendor()))
    with pytest.raises(Retryable) as caught:
        world.client.write([replace(write, send_by=world.clock.now - timedelta(seconds=1))])
    assert caught.value.code == "too_late"
    assert stored(world) == []


def test_a_vendor_is_refreshed_in_place(world: World) -> None:
    (receipt,) = world.post(vendor_draft())
    changed = update(world, vendor_draft(name="Nordic Bolts Ltd"), receipt)
    assert (changed.target_id, changed.echo["name"]) == (receipt.target_id, "Nordic Bolts Ltd")
    assert changed.version != receipt.version
    assert len(stored(world, "vendors")) == 1


def test_a_bill_with_as_many_lines_is_patched_in_place(world: World) -> None:
    vendor = world.vendor()
    (receipt,) = world.post(world.invoice(vendor, "A-1", "100", "20", po_number="PO-1"))
    update(world, world.invoice(vendor, "A-1", "100", "25"), receipt)
    (bill,) = stored(world)
    assert [line["amount"] for line in bill["billLineItems"]] == [100, 25]
    assert bill["amount"] == 125
    assert not bill.get("purchaseOrderNumber")
    assert world.calls("PATCH", "/v3/bills")


@pytest.mark.parametrize("amounts", [["120"], ["40", "40", "40"]])
def test_a_bill_with_other_lines_is_replaced_never_doubled(world: World, amounts: list[str]) -> None:
    vendor = world.vendor()
    (receipt,) = world.post(world.invoice(vendor, "A-1", "100", "20"))
    update(world, world.invoice(vendor, "A-1", *amounts), receipt)
    (bill,) = stored(world)
    assert [line["amount"] for line in bill["billLineItems"]] == [Decimal(amount) for amount in amounts]
    assert bill["amount"] == 120


def test_a_credit_is_changed_in_place(world: World) -> None:
    vendor = world.vendor()
    (receipt,) = world.post(world.invoice(vendor, "C-1", "10", credit=True))
    update(world, world.invoice(vendor, "C-1", "12", credit=True), receipt)
    assert [row["amount"] for row in stored(world, "vendor-credits")] == [12]


def test_a_record_changed_meanwhile_is_stale(world: World) -> None:
    vendor = world.vendor()
    (receipt,) = world.post(world.invoice(vendor))
    world.sim.edit_bill(receipt.target_id, amount="99")
    with pytest.raises(Retryable) as caught:
        update(world, world.invoice(vendor), receipt)
    assert caught.value.code == "stale_version"
    assert not world.calls("PATCH")


def test_a_bill_whose_payment_has_begun_is_left_alone(world: World) -> None:
    vendor = world.vendor()
    (receipt,) = world.post(world.invoice(vendor))
    world.sim.pay([receipt.target_id])
    with pytest.raises(Rejected) as caught:
        update(world, world.invoice(vendor, "A-1001", "1"), receipt, version="")
    assert caught.value.code == "payment_started"


def test_the_payee_of_a_bill_is_never_changed(world: World) -> None:
    (receipt,) = world.post(world.invoice(world.vendor()))
    with pytest.raises(Rejected) as caught:
        update(world, world.invoice(world.vendor("Other")), receipt)
    assert caught.value.code == "payee_changed"


def test_an_update_of_what_is_gone_is_refused(world: World) -> None:
    gone = Receipt(target_id="00n02NOSUCHBILL12345")
    with pytest.raises(Rejected) as caught:
        update(world, world.invoice(world.vendor()), gone)
    assert caught.value.code == "not_found"


def test_approvals_once_used_stay_in_use(worlds: Callable[..., World]) -> None:
    world = worlds()
    vendor = world.vendor()
    (receipt,) = world.post(world.invoice(vendor))
    world.sim.assign(receipt.target_id)
    update(world, world.invoice(vendor, "A-1001", "100.00", "20.60"), receipt, version="")
    assert b'"billApprovals":true' in world.calls("PATCH")[0].content


def test_nothing_is_asked_between_a_created_bill_and_its_receipt(world: World) -> None:
    vendor = world.vendor()
    world.post(world.invoice(vendor))
    assert world.sent[-1].method == "POST"


def test_a_rehearsal_chart_can_be_made(world: World) -> None:
    made = world.client.create_accounts([GLAccount(key="", number=f"X{n}", name=f"Account {n}") for n in range(60)])
    assert [account.number for account in made] == [f"X{n}" for n in range(60)]
    assert made[0].kind == "expense"
    (value,) = world.client.create_dimensions([Dimension(key="", kind="location", value="AUS", name="Austin")])
    assert world.client.fetch(Entity.DIMENSION, value.key, SCOPE) is not None
