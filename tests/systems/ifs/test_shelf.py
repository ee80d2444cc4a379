"""What is kept packed comes out as it was put in."""

from decimal import Decimal

from integrations.systems.ifs.rows import LedgerRow
from integrations.systems.ifs.shelf import Shelf
from integrations.transport.rows import BadRow

JOIN = ("S1", "SI", "N1")
ROW = LedgerRow(
    company="10", identity="S1", series="SI", number="N1", etag='W/"1"', open=Decimal("10.50"), due_date="2026-12-01"
)


def values(rows: list[LedgerRow]) -> list[tuple[object, ...]]:
    return [tuple(getattr(row, name) for name in LedgerRow.__struct_fields__) for row in rows]


def test_rows_come_out_equal_in_every_field_and_in_order() -> None:
    shelf = Shelf()
    later = LedgerRow(company="10", identity="S1", series="SI", number="N1", instalment=2, open=Decimal("-0.01"))
    shelf.put({JOIN: [ROW]})
    shelf.put({JOIN: [later]})
    assert values(shelf.take(JOIN)) == values([ROW, later])


def test_a_row_that_cannot_be_read_is_not_lost() -> None:
    shelf, bad = Shelf(), BadRow(b"{}", "no amount")
    shelf.put({JOIN: [bad, ROW]})
    assert shelf.take(JOIN)[1:] == [bad]
    assert JOIN in shelf


def test_what_was_never_put_is_not_there() -> None:
    assert Shelf().take(JOIN) == []
    assert JOIN not in Shelf()
