"""What it takes to write for a flow: its target, its rules as of now, its store. A push and a plan use the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from integrations.engine.errors import ConnectionBroken, Retryable
from integrations.engine.mapping import Rules, VendorLink
from integrations.engine.policy import Policy
from integrations.engine.ports import Documents, Item
from integrations.engine.push import push
from integrations.engine.records import Entity
from integrations.engine.resolve import resolve
from integrations.models import Flow, SyncRun
from integrations.runner import booking, connecting, mirroring
from integrations.runner.runs import target_takes
from integrations.store import FlowStore, rulebook
from integrations.store.frame import Frame
from integrations.store.lease import Lease
from integrations.store.resolving import FlowResolver, Patience
from integrations.systems import registry
from tenants.scope import tenant_scope

BATCH = 600  # fills every lane with whole bulk requests
ALONE = 30  # where each record takes requests of its own: as many as leave before their intents expire


@dataclass(frozen=True, slots=True)
class Hands:
    """One flow ready to be decided and written, with the rules pinned."""

    lease: Lease
    flow: Flow
    store: FlowStore
    target: Any
    rules: Rules
    policy: Policy
    lanes: int
    documents: Documents | None = None  # where the images of the source's records are

    @property
    def batch(self) -> int:
        """How many records are decided and written in one go."""
        bulk = registry.get(self.flow.target.system).limits.bulk
        return BATCH if bulk.get(Entity(self.flow.entity), 1) > 1 else ALONE

    def rules_for(self, batch: Sequence[Item], planned: Mapping[str, Sequence[VendorLink]] | None = None) -> Rules:
        """The rules with what concerns this batch."""
        live = booking.look(self.flow, batch, self.target, planned or ())
        with tenant_scope(self.lease.tenant_id):
            return rulebook.for_batch(self.rules, self.flow, batch, planned, live)

    def resolver(self) -> FlowResolver:
        """Looks up, for the same run, what became of writes whose answer was lost."""
        frame = Frame(self.lease, self.flow, self.store.run, mark_field=self.policy.write_back_field)
        return FlowResolver(frame, patience_of(self.flow), self.store.rules_version)


def prepare(lease: Lease, flow: Flow, run: SyncRun) -> Hands:
    """Everything as of now; what we know of the target is listed again when it is minutes old."""
    target, system = connecting.client(lease.tenant_id, flow.target.pk), registry.get(flow.target.system)
    mirroring.refresh(lease, flow, target)
    booking.know_currency(flow, target)
    with tenant_scope(lease.tenant_id):
        longest = system.limits.longest_name.get(Entity(flow.entity), 0)
        rules = rulebook.load_rules(flow, longest, registry.get(flow.integration.ap.system).label)
        rules.writes, rules.takes = target_takes(flow), system.limits.documents
        policy, version = rulebook.policy_of(flow.integration), rulebook.version(flow.integration)
    store = FlowStore(
        lease, flow, run, rules_version=version, patience=patience_of(flow), mark_field=policy.write_back_field
    )
    fetched = flow.inbound or flow.entity == Entity.INVOICE_IMAGE
    source = connecting.client(lease.tenant_id, flow.source.pk) if fetched else None
    documents = source if isinstance(source, Documents) else None
    return Hands(lease, flow, store, target, rules, policy, system.limits.lanes or 1, documents)


def patience_of(flow: Flow) -> Patience:
    """How long a lost answer is left alone before it is looked up; a connection may set its system's `search_lag`."""
    limits = registry.get(flow.target.system).limits
    lag = float(flow.target.settings.get("search_lag") or limits.search_lag)
    slow = limits.slow.get(Entity(flow.entity), 0.0)
    return Patience(deadline=float(settings.REQUEST_DEADLINE), lag=max(lag, slow))


def resolve_lost(hands: Hands) -> None:
    """Look up the writes whose answer was lost, as far as their time has come."""
    hands.store.abandon()
    resolver = hands.resolver()
    if lost := resolver.due(BATCH):
        resolve(lost, hands.target, resolver)


def carry_batch(hands: Hands, batch: Sequence[Item]) -> None:
    """Decide and write a claimed batch. What cannot even be decided now goes back as it came."""
    try:
        push(batch, hands.rules_for(batch), hands.policy, hands.target, hands.store, hands.lanes, hands.documents)
    except (Retryable, ConnectionBroken) as error:
        hands.store.give_back(batch, error.after if isinstance(error, Retryable) else None)
        raise
