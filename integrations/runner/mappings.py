"""Mapping rules: proposed alone or as a set, approved by a second person, in force from the approval on.

Nothing that was posted changes with them: a sent bill is compared with its source, never with the rules.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from audit.log import record as audit
from integrations.models import Integration, MappingChange, MappingSet
from integrations.models.mapping import about
from integrations.models.proposal import people_of
from integrations.store import checking
from integrations.store.blockers import Freed
from integrations.store.checking import Ruling
from integrations.store.mapping_chart import Chart
from integrations.store.mapping_tables import Stale, in_force, pending, put_in_force, typed
from integrations.systems import registry
from tenants.access import Place
from tenants.permissions import Act

Status, Kind = MappingSet.Status, MappingChange.Kind
_WILD = 8  # patterns need few stars; many make matching slow


class Refused(ValueError):
    """This cannot be done; the message says why and what to do. `name` is the field it is about."""

    def __init__(self, message: str, name: str = "") -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True, slots=True)
class Wish:
    """What one rule should become: `rule` says which (its KEY), `values` its VALUES; None takes it out. All as JSON."""

    kind: str
    rule: Mapping[str, Any]
    values: Mapping[str, Any] | None

    @property
    def key(self) -> tuple[object, ...]:
        return (self.kind, *(self.rule[name] for name in MappingChange.MODELS[self.kind].KEY))

    @property
    def about(self) -> str:
        """What the rule is for: the account, value, code part or field."""
        return about(self.rule)


def wish(kind: str, given: Mapping[str, Any], *, remove: bool = False) -> Wish:
    """The wish that these fields make, blanks trimmed and every field well-formed. Raises Refused."""
    model: Any = MappingChange.MODELS[kind]
    cleaned = {name: _plain(given.get(name)) for name in (*model.KEY, *model.VALUES)}
    fields = {name: value for name, value in cleaned.items() if value is not None}
    if unseen := next((name for name, value in fields.items() if not _readable(name, value)), None):
        raise Refused("Use ordinary letters: there is a character that nobody sees.", unseen)
    try:
        row = model(**typed(fields))
        judged = model.KEY if remove else (*model.KEY, *model.VALUES)
        row.clean_fields(exclude=[each.name for each in model._meta.fields if each.name not in judged])
        row.clean()
        if not remove:
            row.clean_values()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise Refused(" ".join(messages), "" if name == "__all__" else name) from None
    except ValueError:
        raise Refused("Write days as 2026-01-31.", "valid_from") from None
    if sum(row.source.count(mark) for mark in "*?") > _WILD:
        raise Refused(f"At most {_WILD} wildcards in a pattern.", "source")
    return Wish(kind, row.said(model.KEY), None if remove else row.said(model.VALUES))


def propose(
    place: Place,
    integration: Integration,
    wishes: Sequence[Wish],
    *,
    reason: str = "",
    origin: str = "",
    undoes: MappingSet | None = None,
    chart: Chart | None = None,
) -> MappingSet:
    """Ask for these changes as one set; in force at once where no second person is needed. In the open scope.

    Raises Refused when any of them cannot be, is so already, or waits already; where a second person decides, also
    without a reason.
    """
    ruling = checking.ruling(place, Act.MAP)
    if ruling is Ruling.NO:
        raise Refused("Your role does not allow this: an integrator or a clerk proposes mappings.")
    if ruling is Ruling.PROPOSE and not reason.strip():
        raise Refused("Say why: somebody else decides on it, and the reason is kept with the change.", "reason")
    integration = Integration.objects.select_for_update().get(pk=integration.pk)
    now, waiting = in_force(integration.pk), pending(integration.pk)
    seen = None if undoes else chart or chart_of(integration)  # the way back is open, whatever has been closed since
    made = MappingSet(integration=integration, reason=reason.strip()[:2000], origin=origin[:200], undoes=undoes)
    changes = []
    for each in wishes:
        if problem := fault(each, now, waiting, seen):
            raise Refused(problem[1], problem[0])
        changes.append(MappingChange(set=made, kind=each.kind, rule=each.rule, old=now.get(each.key), new=each.values))
    if not changes:
        raise Refused("There is nothing to change.")
    if len({each.key for each in wishes}) < len(wishes):
        raise Refused("Two of these are the same rule. Name each rule once.", "source")
    made.made_by_id, made.made_at = place.person, timezone.now()
    made.save()
    MappingChange.objects.bulk_create(changes, batch_size=1000)
    _note("mapping_proposed", made, len(changes))
    if ruling is Ruling.ALONE:
        _approve(made)
    return made


def fault(
    each: Wish, now: Mapping[Any, Any], waiting: Mapping[Any, Any], chart: Chart | None
) -> tuple[str, str] | None:
    """(field, why) this wish cannot be proposed; None: it can."""
    source = each.about
    if each.key in waiting:
        return "field" if each.rule.get(
            "field"
        ) else "source", f"A change of {source} waits for approval already. Decide on it, or withdraw it, first."
    if now.get(each.key) == each.values:
        return "target", f"It is so already: {source}." if each.values else f"There is no such rule: {source}."
    if each.values is None or chart is None:
        return None
    return chart.fault(each.rule, each.values) if each.kind == Kind.GL else chart.field_fault(each.rule)


def chart_of(integration: Integration) -> Chart:
    """What rules of the integration may name."""
    system = registry.systems().get(integration.ap.system)
    return Chart(integration, terms=system is not None and system.terms)


def check(integration: Integration, asked: Wish) -> None:
    """Raises Refused where this alone could not be proposed now."""
    if problem := fault(asked, in_force(integration.pk), pending(integration.pk), chart_of(integration)):
        raise Refused(problem[1], problem[0])


def approve(place: Place, made: MappingSet) -> MappingSet:
    """Let it take force and free what waited. Raises Refused for the maker, a wrong role, or one decided meanwhile."""
    made = _locked(made)
    if not checking.may_approve(place, Act.MAP, made.made_by_id):
        raise Refused("A controller approves this, and not the one who proposed it.")
    made.checked_by_id = place.person
    _approve(made)
    return made


def reject(place: Place, made: MappingSet) -> MappingSet:
    """Decide against it. Raises Refused."""
    made = _locked(made)
    if not checking.may_approve(place, Act.MAP, made.made_by_id):
        raise Refused("A controller rejects this, and not the one who proposed it: they withdraw it.")
    made.checked_by_id = place.person
    return _end(made, Status.REJECTED)


def withdraw(place: Place, made: MappingSet) -> MappingSet:
    """Take back one's own proposal. Raises Refused."""
    made = _locked(made)
    if place.person is None or made.made_by_id != place.person:
        raise Refused("Only the one who proposed it withdraws it.")
    return _end(made, Status.WITHDRAWN)


def undo(place: Place, made: MappingSet, reason: str = "") -> tuple[MappingSet, int]:
    """Propose the way back: (the set that takes `made` back, how many rules stay as they changed again since).

    Raises Refused when nothing of it is in force any more, or what it would take back waits already.
    """
    if made.status != Status.APPROVED:
        raise Refused("Only what is in force can be undone.")
    now, changes = in_force(made.integration_id), list(made.changes.order_by("id"))
    back = [Wish(each.kind, each.rule, each.old) for each in changes if now.get(each.key) == each.new]
    if not back:
        raise Refused("Every rule of it has been changed again since: there is nothing to take back.")
    words = reason.strip() or f"Undo of {made}"
    return propose(place, made.integration, back, reason=words, undoes=made), len(changes) - len(back)


def _locked(made: MappingSet) -> MappingSet:
    """The set as it is now, its integration locked: proposals and approvals of one integration go one by one."""
    Integration.objects.select_for_update().get(pk=made.integration_id)
    found: MappingSet = MappingSet.objects.select_for_update().get(pk=made.pk)
    if found.status != Status.PROPOSED:
        raise Refused(f"Somebody has decided on it meanwhile: it is {found.get_status_display().lower()}.")
    return found


def _approve(made: MappingSet) -> None:
    try:
        freed = put_in_force(made)
    except Stale as stale:
        raise Refused(f"{stale} has changed since this was proposed. Withdraw it and propose it anew.") from None
    _end(made, Status.APPROVED, freed)


def _end(made: MappingSet, status: str, freed: Freed | None = None) -> MappingSet:
    made.status, made.checked_at = status, timezone.now()
    if freed is not None:
        made.freed = freed.count
        made.freed_amounts = {currency: str(amount) for currency, amount in sorted(freed.amounts.items())}
    made.save(update_fields=["status", "checked_at", "checked_by", "freed", "freed_amounts"])
    _note(f"mapping_{status}", made, made.changes.count())
    return made


def _note(action: str, made: MappingSet, changes: int) -> None:
    audit(
        action,
        subject=f"integration:{made.integration_id}",
        refs={"set": str(made.uuid), "changes": changes, "freed": made.freed, **people_of(made)},
        detail={"reason": made.reason, "origin": made.origin},
    )


def _readable(name: str, value: Any) -> bool:
    """No character that nobody sees; only a table has lines."""
    text = str(value)
    return (text.replace("\r", "").replace("\n", "") if name == "lookup" else text).isprintable()


def _plain(value: Any) -> Any:
    value = value.strip() if isinstance(value, str) else value
    return None if value == "" and isinstance(value, str) else value
