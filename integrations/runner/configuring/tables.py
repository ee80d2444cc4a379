"""The mapping tables of a document: they go the way of every mapping, with versions and, where due, a second person."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from integrations.models import Integration, MappingChange
from integrations.runner import mappings
from integrations.runner.configuring.change import Change
from integrations.runner.configuring.document import IntegrationPart, Wrong
from integrations.runner.configuring.policies import REASON, proposer
from integrations.runner.mappings import Kind, Wish
from integrations.store.mapping_tables import in_force, pending


def tables(row: Integration, part: IntegrationPart) -> list[Change]:
    """The rules that are, or are proposed, otherwise than the document says; its lists are whole. Raises Wrong."""
    now = in_force(row.pk)
    asked = now | {key: change.new for key, change in pending(row.pk).items()}
    wanted = {each.key: each for each in _wishes(part)}
    found = []
    for key in asked.keys() | wanted.keys():
        will = wanted.get(key) or Wish(str(key[0]), _rule(key), None)
        if asked.get(key) != will.values:
            what = f"integration {part.name}, {_name(will)}"
            found.append(Change(what, _words(now.get(key)), _words(will.values), _propose(row, will)))
    return sorted(found, key=str)


def _wishes(part: IntegrationPart) -> Iterator[Wish]:
    for kind, rules in ((Kind.FIELD, part.fields), (Kind.GL, part.mappings)):
        for rule in rules:
            try:
                yield mappings.wish(kind, msgspec.structs.asdict(rule))
            except mappings.Refused as error:
                name = getattr(rule, "field", "") or rule.source
                raise Wrong(f"integration {part.name}, {name}: {error}") from None


def _propose(row: Integration, will: Wish) -> Callable[[], None]:
    def do() -> None:
        mappings.propose(proposer(), row, [will], reason=REASON)

    return do


def _rule(key: tuple[object, ...]) -> dict[str, Any]:
    return dict(zip(MappingChange.MODELS[str(key[0])].KEY, key[1:], strict=True))


def _name(will: Wish) -> str:
    rule = will.rule
    if will.kind == Kind.FIELD:
        return f"field {will.about}"
    return f"{rule['table']} {rule['part']} {rule['source']}".replace("  ", " ")


def _words(values: Mapping[str, Any] | None) -> str:
    if values is None:
        return ""
    if not values["target"]:
        return "not sent"
    shown = {name: value for name, value in sorted(values.items()) if value not in ("", None)}
    return ", ".join(f"{name}={value}" for name, value in shown.items())
