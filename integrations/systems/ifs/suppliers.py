"""Suppliers with addresses, company and payment data, read set-wise.

Address types are given by navigation only, one request per address: they are read for suppliers of the company that
are new or changed (`Scope.known`), and by every sweep. Where the tenant has a set of them, name it in the profile: then
they are read set-wise like everything else.
"""

from collections.abc import Container, Mapping, Sequence
from typing import Any

from integrations.engine.errors import ConnectionBroken
from integrations.engine.records import AnyRecord
from integrations.systems.ifs import odata, records
from integrations.systems.ifs.kinds import Records, View
from integrations.systems.ifs.odata import KeyValue
from integrations.systems.ifs.reading import is_closed
from integrations.systems.ifs.records import SupplierParts
from integrations.systems.ifs.rows import SupplierRow
from integrations.systems.ifs.setwise import Owners, children, owner_of
from integrations.systems.ifs.unreadable import readable, refuse_bad
from integrations.systems.ifs.values import BadValue, text
from integrations.systems.ifs.walking import Batch
from integrations.transport.rows import BadRow

_OWNER = {"supplier_address": "supplier_id", "supplier_company": "supplier_id", "supplier_payment": "identity"}


class Suppliers:
    """A Kind. Suppliers belong to no company; what hangs under them may."""

    within: Mapping[str, str] = {}
    children: tuple[str, ...] = tuple(_OWNER)

    def __init__(self, view: View) -> None:
        self._view = view

    def heads(self) -> Sequence[str]:
        return ["supplier"]

    def records(self, name: str, batch: Batch) -> tuple[Records, int]:
        reader = self._view.readers(name)
        heads = [row for row in batch.rows if not isinstance(row, BadRow)]
        parts = self._parts(heads, batch.whole)
        held = self._held(heads, parts)
        found = [
            readable(reader, row, lambda good: self._vendor(good, parts[good.supplier_id]), lambda own: own)
            for row in batch.rows
            if isinstance(row, BadRow) or row.supplier_id not in held
        ]
        return found, len(batch.rows) - len(found)

    def owners(self, name: str, rows: Sequence[Any], done: Container[str]) -> Sequence[str]:
        head, child = self._view.readers("supplier"), self._view.readers(name)
        found = {own for row in rows if (own := str(owner_of(child, row, _OWNER[name]))) and own not in done}
        literals = [head.literal("supplier_id", each) for each in sorted(found)]
        return list(odata.chains(head.column("supplier_id"), literals))

    def by_key(self, key: str) -> tuple[str, dict[str, str]] | None:
        return "supplier", {"supplier_id": key}

    def _held(self, heads: Sequence[SupplierRow], parts: Mapping[str, SupplierParts]) -> set[str]:
        """Suppliers of which we hold this very version: nothing of them is read in detail again."""
        if self._view.scope.known is None:
            return set()
        known = self._view.scope.known([head.supplier_id for head in heads])
        return {
            head.supplier_id
            for head in heads
            if known.get(head.supplier_id) == records.supplier_version(head, parts[head.supplier_id])
        }

    def _parts(self, heads: Sequence[SupplierRow], whole: bool) -> dict[str, SupplierParts]:
        """What is read set-wise; addresses that are not valid today are left out."""
        page = [head.supplier_id for head in heads]
        owners = Owners(page, frozenset(page), whole)
        addresses = self._children("supplier_address", owners)
        companies = self._children("supplier_company", owners, self._view.within)
        payments = self._children("supplier_payment", owners, self._view.within)
        return {
            key: SupplierParts(
                addresses=[row for row in addresses.get(key, ()) if self._counts(row)],
                companies=companies.get(key, []),
                payments=payments.get(key, []),
            )
            for key in page
        }

    def _children(self, name: str, owners: Owners, within: Mapping[str, KeyValue] = {}) -> Mapping[KeyValue, list[Any]]:
        try:
            return children(self._view.readers(name), _OWNER[name], owners, within)
        except ConnectionBroken as error:
            if not is_closed(error) or not self._view.profile.sets[name].optional:
                raise
            return {}

    def _counts(self, row: Any) -> bool:
        try:
            return isinstance(row, BadRow) or records.is_valid(row, self._view.today)
        except BadValue:
            return True  # its dates cannot be read: the supplier will say so

    def _vendor(self, row: SupplierRow, parts: SupplierParts) -> AnyRecord:
        refuse_bad([*parts.addresses, *parts.companies, *parts.payments])
        if parts.companies:
            self._add_types(row.supplier_id, parts)
        return records.vendor(row, parts, self._view.scope.company)

    def _add_types(self, key: str, parts: SupplierParts) -> None:
        """Reads the address types of one supplier; they stay unknown where the tenant does not show them."""
        found = []
        try:
            for address in parts.addresses:
                for row in self._view.readers(self._types_of(key, text(address.address_id))).all():
                    refuse_bad([row])
                    row.address_id = address.address_id
                    found.append(row)
        except ConnectionBroken as error:
            if not is_closed(error):
                raise
            return
        parts.types = found

    def _types_of(self, supplier: str, address: str) -> str:
        owner, types = self._view.readers("supplier_address"), self._view.profile.sets["supplier_address_type"]
        names = {"supplier_id": supplier, "address_id": address}
        key = {owner.column(ours): owner.literal(ours, value) for ours, value in names.items()}
        return f"{owner.spec.set}{odata.key_predicate(key)}/{types.navigation}|supplier_address_type"
