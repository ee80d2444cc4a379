"""The supplier ledger's items of a page of invoices. They have no invoice id: supplier, series and number join them.

Few invoices are looked up by number. For many the open items of the company are read once per scan, and only what is
not among them (settled, or younger than that reading) is looked up.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from integrations.engine.errors import ConnectionBroken
from integrations.systems.ifs import odata
from integrations.systems.ifs.errors import Unsupported
from integrations.systems.ifs.kinds import View
from integrations.systems.ifs.odata import KeyValue
from integrations.systems.ifs.reading import SetReader, is_closed
from integrations.systems.ifs.rows import InvoiceRow
from integrations.systems.ifs.shelf import Join, Shelf
from integrations.systems.ifs.values import text
from integrations.transport.rows import BadRow

_MANY = 400  # invoices of one page from which all open items are read at once
_MOST = 60_000  # items that are kept in memory, some 250 bytes each; a larger ledger is looked up by number
_TRIES = 3  # look-ups that may find nothing at all before we say that this tenant's ledger joins in another way


class Ledger:
    """Ledger items by invoice, for one scan."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._whole: Shelf | None = None
        self._closed = False
        self._joined = False

    def items_of(self, heads: Sequence[InvoiceRow]) -> dict[KeyValue, list[Any]]:
        """Items by invoice id. An invoice that is missing is not in the ledger as far as we can see: unknown."""
        if self._closed:
            return {}
        try:
            return self._items_of(heads)
        except ConnectionBroken as error:
            if not is_closed(error) or not self._view.profile.sets["ledger_item"].optional:
                raise
            self._closed = True
            return {}

    def _items_of(self, heads: Sequence[InvoiceRow]) -> dict[KeyValue, list[Any]]:
        reader = self._view.readers("ledger_item")
        if self._whole is None and len(heads) >= _MANY and not reader.large:
            self._whole = self._read_whole(reader)
        whole = self._whole or Shelf()
        missing = [head for head in heads if _join(head) not in whole]
        self._joined = self._joined or len(missing) < len(heads)
        extra = self._look_up(reader, missing)
        joins = ((int(head.invoice_id), _join(head)) for head in heads)
        return {own: items for own, join in joins if (items := whole.take(join) or extra.get(join))}

    def _read_whole(self, reader: SetReader) -> Shelf:
        is_open = [f"{reader.column('open')} ne 0"] if reader.spec.fields.get("open") else []
        try:
            return self._read_items(reader, is_open)
        except Unsupported:
            return self._read_items(reader, [])

    def _read_items(self, reader: SetReader, where: Sequence[str]) -> Shelf:
        shelf = Shelf()
        count = 0
        for batch in reader.pages(where, within=self._view.within):
            found: dict[Join, list[Any]] = {}
            _put(reader, batch.rows, found)
            shelf.put(found)
            count += len(batch.rows)
            if count > _MOST:
                reader.large = True
                return Shelf()
        return shelf

    def _look_up(self, reader: SetReader, heads: Sequence[InvoiceRow]) -> dict[Join, list[Any]]:
        found: dict[Join, list[Any]] = {}
        numbers = sorted({text(head.number) for head in heads})
        literals = [reader.literal("number", number) for number in numbers]
        for tries, chain in enumerate(odata.chains(reader.column("number"), literals)):
            if tries >= _TRIES and not self._joined:
                break
            _put(reader, reader.all([chain], within=self._view.within), found)
            self._joined = self._joined or bool(found)
        return found


def _put(reader: SetReader, rows: Iterable[Any], found: dict[Join, list[Any]]) -> None:
    for row in rows:
        join = _join_of_bad(reader, row) if isinstance(row, BadRow) else _join(row)
        if join is not None:
            found.setdefault(join, []).append(row)


def _join(row: Any) -> Join:
    return (row.identity or "", text(row.series), text(row.number))


def _join_of_bad(reader: SetReader, row: BadRow) -> Join | None:
    key = reader.key_of(row, ("identity", "series", "number"))
    return (str(key[0]), str(key[1]), str(key[2])) if key else None
