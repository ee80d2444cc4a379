"""Whose a vendor's fields are, and how they stand on both sides.

The ERP owns name, number, remit-to address, tax id, currency and terms; how a vendor is paid is the target's own. What
`tool_fields` names is the target's too, and the address of a vendor that keeps it on the target's network.
"""

from collections.abc import Iterable, Mapping, Sequence, Set

from msgspec.structs import replace

from integrations.engine.asking import digest
from integrations.engine.drafts import VendorDraft
from integrations.engine.drift import Difference, drift, shown
from integrations.engine.errors import Sides
from integrations.engine.policy import Policy
from integrations.engine.targets import TargetRecord

PAYEE = frozenset({"name", "payee_name", "address", "email", "tax_id"})  # changed by two people only
_DETAILS = "pay."  # of an echo: how the target pays it, in words; never a number of an account


def fields_of(found: Iterable[Difference]) -> set[str]:
    """The fields that differ, an address as one."""
    return {_root(each.field) for each in found}


def not_watched(target: TargetRecord, policy: Policy) -> set[str]:
    """Names of the echo in which a change there is the target's own business, or asked about apart."""
    own = {*policy.tool_fields, *({"address"} if target.connected else ())}
    return {name for name in target.echo if _root(name) in own or name.startswith(_DETAILS)}


def details(agreed: Mapping[str, str], now: Mapping[str, str]) -> list[Difference]:
    """What changed in how the target pays this vendor."""
    found = drift(agreed, now, {name for name in now if not name.startswith(_DETAILS)})
    return [Difference(field=each.field.removeprefix(_DETAILS), before=each.before, after=each.after) for each in found]


def as_wholes(found: Sequence[Difference], agreed: Mapping[str, str], now: Mapping[str, str]) -> list[Difference]:
    """The same differences, those of an address as one, for people."""
    others = [each for each in found if _root(each.field) != "address"]
    if len(others) == len(found):
        return others
    address = Difference(field="address", before=_told("address", agreed, now), after=_told("address", now, now))
    return [address, *others]


def sides(fields: Set[str], draft: VendorDraft, agreed: Mapping[str, str], now: Mapping[str, str]) -> tuple[Sides, ...]:
    """These fields side by side; an address in one line, of a tax id its end."""
    names = [name for name in (*draft.__struct_fields__, "payee_name") if name in fields and name != "only"]
    found = (Sides(name, _drafted(name, draft), _told(name, agreed, now), _told(name, now, now)) for name in names)
    return tuple(each for each in found if each.ledger or each.agreed or each.target)


def edited(found: Iterable[Sides]) -> list[str]:
    """Names what people typed there in these fields, whoever owns them: typed anew, it is asked anew."""
    typed = [f"{each.field}={each.target}" for each in found if each.target != each.agreed]
    return [digest(typed)] if typed else []


def _drafted(name: str, draft: VendorDraft) -> str:
    if name == "address":
        return shown(name, replace(draft.address, name=""))  # the other side's has no name of its own
    return shown(name, draft.name if name == "payee_name" else getattr(draft, name))


def _told(name: str, echo: Mapping[str, str], order: Mapping[str, str]) -> str:
    """What an echo says of the field, its parts in the order of `order`: a stored echo has lost its own."""
    parts = [echo.get(each, "") for each in order if _root(each) == name]
    text = ", ".join(part for part in parts if part)
    return f"…{text}" if text and name == "tax_id" else text


def _root(name: str) -> str:
    return name.partition(".")[0]
