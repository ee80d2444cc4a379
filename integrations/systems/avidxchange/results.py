"""What an answer says of each record that was sent: matched by key, never by place. Success has to be said, and said
of every result of the record.

`Results`, and the errors of one, may be a single object; whether it went well may be text.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.engine.drafts import Receipt
from integrations.engine.errors import OutcomeUnknown, Problem, Rejected
from integrations.engine.ports import Written
from integrations.systems.avidxchange import wire
from integrations.systems.avidxchange.drafts import Sent
from integrations.systems.avidxchange.errors import said
from integrations.systems.avidxchange.profile import WritesSpec
from integrations.systems.avidxchange.vendors import sent_echo
from integrations.systems.avidxchange.wire import Tree

_CODE_VALUE, _CODE_GROUP, _VENDOR_CODE = ("CodeValue",), ("GroupName",), ("ExternalVendorCode", "ExternalCode")
_LOST = "AvidXchange does not say what became of this record. It is looked after by itself."


def matched(tree: Tree, spec: WritesSpec, records: Sequence[Sent], secrets: tuple[str, ...]) -> list[Written]:
    """What came of each of `records`, in their order; OutcomeUnknown where the answer has nothing of one."""
    found: dict[tuple[str, str], Any] = {}
    for result in wire.many(wire.first(tree, (spec.results,))):
        for name in _names(result, spec):
            if wire.truth(wire.first(found.setdefault(name, result), (spec.ok,))):  # a refusal outweighs what went well
                found[name] = result
    values = [record.key for record in records]
    return [_written(record, _of(record, found, values.count(record.key) == 1), spec, secrets) for record in records]


def _of(record: Sent, found: Mapping[tuple[str, str], Any], alone: bool) -> Any:
    """By both parts of the key; by the last part only where no other record that was sent has the same."""
    result = found.get((record.group.casefold(), record.key))
    return found.get(("", record.key)) if result is None and alone else result


def _names(result: Any, spec: WritesSpec) -> list[tuple[str, str]]:
    """(group, key) under which a result may be looked for. One of a code names its group only in its item."""
    item = wire.first(result, (spec.item,)) or {}
    group = str(wire.first(item, _CODE_GROUP) or "").casefold()
    keys = [wire.first(result, (spec.key,)), wire.first(item, _CODE_VALUE if group else _VENDOR_CODE)]
    return [(group, str(key)) for key in keys if key is not None]


def _written(record: Sent, result: Any, spec: WritesSpec, secrets: tuple[str, ...]) -> Written:
    well = wire.truth(wire.first(result, (spec.ok,))) if isinstance(result, dict) else None
    if well is None:
        return OutcomeUnknown(_LOST, code="no_result")
    if well:
        return receipt(record)
    words = [said(wire.first(each, spec.message), secrets) for each in wire.many(wire.first(result, (spec.errors,)))]
    problems = tuple(Problem("refused", f"AvidXchange refuses this: {each}") for each in dict.fromkeys(words) if each)
    if not problems:
        problems = (Problem("refused", "AvidXchange refuses this and does not say why. Look it up there."),)
    return Rejected(problems[0].message, code="refused", problems=problems)


def receipt(record: Sent) -> Receipt:
    """Of a record that went well: it stands as it was sent. There are no versions."""
    return Receipt(target_id=record.target_id, echo=sent_echo(record.body))
