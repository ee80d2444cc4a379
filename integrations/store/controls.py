"""The controls of an integration that are off: its pages show them, and every reconciliation statement prints them."""

from datetime import date, datetime
from typing import NamedTuple

from integrations.engine.settings import SPECS, in_words, value_of
from integrations.models import Integration, SettingChange
from integrations.store import checking
from integrations.store.settings import effective
from tenants.models import Membership, Role

SECOND_PERSON = "second_person"
_MAKERS = (Role.OWNER, Role.INTEGRATOR, Role.CLERK)


class Control(NamedTuple):
    """A control that does not stand as delivered. `code` is a setting's name or "second_person".

    `since`, `by` and `reason` are those of the change that made it so; None and "" where nobody chose it.
    """

    code: str
    label: str
    words: str
    since: datetime | None = None
    by: str = ""
    reason: str = ""


def switched_off(integration: Integration, day: date) -> list[Control]:
    """What is off for this integration on `day` (today or later); in the open scope."""
    second = second_person()
    return [*([second] if second else []), *_settings(integration, day)]


def second_person() -> Control | None:
    """The second person as a control of the whole tenant; None: what matters takes two people here."""
    if checking.rehearsal():
        words = "off, because everything connected is a simulator: one person decides alone"
        return Control(SECOND_PERSON, "The second person", words)
    if switch := checking.switched_off():
        people = [each.email for each in (switch.made_by, switch.checked_by) if each is not None]
        words = "switched off: one person decides alone"
        return Control(
            SECOND_PERSON, "The second person", words, switch.checked_at, ", confirmed by ".join(people), switch.reason
        )
    controllers = set(Membership.objects.filter(role=Role.CONTROLLER).values_list("user_id", flat=True))
    if not controllers:
        return Control(SECOND_PERSON, "The second person", "off, because there is no controller who could approve")
    makes = Membership.objects.filter(user_id__in=controllers, role__in=_MAKERS).exists()
    if len(controllers) > 1 or not makes:
        return None
    words = "off for what the only controller proposes: nobody else could approve it"
    return Control(SECOND_PERSON, "The second person", words)


def _settings(integration: Integration, day: date) -> list[Control]:
    policy = effective(integration, day)
    off = [spec for spec in SPECS if spec.control and value_of(policy, spec.name) != spec.default]
    last = {change.name: change for change in _changes(integration, [spec.name for spec in off])}
    found = []
    for spec in off:
        words, change = in_words(spec, value_of(policy, spec.name)), last.get(spec.name)
        by = ", approved by ".join(p.email for p in (change.made_by, change.checked_by) if p) if change else ""
        since, reason = (change.checked_at or change.made_at, change.reason) if change else (None, "")
        found.append(Control(spec.name, spec.label, words, since, by, reason))
    return found


def _changes(integration: Integration, names: list[str]) -> list[SettingChange]:
    """Those in force or about to be, oldest first."""
    rows = SettingChange.objects.filter(
        integration=integration, name__in=names, status=SettingChange.Status.APPROVED
    ).select_related("made_by", "checked_by")
    return list(rows.order_by("effective_from", "id"))
