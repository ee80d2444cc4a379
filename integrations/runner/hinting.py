"""Events are hints: what they are about is read early, as a poll would read it, and nothing else of them is believed.

The dispatcher hands events to the flows that read, or have written, such records; a slice of the flow reads them. With
nothing told the next poll finds the same.
"""

from collections import defaultdict
from collections.abc import Sequence

import structlog
from django.utils import timezone

from integrations.engine.errors import ConnectionBroken, Rejected
from integrations.engine.ports import Page
from integrations.engine.records import Entity
from integrations.models import Flow, SyncRun, WebhookEvent
from integrations.runner import connecting
from integrations.runner.reading import scope_of
from integrations.runner.runs import is_read, open_run, target_takes, unfinished
from integrations.store import FlowStore, hooks, mirror
from integrations.store.lease import Lease, due_now, poll_now
from tenants.scope import tenant_scope

MANY = 50  # records of one flow told of at once: the list is read instead
WATCHED = (Entity.INVOICE, Entity.VENDOR)  # of what was written there, these are compared with what they became
READ, POLL, IGNORED = "read", "poll", "ignored"  # what becomes of an event
log = structlog.get_logger(__name__)


def hand_on() -> None:
    """Give the events that wait to the flows they concern, and make those due.

    That comes after the commit: whoever holds the row of one flow must not wait for another's.
    """
    for tenant_id, connection_id in hooks.waiting():
        with tenant_scope(tenant_id):
            told = _hand_on(connection_id)
        for flow_id, outcome in told.items():
            if outcome == POLL:
                poll_now(flow_id)
            elif outcome == READ:
                due_now([flow_id])


def look(lease: Lease, flow: Flow) -> None:
    """Read what this flow was told of. Retryable is left to the caller; other trouble leaves it to the next poll."""
    with tenant_scope(lease.tenant_id):
        hints = hooks.take_hints(flow)
    for target in (False, True):
        keys = [key for of_target, key, _ in hints if of_target is target]
        if not keys:
            continue
        try:
            if target:
                _see(lease, flow, keys)
            else:
                _stage(lease, flow, keys)
        except (ConnectionBroken, Rejected) as error:
            log.info("not_read_early", flow=flow.pk, records=len(keys), code=error.code)
        with tenant_scope(lease.tenant_id):
            hooks.has_read(flow, hints, target=target)


def serve_again(lease: Lease) -> None:
    """What was told while a slice was ending must not wait for the next poll."""
    with tenant_scope(lease.tenant_id):
        if hooks.has_hints(lease.flow_id):
            due_now([lease.flow_id])


def _hand_on(connection_id: int) -> dict[int, str]:
    """What becomes of the hint in each flow. Several events of one record are one hint, so that it is read once."""
    events, flows = hooks.take_waiting(connection_id), hooks.flows_of(connection_id)
    keys: dict[str, set[str]] = defaultdict(set)
    for event in events:
        for entity, key in event.touches:
            keys[entity].add(key)
    told = {flow: _tell(flow, connection_id, keys[flow.entity]) for flow in flows if keys.get(flow.entity)}
    outcomes = {flow.entity: outcome for flow, outcome in told.items() if outcome != IGNORED}
    found: dict[str, list[WebhookEvent]] = defaultdict(list)
    for event in events:
        each = [outcomes[entity] for entity, _ in event.touches if entity in outcomes]
        found[each[0] if each else IGNORED].append(event)
    for outcome, chosen in found.items():
        hooks.handed_on(chosen, outcome, timezone.now())
    return {flow.pk: outcome for flow, outcome in told.items()}


def _tell(flow: Flow, connection_id: int, keys: set[str]) -> str:
    """Note these records for the flow, or that it reads its whole list when they are many; what becomes of the hint."""
    try:
        reads, takes = is_read(flow), target_takes(flow)
    except ConnectionBroken:  # a system that is not installed any more
        return IGNORED
    if flow.source.pk == connection_id and reads:
        if len(keys) > MANY:
            return POLL
        hooks.hint(flow, keys, target=False)
        return READ
    if flow.target.pk == connection_id and flow.entity in WATCHED and takes:
        hooks.hint(flow, keys, target=True)
        return READ
    return IGNORED


def _stage(lease: Lease, flow: Flow, keys: Sequence[str]) -> None:
    """As a poll stages them, in the poll that is under way or one of their own; the cursor stays where it is."""
    source, entity, scope = connecting.client(lease.tenant_id, flow.source.pk), Entity(flow.entity), scope_of(flow)
    found = [record for key in keys if (record := source.fetch(entity, key, scope)) is not None]
    if not found:
        return
    with tenant_scope(lease.tenant_id):
        polling = unfinished(flow, SyncRun.Kind.POLL) is not None
    store = FlowStore(lease, flow, open_run(lease, flow, SyncRun.Kind.POLL), due=target_takes(flow))
    store.save_page(Page(records=found, cursor="", more=True, read=len(found)))
    if not polling:
        store.finish(SyncRun.Status.DONE)


def _see(lease: Lease, flow: Flow, keys: Sequence[str]) -> None:
    """What we wrote is compared with what it is now; where it differs, its record is decided anew."""
    entity = Entity(flow.entity)
    standing = connecting.client(lease.tenant_id, flow.target.pk).standing(entity, keys)
    with tenant_scope(lease.tenant_id):
        mirror.merge(flow.target.pk, entity, list(standing.values()))
