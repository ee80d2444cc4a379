"""The settings of a document: they go the way of every setting, with history and, where it is due, a second person."""

from collections.abc import Callable
from typing import Any

import msgspec

from integrations.models import Integration, SettingChange
from integrations.runner import settings
from integrations.runner.configuring.change import Change
from integrations.runner.configuring.document import IntegrationPart, Wrong, alike
from integrations.store.settings import DEFAULTS, NAMES, today
from tenants.access import Place
from tenants.models import Role, Tenant
from tenants.scope import open_scope

REASON = "as the applied document says"


def check_policy(what: str, part: IntegrationPart) -> None:
    """Raises Wrong for what is no setting, or cannot be its value."""
    for name, value in part.policy.items():
        if name not in NAMES or name == "start_date":
            hint = "It stands beside policy." if name == "start_date" else alike(name, NAMES)
            raise Wrong(f"{what}, policy: {name} is no setting here. {hint}")
        _checked(what, name, value)


def policy(row: Integration, part: IntegrationPart) -> list[Change]:
    """The settings that are, or are proposed, otherwise than the document says."""
    now = settings.shown(settings.in_force(row, today()))
    what, found = f"integration {part.name}", []
    for name in NAMES:
        given: Any = part.start_date if name == "start_date" else part.policy.get(name, DEFAULTS[name])
        new = _checked(what, name, msgspec.to_builtins(given))
        asked = SettingChange.objects.filter(integration=row, name=name, status=SettingChange.Status.PROPOSED).first()
        if new != (asked.new if asked else now[name]):
            old, words = (settings.in_words(each) for each in (now[name], new))
            found.append(Change(f"{what}, {name}", old, words, _propose(row, name, new)))
    return found


def proposer() -> Place:
    """Where the document's own changes are proposed from: as an integrator's, by whoever runs the command."""
    tenant, actor = Tenant.objects.get(), open_scope().actor
    return Place(tenant.pk, tenant.name, tenant.slug, tenant.time_zone, (Role.INTEGRATOR,), actor)


def _propose(row: Integration, name: str, new: Any) -> Callable[[], None]:
    def do() -> None:
        settings.propose(proposer(), row, name, new, REASON)
        row.refresh_from_db(fields=["policy", "policy_version", "start_date"])

    return do


def _checked(what: str, name: str, value: Any) -> Any:
    try:
        return settings.checked(name, value)
    except settings.Refused as error:
        raise Wrong(f"{what}: {error}") from None
