"""O19-O24: fields are written back with the ETag that was read, and a lost answer is never repeated blindly."""

from typing import Any

import pytest

from integrations.engine.errors import ConnectionBroken, OutcomeUnknown, Rejected, Retryable, SyncError
from integrations.engine.records import Entity
from integrations.systems.ifs.records import etag_of
from tests.systems.ifs.lines.world import World

KEY = {"company": "10", "invoice_id": "1"}
FIELDS = {"Cf_Sent_To_Bill": "00n1"}


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
        world.client.mark("invoice", KEY, FIELDS, tag)
    return caught.value


def test_the_tag_goes_back_byte_for_byte(world: World, tag: str) -> None:
    assert tag.startswith('W/"')
    after = world.client.mark("invoice", KEY, FIELDS, tag)
    (patch,) = world.wire.calls("PATCH")
    assert patch.headers["if-match"] == tag
    assert written(world) == "00n1"
    assert after == etag_of(world.only(Entity.INVOICE).version) != tag


def test_an_answer_without_a_body_gives_the_new_tag_too() -> None:
    world = World({"patch_status": 204})
    world.invoice(1)
    after = world.client.mark("invoice", KEY, FIELDS, etag_of(world.only(Entity.INVOICE).version))
    assert after == etag_of(world.only(Entity.INVOICE).version)


def test_a_stale_tag_is_retryable_and_changes_nothing(world: World, tag: str) -> None:
    world.sim.edit("ManSuppInvoice", ("10", 1), DueDate="2027-01-01")
    with pytest.raises(Retryable) as caught:
        world.client.mark("invoice", KEY, FIELDS, tag)
    assert caught.value.code == "stale_version"
    assert written(world) is None
    fresh = etag_of(world.only(Entity.INVOICE).version)
    world.client.mark("invoice", KEY, FIELDS, fresh)
    assert written(world) == "00n1"


def test_a_lost_answer_is_unknown_and_not_sent_again(world: World, tag: str) -> None:
    assert isinstance(refused(world, tag, kind="drop_after"), OutcomeUnknown)
    assert written(world) == "00n1"
    assert len(world.wire.calls("PATCH")) == 1


def test_a_record_that_is_gone_is_refused(world: World, tag: str) -> None:
    world.sim.delete("ManSuppInvoice", ("10", 1))
    with pytest.raises(Rejected) as caught:
        world.client.mark("invoice", KEY, FIELDS, tag)
    assert caught.value.code == "gone"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "status", "status": 500, "body": {"error": {"code": "DATABASE_ERROR", "message": "no"}}}, Rejected),
        ({"kind": "status", "status": 400, "body": {"error": {"code": "ODP_X", "message": "no"}}}, Rejected),
        ({"kind": "status", "status": 428}, Rejected),
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


def test_trouble_after_a_write_was_confirmed_is_no_failure_of_the_write() -> None:
    world = World({"patch_status": 204, "etag_in_lists": True})
    world.invoice(1)
    tag = etag_of(world.only(Entity.INVOICE).version)
    world.fault("omit_etag", "/ManSuppInvoiceSet(", times=None)
    world.client.mark("invoice", KEY, FIELDS, tag)
    world.sim.faults.clear()
    world.fault("omit_etag", "/ManSuppInvoiceSet(", method="PATCH")
    world.fault("status", "/ManSuppInvoiceSet(", times=None, method="GET", status=503)
    tag = etag_of(world.only(Entity.INVOICE).version)
    assert world.client.mark("invoice", KEY, {"Cf_Sent_To_Bill": "again"}, tag) == ""
    assert written(world) == "again"
