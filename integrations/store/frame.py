"""The frame of one run of one flow: its lease, its names in SQL, its commits and its audit."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection

from audit.log import Source as AuditSource
from audit.log import record as audit
from integrations.engine import fingerprint as hashing
from integrations.engine.ports import Item
from integrations.engine.records import AnyRecord, Gone, Unreadable
from integrations.models import Flow, Integration, SyncRun
from integrations.store.lease import Lease, hold_off, prove
from tenants.scope import tenant_scope


class Frame:
    """Statements get the run's names (`tenant`, `flow`, `run`, ...) beside their own."""

    def __init__(self, lease: Lease, flow: Flow, run: SyncRun, mark_field: str = "") -> None:
        self.lease, self.flow, self.run, self.mark_field = lease, flow, run, mark_field
        self.integration: Integration = flow.integration
        self._names: dict[str, Any] = {
            "tenant": lease.tenant_id,
            "flow": flow.pk,
            "run": run.pk,
            "integration": self.integration.pk,
            "entity": flow.entity,
            "inbound": flow.inbound,
            "target": flow.target.pk,
            "schema": hashing.VERSION,
        }

    @contextmanager
    def commit(self, suppliers: Callable[[], Sequence[int]] = tuple) -> Iterator[None]:
        """One short transaction that first proves that the lease is still ours.

        No commit of the flows that `suppliers` names is under way meanwhile.
        """
        with tenant_scope(self.lease.tenant_id):
            hold_off(suppliers())
            prove(self.lease)
            yield

    def rows(self, statement: str, **names: Any) -> list[tuple[Any, ...]]:
        """Run a statement that returns rows."""
        with connection.cursor() as cursor:
            cursor.execute(statement, {**self._names, **names})
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    def run_sql(self, statement: str, **names: Any) -> None:
        """Run a statement that returns nothing."""
        with connection.cursor() as cursor:
            cursor.execute(statement, {**self._names, **names})

    def now(self, after: float = 0.0) -> datetime:
        """The database's clock, `after` seconds on."""
        at: datetime = self.rows("SELECT clock_timestamp() + make_interval(secs => %(after)s)", after=after)[0][0]
        return at

    def audit(
        self,
        action: str,
        item: Item | None = None,
        *,
        refs: Mapping[str, Any],
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Note an effect on one record (or on the flow), with this run."""
        version = version_of(item.source) if item else ""
        key = item.source_key if item else ""
        source = AuditSource(self.flow.source.system, self.flow.entity, key, version)
        audit(action, subject=f"flow:{self.flow.pk}", source=source, refs={**refs, "run": self.run.pk}, detail=detail)


def version_of(source: AnyRecord | Unreadable | Gone) -> str:
    """The source system's own version of a record, as last seen."""
    record = source.last if isinstance(source, Gone) else source
    return "" if isinstance(record, Unreadable) else record.version


def print_of(source: AnyRecord | Unreadable | Gone) -> str:
    """The fingerprint that a link or an intent keeps of a source; of a gone record, as it was last seen."""
    return hashing.fingerprint(source.last if isinstance(source, Gone) else source)
