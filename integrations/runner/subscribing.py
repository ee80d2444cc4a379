"""Sees that systems tell us of changes: one subscription a connection, looked at daily, mended without a person.

What cannot be had is said on the connection's page; the polls find the same, later.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from audit.log import record as audit
from integrations.engine.errors import ConnectionBroken, OutcomeUnknown, Rejected, Retryable, SyncError
from integrations.models import Connection, WebhookSubscription
from integrations.runner import connecting, parting
from integrations.runner.receiving import as_row
from integrations.store import door
from integrations.store import hooks as store
from integrations.store.lease import poll_now
from integrations.systems import registry
from integrations.systems.base import HookAdmin, HookEvent, Hooks, Subscription, System
from tenants.scope import Actor, tenant_scope

EVERY = timedelta(days=1)
SOON, LATER = timedelta(minutes=15), timedelta(hours=1)
KEY_LIFE = timedelta(days=90)
OLD_KEY = timedelta(hours=24)  # what was signed before a renewal may be sent again for so long
OVERLAP = timedelta(hours=1)  # of the history with what came
MOST_MISSED = 2000  # events taken from the history; with more, everything is polled
State = WebhookSubscription.State
Row = WebhookSubscription

WORDS = {
    "": "{label} tells of changes as they happen.",
    "made": "{label} tells of changes as they happen, from now on.",
    "adopted": "Our subscription was there already; it has a new key now, and {label} tells of changes as they happen.",
    "changed": "Our subscription had been changed in {label}; it is as we need it again.",
    "enabled_again": "{label} had switched our subscription off; it is on again, and what we missed was fetched.",
    "key_unknown": "Events came that were not signed with our key; {label} gave us a new one, and what we missed was "
    "fetched.",
    "renewed": "{label} tells of changes as they happen. The key was renewed, as it is every 90 days.",
    "full": "{label} keeps {most} subscriptions and has as many of others. Delete one there, then check again.",
    "address": "{label} sends only to https addresses, and ours is {address}.",
    "forbidden": "This login may not manage webhooks in {label}. Have an administrator grant it, then check again.",
    "refused": "{label} does not take our subscription: {error}",
    "lost": "The answer was lost; what became of it is looked up in some minutes.",
    "later": "{label} could not be asked: {error}",
    "broken": "{label} could not be asked: {error}",
}


@dataclass(frozen=True, slots=True)
class Look:
    """What came of a look: `why` is a key of WORDS, `key` a new key, `missed` what the history tells."""

    state: str
    why: str = ""
    error: str = ""
    again: timedelta = EVERY
    subscription: Subscription | None = None
    key: str = ""
    missed: Sequence[HookEvent] = ()


def due() -> list[tuple[UUID, int]]:
    """(tenant, connection) of those to be looked at now."""
    return store.due([key for key, system in registry.systems().items() if system.hooks])


def look_after(tenant_id: UUID, connection_id: int, *, actor: Actor | None = None) -> None:
    """Have a subscription, enabled, complete, with a key we know; what came of it is kept in words.

    A person (`actor`) does not wait until it is due. Raises nothing of the system's.
    """
    now = timezone.now()
    with tenant_scope(tenant_id, actor=actor):
        connection = Connection.objects.filter(pk=connection_id).first()
        system = registry.systems().get(connection.system) if connection else None
        if connection is None or system is None or system.hooks is None or connection.closed:
            return
        row = store.of_connection(connection, now)
        left = parting.given_up(row) and actor is None
        if not store.begin(row, now, now + (EVERY if left else SOON), asked=actor is not None) or left:
            return
        store.forget_old(connection_id, now)
        known = row.secrets.reveal()
        since = store.latest(connection_id) or row.verified_at or connection.created_at
    url = parting.address(connection, known["token"])
    if row.parting is not None:
        parting.take_away(tenant_id, connection, row, url, actor=actor)
        return
    keeping = _Keeping(row, url, "key" in known, since - OVERLAP, now)
    look = _looked(tenant_id, connection, system.hooks, keeping, person=actor is not None)
    with tenant_scope(tenant_id, actor=actor):
        _keep(connection, system, row, look)


@dataclass(frozen=True, slots=True)
class _Keeping:
    """What we know before we look: our row and address, whether we have a key, and since when events may be missing."""

    row: Row
    url: str
    has_key: bool
    since: datetime
    now: datetime


def _looked(tenant_id: UUID, connection: Connection, hooks: Hooks, keeping: _Keeping, *, person: bool) -> Look:
    """Ask and mend; whatever goes wrong is an answer too."""
    if not keeping.url.startswith("https://"):
        return Look(State.OFF, "address")

    def before_renewal() -> None:  # a lost answer must not leave us with a dead key
        with tenant_scope(tenant_id):
            store.change(keeping.row, rekey=True)

    try:
        admin: HookAdmin = connecting.client(tenant_id, connection.pk, person=person).hooks
        return _have(admin, hooks, keeping, parting.prefix(connection), before_renewal)
    except SyncError as error:
        return _trouble(error, keeping.row.state)


def _trouble(error: SyncError, state: str) -> Look:
    """Refusals end it until a person, or the next day, changes something; passing trouble changes nothing."""
    if isinstance(error, ConnectionBroken) and error.code == "forbidden":
        return Look(State.OFF, "forbidden")
    if isinstance(error, Rejected):
        return Look(State.OFF, "refused", error.message)
    if isinstance(error, OutcomeUnknown):
        return Look(state, "lost", again=SOON)
    if isinstance(error, Retryable):
        return Look(state, "later", error.message, again=SOON)
    return Look(state, "broken", error.message, again=LATER)


def _have(admin: HookAdmin, hooks: Hooks, keeping: _Keeping, prefix: str, before_renewal: Callable[[], None]) -> Look:
    """List first; take over ours, else make one where there is room."""
    listed = admin.all()
    found = _ours(listed, keeping.url, prefix)
    if found is None and len(listed) >= hooks.most:
        return Look(State.OFF, "full")
    if found is None:
        made, key = admin.create(keeping.url)
        return Look(State.ON, "made", subscription=made, key=key)
    why, key = _reason(found, keeping), ""
    if found.url != keeping.url or not (found.enabled and found.whole):
        found = admin.mend(found, keeping.url)
    if why not in ("", "changed"):
        before_renewal()
        key = admin.rotate(found.id)
    missed = list(islice(admin.history(found.id, keeping.since), MOST_MISSED + 1)) if why not in ("", "renewed") else []
    return Look(State.ON, why, subscription=found, key=key, missed=missed)


def _ours(listed: Sequence[Subscription], url: str, prefix: str) -> Subscription | None:
    """The one that sends to this address, else one to an address of ours that nobody has any more."""
    forgotten = (each for each in listed if each.url.startswith(prefix) and _is_nobodys(each.url[len(prefix) :]))
    return next((each for each in listed if each.url == url), None) or next(forgotten, None)


def _is_nobodys(rest: str) -> bool:
    return store.tenant_of(rest.rstrip("/")) is None


def _reason(found: Subscription, keeping: _Keeping) -> str:
    """Why it is not simply in order; all but "changed" also want a new key."""
    row = keeping.row
    if found.url != keeping.url or found.id != row.remote_id or not keeping.has_key:
        return "adopted"
    if not found.enabled:
        return "enabled_again"
    if row.rekey or row.refused:
        return "key_unknown"
    if row.key_at is None or row.key_at < keeping.now - KEY_LIFE:
        return "renewed"
    return "" if found.whole else "changed"


def _keep(connection: Connection, system: System, row: Row, look: Look) -> None:
    """The result as rows, with its audit entry when something changed."""
    now = timezone.now()
    most = system.hooks.most if system.hooks else 0
    words = {"label": system.label, "most": most, "address": settings.PUBLIC_URL, "error": look.error}
    told = row.state != look.state or bool(look.why and look.why != row.why)
    fields: dict[str, Any] = {"state": look.state, "why": look.why, "message": WORDS[look.why].format(**words)}
    if look.subscription is not None:
        fields |= {"remote_id": look.subscription.id, "verified_at": now, "refused": 0}
    if look.key:
        store.new_key(row, look.key, now, old_until=now + OLD_KEY)
    store.change(row, due_at=now + look.again, **fields)
    if told or look.key:
        refs = {"why": look.why, "remote": row.remote_id, "new_key": bool(look.key)}
        audit(f"hooks_{look.state}", subject=f"connection:{connection.pk}", refs=refs)
    door.keep([as_row(connection.pk, event, now) for event in look.missed[:MOST_MISSED] if event.id])
    if len(look.missed) > MOST_MISSED:
        for flow in store.flows_of(connection.pk):
            poll_now(flow.pk)
