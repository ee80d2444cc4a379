"""O35-O45, O59, O60: amounts, dates and text are exact, or held with the reason; nothing is guessed or rounded."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from integrations.engine.records import Entity, Invoice, Unreadable
from integrations.systems.ifs import values
from tests.systems.ifs.lines.world import World

INVOICES = "/ManSuppInvoiceSet"


def read(world: World, field: str, raw: str) -> Any:
    """The first of two invoices, with `raw` standing in the JSON where its `field` was."""
    world.invoice(1)
    world.invoice(2)
    world.fault("bad_field", INVOICES, times=None, field=field, raw=raw, row=0)
    first, second = world.poll(Entity.INVOICE)[0]
    assert isinstance(second, Invoice), "the neighbour lands"
    assert first.key == "10|1"
    return first


@pytest.mark.parametrize(
    ("raw", "amount"),
    [
        ("0.1", "0.10"),
        ("1e2", "100.00"),
        ("-0", "0.00"),
        ("0.30000000000000000000", "0.30"),
        ('"1234.50"', "1234.50"),
        ("99999999999999.99", "99999999999999.99"),
        ("-12.34", "-12.34"),
        ("0", "0.00"),
    ],
)
def test_amounts_are_exact(world: World, raw: str, amount: str) -> None:
    found = read(world, "NetCurrAmount", raw)
    assert (found.net, str(found.net)) == (Decimal(amount), amount)


@pytest.mark.parametrize(
    ("field", "raw", "code"),
    [
        ("NetCurrAmount", "1E-7", "too_many_decimals"),
        ("NetCurrAmount", "10.005", "too_many_decimals"),
        ("NetCurrAmount", "NaN", "bad_amount"),
        ("NetCurrAmount", "Infinity", "bad_amount"),
        ("NetCurrAmount", '"NaN"', "bad_amount"),
        ("NetCurrAmount", '"-Infinity"', "bad_amount"),
        ("NetCurrAmount", "1e400", "bad_amount"),
        ("NetCurrAmount", "null", "missing_amount"),
        ("NetCurrAmount", '"1.234,50"', "unreadable"),
        ("Currency", '"XXX"', "bad_currency"),
        ("Currency", '"usd"', "bad_currency"),
        ("Currency", "null", "bad_currency"),
        ("InvoiceDate", '"2026-02-30"', "bad_date"),
        ("DueDate", '"31.12.2026"', "bad_date"),
        ("Cash", '"PERHAPS"', "bad_flag"),
        ("Name", '"a\\u0000b"', "bad_text"),
        ("Name", '"\\ud800"', "bad_text"),
    ],
)
def test_what_cannot_be_read_is_held_with_its_reason(world: World, field: str, raw: str, code: str) -> None:
    found = read(world, field, raw)
    assert isinstance(found, Unreadable)
    assert found.code == code
    assert found.message.endswith(".")
    assert found.raw.isascii()
    assert "\0" not in found.raw


@pytest.mark.parametrize(
    ("currency", "raw", "fits"),
    [("JPY", "12", True), ("JPY", "12.5", False), ("KWD", "1.234", True), ("KWD", "1.2345", False)],
)
def test_each_currency_has_its_own_decimals(world: World, currency: str, raw: str, fits: bool) -> None:
    world.invoice(1, raw if fits else "12", Currency=currency)
    if not fits:
        world.fault("bad_field", INVOICES, times=None, field="NetCurrAmount", raw=raw, row=0)
    found = world.only(Entity.INVOICE)
    assert getattr(found, "net", None) == (Decimal(raw) if fits else None)
    assert getattr(found, "code", "") == ("" if fits else "too_many_decimals")


@pytest.mark.parametrize("raw", ['"2026-05-01"', '"2026-05-01T10:00:00Z"', '"2026-05-01T23:30:00+05:30"'])
def test_a_business_date_is_the_day_that_was_written(world: World, raw: str) -> None:
    assert read(world, "InvoiceDate", raw).invoice_date == date(2026, 5, 1)


@pytest.mark.parametrize(("raw", "is_cash"), [("true", True), ('"TRUE"', True), ("false", False), ("null", False)])
def test_flags_come_as_booleans_or_as_words(world: World, raw: str, is_cash: bool) -> None:
    assert read(world, "Cash", raw).cash is is_cash


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-05-01T10:00:00Z", datetime(2026, 5, 1, 10, tzinfo=UTC)),
        ("2026-05-01T10:00:00", datetime(2026, 5, 1, 10, tzinfo=UTC)),
        ("2026-05-01T10:00:00+05:30", datetime(2026, 5, 1, 4, 30, tzinfo=UTC)),
        ("2026-05-01T10:00:00.1Z", datetime(2026, 5, 1, 10, 0, 0, 100_000, tzinfo=UTC)),
        ("2026-05-01T10:00:00.123456789Z", datetime(2026, 5, 1, 10, 0, 0, 123_456, tzinfo=UTC)),
        ("2026-05-01", datetime(2026, 5, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00+05:30", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_time_stamps_of_every_shape_become_utc(text: str | None, expected: datetime | None) -> None:
    assert values.moment(text) == expected


def test_lines_that_do_not_add_up_are_passed_on_as_they_are(world: World) -> None:
    world.invoice(1, "100.00", lines=["60.00", "39.00"])
    found = world.only(Entity.INVOICE)
    assert found.net == Decimal("100.00")
    assert [line.net for line in found.lines] == [Decimal("60.00"), Decimal("39.00")]


@pytest.mark.parametrize("net", ["-40.00", "0.00"])
def test_credits_and_zero_amounts_keep_their_sign(world: World, net: str) -> None:
    world.invoice(1, net)
    found = world.only(Entity.INVOICE)
    assert (found.net, found.ledger_items[0].original) == (Decimal(net), Decimal(net))


def test_a_state_the_profile_does_not_know_is_unknown_and_kept_as_a_word(world: World) -> None:
    found = read(world, "Objstate", '"Wartend"')
    assert (found.state, found.state_word) == ("unknown", "Wartend")


def test_a_posting_type_the_profile_does_not_know_is_unknown(world: World) -> None:
    world.invoice(1)
    world.sim.edit("ManSuppInvoicePostings", ("10", 1, 1, 1), PostingType="ZZ9")
    kinds = {posting.posting_type: posting.kind for posting in world.only(Entity.INVOICE).postings}
    assert kinds == {"ZZ9": "unknown", "IP1": "debt"}
