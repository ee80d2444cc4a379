"""What hangs under invoices and suppliers, read set-wise: by key range where ids lie close, else by `or` chains.

Never one request per record, but for address types: IFS gives them by navigation only, so they are read for suppliers
of the company that are new or changed, and by every full sweep.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from integrations.engine.errors import ConnectionBroken
from integrations.systems.ifs import odata
from integrations.systems.ifs.profile import Profile
from integrations.systems.ifs.reading import Missing, SetReader
from integrations.systems.ifs.records import InvoiceParts, SupplierParts, state_of
from integrations.systems.ifs.rows import InvoiceRow, SupplierRow
from integrations.systems.ifs.values import text
from integrations.transport.rows import BadRow

_WHOLE_LEDGER = 1000  # invoices of one page from which the company's ledger is read once, in key order
_SUPPLIER_SETS = (
    ("supplier_address", "supplier_id", "addresses"),
    ("supplier_company", "supplier_id", "companies"),
    ("supplier_payment", "identity", "payments"),
)
Readers = Callable[[str], SetReader]
Clauses = Callable[[SetReader], Sequence[Sequence[str]]]


class InvoiceChildren:
    """Items, postings and ledger items of invoices of one company; an unreadable set is unknown (None)."""

    def __init__(self, readers: Readers, profile: Profile, company: str) -> None:
        self._readers, self._profile, self._company = readers, profile, company
        self._missing: set[str] = set()
        self._ledger: dict[tuple[str, ...], list[Any]] | None = None

    def of(self, heads: Sequence[InvoiceRow]) -> dict[str, InvoiceParts]:
        """Parts by invoice id; none for states whose children never matter."""
        wanted = [head for head in heads if state_of(head, self._profile) not in self._profile.childless_states]
        ids = sorted({int(head.invoice_id) for head in wanted})
        items, postings = self._by_invoice("invoice_item", ids), self._by_invoice("invoice_posting", ids)
        ledger = self._ledger_of(wanted)
        found = {}
        for head in wanted:
            key = text(head.invoice_id)
            mine = None if ledger is None else ledger.get(_ledger_key(head), [])
            found[key] = InvoiceParts(
                items=None if items is None else items.get(key, []),
                postings=None if postings is None else postings.get(key, []),
                ledger=mine or None,  # an invoice that the ledger does not list is unknown to it, not owed nothing
            )
        return found

    def _by_invoice(self, name: str, ids: Sequence[int]) -> dict[str, list[Any]] | None:
        def of(row: Any) -> str:
            return text(row.invoice_id)

        found: dict[str, list[Any]] | None = self._read(
            name, lambda reader: _id_clauses(reader.column("invoice_id"), ids), of
        )
        return found

    def _ledger_of(self, heads: Sequence[InvoiceRow]) -> Mapping[tuple[str, ...], list[Any]] | None:
        if self._ledger is not None:
            return self._ledger
        if len(heads) < _WHOLE_LEDGER:
            numbers = sorted({odata.literal(text(head.number)) for head in heads})
            found: Mapping[tuple[str, ...], list[Any]] | None = self._read(
                "ledger_item", lambda r: [[c] for c in odata.chains(r.column("number"), numbers)], _ledger_key
            )
            return found
        self._ledger = self._read("ledger_item", lambda _: [[]], _ledger_key)
        return self._ledger

    def _read(
        self, name: str, clauses: Callable[[SetReader], Sequence[Sequence[str]]], key: Callable[[Any], Any]
    ) -> Any:
        if name in self._missing:
            return None
        reader = self._readers(name)
        own = f"{reader.column('company')} eq {odata.literal(self._company)}"
        found: dict[Any, list[Any]] = {}
        try:
            for each in clauses(reader):
                for row in reader.all([own, *each]):
                    if not isinstance(row, BadRow):
                        found.setdefault(key(row), []).append(row)
                    elif (bad := _bad_key(row, reader, name)) is not None:  # else the control total shows the gap
                        found.setdefault(bad, []).append(row)
        except ConnectionBroken as error:
            if not isinstance(error, Missing) and error.code != "forbidden":
                raise
            self._missing.add(name)
            return None
        return found


def _id_clauses(column: str, ids: Sequence[int]) -> list[list[str]]:
    dense, rest = odata.runs(ids)
    clauses = [[f"{column} ge {first}", f"{column} le {last}"] for first, last in dense]
    return clauses + [[chain] for chain in odata.chains(column, [str(each) for each in rest])]


def _ledger_key(row: Any) -> tuple[str, ...]:
    return (row.identity or "", text(row.series), text(row.number))


def _bad_key(row: BadRow, reader: SetReader, name: str) -> Any:
    """Whose child a row is that cannot be read; None when not even that can be told."""
    members = row.members()
    names = ("identity", "series", "number") if name == "ledger_item" else ("invoice_id",)
    values = tuple(str(members.get(reader.column(each), "")) for each in names)
    if not any(values):
        return None
    return values if name == "ledger_item" else values[0]


class SupplierChildren:
    """Addresses, companies and payment data of suppliers, set-wise by key range of the page they stand on."""

    def __init__(self, readers: Readers, profile: Profile, company: str) -> None:
        self._readers, self._profile, self._company = readers, profile, company

    def of(self, heads: Sequence[SupplierRow]) -> dict[str, SupplierParts]:
        """Parts by supplier, without address types."""
        keys = sorted({head.supplier_id for head in heads})
        found = {key: SupplierParts(addresses=[], companies=[], payments=[]) for key in keys}
        for name, by, part in _SUPPLIER_SETS:
            reader = self._readers(name)
            for row in self._rows(name, keys, by):
                owner = str(row.members().get(reader.column(by), "")) if isinstance(row, BadRow) else getattr(row, by)
                if owner in found:
                    getattr(found[owner], part).append(row)
        return found

    def add_types(self, key: str, parts: SupplierParts) -> None:
        """Reads the address types of one supplier; unknown where the tenant does not show them."""
        spec = self._profile.sets["supplier_address_type"]
        parts.types = []
        for address in parts.addresses:
            if isinstance(address, BadRow):
                continue
            owner = self._profile.sets["supplier_address"]
            names = {
                owner.fields["supplier_id"]: odata.literal(key),
                owner.fields["address_id"]: odata.literal(text(address.address_id)),
            }
            reader = self._readers(f"{owner.set}{odata.key_predicate(names)}/{spec.navigation}|supplier_address_type")
            try:
                for row in reader.all([]):
                    if not isinstance(row, BadRow):
                        row.address_id = address.address_id
                        parts.types.append(row)
            except ConnectionBroken as error:
                if not isinstance(error, Missing) and error.code != "forbidden":
                    raise
                parts.types = None
                return

    def _rows(self, name: str, keys: Sequence[str], by: str) -> list[Any]:
        reader = self._readers(name)
        column = reader.column(by)
        literals = [odata.literal(key) for key in keys]
        try:
            if len(keys) > odata.CHAIN:
                return reader.all([f"{column} ge {literals[0]}", f"{column} le {literals[-1]}"])
            return [row for chain in odata.chains(column, literals) for row in reader.all([chain])]
        except ConnectionBroken as error:
            optional = self._profile.sets[name].optional
            if not optional or (not isinstance(error, Missing) and error.code != "forbidden"):
                raise
            return []
