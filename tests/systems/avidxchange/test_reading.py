"""Windows of days, pages in every dress, closed batches: nothing is missed, nothing is asked of anybody else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from integrations.engine.errors import ConnectionBroken, Retryable
from integrations.engine.ports import Scope
from integrations.engine.records import Entity, Unreadable
from tests.systems.avidxchange.world import CLOSED, HOST, World, invoice, items

SMALL = {"profile": '{"paging": {"size": 3}}'}
LINKS = {"profile": '{"paging": {"size": 3, "style": "links"}}'}


def filled(count: int = 8, signs: dict[str, str] = SMALL, **kinds: Any) -> World:
    world = World(signs, **kinds)
    for n in range(count):
        world.sim.create_invoice("S1", f"I-{n}", 10 + n)
    return world


def numbers(world: World, **where: Any) -> list[str]:
    return [record.number for record in world.read(Entity.INVOICE, **where)]


def everything(count: int = 8) -> list[str]:
    return [f"I-{n}" for n in range(count)]


@pytest.mark.parametrize("signs", [SMALL, LINKS], ids=["numbers", "links"])
@pytest.mark.parametrize(
    "manners",
    [
        {},
        {"camel_case": True},
        {"pages_name": True},
        {"pages_name": True, "camel_case": True},
        {"hrefs": "relative"},
        {"blank_times": True, "string_booleans": True},
    ],
    ids=str,
)
def test_every_envelope_is_read_to_its_end(signs: dict[str, str], manners: dict[str, Any]) -> None:
    assert sorted(numbers(filled(signs=signs, manners=manners))) == everything()


def test_without_an_envelope_a_full_page_is_not_the_last() -> None:
    for count in (6, 7, 8):
        assert sorted(numbers(filled(count, manners={"no_paging": True}))) == everything(count)


def test_a_server_that_knows_no_pages_is_read_once() -> None:
    world = World(SMALL)
    rows = [invoice(Id=n, Number=f"I-{n}") for n in range(3)]
    world.answered_by(lambda request: items(*rows))
    assert numbers(world, cursor='{"done":"2026-11-21"}') == ["I-0", "I-1", "I-2"]


def test_a_server_that_promises_pages_and_repeats_one_is_a_loop() -> None:
    world = World(SMALL)
    world.answered_by(lambda request: items(invoice(), Paging={"PageCount": 5}))
    with pytest.raises(Retryable) as caught:
        numbers(world)
    assert caught.value.code == "page_loop"


def test_a_list_without_end_is_given_up() -> None:
    world = World({"profile": '{"paging": {"max_pages": 4}}'})
    world.answered_by(lambda request: items(invoice(Id=len(world.wire.sent)), Paging={"PageCount": 10**9}))
    with pytest.raises(Retryable) as caught:
        numbers(world)
    assert caught.value.code == "page_cap"
    assert len(world.wire.sent) == 4


@pytest.mark.parametrize("signs", [SMALL, LINKS], ids=["numbers", "links"])
def test_a_link_to_somebody_else_is_refused_and_nothing_goes_there(signs: dict[str, str]) -> None:
    world = filled(signs=signs, manners={"hrefs": "foreign"})
    with pytest.raises(ConnectionBroken) as caught:
        numbers(world)
    assert caught.value.code == "foreign_link"
    assert "another server" in caught.value.message
    assert {request.url.host for request in world.wire.sent} == {"api.avidxchange.test"}


@pytest.mark.parametrize("href", ["//elsewhere.example/x", "https://user@api.avidxchange.test/x", f"{HOST}:444/x"])
def test_a_link_in_disguise_is_refused(href: str) -> None:
    world = World(LINKS)
    world.answered_by(lambda request: items(invoice(), Paging={"Links": {"Rel": "next", "Href": href}}))
    with pytest.raises(ConnectionBroken) as caught:
        numbers(world)
    assert caught.value.code == "foreign_link"
    assert len(world.wire.sent) == 1


def test_a_link_stands_behind_the_address_of_the_connection() -> None:
    world = World({**LINKS, "base_url": f"{HOST}/gateway"})
    link = {"Rel": "next", "Href": "/v1/more?page=2"}
    world.answered_by(
        lambda request: items(invoice(Id=2)) if "more" in request.url.path else items(invoice(), Paging={"Links": link})
    )
    numbers(world)
    assert str(world.wire.sent[1].url) == f"{HOST}/gateway/v1/more?page=2"


def test_a_row_that_moves_while_the_list_is_read_hides_none() -> None:
    world = filled()
    world.fault("row_moves", "pageNumber=2")
    assert sorted(set(numbers(world))) == everything()


def test_windows_are_no_longer_than_allowed_and_leave_no_day_out() -> None:
    world = World()
    since = datetime(2026, 8, 3, tzinfo=UTC)
    world.read(Entity.PAYMENT, scope=Scope(since=since))
    asked = [tuple(request.url.params[f"lastModified{end}"] for end in ("From", "To")) for request in world.wire.sent]
    assert asked == [
        ("2026-08-03", "2026-09-01"),
        ("2026-09-02", "2026-10-01"),
        ("2026-10-02", "2026-10-31"),
        ("2026-11-01", "2026-11-21"),
    ]


@pytest.mark.parametrize(("days", "first"), [("30", "2026-10-22"), ("7", "2026-11-14"), ("0", "2026-11-21")])
def test_the_first_run_goes_back_as_far_as_was_asked(days: str, first: str) -> None:
    world = World({"backfill_days": days})
    world.read(Entity.INVOICE)
    assert world.wire.sent[0].url.params["lastModifiedFrom"] == first


def test_each_run_reads_the_last_days_again() -> None:
    world = filled()
    cursor = world.cursor(Entity.INVOICE)
    world.wire.sent.clear()
    assert sorted(numbers(world, cursor=cursor)) == everything()
    assert world.wire.sent[0].url.params["lastModifiedFrom"] == "2026-11-19"


@pytest.mark.parametrize("hours", [-12, -5, 0, 5, 14])
@pytest.mark.parametrize("hour", [0, 11, 23])
def test_nothing_is_missed_whatever_zone_their_days_are_of(hours: int, hour: int) -> None:
    world = World({}, {"zone_hours": hours})
    world.clock.now = world.clock.now.replace(hour=hour)
    cursor, found = "", set[str]()
    for n in range(6):
        world.sim.create_invoice("S1", f"I-{n}", 10)
        found |= set(numbers(world, cursor=cursor))
        cursor = world.cursor(Entity.INVOICE, cursor)
        world.clock.forward(5 * 3600)
        world.sim.create_invoice("S1", f"J-{n}", 10)
        world.clock.forward(4 * 3600)
    found |= set(numbers(world, cursor=cursor))
    assert found == {f"{letter}-{n}" for letter in "IJ" for n in range(6)}


def test_what_shows_up_late_is_read_later() -> None:
    world = World({}, {"visible_after": 3600.0})
    cursor = world.cursor(Entity.INVOICE)
    world.sim.create_invoice("S1", "I-1", 10)
    cursor = world.cursor(Entity.INVOICE, cursor)
    world.clock.forward(7200)
    assert numbers(world, cursor=cursor) == ["I-1"]


def test_the_watermark_moves_only_behind_a_window_that_was_read() -> None:
    world = filled()
    world.fault("status", "pageNumber=2", times=None, status=500)
    pages = []
    with pytest.raises(Retryable):
        pages += list(world.client.read(Entity.INVOICE, "", Scope()))
    world.sim.faults.clear()
    page = next(iter(world.client.read(Entity.INVOICE, "", Scope(since=world.clock.now))))
    assert "done" not in page.cursor
    assert page.more


def test_vendors_are_read_from_ever_on_and_then_by_change() -> None:
    world = World()
    world.read(Entity.VENDOR)
    assert "lastModifiedFrom" not in world.wire.sent[0].url.params
    world.read(Entity.VENDOR, cursor=world.cursor(Entity.VENDOR))
    assert world.wire.sent[-1].url.params["lastModifiedFrom"] == "2026-11-19"


def test_a_list_that_is_not_there_says_that_the_profile_is_wrong() -> None:
    for world in (World({}, {"not_offered": ("payments.list",)}), World({"profile": '{"api_prefix": "/v9"}'})):
        with pytest.raises(ConnectionBroken) as caught:
            world.read(Entity.PAYMENT)
        assert caught.value.code == "wrong_path"
        assert "profile" in caught.value.message


def test_without_an_accounting_system_it_says_where_to_find_one() -> None:
    with pytest.raises(ConnectionBroken) as caught:
        World({"acct": ""}).read(Entity.INVOICE)
    assert caught.value.code == "acct"


def batched(**kinds: Any) -> tuple[World, str, list[int]]:
    """A world of closed batches: five invoices in two of them."""
    world = World({**CLOSED, **SMALL}, **kinds)
    ids = [world.sim.create_invoice("S1", f"I-{n}", 10 + n) for n in range(5)]
    guid = world.sim.close_batch("one", ids[:4])
    world.clock.forward(60)
    world.sim.close_batch("two", ids[4:])
    return world, guid, ids


@pytest.mark.parametrize("hrefs", ["absolute", "relative"])
@pytest.mark.parametrize("manners", [{}, {"old_invoices": True}, {"camel_case": True, "no_paging": True}], ids=str)
def test_invoices_of_closed_batches_are_read(hrefs: str, manners: dict[str, Any]) -> None:
    world, _, _ = batched(manners={"hrefs": hrefs, **manners})
    assert sorted(numbers(world)) == everything(5)


def test_a_scan_of_batches_resumes_behind_any_of_them() -> None:
    world, _, _ = batched()
    found: list[str] = []
    cursor, more = "", True
    while more:
        page = next(iter(world.client.read(Entity.INVOICE, cursor, Scope())))
        found += [str(getattr(record, "number", "")) for record in page.records]
        cursor, more = page.cursor, page.more
    assert sorted(found) == everything(5)


def test_a_batch_that_was_closed_again_is_read_anew() -> None:
    world, guid, ids = batched()
    cursor = world.cursor(Entity.INVOICE)
    world.clock.forward(timedelta(days=4).total_seconds())
    cursor = world.cursor(Entity.INVOICE, cursor)
    world.sim.reopen_batch(guid)
    world.sim.edit_invoice(ids[0], Number="I-0b")
    new = world.sim.create_invoice("S1", "I-9", 10)
    world.sim.close_again(guid, add=[new], remove=[ids[1]])
    assert sorted(numbers(world, cursor=cursor)) == ["I-0b", "I-2", "I-3", "I-9"]


def test_a_batch_that_leads_elsewhere_is_refused() -> None:
    world, _, _ = batched(manners={"hrefs": "foreign"})
    with pytest.raises(ConnectionBroken) as caught:
        numbers(world)
    assert caught.value.code == "foreign_link"


def test_a_batch_without_a_way_to_its_invoices_is_not_passed_over() -> None:
    world = World(CLOSED)
    granted = httpx.Response(200, json={"access_token": "t-1", "expires_in": 3600})
    row = {"BatchGUID": "b-1", "DateClosed": "2026-11-20", "Links": [{"Rel": "self", "Href": "/v1/x"}]}
    world.answered_by(lambda request: granted if request.method == "POST" else items(row))
    with pytest.raises(ConnectionBroken) as caught:
        numbers(world)
    assert caught.value.code == "batch_unreadable"


def test_one_invoice_of_a_closed_batch_is_found_or_nobody_can_say() -> None:
    world, _, ids = batched()
    found = world.client.fetch(Entity.INVOICE, str(ids[3]), Scope())
    assert found is not None
    assert found.key == str(ids[3])
    gone = world.client.fetch(Entity.INVOICE, "1", Scope())
    assert isinstance(gone, Unreadable)
    assert (gone.key, gone.code) == ("1", "in_no_batch")
