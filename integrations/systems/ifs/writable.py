"""The lines of a ping about what is written: whether each projection declares it. Nothing is written to try it."""

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from integrations.engine.errors import SyncError
from integrations.systems.base import Check, Verdict
from integrations.systems.ifs import metadata
from integrations.systems.ifs.metadata import Declared
from integrations.systems.ifs.profile import Profile, WrittenSet

_UNTRIED = "Whether the service user may write it shows with the first record: a ping writes nothing."
_ADVICE = (
    "Needed only where suppliers, invoices or payments are written into IFS: grant the projection, or correct "
    "`written` in the profile overrides of this connection."
)
Sets = Mapping[str, WrittenSet]


def projections(profile: Profile) -> Mapping[str, Sets]:
    """What is written, by projection and by our names; what the tenant has not got is left out."""
    found: dict[str, dict[str, WrittenSet]] = {}
    for name, spec in profile.written.items():
        if spec.set:
            found.setdefault(spec.projection, {})[name] = spec
    return found


def checks(profile: Profile, declaring: "Mapping[str, Future[Any]]") -> list[Check]:
    """A line for each projection; `declaring` are the answers of `$metadata` by projection."""
    return [_line(name, sets, declaring[name]) for name, sets in projections(profile).items()]


def _line(projection: str, sets: Sets, declaring: "Future[Any]") -> Check:
    title = f"Written: {', '.join(sets).replace('_', ' ')} ({projection}.svc)"
    try:
        found = declaring.result() if declaring.done() else None
    except SyncError as error:
        return Check(title, Verdict.WARNING, error.message, _ADVICE)
    if isinstance(found, Check):
        return Check(title, Verdict.WARNING, found.why, _ADVICE)
    if found is None:
        return Check(title, Verdict.WARNING, "Its $metadata cannot be read, so its names are not compared.", _ADVICE)
    if missing := [sentence for spec in sets.values() for sentence in _lacking(spec, found)]:
        return Check(title, Verdict.WARNING, " ".join(missing), _ADVICE)
    return Check(title, Verdict.FOUND, f"Declared as the profile names it. {_UNTRIED}")


def _lacking(spec: WrittenSet, found: Declared) -> list[str]:
    """Sentences on everything that is not as named: a field that is not there is refused when it is written."""
    name = spec.set.partition("/")[2]
    sentences = metadata.lacking(spec, found)
    if name in found.sets:
        needed = {spec.fields[ours] for ours in (*spec.key, *spec.needed)}
        others = [field for field in metadata.unknown(spec, found) if field not in needed]
        sentences += [f"{name} has no field {field}." for field in others]
    gone = [action for action in spec.actions.values() if action and action not in found.actions]
    return sentences + [f"There is no action {action}." for action in gone]
