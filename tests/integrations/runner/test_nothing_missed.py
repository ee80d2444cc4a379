"""Whatever a tenant's change stamps are worth: after the polls and a sweep, what we hold is what stands there.

What a poll cannot know of is what the sweep is for, and its run says how many it repaired.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.integrations.runner.conftest import Make, Reader

STAMPED: dict[str, Any] = {"options": {"preset": "brief"}, "settings": {"profile": "brief"}}
DAYS: dict[str, Any] = {"override": {"sets": {"invoice": {"change": {"strategy": "date", "column": "CreationDate"}}}}}
HEAD = "ManSuppInvoice"


def edit(reader: Reader, number: int, **fields: Any) -> None:
    reader.world.sim.edit(HEAD, ("10", number), **fields)


def stamp(reader: Reader, number: int, **ahead: int) -> None:
    """Somebody changes an invoice under a clock that is so much ahead of the server's (or behind it)."""
    by = int(timedelta(**ahead).total_seconds())
    reader.world.clock.forward(by)
    edit(reader, number, DueDate="2026-12-24")
    reader.world.clock.forward(-by)


def filled(reader: Reader) -> Reader:
    """A dozen invoices, read twice in two days, so that polls by stamp are under way."""
    reader.world.invoice(1, CreationDate="2026-09-01")
    for number in range(2, 13):
        reader.world.invoice(number)
    for _ in range(2):
        reader.world.clock.forward(86_400)
        reader.read()
    reader.age(timedelta(days=1, minutes=1))
    return reader


def late_commit(reader: Reader) -> None:
    reader.read()
    stamp(reader, 3, minutes=-8)


def very_late_commit(reader: Reader) -> None:
    edit(reader, 9, DueDate="2026-12-23")
    reader.read()
    stamp(reader, 3, hours=-30)


def equal_stamps_over_page_borders(reader: Reader) -> None:
    for number in range(1, 13):
        stamp(reader, number, seconds=-5)


def an_old_one_changes(reader: Reader) -> None:
    edit(reader, 1, DueDate="2026-12-24")


def whole_seconds(reader: Reader) -> None:
    edit(reader, 4, DueDate="2026-12-22")
    reader.read()
    edit(reader, 4, DueDate="2026-12-24")


def stamps_from_the_future(reader: Reader) -> None:
    stamp(reader, 2, days=400)
    reader.read()
    reader.world.clock.forward(3600)
    edit(reader, 5, DueDate="2026-12-21")


def a_clock_ten_minutes_ahead(reader: Reader) -> None:
    reader.world.fault("skew_date", times=None, seconds=600)
    reader.read()
    reader.world.clock.forward(60)
    edit(reader, 6, DueDate="2026-12-20")


def a_clock_ten_minutes_behind(reader: Reader) -> None:
    reader.world.fault("skew_date", times=None, seconds=-600)
    reader.read()
    reader.world.clock.forward(60)
    edit(reader, 6, DueDate="2026-12-20")


def two_writes_in_one_second(reader: Reader) -> None:
    edit(reader, 7, DueDate="2026-12-19")
    reader.read()
    edit(reader, 7, DueDate="2026-12-18")  # the clock stands still: ETag and stamp stay the same


def a_child_without_a_stamp_of_its_owner(reader: Reader) -> None:
    reader.world.sim.edit("ManSuppInvoiceItem", ("10", 8, 1), Description="Nuts")


def a_row_deleted_between_pages(reader: Reader) -> None:
    reader.world.fault("vanish_row_between_pages", f"{HEAD}Set", times=2)
    edit(reader, 12, DueDate="2026-12-17")


def a_new_invoice(reader: Reader) -> None:
    reader.world.invoice(13)


SOON = [
    late_commit,
    equal_stamps_over_page_borders,
    whole_seconds,
    stamps_from_the_future,
    a_clock_ten_minutes_ahead,
    a_clock_ten_minutes_behind,
    two_writes_in_one_second,
    a_child_without_a_stamp_of_its_owner,
    a_new_invoice,
]
STAMPLESS = [two_writes_in_one_second, a_child_without_a_stamp_of_its_owner, a_row_deleted_between_pages, a_new_invoice]
PAGINGS = ["skip-only", "nextlink", "truncate-silently"]
Happens = Callable[[Reader], None]


def missed(reader: Reader) -> int:
    """How many records stand in the ERP otherwise than we hold them."""
    return len(reader.standing().items() - reader.stored().items())


@pytest.mark.parametrize("happens", SOON)
def test_polls_by_stamp_find_it_by_themselves(reader_of: Make, happens: Happens) -> None:
    reader = filled(reader_of(**STAMPED))
    happens(reader)
    reader.read()
    assert missed(reader) == 0


@pytest.mark.parametrize("paging", PAGINGS)
@pytest.mark.parametrize("happens", STAMPLESS)
def test_without_any_stamp_every_poll_reads_everything(reader_of: Make, happens: Happens, paging: str) -> None:
    reader = filled(reader_of({"paging": paging, "max_page": 5}))
    happens(reader)
    reader.read()
    assert missed(reader) == 0


@pytest.mark.parametrize(("how", "happens"), [(STAMPED, very_late_commit), (DAYS, an_old_one_changes)])
def test_what_no_poll_can_find_is_repaired_by_the_sweep(reader_of: Make, how: Any, happens: Happens) -> None:
    reader = filled(reader_of(**how))
    happens(reader)
    reader.read()
    assert missed(reader) == 1
    run = reader.sweep()
    assert (missed(reader), run.counts["staged"], run.balanced) == (0, 1, True)


def test_whole_days_bring_what_is_new_since_the_last_one(reader_of: Make) -> None:
    reader = filled(reader_of(**DAYS))
    reader.world.invoice(13, CreationDate=reader.world.clock().date().isoformat())
    reader.read()
    assert missed(reader) == 0
