"""Whatever change stamps are like, a poll from the last cursor brings what changed, and a scan from none brings all."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from integrations.engine.errors import ConnectionBroken
from integrations.engine.records import Entity
from integrations.systems.ifs.simulator import Client
from tests.systems.ifs.lines.world import SCOPE, World

DAY = 86_400
BY_DAY = {"sets": {"invoice": {"change": {"strategy": "date", "column": "CreationDate"}}}}


def stamped(**options: Any) -> World:
    """A tenant with a change column, whose invoices are some days old."""
    world = World({"preset": "brief", **options}, {"profile": "brief"})
    for number in range(1, 4):
        world.invoice(number)
    world.clock.forward(5 * DAY)
    return world


def after(world: World) -> str:
    """The cursor behind two polls that saw everything."""
    _, cursor = world.poll(Entity.INVOICE)
    return world.poll(Entity.INVOICE, cursor)[1]


def edit(world: World, number: int, day: str = "2026-12-24") -> None:
    world.sim.edit("ManSuppInvoice", ("10", number), DueDate=day)


@contextmanager
def at(world: World, seconds: float) -> Iterator[None]:
    """As if it were so many seconds later (earlier, when negative)."""
    world.clock.forward(seconds)
    yield
    world.clock.forward(-seconds)


def test_a_change_that_is_committed_late_is_seen() -> None:
    world = stamped()
    edit(world, 1)
    cursor = after(world)
    with at(world, -595):
        edit(world, 2)
    assert "10|2" in world.keys(Entity.INVOICE, cursor)


@pytest.mark.parametrize("paging", ["skip-only", "nextlink"])
def test_equal_stamps_over_page_borders_all_come_once(paging: str) -> None:
    world = stamped(paging=paging)
    for number in range(4, 30):
        world.invoice(number)
    world.clock.forward(5 * DAY)
    cursor = after(world)
    world.clock.forward(5 * DAY)
    for number in range(1, 28):
        edit(world, number)
    assert sorted(world.keys(Entity.INVOICE, cursor)) == sorted(f"10|{number}" for number in range(1, 28))


def test_a_second_change_within_the_second_that_was_read_is_seen() -> None:
    world = stamped()
    edit(world, 1)
    records, cursor = world.poll(Entity.INVOICE, after(world))
    edit(world, 1, "2026-12-31")
    later, _ = world.poll(Entity.INVOICE, cursor)
    assert [record.version for record in later] != [record.version for record in records]
    assert str(later[0].due_date) == "2026-12-31"


@pytest.mark.parametrize("hours", [1, 6, 13])
def test_stamps_cut_to_the_day_hide_no_change_of_that_day(hours: int) -> None:
    world = stamped(stamp_seconds=DAY)
    edit(world, 1)
    cursor = after(world)
    world.clock.forward(hours * 3600)
    edit(world, 2)
    assert "10|2" in world.keys(Entity.INVOICE, cursor)


def test_stamps_cut_to_the_day_of_another_time_zone_hide_no_change() -> None:
    world = stamped(stamp_seconds=DAY)
    cursor = after(world)
    with at(world, -14 * 3600):
        edit(world, 2)
    assert "10|2" in world.keys(Entity.INVOICE, cursor)


def test_a_stamp_in_the_future_does_not_hide_the_changes_before_it() -> None:
    world = stamped()
    with at(world, 3600):
        edit(world, 1)
    cursor = after(world)
    world.clock.forward(60)
    edit(world, 2)
    assert "10|2" in world.keys(Entity.INVOICE, cursor)


@pytest.mark.parametrize("seconds", [600, -600])
def test_a_server_whose_clock_is_ten_minutes_off_hides_nothing(seconds: int) -> None:
    world = stamped()
    world.fault("skew_date", times=None, seconds=seconds)
    edit(world, 1)
    cursor = after(world)
    world.clock.forward(60)
    edit(world, 2)
    assert "10|2" in world.keys(Entity.INVOICE, cursor)


def test_what_changes_while_pages_are_turned_comes_now_or_with_the_next_poll() -> None:
    world = stamped()
    for number in range(4, 20):
        world.invoice(number)
    pages = world.client.read(Entity.INVOICE, after(world), SCOPE)
    found: dict[str, Any] = {}
    found.update({record.key: record for record in next(pages).records})
    edit(world, 1)
    cursor = ""
    for page in pages:
        found.update({record.key: record for record in page.records})
        cursor = page.cursor
    found.update({record.key: record for record in world.poll(Entity.INVOICE, cursor)[0]})
    assert str(found["10|1"].due_date) == "2026-12-24"


def test_days_bring_the_new_ones_of_the_day_that_was_read_already() -> None:
    world = World(override=BY_DAY)
    world.invoice(1, CreationDate="2026-11-21")
    cursor = after(world)
    world.invoice(2, CreationDate="2026-11-21")
    assert "10|2" in world.keys(Entity.INVOICE, cursor)


@pytest.mark.parametrize("tags", [True, False], ids=["with ETags", "without"])
def test_without_any_change_column_every_poll_is_whole_and_versions_tell(tags: bool) -> None:
    world = World({"etag_in_lists": tags})
    for number in (1, 2):
        world.invoice(number)
    first, cursor = world.poll(Entity.INVOICE)
    edit(world, 2)
    second, _ = world.poll(Entity.INVOICE, cursor)
    changed = [new.key for old, new in zip(first, second, strict=True) if old.version != new.version]
    assert changed == ["10|2"]


@pytest.mark.parametrize(
    ("options", "profile", "override", "blank"),
    [
        ({"preset": "brief"}, {"profile": "brief"}, {}, {}),
        ({}, {}, BY_DAY, {"CreationDate": None}),
        ({}, {}, {}, {}),
    ],
    ids=["timestamp", "date", "etag_scan"],
)
def test_a_scan_from_an_empty_cursor_is_whole_whatever_the_strategy(
    options: dict[str, Any], profile: dict[str, str], override: dict[str, Any], blank: dict[str, Any]
) -> None:
    world = World(options, profile, override)
    for number in range(1, 13):
        world.invoice(number, **(blank if number % 3 else {}))
    world.clock.forward(30 * DAY)
    assert world.keys(Entity.INVOICE) == [f"10|{number}" for number in range(1, 13)]


def test_a_child_that_was_taken_away_leaves_no_stamp_and_shows_in_the_whole_scan() -> None:
    world = stamped()
    before = {record.key: record.version for record in world.poll(Entity.INVOICE)[0]}
    world.sim.delete("ManSuppInvoiceItem", ("10", 2, 1))
    swept = {record.key: record.version for record in world.poll(Entity.INVOICE)[0]}
    assert [key for key in before if before[key] != swept[key]] == ["10|2"]


def test_a_row_that_is_not_there_is_provably_none(world: World) -> None:
    assert world.client.fetch(Entity.INVOICE, "10|404", SCOPE) is None


def test_nothing_counts_as_gone_while_the_company_is_hidden() -> None:
    world = World({"clients": (Client("ml-connector", "demo-secret", companies=frozenset({"20"})),)})
    world.invoice(1)
    with pytest.raises(ConnectionBroken) as caught:
        world.client.fetch(Entity.INVOICE, "10|1", SCOPE)
    assert caught.value.code == "company"


@pytest.mark.parametrize("status", [403, 404])
def test_nothing_counts_as_gone_while_its_set_is_closed(world: World, status: int) -> None:
    world.invoice(1)
    world.fault("status", "Set?", times=None, status=status)
    with pytest.raises(ConnectionBroken):
        world.client.fetch(Entity.INVOICE, "10|1", SCOPE)
