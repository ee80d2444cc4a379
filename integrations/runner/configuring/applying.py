"""Makes a tenant what a document says: the differences first, then each of them, audited; nothing twice.

What the document does not name is left as it is, but for mappings, fields and flows of an integration that it does
name: its lists are whole. Connections and integrations are never deleted here, and a company is never changed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError

from audit.log import record as audit
from integrations.models import Connection, DueFlow, Flow, Integration
from integrations.runner import addresses, mappings, schedule, setup
from integrations.runner import settings as setting_changes
from integrations.runner.configuring.change import Change
from integrations.runner.configuring.document import (
    ENV,
    ConnectionPart,
    Document,
    IntegrationPart,
    Wrong,
)
from integrations.runner.configuring.people import users
from integrations.runner.configuring.policies import REASON, check_policy, policy, proposer
from integrations.runner.configuring.tables import tables
from integrations.systems import registry
from tenants.credentials import Sealed
from tenants.members import Refused as MemberRefused
from tenants.models import Tenant
from tenants.scope import current_tenant

WAITS = " (waits for a controller)"


def compare(wanted: Document, environment: Mapping[str, str]) -> list[Change]:
    """What would have to change, in the order it has to be done; inside the tenant's scope. Raises Wrong."""
    changes = [*_tenant(wanted), *users(wanted)]
    for part in wanted.connections:
        changes += _connection(part, environment)
    for each in wanted.integrations:
        changes += _integration(each, {part.name for part in wanted.connections})
    return changes


def apply(changes: Sequence[Change]) -> None:
    """Make each change; the caller's scope is one transaction, so all of them or none. Raises Wrong."""
    for change in changes:
        try:
            change.do()
        except (setup.Refused, addresses.Refused, setting_changes.Refused, mappings.Refused, MemberRefused) as error:
            raise Wrong(f"{change.what}: {error}") from None
        except ValidationError as error:
            raise Wrong(f"{change.what}: {'; '.join(error.messages)}") from None
        audit("configured", subject=change.what[:100], detail={"old": change.old, "new": change.new})


def _tenant(wanted: Document) -> list[Change]:
    tenant = Tenant.objects.get()
    found = []
    for name in ("name", "time_zone"):
        old, new = getattr(tenant, name), getattr(wanted.tenant, name)
        if old != new:
            found.append(Change(f"tenant {name}", old, new, _setter(tenant, {name: new})))
    if problems := schedule.problems("* * * * *", wanted.tenant.time_zone):
        raise Wrong(f"tenant: {problems['time_zone']}")
    return found


def _connection(part: ConnectionPart, environment: Mapping[str, str]) -> list[Change]:
    if part.system not in registry.systems():
        known = ", ".join(sorted(registry.systems()))
        raise Wrong(f"connection {part.name}: there is no system {part.system}; known: {known}.")
    secrets = {name: _revealed(part, name, environment) for name in part.secrets}
    row = Connection.objects.filter(name=part.name).first()
    given = {name: value for name, value in secrets.items() if value is not None}
    if row is None:
        if missing := [part.secrets[name] for name, value in secrets.items() if value is None]:
            raise Wrong(f"connection {part.name}: set {', '.join(each.removeprefix(ENV) for each in missing)}.")
        values = {**part.settings, **given}
        words = f"{part.system}, {len(part.settings)} settings, {len(given)} secrets"
        if addresses.takes_two(proposer(), registry.get(part.system).environment(part.settings)):
            words += WAITS
        return [Change(f"connection {part.name}", "", words, lambda: _add(part, values))]
    kept = row.secrets.reveal()
    found = []
    old, new = _words(row.settings), _words(part.settings)
    asked = addresses.proposed(row)
    if asked is not None and _words({**row.settings, **asked.new}) == new:
        return []  # it is proposed; its secrets are replaced once a controller has approved it
    if old != new or row.system != part.system:
        waits = row.system == part.system and addresses.would_wait(proposer(), row, part.settings)
        new += WAITS if waits else ""
        found.append(Change(f"connection {part.name}", old, new, lambda: _settings(row, part)))
        if waits:
            return found
    for name, value in given.items():
        if value != kept.get(name):
            found.append(Change(f"connection {part.name}, {name}", "set", "replaced", _secret(row, name, value)))
    return found


def _revealed(part: ConnectionPart, name: str, environment: Mapping[str, str]) -> str | None:
    return environment.get(part.secrets[name].removeprefix(ENV))


def _add(part: ConnectionPart, values: Mapping[str, str]) -> None:
    addresses.begin(proposer(), setup.add_connection(part.name, part.system, values, by="configuration"))


def _settings(row: Connection, part: ConnectionPart) -> None:
    if row.system != part.system:
        raise Wrong(f"connection {part.name}: it is a {row.system} connection. Give the new one another name.")
    kind = registry.get(part.system)
    secret = {s.name for s in kind.settings if s.secret}
    if problems := kind.problems({**dict.fromkeys(row.secrets_set, "set"), **part.settings}):
        raise Wrong(f"connection {part.name}: {' '.join(problems.values())}")
    plain = {name: value for name, value in part.settings.items() if name not in secret}
    addresses.edit(proposer(), row, plain, reason=REASON)
    row.refresh_from_db()


def _secret(row: Connection, name: str, value: str) -> Callable[[], None]:
    def do() -> None:
        row.secrets = Sealed({**row.secrets.reveal(), name: value})
        row.save()

    return do


def _integration(part: IntegrationPart, named: set[str]) -> list[Change]:
    what = f"integration {part.name}"
    check_policy(what, part)
    for each in part.flows:
        if problems := schedule.problems(each.schedule, each.time_zone, each.blackouts):
            raise Wrong(f"{what}, flow {each.name}: {' '.join(problems.values())}")
    row = Integration.objects.select_related("erp", "ap").filter(name=part.name).first()
    if row is None:
        for connection in (part.erp, part.ap):
            if connection not in named and not Connection.objects.filter(name=connection).exists():
                raise Wrong(f"{what}: there is no connection {connection}.")
        return [Change(what, "", f"{part.erp} to {part.ap}, company {part.company}", lambda: _join(part))]
    if (row.erp.name, row.ap.name, row.company) != (part.erp, part.ap, part.company):
        raise Wrong(f"{what}: its connections and company are never changed. Join them under another name.")
    return [*_heads(row, part), *_flows(row, part), *tables(row, part)]


def _join(part: IntegrationPart) -> None:
    erp, ap = Connection.objects.get(name=part.erp), Connection.objects.get(name=part.ap)
    row = setup.join(part.name, erp, ap, part.company, part.company_name)
    Flow.objects.filter(integration=row).update(enabled=not part.flows)
    for change in [*_heads(row, part), *_flows(row, part), *tables(row, part)]:
        change.do()


def _heads(row: Integration, part: IntegrationPart) -> list[Change]:
    found = []
    for name in ("company_name", "active"):
        old, new = getattr(row, name), getattr(part, name)
        if old != new:
            found.append(
                Change(f"integration {part.name}, {name}", _shown(old), _shown(new), _setter(row, {name: new}))
            )
    return [*found, *policy(row, part)]


def _flows(row: Integration, part: IntegrationPart) -> list[Change]:
    found = []
    rows = {(each.entity, each.inbound): each for each in Flow.objects.filter(integration=row)}
    for each in part.flows:
        flow, what = rows.get((each.entity, each.inbound)), f"integration {part.name}, flow {each.name}"
        if flow is None:
            raise Wrong(f"{what}: the two systems cannot serve it.")
        names = ("enabled", "schedule", "time_zone", "blackouts")
        old = {name: getattr(flow, name) for name in names}
        new = {name: _plain(getattr(each, name)) for name in names}
        if old != new:
            found.append(Change(what, _words(old), _words(new), _flow(flow, new)))
    return found


def _flow(flow: Flow, fields: Mapping[str, Any]) -> Callable[[], None]:
    def do() -> None:
        _setter(flow, fields)()
        DueFlow.objects.filter(flow_id=flow.pk, tenant_id=current_tenant()).update(enabled=flow.enabled)

    return do


def _setter(row: Any, fields: Mapping[str, Any]) -> Callable[[], None]:
    def do() -> None:
        for name, value in fields.items():
            setattr(row, name, value)
        row.save(update_fields=list(fields))

    return do


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _words(values: Mapping[str, Any]) -> str:
    """Values by name, in order; what is empty is left out."""
    return ", ".join(f"{name}={_shown(value)}" for name, value in sorted(values.items()) if value not in ("", None))


def _shown(value: Any) -> str:
    return _words(value) or "defaults" if isinstance(value, dict) else str(value)
