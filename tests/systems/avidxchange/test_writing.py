"""Each record gets its own answer, matched by key, whatever the answer looks like, now or when a job has ended."""

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import pytest

from integrations.engine.drafts import ArchiveDraft, Draft, InvoiceDraft, Receipt
from integrations.engine.errors import ConnectionBroken, OutcomeUnknown, Rejected, Retryable, Stale, SyncError, Underway
from integrations.engine.ports import Write
from integrations.engine.records import Entity
from tests.contract.avidxchange_case import order_draft
from tests.contract.wiring import handed
from tests.systems.avidxchange.world import World, account, body, vendor

DRESSES: list[dict[str, Any]] = [
    {},
    {"single_objects": True},
    {"string_booleans": True},
    {"shuffled": True},
    {"camel_case": True},
    {"refusal_status": 400},
    {"refusal_status": 422, "string_booleans": True, "single_objects": True},
]


def results(*rows: dict[str, Any], status: int = 200) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(status, json={"Results": list(rows)})


def groups(world: World, drafts: Sequence[Draft]) -> list[list[Write]]:
    return world.client.groups([handed(draft, world.clock) for draft in drafts])


@pytest.mark.parametrize("manners", DRESSES, ids=str)
def test_each_record_has_its_own_answer(manners: dict[str, Any]) -> None:
    world = World(manners=manners)
    good, bad, fine = world.write(account("6100"), account("6200", "M" * 51), account("6300"))
    assert [good, fine] == [Receipt(target_id=f"Accounting Codes|{value}") for value in ("6100", "6300")]
    assert isinstance(bad, Rejected)
    assert "50 characters" in bad.message
    assert [row["CodeValue"] for row in world.sim.dump("enterpriseCodes")] == ["6100", "6300"]


@pytest.mark.parametrize("manners", DRESSES, ids=str)
def test_one_refused_record_alone_is_refused(manners: dict[str, Any]) -> None:
    (bad,) = World(manners=manners).write(order_draft(vendor="nobody"))
    assert isinstance(bad, Rejected)
    assert bad.problems[0].message == "AvidXchange refuses this: Vendor nobody is unknown."


def test_a_record_without_an_answer_is_unknown_not_failed() -> None:
    world = World(manners={"missing_result": True})
    lost, known = world.write(account("6100"), account("6200"))
    assert isinstance(lost, OutcomeUnknown)
    assert isinstance(known, Receipt)


def test_the_same_value_in_two_groups_is_told_apart() -> None:
    world = World()
    here, there = world.write(account("100", group="Site"), account("100", "M" * 51, group="Cost center"))
    assert here == Receipt(target_id="Site|100")
    assert isinstance(there, Rejected)


def test_an_answer_that_may_be_of_two_records_is_of_none() -> None:
    world = World()
    world.answered_by(results({"ExternalCode": "100", "Successful": True}))
    assert [type(each) for each in world.write(account("100", group="A"), account("100", group="B"))] == [
        OutcomeUnknown
    ] * 2


@pytest.mark.parametrize("said", ["maybe", None, {}, [], 7])
def test_success_has_to_be_said(said: Any) -> None:
    world = World()
    world.answered_by(results({"ExternalCode": "S1", "Successful": said}))
    (found,) = world.write(vendor())
    assert isinstance(found, OutcomeUnknown)


@pytest.mark.parametrize("answer", ["{}", "[]", "null", '{"Results": "fine"}', '{"Results": [1, null]}', "<html/>", ""])
def test_an_answer_that_says_nothing_leaves_it_unknown(answer: str) -> None:
    world = World()
    world.answered_by(lambda request: httpx.Response(200, text=answer))
    try:
        (found,) = world.write(vendor())
    except OutcomeUnknown as error:
        found = error
    assert isinstance(found, OutcomeUnknown)


def test_a_refusal_without_a_reason_says_so() -> None:
    world = World()
    world.answered_by(results({"ExternalCode": "S1", "Successful": "False", "Errors": None}))
    (found,) = world.write(vendor())
    assert isinstance(found, Rejected)
    assert "does not say why" in found.message


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        (vendor("S" * 51), "key_too_long"),
        (vendor(" "), "key_missing"),
        (vendor(name=""), "field_missing"),
        (vendor(name="N" * 256), "field_too_long"),
        (account("9" * 51), "key_too_long"),
        (account(group="G" * 51), "group_too_long"),
        (order_draft("P" * 50), "key_too_long"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_and_its_neighbours_go(draft: Draft, code: str) -> None:
    world = World()
    (alone,) = world.write(draft)
    assert isinstance(alone, Rejected)
    assert alone.code == code
    assert world.wire.sent == []
    if Entity.VENDOR in {write.entity for group in groups(world, [draft]) for write in group}:
        refused, good = world.write(draft, vendor("S2"))
        assert isinstance(refused, Rejected)
        assert isinstance(good, Receipt)
        assert [item["ExternalVendorCode"] for item in body(world.wire.sent[0])["Items"]] == ["S2"]


def test_what_it_cannot_do_is_refused() -> None:
    world = World()
    draft = InvoiceDraft(
        vendor_id="S1", number="1", invoice_date=world.clock.now.date(), due_date=world.clock.now.date(),
        currency="USD", total=Decimal(1), lines=(),
    )  # fmt: skip
    with pytest.raises(Rejected) as caught:
        world.write(draft)
    assert caught.value.code == "undeclared"


def test_a_request_holds_at_most_a_hundred_of_one_call_and_no_key_twice() -> None:
    world = World()
    drafts: list[Draft] = [
        *(account(str(n)) for n in range(150)),
        *(account(str(n), group="Site") for n in range(30)),
        vendor(),
    ]
    found = groups(world, [*drafts, account("0", "Again")])
    assert [len(group) for group in found] == [100, 81, 1]
    for group in found:
        names = [(getattr(write.draft, "group", ""), write.draft) for write in group]
        assert len(names) == len(set(map(str, names)))
        assert all(isinstance(each, Receipt) for each in world.client.write(group))


def test_a_linked_vendor_keeps_the_code_it_is_known_by() -> None:
    world = World()
    write = handed(vendor("S1"), world.clock, "S1|2")
    assert world.client.write([write]) == [Receipt(target_id="S1|2", echo={**ECHO, "number": "S1|2"})]
    assert [row["ExternalVendorCode"] for row in world.sim.dump("vendors")] == ["S1|2"]


ECHO = {
    "name": "Nordic Bolts",
    "number": "S1",
    "address.line1": "1 Test Way",
    "address.line2": "",
    "address.city": "Austin",
    "address.stateOrProvince": "TX",
    "address.zipOrPostalCode": "78701",
    "address.country": "US",
}


def test_an_order_goes_out_whole_with_exact_amounts() -> None:
    world = World()
    world.write(vendor("S-1"))
    assert world.write(order_draft()) == [Receipt(target_id="10:P-1")]
    sent = json.loads(world.wire.sent[-1].content, parse_float=Decimal)["Items"][0]
    assert sent["ExternalCode"] == "10:P-1"
    assert (sent["Status"], sent["Currency"], sent["TotalAmount"]) == ("Open", "USD", Decimal("12.50"))
    assert sent["LineItems"][0]["Item"]["Quantity"] == 5


def test_the_same_content_repeats_its_idempotency_key_and_other_content_does_not() -> None:
    world = World({"profile": '{"writes": {"idempotency_header": "Idempotency-Key"}}'})
    for draft in (account("6100"), account("6100"), account("6100", "Other")):
        world.write(draft)
    first, again, other = [request.headers["Idempotency-Key"] for request in world.wire.sent]
    assert first == again != other
    assert body(world.wire.sent[0])["BatchId"] == first


def underway(world: World, drafts: Sequence[Draft]) -> tuple[str, list[Write]]:
    """The job of these drafts, which were taken."""
    (group,) = groups(world, drafts)
    with pytest.raises(Underway) as caught:
        world.client.write(group)
    assert caught.value.after == 5
    return caught.value.job, group


@pytest.mark.parametrize("manners", [{}, {"camel_case": True, "single_objects": True}, {"shuffled": True}], ids=str)
def test_a_job_is_asked_for_until_it_has_ended(manners: dict[str, Any]) -> None:
    world = World(manners={"write_answer": "job", **manners})
    job, group = underway(world, [account("6100"), account("9" * 51), account("6200", "M" * 51)])
    assert [world.client.result(job, group) for _ in range(2)] == [None, None]
    good, unsent, bad = world.client.result(job, group) or []
    assert good == Receipt(target_id="Accounting Codes|6100")
    assert isinstance(unsent, Rejected)
    assert unsent.code == "key_too_long"
    assert isinstance(bad, Rejected)
    assert bad.code == "refused"


def test_a_job_that_fails_for_every_record_refuses_each() -> None:
    world = World(manners={"write_answer": "job", "job_polls": 0})
    job, group = underway(world, [account("6200", "M" * 51)])
    (bad,) = world.client.result(job, group) or []
    assert isinstance(bad, Rejected)
    assert "50 characters" in bad.message


def test_a_job_that_never_ends_stays_underway() -> None:
    world = World(manners={"write_answer": "job", "job_polls": None})
    job, group = underway(world, [account()])
    assert [world.client.result(job, group) for _ in range(5)] == [None] * 5


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"Status": "Success", "Inserts": 1, "Errors": 0}, Receipt),
        ({"Status": "PartialSuccess"}, OutcomeUnknown),
        ({"Status": "Asleep"}, None),
        ({"Status": "Error", "Errors": 1}, "job_failed"),
    ],
)
def test_a_job_without_results(answer: dict[str, Any], expected: Any) -> None:
    world = World()
    world.answered_by(lambda request: httpx.Response(200, json={"JobId": "j-1", **answer}))
    (group,) = groups(world, [account()])
    if isinstance(expected, str):
        with pytest.raises(Rejected) as caught:
            world.client.result("j-1", group)
        assert caught.value.code == expected
        return
    found = world.client.result("j-1", group)
    assert found is None if expected is None else [type(each) for each in found or []] == [expected]


def test_a_job_that_is_not_known_any_more_says_nothing() -> None:
    world = World()
    (group,) = groups(world, [account()])
    (found,) = world.client.result("gone", group) or []
    assert isinstance(found, OutcomeUnknown)


def test_a_job_without_an_id_is_as_good_as_lost() -> None:
    world = World()
    world.answered_by(lambda request: httpx.Response(202, json={"Status": "Queued"}))
    (group,) = groups(world, [account()])
    with pytest.raises(OutcomeUnknown) as caught:
        world.client.write(group)
    assert not isinstance(caught.value, Underway)


def failure(world: World) -> SyncError:
    with pytest.raises(SyncError) as caught:
        world.write(vendor())
    return caught.value


def test_a_request_that_is_too_big_says_so() -> None:
    world = World({}, {"max_items": 1})
    with pytest.raises(Rejected) as caught:
        world.write(vendor("S1"), vendor("S2"))
    assert caught.value.code == "too_big"
    assert world.sim.dump("vendors") == []


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, Rejected, "rejected"),
        (403, ConnectionBroken, "forbidden"),
        (404, ConnectionBroken, "wrong_path"),
        (409, Stale, "conflict"),
        (422, Rejected, "rejected"),
        (429, Retryable, "too_many_requests"),
        (500, OutcomeUnknown, "server_error"),
        (302, OutcomeUnknown, "redirect"),
    ],
)
@pytest.mark.parametrize("text", ["", "<html>no</html>", '{"detail": "no"}', '{"fault": "no"}', "[" * 50_000])
def test_what_a_status_means_for_a_write(status: int, kind: type[SyncError], code: str, text: str) -> None:
    world = World()
    world.answered_by(lambda request: httpx.Response(status, text=text))
    error = failure(world)
    assert isinstance(error, kind)
    assert error.code == code
    assert len(world.wire.sent) == 1


def test_a_lost_answer_and_a_second_try_make_one_vendor() -> None:
    world = World()
    world.fault("drop_after", "/vendors")
    assert isinstance(failure(world), OutcomeUnknown)
    assert [type(each) for each in world.write(vendor())] == [Receipt]
    assert [row["ExternalVendorCode"] for row in world.sim.dump("vendors")] == ["S1"]


def test_a_vendor_that_goes_out_of_use_is_switched_off_and_keeps_the_rest() -> None:
    world = World()
    world.write(vendor())
    (before,) = world.sim.dump("vendors")
    draft = ArchiveDraft(entity=Entity.VENDOR, name=before["Name"])
    off = msgspec.structs.replace(handed(vendor(), world.clock, "S1"), draft=draft)
    (found,) = world.client.write([off])
    assert isinstance(found, Receipt)
    (after,) = world.sim.dump("vendors")
    assert after == {**before, "Active": False, "LastModifiedDate": after["LastModifiedDate"]}
