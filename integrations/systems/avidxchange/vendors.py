"""The vendors as AvidXchange holds them: for linking, for drift and to see whether an update has come."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from integrations.engine.drafts import VendorDraft
from integrations.engine.errors import ConnectionBroken
from integrations.engine.records import Entity, Vendor
from integrations.engine.targets import TargetRecord
from integrations.systems.avidxchange import wire
from integrations.systems.avidxchange.cards import masked
from integrations.systems.avidxchange.drafts import Json, sent
from integrations.systems.avidxchange.lists import sheets
from integrations.systems.avidxchange.records import Canon
from integrations.systems.avidxchange.service import Service
from integrations.systems.avidxchange.unreadable import readable

LIST = "vendors.list"
_FILTERS = {"created_since", "updated_since", "number", "kind", "active"}
_KIND = "vendor"
# The names of an echo -> the fields of a vendor that is sent. E-mail is AvidXchange's own.
_ECHOED = {
    "name": "Name",
    "number": "ExternalVendorCode",
    "address.line1": "Address.Line1",
    "address.line2": "Address.Line2",
    "address.city": "Address.City",
    "address.stateOrProvince": "Address.State",
    "address.zipOrPostalCode": "Address.PostalCode",
    "address.country": "Address.Country",
}


class Vendors:
    """Reads the vendors of one accounting system whole: its list can be narrowed by nothing but time."""

    def __init__(self, service: Service, canon: Canon) -> None:
        self._service, self._canon = service, canon

    def look_up(self, entity: Entity, where: Mapping[str, str]) -> Iterator[TargetRecord]:
        """See Target. `where`: number, active ("yes" or "no"), kind; times do not narrow it, for the list has no order.

        A row that cannot be read comes with kind "unreadable": it may be any vendor.
        """
        unknown = where.keys() - _FILTERS
        if unknown:
            raise ValueError(f"AvidXchange cannot be looked up by {', '.join(sorted(unknown))}")
        if entity is not Entity.VENDOR:
            raise ConnectionBroken("AvidXchange shows no list of these records.", code="undeclared")
        for found in self._all():
            if found.kind != _KIND or _wanted(found, where):
                yield found

    def standing(self, target_ids: Sequence[str]) -> dict[str, TargetRecord]:
        """See Target."""
        wanted = set(target_ids)
        return {found.target_id: found for found in self._all() if found.target_id in wanted} if wanted else {}

    def _all(self) -> Iterator[TargetRecord]:
        for sheet in sheets(self._service, LIST, {}):
            for row in sheet.rows:
                found = readable(self._canon, row, _KIND, self._canon.vendor)
                if isinstance(found, Vendor):
                    yield _target(found)
                else:
                    yield TargetRecord(target_id=found.key, kind="unreadable")


def told(draft: VendorDraft, target_id: str) -> dict[str, str]:
    """The echo of a vendor that stands as `draft` says."""
    return sent_echo(sent(draft, target_id, "").body)


def sent_echo(body: Json) -> dict[str, str]:
    """What a vendor that went out as `body` should read like; empty for a record that cannot be read back."""
    tree = wire.lowered(msgspec.to_builtins(body))
    if not wire.has(tree, "ExternalVendorCode"):
        return {}
    found = {name: masked(str(wire.first(tree, (path,)) or "").strip()) for name, path in _ECHOED.items()}
    return _echo(found, str(wire.first(tree, ("FedTaxId",)) or ""))


def _target(vendor: Vendor) -> TargetRecord:
    address = vendor.addresses[0]
    found = {
        "name": vendor.name,
        "number": vendor.number,
        "address.line1": address.line1,
        "address.line2": address.line2,
        "address.city": address.city,
        "address.stateOrProvince": address.state,
        "address.zipOrPostalCode": address.postal_code,
        "address.country": address.country,
    }
    return TargetRecord(
        target_id=vendor.key,
        name=vendor.name,
        number=vendor.number,
        kind=_KIND,
        active=vendor.active,
        postal_code=address.postal_code,
        echo=_echo(found, vendor.tax_id),
    )


def _echo(found: Mapping[str, str], tax_id: str) -> dict[str, str]:
    """Of a tax id only its end, and only where one is shown."""
    plain = "".join(letter for letter in tax_id if letter.isalnum())
    return {**found, **({"tax_id": plain[-4:]} if len(plain) > 6 else {})}


def _wanted(found: TargetRecord, where: Mapping[str, str]) -> bool:
    number, active, kind = where.get("number", "").strip().casefold(), where.get("active", ""), where.get("kind", "")
    alike = not number or found.number.strip().casefold() == number
    return alike and (not active or (active == "yes") == found.active) and kind in ("", _KIND)
