"""Supplier invoices with their items, postings and ledger items, read set-wise.

Children are read for the states in which they matter (the profile's `childless_states` are the others: not yet
released, settled, cancelled). A child set that cannot be read leaves its part unknown.
"""

from collections.abc import Container, Sequence
from typing import Any

from integrations.engine.records import AnyRecord
from integrations.systems.ifs import odata, records
from integrations.systems.ifs.kinds import Records, View
from integrations.systems.ifs.ledger import Ledger
from integrations.systems.ifs.odata import KeyValue
from integrations.systems.ifs.records import InvoiceParts, invoice_key, state_of
from integrations.systems.ifs.setwise import Owners, children_if_open, owner_of
from integrations.systems.ifs.unreadable import readable, refuse_bad
from integrations.systems.ifs.values import BadValue, integer
from integrations.systems.ifs.walking import Batch
from integrations.transport.rows import BadRow


class Invoices:
    """A Kind."""

    children: tuple[str, ...] = ("invoice_item", "invoice_posting", "ledger_item")

    def __init__(self, view: View) -> None:
        self._view, self.within = view, view.within
        self._ledger = Ledger(view)
        self._closed: set[str] = set()

    def heads(self) -> Sequence[str]:
        return ["invoice"]

    def records(self, name: str, batch: Batch) -> tuple[Records, int]:
        profile, reader, company = self._view.profile, self._view.readers(name), self._view.scope.company
        parts = self._parts(batch)

        def make(row: Any) -> AnyRecord:
            own = integer(row.invoice_id)
            if own is None:
                raise BadValue("bad_key", "invoice_id", "Its id in IFS is not a whole number. Check the API profile.")
            mine = parts.get(own) or InvoiceParts()
            refuse_bad([*(mine.items or ()), *(mine.postings or ()), *(mine.ledger or ())])
            return records.invoice(row, mine, profile)

        return [readable(reader, row, make, lambda own: invoice_key(company, own)) for row in batch.rows], 0

    def owners(self, name: str, rows: Sequence[Any], done: Container[str]) -> Sequence[str]:
        """Heads of changed children: by invoice id, or by number for ledger items, which have no id."""
        head, child = self._view.readers("invoice"), self._view.readers(name)
        ours = "number" if name == "ledger_item" else "invoice_id"
        found = {own for row in rows if (own := owner_of(child, row, ours)) != ""}
        if ours == "invoice_id":
            found = {own for own in found if invoice_key(self._view.scope.company, own) not in done}
        return list(odata.chains(head.column(ours), [head.literal(ours, each) for each in sorted(found, key=str)]))

    def by_key(self, key: str) -> tuple[str, dict[str, str]] | None:
        company, _, own = key.rpartition("|")
        mine = company == self._view.scope.company and own.isascii() and own.isdigit()
        return ("invoice", {"invoice_id": own}) if mine else None

    def _parts(self, batch: Batch) -> dict[KeyValue, InvoiceParts]:
        """Parts by invoice id; invoices in childless states have none."""
        profile = self._view.profile
        heads = [row for row in batch.rows if not isinstance(row, BadRow) and integer(row.invoice_id) is not None]
        wanted = [row for row in heads if state_of(row, profile) not in profile.childless_states]
        if not wanted:
            return {}
        ids = frozenset(int(row.invoice_id) for row in wanted)
        owners = Owners([int(row.invoice_id) for row in heads], ids, batch.whole)
        items, postings = self._children("invoice_item", owners), self._children("invoice_posting", owners)
        ledger = self._ledger.items_of(wanted)
        return {
            own: InvoiceParts(
                items=None if items is None else items.get(own, []),
                postings=None if postings is None else postings.get(own, []),
                ledger=ledger.get(own),
            )
            for own in ids
        }

    def _children(self, name: str, owners: Owners) -> dict[KeyValue, list[Any]] | None:
        return children_if_open(self._view, name, "invoice_id", owners, self._closed, self._view.within)
