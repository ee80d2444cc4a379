"""Settings of an integration: proposed with a reason, approved by a second person, in force from a day on."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin

import msgspec
from django.utils import timezone

from audit.log import record as audit
from integrations.engine.policy import Policy
from integrations.models import Integration, SettingChange
from integrations.models.proposal import people_of
from integrations.store import checking
from integrations.store.checking import Ruling
from integrations.store.settings import NAMES, effective, stored_value, take_force, today
from tenants.access import Place
from tenants.permissions import Act

_TYPES = {field.name: field.type for field in msgspec.structs.fields(Policy)}
_LONGEST, _MOST, _FAR = 200, 200, date(2200, 1, 1)
_AT_LEAST_ONE = ("max_lines", "max_number_length")
Status = SettingChange.Status


class Refused(ValueError):
    """This cannot be done; the message says why and what to do. `name` is the setting it is about."""

    def __init__(self, message: str, name: str = "") -> None:
        super().__init__(message)
        self.name = name


def propose(
    place: Place, integration: Integration, name: str, value: Any, reason: str, effective_from: date | None = None
) -> SettingChange:
    """Ask for `name` to become `value` (as JSON) on `effective_from`, today unless said; needs a reason.

    Approved at once where no second person is needed. In the open scope. Raises Refused.
    """
    ruling = checking.ruling(place, Act.SETTINGS)
    if ruling is Ruling.NO:
        raise Refused("Your role does not allow this: an integrator proposes settings.", name)
    day = today()
    begins = effective_from or day
    if not day <= begins < _FAR:
        raise Refused(f"A setting changes today ({day}) at the earliest: nothing is decided in hindsight.", name)
    if not reason.strip():
        raise Refused("Say why: the reason is kept with the change.", name)
    new = checked(name, value)
    integration = Integration.objects.select_for_update().get(pk=integration.pk)
    if new == shown(in_force(integration, begins))[name]:
        raise Refused(f"It is so already: {name} is {in_words(new)}.", name)
    if integration.setting_changes.filter(name=name, status=Status.PROPOSED).exists():
        raise Refused(f"A change of {name} waits for approval already. Decide on it, or withdraw it, first.", name)
    change: SettingChange = SettingChange.objects.create(
        integration=integration,
        name=name,
        old=stored_value(integration, name),
        new=new,
        reason=reason.strip()[:2000],
        effective_from=begins,
        made_by_id=place.person,
        made_at=timezone.now(),
    )
    _note("setting_proposed", change)
    if ruling is Ruling.ALONE:
        _approve(change)
    return change


def approve(place: Place, change: SettingChange) -> SettingChange:
    """Let it take force, today or on its day. Raises Refused for the maker, a wrong role, or one decided meanwhile."""
    change = _locked(change)
    if not checking.may_approve(place, Act.SETTINGS, change.made_by_id):
        raise Refused("A controller approves this, and not the one who proposed it.", change.name)
    change.checked_by_id = place.person
    _approve(change)
    return change


def reject(place: Place, change: SettingChange) -> SettingChange:
    """Decide against it. Raises Refused."""
    change = _locked(change)
    if not checking.may_approve(place, Act.SETTINGS, change.made_by_id):
        raise Refused("A controller rejects this, and not the one who proposed it: they withdraw it.", change.name)
    change.checked_by_id = place.person
    return _end(change, Status.REJECTED)


def withdraw(place: Place, change: SettingChange) -> SettingChange:
    """Take back one's own proposal, or an approved one whose day has not come. Raises Refused."""
    change = _locked(change, Status.PROPOSED, Status.APPROVED)
    if change.version is not None:
        raise Refused("It is in force already: propose the old value instead.", change.name)
    own = place.person is not None and change.made_by_id == place.person
    if not (own or (change.status == Status.APPROVED and checking.ruling(place, Act.SETTINGS) is not Ruling.NO)):
        raise Refused("Only the one who proposed it withdraws it.", change.name)
    return _end(change, Status.WITHDRAWN)


def in_force(integration: Integration, day: date) -> Policy:
    """The policy of that day (today or later)."""
    return effective(integration, day)


def shown(policy: Policy) -> dict[str, Any]:
    """Every setting with its value, as JSON."""
    values = msgspec.to_builtins(policy)
    return {name: values[name] for name in NAMES}


def checked(name: str, value: Any) -> Any:
    """`value` as it is stored. Raises Refused with a sentence when there is no such setting or it cannot be that."""
    if name not in NAMES:
        raise Refused(f"There is no setting {name}. There are: {', '.join(NAMES)}.", name)
    try:
        typed = msgspec.convert(value, _TYPES[name])
    except (msgspec.ValidationError, ArithmeticError):
        raise Refused(f"{name} cannot be {in_words(value)}. {wanted(name)}", name) from None
    if fault := _fault(name, typed):
        raise Refused(f"{name}: {fault}", name)
    return msgspec.to_builtins(typed)


def wanted(name: str) -> str:
    """What may be chosen, as a sentence."""
    kind = _TYPES[name]
    if get_origin(kind) is tuple:
        inner = get_args(kind)[0]
        words = [str(each) for each in inner] if hasattr(inner, "__members__") else []
        return f"Give a list of {'these words: ' + ', '.join(words) if words else 'texts'}."
    if get_origin(kind) is Literal:
        return f"Choose one of: {', '.join(get_args(kind))}."
    sentences: Mapping[Any, str] = {
        bool: "Say true or false.",
        int: "Give a whole number.",
        str: "Give a text.",
        Decimal: "Give an amount as text, such as 1000 or 99.50.",
    }
    return sentences.get(kind, "Give a date such as 2026-01-31, or null for none.")


def in_words(value: Any) -> str:
    """A value as a sentence shows it."""
    words = {True: "true", False: "false", None: "not set", "": "not set"}
    if isinstance(value, bool | None | str) and value in words:
        return words[value]
    if isinstance(value, list):
        return ", ".join(map(str, value))[:_LONGEST] or "an empty list"
    return f"“{str(value)[:_LONGEST]}”"


def _fault(name: str, value: Any) -> str:
    match value:
        case bool() | None:
            return ""
        case int() | Decimal():
            least = 1 if name in _AT_LEAST_ONE else 0
            fits = value == value and least <= value < 10**12
            return "" if fits else f"Give a number from {least} on."
        case str():
            return "" if len(value) <= _LONGEST and value.isprintable() else f"At most {_LONGEST} ordinary letters."
        case tuple():
            faults = [_fault(name, each) or ("" if each else "An empty entry means nothing.") for each in value]
            twice = "Each entry once." if len(set(value)) < len(value) else ""
            return next(filter(None, faults), twice) or ("" if len(value) <= _MOST else f"At most {_MOST} entries.")
    return ""


def _locked(change: SettingChange, *statuses: str) -> SettingChange:
    found: SettingChange = SettingChange.objects.select_for_update().get(pk=change.pk)
    if found.status not in (statuses or (Status.PROPOSED,)):
        raise Refused(f"Somebody has decided on it meanwhile: it is {found.get_status_display().lower()}.", found.name)
    return found


def _approve(change: SettingChange) -> None:
    change.effective_from = max(change.effective_from, today())
    _end(change, Status.APPROVED)
    take_force(change.integration_id, today())
    change.refresh_from_db()


def _end(change: SettingChange, status: str) -> SettingChange:
    change.status, change.checked_at = status, timezone.now()
    change.save(update_fields=["status", "checked_at", "checked_by", "effective_from"])
    _note(f"setting_{status}", change)
    return change


def _note(action: str, change: SettingChange) -> None:
    refs = {"setting": change.name, "change": str(change.uuid), "effective_from": change.effective_from.isoformat()}
    audit(
        action,
        subject=f"integration:{change.integration_id}",
        refs={**refs, **people_of(change)},
        detail={"old": change.old, "new": change.new, "reason": change.reason},
    )
