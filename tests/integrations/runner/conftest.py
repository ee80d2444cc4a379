"""An invoice flow that reads the IFS stand-in: what is stored after polls and sweeps, beside what stands there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from integrations.engine import fingerprint as hashing
from integrations.engine.records import Entity
from integrations.models import Checkpoint, OutboxItem, SourceRecord, SyncRun
from integrations.runner import connecting, reading
from integrations.store import lease
from tenants.scope import tenant_scope
from tests.factories import Cast
from tests.integrations.conftest import Bench, make_flow
from tests.systems.ifs.lines.world import SCOPE, World


def never() -> bool:
    """Time is never up."""
    return False


@dataclass
class Reader:
    """`world` is the ERP; `bench` the flow that reads it."""

    bench: Bench
    world: World = field(default_factory=World)

    def read(self, time_is_up: Callable[[], bool] = never) -> reading.Reading:
        return reading.read(self.bench.lease, self.bench.flow, time_is_up)

    def sweep(self, time_is_up: Callable[[], bool] = never) -> SyncRun:
        """A sweep to its end, in as many slices as it takes; its run."""
        while not reading.sweep(self.bench.lease, self.bench.flow, time_is_up):
            pass
        return self.last(SyncRun.Kind.SWEEP)

    def last(self, kind: str) -> SyncRun:
        with tenant_scope(self.bench.tenant_id):
            found: SyncRun = SyncRun.objects.filter(flow=self.bench.flow, kind=kind).latest("id")
            return found

    def stored(self) -> dict[str, str]:
        """Fingerprints of the records that are not gone, by key."""
        with tenant_scope(self.bench.tenant_id):
            rows = SourceRecord.objects.filter(flow=self.bench.flow, gone=False)
            return dict(rows.values_list("source_key", "fingerprint"))

    def standing(self) -> dict[str, str]:
        """The same of what stands in the ERP, each record read by its key."""
        keys = [f"10|{row['InvoiceId']}" for row in self.world.sim.rows("ManSuppInvoice", Company="10")]
        found = {key: self.world.client.fetch(Entity.INVOICE, key, SCOPE) for key in keys}
        return {key: hashing.fingerprint(record) for key, record in found.items() if record is not None}

    def states(self) -> dict[str, str]:
        """States of the items, by key."""
        return {item.source_key: item.state for item in self.bench.items()}

    def done(self) -> None:
        """Everything has been written."""
        with tenant_scope(self.bench.tenant_id):
            OutboxItem.objects.filter(flow=self.bench.flow).update(state="done")

    def age(self, by: timedelta) -> None:
        """Let our own rows, and the last sweep, be so much older."""
        with tenant_scope(self.bench.tenant_id):
            for row in SourceRecord.objects.filter(flow=self.bench.flow):
                row.changed_at -= by
                row.gone_since = row.gone_since and row.gone_since - by
                row.save(update_fields=["changed_at", "gone_since"])
            for point in Checkpoint.objects.filter(flow=self.bench.flow):
                point.swept_at = point.swept_at and point.swept_at - by
                point.save(update_fields=["swept_at"])


Make = Callable[..., Reader]


@pytest.fixture
def reader_of(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Makes a reader of a tenant with these simulator options and profile."""

    def make(
        options: Mapping[str, Any] | None = None, settings: Mapping[str, str] | None = None, override: Any = None
    ) -> Reader:
        flow = make_flow(cast.tenant.pk, Entity.INVOICE)
        held = lease.claim(flow.pk)
        assert held is not None
        made = Reader(Bench(cast.tenant.pk, flow, held), World(options or {}, settings or {}, override or {}))
        # the real client, whose wire leads to the stand-in instead of the network
        monkeypatch.setattr(connecting, "client", lambda *_args, **_options: made.world.client)
        return made

    return make


@pytest.fixture
def reader(reader_of: Make) -> Reader:
    """A dozen invoices in a tenant without any change stamp."""
    made = reader_of()
    for number in range(1, 13):
        made.world.invoice(number)
    return made
