"""O19-O24: fields are written back with the ETag that was read, and a lost answer is never repeated blindly."""

from datetime import timedelta
from typing import Any

import pytest

from integrations.engine.drafts import MarkDraft, Receipt
from integrations.engine.errors import ConnectionBroken, OutcomeUnknown, Rejected, Retryable, Stale, SyncError
from integrations.engine.ports import Write
from integrations.engine.records import Entity
from integrations.systems.ifs.records import etag_of
from tests.systems.ifs.lines.world import World

KEY = "10|1"
FIELD = "Cf_Sent_To_Bill"


def mark(world: World, value: str = "00n1", field: str = FIELD) -> Receipt:
    """Mark the one invoice as sent."""
    draft = MarkDraft(entity=Entity.INVOICE, key=KEY, fields={field: value})
    write = Write(
        intent=1, entity=Entity.SENT_MARK, draft=draft, natural_key=KEY, send_by=world.clock() + timedelta(seconds=30)
    )
    ((write,),) = world.client.groups([write])
    (receipt,) = world.client.write([write])
    return receipt


@pytest.fixture
def tag(world: World) -> str:
    """The ETag of the one invoice, as its version holds it."""
    world.invoice(1)
    return etag_of(world.only(Entity.INVOICE).version)


def written(world: World) -> Any:
    return world.sim.row("ManSuppInvoice", ("10", 1))["Cf_Sent_To_Bill"]


def refused(world: World, tag: str, **fault: Any) -> SyncError:
    world.sim.faults.clear()
    world.fault(path="/ManSuppInvoiceSet(", times=None, method="PATCH", **fault)
    with pytest.raises(SyncError) as caught:
        mark(world)
    return caught.value


def test_the_tag_goes_back_byte_for_byte(world: World, tag: str) -> None:
    assert tag.startswith('W/"')
    after = mark(world).version
    (patch,) = world.wire.calls("PATCH")
    assert patch.headers["if-match"] == tag
    assert written(world) == "00n1"
    assert after == etag_of(world.only(Entity.INVOICE).version) != tag


def test_an_answer_without_a_body_gives_the_new_tag_too() -> None:
    world = World({"patch_status": 204})
    world.invoice(1)
    after = mark(world).version
    assert after == etag_of(world.only(Entity.INVOICE).version)


def test_a_record_changed_between_read_and_write_is_stale_and_stays_as_it_is(world: World, tag: str) -> None:
    error = refused(world, tag, kind="status", status=412)
    assert isinstance(error, Stale)
    assert written(world) is None
    world.sim.faults.clear()
    mark(world)
    assert written(world) == "00n1"


def test_what_says_so_already_is_not_written_again(world: World, tag: str) -> None:
    mark(world)
    receipt = mark(world)
    assert len(world.wire.calls("PATCH")) == 1
    assert receipt.version == etag_of(world.only(Entity.INVOICE).version)


def test_a_cancelled_invoice_is_not_marked(world: World, tag: str) -> None:
    world.sim.edit("ManSuppInvoice", ("10", 1), Objstate="Cancelled")
    with pytest.raises(Rejected) as caught:
        mark(world)
    assert caught.value.code == "cancelled"
    assert written(world) is None


def test_only_fields_that_the_profile_lists_are_written(world: World, tag: str) -> None:
    with pytest.raises(Rejected) as caught:
        mark(world, field="DueDate", value="2030-01-01")
    assert caught.value.code == "undeclared"
    assert world.wire.calls("PATCH") == []


def test_a_write_whose_answer_was_lost_is_recognised(world: World, tag: str) -> None:
    assert isinstance(refused(world, tag, kind="drop_after"), OutcomeUnknown)
    world.sim.faults.clear()
    assert world.client.standing(Entity.SENT_MARK, [KEY, "10|404"])[KEY].echo[FIELD] == "00n1"
    assert "10|404" not in world.client.standing(Entity.SENT_MARK, ["10|404"])


def test_a_lost_answer_is_unknown_and_not_sent_again(world: World, tag: str) -> None:
    assert isinstance(refused(world, tag, kind="drop_after"), OutcomeUnknown)
    assert written(world) == "00n1"
    assert len(world.wire.calls("PATCH")) == 1


def test_a_record_that_is_gone_is_refused(world: World, tag: str) -> None:
    world.sim.delete("ManSuppInvoice", ("10", 1))
    with pytest.raises(Rejected) as caught:
        mark(world)
    assert caught.value.code == "gone"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "status", "status": 500, "body": {"error": {"code": "DATABASE_ERROR", "message": "no"}}}, Rejected),
        ({"kind": "status", "status": 400, "body": {"error": {"code": "ODP_X", "message": "no"}}}, Rejected),
        ({"kind": "status", "status": 500}, OutcomeUnknown),
        ({"kind": "status", "status": 504}, OutcomeUnknown),
        ({"kind": "html", "status": 502}, OutcomeUnknown),
        ({"kind": "rate_limited", "retry_after": "17"}, Retryable),
        ({"kind": "status", "status": 403}, ConnectionBroken),
        ({"kind": "drop_before"}, Retryable),
    ],
    ids=str,
)
def test_each_refusal_says_what_happens_next(
    world: World, tag: str, fault: dict[str, Any], kind: type[SyncError]
) -> None:
    assert type(refused(world, tag, **fault)) is kind
    assert written(world) is None
    assert len(world.wire.calls("PATCH")) == 1


def test_the_reason_of_a_business_refusal_is_passed_on(world: World, tag: str) -> None:
    details = [{"code": "20112", "message": "The period is closed."}]
    body = {"error": {"code": "DATABASE_ERROR", "message": {"value": "Database error."}, "details": details}}
    error = refused(world, tag, kind="status", status=500, body=body)
    assert isinstance(error, Rejected)
    assert "The period is closed." in error.problems[0].message


def test_a_confirmed_write_without_a_new_tag_is_no_failure() -> None:
    world = World({"patch_status": 204})
    world.invoice(1)
    world.fault("omit_etag", "/ManSuppInvoiceSet(", method="PATCH")
    assert mark(world).version == ""
    assert written(world) == "00n1"


def test_a_record_without_a_tag_is_not_changed(world: World, tag: str) -> None:
    world.fault("omit_etag", "/ManSuppInvoiceSet(", times=None)
    with pytest.raises(Rejected) as caught:
        mark(world)
    assert caught.value.code == "no_etag"


@pytest.mark.parametrize(("times", "sent"), [(1, "00n1"), (None, None)], ids=["once", "for ever"])
def test_a_tag_that_got_lost_on_the_way_is_read_and_sent_once_more(
    world: World, tag: str, times: int | None, sent: str | None
) -> None:
    world.fault("status", "/ManSuppInvoiceSet(", times=times, method="PATCH", status=428)
    if sent is None:
        assert isinstance(_failure(world), Rejected)
    else:
        mark(world)
    assert written(world) == sent
    assert len(world.wire.calls("PATCH")) == 2


def test_a_tag_that_only_the_header_says_is_good_enough(world: World, tag: str) -> None:
    row = {"Company": "10", "InvoiceId": 1, "Objstate": "PostedAuth"}
    world.fault("status", "/ManSuppInvoiceSet(", method="GET", status=200, body=row, headers={"etag": tag})
    mark(world)
    assert world.wire.calls("PATCH")[0].headers["if-match"] == tag
    assert written(world) == "00n1"


def test_a_hot_record_is_stale_every_time_and_never_overwritten(world: World, tag: str) -> None:
    world.fault("stale", "/ManSuppInvoiceSet(", times=None, method="PATCH")
    for _ in range(3):
        assert isinstance(_failure(world), Stale)
    assert written(world) is None
    assert len(world.wire.calls("PATCH")) == 3


def _failure(world: World) -> SyncError:
    with pytest.raises(SyncError) as caught:
        mark(world)
    return caught.value
