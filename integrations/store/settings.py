"""An integration's settings as they are in force on a day; changes take force by themselves when their day comes."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.db import connection
from django.utils import timezone

from audit.log import record as audit
from integrations.engine.policy import Policy
from integrations.models import Integration, SettingChange
from integrations.store.blockers import free
from integrations.store.lease import due_now
from tenants.models import Tenant
from tenants.scope import current_tenant

NAMES = tuple(name for name in Policy.__struct_fields__ if name not in ("company", "version"))
DEFAULTS: dict[str, Any] = msgspec.to_builtins(Policy(company=""))
_DECIDES_NOTHING = {"ignore_limit", "files_1099"}
# What is out for any other reason stays out.
_OUT_BY_CHOICE = ["before_start", "not_paid_here", "instalments", "image_not_sent"]
_NEVER_AGAIN = ["uncertain", "link_conflict"]  # may be on the other side already
_AGAIN = """
    UPDATE integrations_outboxitem i SET state = 'ready', not_before = now(), attempts = 0, changed_at = now()
    FROM integrations_flow f
    WHERE i.tenant_id = %(tenant)s AND f.tenant_id = %(tenant)s AND f.id = i.flow_id
      AND f.integration_id = %(integration)s
      AND (i.state = 'waiting' OR (i.state = 'held' AND i.reason <> ALL(%(never)s))
           OR (i.state = 'out' AND i.reason = ANY(%(out)s)))
    RETURNING i.flow_id
"""


def today() -> date:
    """The day it is where the open scope's tenant is."""
    return timezone.localdate(timezone=ZoneInfo(Tenant.objects.get().time_zone))


def effective(integration: Integration, day: date) -> Policy:
    """The policy of `day` (today or later): what is stored, with the approved changes that are due by then."""
    due = list(_due(integration, day))
    chosen = {**integration.policy, "start_date": integration.start_date, **{each.name: each.new for each in due}}
    named = {"company": integration.company, "version": integration.policy_version + len(due)}
    return msgspec.convert({**chosen, **named}, Policy, strict=False)


def take_force(integration_id: int, day: date) -> int:
    """Store the approved changes that are due, each as a version of its own; what they decide is decided again.

    In the caller's transaction; safe to call at any time, by anybody. Returns how many took force.
    """
    if not _due(Integration(pk=integration_id), day).exists():
        return 0
    integration = Integration.objects.select_for_update().get(pk=integration_id)
    due = list(_due(integration, day))
    for change in due:
        _store(integration, change)
    integration.save(update_fields=["policy", "policy_version", "start_date"])
    for change in due:
        _release(change)
    if any(change.name not in _DECIDES_NOTHING for change in due):
        _decide_again(integration_id)
    return len(due)


def stored_value(integration: Integration, name: str) -> Any:
    """The value that is stored now, as JSON."""
    if name == "start_date":
        return integration.start_date.isoformat() if integration.start_date else None
    return integration.policy.get(name, DEFAULTS[name])


def _due(integration: Integration, day: date) -> Any:
    # one whose setting has gone from the product means nothing any more
    waiting = SettingChange.objects.filter(status=SettingChange.Status.APPROVED, version=None, name__in=NAMES)
    return waiting.filter(integration=integration, effective_from__lte=day).order_by("effective_from", "id")


def _store(integration: Integration, change: SettingChange) -> None:
    change.old = stored_value(integration, change.name)
    if change.name == "start_date":
        integration.start_date = date.fromisoformat(change.new) if change.new else None
    else:
        kept = {name: value for name, value in integration.policy.items() if name != change.name}
        integration.policy = kept if change.new == DEFAULTS[change.name] else {**kept, change.name: change.new}
    integration.policy_version += 1
    change.version = integration.policy_version
    change.save(update_fields=["old", "version"])
    audit(
        "setting_changed",
        subject=f"integration:{integration.pk}",
        refs={"setting": change.name, "version": change.version, "change": str(change.uuid)},
        detail={"old": change.old, "new": change.new, "reason": change.reason},
    )


def _release(change: SettingChange) -> None:
    free(change.integration_id, "setting", [change.name])
    if change.name == "invoice_types":
        free(change.integration_id, "invoice_type", sorted(set(change.new or ()) - set(change.old or ())))


def _decide_again(integration_id: int) -> None:
    names: Mapping[str, Any] = {
        "tenant": current_tenant(),
        "integration": integration_id,
        "never": _NEVER_AGAIN,
        "out": _OUT_BY_CHOICE,
    }
    with connection.cursor() as cursor:
        cursor.execute(_AGAIN, names)
        flows = {row[0] for row in cursor.fetchall()}
    if flows:
        due_now(sorted(flows))
