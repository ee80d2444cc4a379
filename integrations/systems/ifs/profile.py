"""The API profile: which projection, set, field and word means what on one IFS tenant. Data, not code.

IFS names differ by tenant and release, so each one is a preset's value that a connection may override; ping compares
them with `$metadata`. Nothing here does IO beside reading the presets that come with the product.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from integrations.engine.errors import ConnectionBroken
from integrations.engine.records import InvoiceState, OrderState, PostingKind
from integrations.systems.ifs.rowtypes import ROWS, fields_of

PRESETS = ("default", "brief")

KeyType = Literal["string", "integer", "enum"]
Strategy = Literal["etag_scan", "timestamp", "date"]
Demand = Literal["mandatory", "blocked"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_SET = re.compile(
    r"([A-Za-z_][A-Za-z0-9_]*(?:\{part\})?[A-Za-z0-9_]*)\.svc/([A-Za-z_][A-Za-z0-9_]*(?:\{part\})?[A-Za-z0-9_]*)\Z"
)
_MARKED = ("invoice", "supplier")
_PART = re.compile(r"(?:\{part\})")


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How changes of a set are found. `column` (timestamp, date) is the filterable change column."""

    strategy: Strategy = "etag_scan"
    column: str = ""


class SetSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entity set. `fields` maps our names to the tenant's ("" = the tenant has none); `key` is in IFS's order.

    `needed` fields must exist; `optional` sets may be missing: what they would tell is then unknown. `seek` are the
    columns to page by where that is not the whole key. `navigation` leads here from the parent's row. `alternatives`
    are read where the set is missing; with `alternatives_when_empty` also where it holds nothing (a set with a company
    context of its own). `stream` is its media property.
    """

    set: str
    key: dict[str, KeyType]
    fields: dict[str, str]
    needed: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    alternatives_when_empty: bool = False
    enums: dict[str, str] = {}
    seek: tuple[str, ...] = ()
    navigation: str = ""
    change: Change = Change()
    optional: bool = False
    stream: str = ""

    @property
    def projection(self) -> str:
        """Its projection, without `.svc`."""
        return self.set.partition(".svc/")[0]

    @property
    def own(self) -> tuple[str, ...]:
        """Our names of its key within a company."""
        return tuple(ours for ours in self.key if ours != "company")

    @property
    def order(self) -> tuple[str, ...]:
        """Our names of the columns to page by."""
        return self.seek or tuple(self.key)

    def enum(self, name: str) -> str:
        """The qualified enum type of our field `name`, as literals need it."""
        return f"IfsApp.{self.projection}.{self.enums.get(name, '')}"

    def for_part(self, part: str) -> "SetSpec":
        """This set for one code part: `{part}` in its names becomes the letter."""
        return msgspec.structs.replace(
            self,
            set=_PART.sub(part, self.set),
            alternatives=tuple(_PART.sub(part, name) for name in self.alternatives),
            fields={ours: _PART.sub(part, theirs) for ours, theirs in self.fields.items()},
        )


class WrittenSet(SetSpec, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A set that is written. `actions` are its bound actions by our names.

    An optional one without a name (`set` "") is not there: what it would be for is then not done.
    """

    actions: dict[str, str] = {}


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole profile. Words that the tables do not list are kept as unknown, which the rules then hold."""

    name: str
    version: int
    sets: dict[str, SetSpec]
    code_parts: str
    states: dict[str, InvoiceState]
    childless_states: tuple[InvoiceState, ...]
    invoice_types: tuple[str, ...]
    posting_types: dict[str, PostingKind]
    tax_kinds: dict[str, str]
    statistical_kinds: tuple[str, ...]  # kinds of accounts that hold quantities
    demands: dict[str, Demand]  # what an account says of a code part; any other word: it may be given or not
    open_periods: tuple[str, ...]  # states of a period that takes vouchers
    order_states: dict[str, OrderState]  # of orders and of their lines
    email_methods: tuple[str, ...]
    dead_proposals: tuple[str, ...]  # states of a payment proposal that pays nothing any more
    open_proposals: tuple[str, ...]  # states of a payment proposal whose items may still be taken out
    write_back: dict[str, tuple[str, ...]]
    written: dict[str, WrittenSet]
    party: str  # the party type of a supplier
    cost_posting: str  # the posting type of the rows we write
    load_states: dict[str, Literal["open", "refused", "created"]]  # of an external invoice
    load_errors: dict[str, str]  # its error codes, by our names
    open_codings: tuple[str, ...]  # states of a posting proposal whose lines may still be changed
    voucher_states: dict[str, Literal["open", "approved", "cancelled"]]
    duplicate_words: tuple[str, ...]  # what a refusal says where the invoice is there already
    new_supplier: dict[str, dict[str, str | bool]]  # what each row of a supplier that we make says, by set and field
    new_supplier_address: str  # the id of its address
    new_supplier_uses: tuple[str, ...]  # what that address is for
    extends: str = ""

    @property
    def digest(self) -> str:
        """Identifies the exact content, for runs and audit."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()[:16]

    @property
    def booked_invoice(self) -> SetSpec:
        """The invoices as the books are looked up: also with the id of the record that was brought in."""
        spec, own = self.sets["invoice"], self.written["manual_invoice"].fields.get("external_id", "")
        return msgspec.structs.replace(spec, fields={**spec.fields, "external_id": own}) if own else spec

    def needs(self) -> list[tuple[str, SetSpec]]:
        """Every set that the declared reads use, the code parts each on their own."""
        plain = [(name, spec) for name, spec in self.sets.items() if name != "code_part_value"]
        values = self.sets["code_part_value"]
        return plain + [(f"code_part_value {part}", values.for_part(part)) for part in self.code_parts]


def load(preset: str = "default", overrides: str = "") -> Profile:
    """The preset with `overrides` (JSON text, merged member by member) laid over it.

    Raises ConnectionBroken with code `profile` and every fault found.
    """
    try:
        changes = json.loads(overrides) if overrides.strip() else {}
    except ValueError as error:
        raise _broken(preset, [f"The overrides are not valid JSON: {error}."]) from None
    if not isinstance(changes, dict):
        raise _broken(preset, ["The overrides must be a JSON object, in the shape of the preset."])
    try:
        profile = msgspec.convert(_merged(_preset(preset), changes), Profile)
    except msgspec.ValidationError as error:
        raise _broken(preset, [f"{error}."]) from None
    if faults := _faults(profile):
        raise _broken(preset, faults)
    return profile


def _broken(preset: str, faults: list[str]) -> ConnectionBroken:
    return ConnectionBroken(
        f"The IFS profile '{preset}' cannot be used: {' '.join(faults)} Correct the connection's profile overrides.",
        code="profile",
    )


@lru_cache(maxsize=len(PRESETS))
def _preset(name: str) -> dict[str, Any]:
    if name not in PRESETS:
        raise _broken(name, [f"There is no such preset; choose one of {', '.join(PRESETS)}."])
    found: dict[str, Any] = json.loads((Path(__file__).parent / "presets" / f"{name}.json").read_text())
    return _merged(_preset(found["extends"]), found) if "extends" in found else found


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in over.items():
        both = isinstance(value, dict) and isinstance(base.get(name), dict)
        # A key is an order of columns: half of one laid over another would be neither.
        merged[name] = _merged(base[name], value) if both and name != "key" else value
    return merged


def _faults(profile: Profile) -> list[str]:
    faults = [f"The set '{name}' is missing." for name in ROWS if name not in profile.sets]
    faults += [f"'{name}' is not a set this product knows." for name in profile.sets if name not in ROWS]
    faults += [f"'{part}' is not a code part (B to J)." for part in profile.code_parts if part not in "BCDEFGHIJ"]
    for name, fields in profile.write_back.items():
        if name not in _MARKED:
            faults.append(f"'{name}' cannot be marked: write_back is of {' and '.join(_MARKED)}.")
        faults += [f"'{field}' is not a field name." for field in fields if not _NAME.match(field)]
    for name, spec in profile.sets.items():
        if name in ROWS:
            faults += [f"{name}: {fault}" for fault in _set_faults(spec, fields_of(name))]
    for name, values in profile.new_supplier.items():
        known = profile.written[name].fields if name in profile.written else {}
        faults += [f"new_supplier: {name} has no field '{field}'." for field in values if field not in known]
    if not profile.new_supplier.get("new_supplier_payment", {}).get("blocked"):
        faults.append("new_supplier: a supplier that we make is blocked for payment: say how in new_supplier_payment.")
    return faults + _written_faults(profile.written)


def _written_faults(written: Mapping[str, WrittenSet]) -> list[str]:
    """The default preset names every set and field that may be written."""
    known = {name: frozenset(spec["fields"]) for name, spec in _preset("default")["written"].items()}
    faults = [f"'{name}' is not a set this product writes." for name in written if name not in known]
    for name, spec in written.items():
        if name in known and (spec.set or not spec.optional):
            faults += [f"{name}: {fault}" for fault in _set_faults(spec, known[name])]
            faults += [
                f"{name}: '{word}' is not a name." for word in spec.actions.values() if word and not _NAME.match(word)
            ]
    return faults


def _set_faults(spec: SetSpec, known: frozenset[str]) -> list[str]:
    faults = [
        f"'{path}' is not written as Projection.svc/Set."
        for path in (spec.set, *spec.alternatives)
        if not _SET.match(path)
    ]
    faults += [f"'{ours}' is not one of {', '.join(sorted(known))}." for ours in spec.fields if ours not in known]
    for theirs in spec.fields.values():
        if theirs and not _NAME.match(_PART.sub("B", theirs)):
            faults.append(f"'{theirs}' is not a field name.")
    faults += [
        f"the field '{ours}' is needed." for ours in (*spec.needed, *spec.key, *spec.seek) if not spec.fields.get(ours)
    ]
    given = [theirs for theirs in spec.fields.values() if theirs]
    faults += [f"'{theirs}' is given twice." for theirs in sorted({t for t in given if given.count(t) > 1})]
    faults += [
        f"the enum type of the key '{ours}' is needed."
        for ours, kind in spec.key.items()
        if kind == "enum" and not spec.enums.get(ours)
    ]
    if spec.change.strategy != "etag_scan" and not _NAME.match(spec.change.column):
        faults.append(f"the strategy '{spec.change.strategy}' needs the name of its column.")
    return faults
