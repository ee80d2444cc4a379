"""A supplier made in IFS of a vendor that people approved: once, and blocked for payment before it can be invoiced.

Its master row keeps the vendor's id, by which an earlier, interrupted try is found and completed; where the profile
names no field for it, a supplier of that name stops us. What people have changed of it since is left as it is.
https://docs.ifs.com/ifsclouddocs/24r2/ (Supplier): the names are the API profile's, all inferred.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from integrations.engine.drafts import Receipt, SupplierDraft
from integrations.engine.errors import Problem, Rejected
from integrations.engine.ports import Write
from integrations.engine.targets import TargetRecord
from integrations.systems.ifs.editing import Editor, Editors, Found, Values
from integrations.systems.ifs.profile import Profile
from integrations.systems.ifs.reading import Missing


class NewSuppliers:
    """Makes suppliers of one tenant. Thread-safe."""

    def __init__(self, editors: Editors, profile: Profile) -> None:
        self._profile = profile
        self._heads, self._blocks = editors("new_supplier"), editors("new_supplier_payment")
        self._addresses, self._companies = editors("new_supplier_address"), editors("new_supplier_company")
        self._types = editors("supplier_address_type")

    def make(self, write: Write, draft: SupplierDraft) -> Receipt:
        """Makes the supplier or completes what an earlier try has left. Raises Rejected where it cannot be blocked."""
        if write.target_id:
            raise Rejected("A supplier that is there is changed in IFS.", code="undeclared")
        if not (self._blocks.there and self._blocks.has("blocked")):
            words = "The API profile names no field that blocks a supplier for payment, so none is created. Name it."
            raise Rejected(words, code="no_payment_block")
        row = self._left(draft) or self._heads.create(self._head(draft), write.send_by)
        key = row.text("supplier_id")
        self._once(self._blocks, self._block(key, draft), write.send_by)
        address = {"supplier_id": key, "address_id": self._profile.new_supplier_address}
        self._once(self._addresses, {**address, **_address(draft)}, write.send_by)
        self._type(address, write.send_by)
        self._once(self._companies, self._company(key, draft), write.send_by)
        return Receipt(target_id=key, echo=_echo(row))

    def standing(self, keys: Sequence[str]) -> dict[str, TargetRecord]:
        """Suppliers as they stand now; what is not there is left out."""
        rows = {key: self._heads.one({"supplier_id": key}) for key in keys}
        return {key: _stands(key, row) for key, row in rows.items() if row is not None}

    def _left(self, draft: SupplierDraft) -> Found | None:
        """What an earlier try has left of it. Raises Rejected where that cannot be told from somebody else's."""
        if self._heads.has("external_id"):
            same = self._heads.find({"external_id": draft.external_id})
            if len(same) < 2:
                return next(iter(same), None)
            words = f"IFS has {len(same)} suppliers made of this vendor. Link the right one."
        else:
            same = self._heads.find({"name": draft.name})
            if not same:
                return None
            words = f"IFS has a supplier {draft.name} already ({same[0].text('supplier_id')}). Link it."
        problem = Problem("possible_duplicate_vendor", words, field="name", value=draft.name)
        raise Rejected(words, code=problem.code, problems=(problem,))

    def _head(self, draft: SupplierDraft) -> Values:
        own = {"name": draft.name, "country": draft.country, "tax_id": draft.tax_id, "external_id": draft.external_id}
        return {**self._fixed("new_supplier"), **own}

    def _block(self, key: str, draft: SupplierDraft) -> Values:
        own = {"company": draft.company, "identity": key, "supplier_id": key, "party_type": self._profile.party}
        return {**self._fixed("new_supplier_payment"), **own}

    def _company(self, key: str, draft: SupplierDraft) -> Values:
        own = {"supplier_id": key, "company": draft.company, "identity": key, "currency": draft.currency}
        return {**self._fixed("new_supplier_company"), **own}

    def _fixed(self, name: str) -> Mapping[str, str | bool]:
        return self._profile.new_supplier.get(name, {})

    def _once(self, editor: Editor, values: Values, send_by: datetime) -> None:
        """The row, unless it is there: whatever it says then, people or an earlier try said it."""
        if editor.one(values) is None:
            editor.create(values, send_by)

    def _type(self, address: Mapping[str, str], send_by: datetime) -> None:
        """The address is where payments go. A tenant that does not show such types may not take them either."""
        types = self._types.under(self._addresses, address)
        with suppress(Missing):
            there = {row.text("type_code") for row in types.find({})}
            for kind in self._profile.new_supplier_uses:
                if kind not in there:
                    types.create({"type_code": kind, "default": True}, send_by)


def _address(draft: SupplierDraft) -> dict[str, str]:
    given = draft.address
    lines = {"name": given.name or draft.name, "address1": given.line1, "address2": given.line2}
    place = {"zip_code": given.postal_code, "city": given.city, "state": given.state, "country": given.country}
    return lines | place


def _echo(row: Found) -> dict[str, str]:
    return {"name": row.text("name"), "number": row.text("supplier_id")}


def _stands(key: str, row: Found) -> TargetRecord:
    return TargetRecord(target_id=key, number=key, name=row.text("name"), kind="vendor", echo=_echo(row))
