"""The sweep: everything of a source read anew, so that what the polls missed is found, and what is gone is noticed.

A sweep has a cursor of its own and leaves its number on every record it sees. Those it did not see are read by their
keys; missing in two sweeps, one after the other, is gone. An empty answer is not a deletion: when too many are missing
nothing is believed, and the run says so.
"""

from datetime import UTC, datetime, timedelta

from django.db.models import F, QuerySet

from integrations.engine.ports import Page
from integrations.engine.records import AnyRecord, Unreadable
from integrations.models import Checkpoint, Flow, SourceRecord, SyncRun
from integrations.store.flowstore import FlowStore
from tenants.scope import tenant_scope

EVERY = timedelta(hours=24)
AFTER_FAILURE = timedelta(hours=1)
FEW, SHARE = 20, 10  # missing records that are believed: so many, or one in ten of those we hold
NOT_SEEN, MISSING, GONE = "not_seen", "missing_once", "gone"  # what a run says of the records it did not see
TOO_MANY = "too_many_missing"
_AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)

# What a person ignored need not wake because it is gone.
_DECIDE_AGAIN = """
    UPDATE integrations_outboxitem i SET
        revision = i.revision + 1, attempts = 0, not_before = now(), changed_at = now(),
        state = CASE WHEN i.state IN ('uncertain', 'ignored') THEN i.state ELSE 'ready' END
    WHERE i.tenant_id = %(tenant)s AND i.source_id = %(source)s
"""


def is_due(flow: Flow, now: datetime) -> bool:
    """Whether the source has been read to its end, but not anew for a day; in the open scope.

    A sweep that failed is tried again after an hour.
    """
    old = Checkpoint.objects.filter(flow=flow, complete=True, swept_at__lt=now - EVERY)
    failed = SyncRun.objects.filter(flow=flow, kind=SyncRun.Kind.SWEEP, status=SyncRun.Status.FAILED)
    return bool(old.exists()) and not failed.filter(finished_at__gte=now - AFTER_FAILURE).exists()


def ask_for(flow_ids: list[int]) -> None:
    """Sweep these flows after their next poll, whenever they were last swept; in the open scope."""
    Checkpoint.objects.filter(flow__in=flow_ids).update(swept_at=_AT_ONCE)
    failed = SyncRun.objects.filter(flow__in=flow_ids, kind=SyncRun.Kind.SWEEP, status=SyncRun.Status.FAILED)
    failed.filter(finished_at__isnull=False).update(finished_at=F("started_at") - AFTER_FAILURE)


def begin(flow: Flow) -> None:
    """A new sweep: the next number, from the start; in the open scope."""
    Checkpoint.objects.filter(flow=flow).update(sweep=F("sweep") + 1, sweep_cursor="")


def first_scan_counts(flow: Flow, now: datetime) -> None:
    """The first whole scan has read everything anew: the first sweep is due a day later; in the open scope."""
    Checkpoint.objects.filter(flow=flow, swept_at=None).update(swept_at=now)


class SweepStore(FlowStore):
    """The Store of a sweep, and what it knows of the records it did not see."""

    def cursor(self) -> str:
        """Where the last page of this sweep ended; "" before the first."""
        return self._checkpoint().sweep_cursor

    def stage(self, page: Page) -> None:
        """As a poll stages it, with the sweep's number on every record of the page."""
        self.save_page(page, sweep=self._checkpoint().sweep, checkpoint={"sweep_cursor": page.cursor})

    def scanned(self) -> None:
        """The scan came to its end: what it did not see is looked at from now on."""
        with self._frame.commit():
            number = self._missing().count()
            self.run.reasons = {NOT_SEEN: number, MISSING: 0, GONE: 0}
            self.run.save(update_fields=["reasons"])

    @property
    def is_scanned(self) -> bool:
        """Whether the scan has come to its end, in this slice or an earlier one."""
        return NOT_SEEN in self.run.reasons

    def distrust(self) -> str:
        """Why what is missing is not believed to be gone; "" when it may be looked up by key."""
        with tenant_scope(self._frame.lease.tenant_id):
            taken = SyncRun.objects.values_list("taken", flat=True).get(pk=self.run.pk)
            held = SourceRecord.objects.filter(flow=self.flow, gone=False).count()
        missing = self.run.reasons[NOT_SEEN]
        if not missing or (taken and missing <= max(FEW, held // SHARE)):
            return ""
        return (
            f"The source showed {taken:,} records, but {missing:,} of the {held:,} we hold were not among them. So "
            "many do not vanish at once: nothing was marked as gone. Check the permissions of the service user and the "
            "company code, then sweep again."
        )

    def missing(self, most: int) -> list[str]:
        """Keys that this sweep has not seen and nobody has looked up yet."""
        with tenant_scope(self._frame.lease.tenant_id):
            rows = self._missing().exclude(gone_since__gte=self.run.started_at).order_by("source_key")
            return list(rows.values_list("source_key", flat=True)[:most])

    def found(self, record: AnyRecord | Unreadable) -> None:
        """It is there after all: the scan had passed it by."""
        self.stage(Page(records=[record], cursor=self.cursor(), more=True, read=1))

    def absent(self, key: str) -> None:
        """A read by its key found nothing: noted the first time, gone the second."""
        with self._frame.commit():
            row = SourceRecord.objects.get(flow=self.flow, source_key=key)
            known = row.gone_since is not None
            row.gone, row.gone_since = known, row.gone_since or self._frame.now()
            row.save(update_fields=["gone", "gone_since"])
            if known:
                self._frame.run_sql(_DECIDE_AGAIN, source=row.pk)
                self._frame.audit("source_gone", refs={"key": key})
            run = SyncRun.objects.select_for_update().get(pk=self.run.pk)
            run.reasons[GONE if known else MISSING] += 1
            run.save(update_fields=["reasons"])

    def swept(self) -> None:
        """Everything has been read anew, and what was missing looked up."""
        with self._frame.commit():
            Checkpoint.objects.filter(flow=self.flow).update(swept_at=self._frame.now())

    def _missing(self) -> "QuerySet[SourceRecord]":
        """What was there before this sweep began, and was not seen by it."""
        number = self._checkpoint().sweep
        rows: QuerySet[SourceRecord] = SourceRecord.objects.filter(
            flow=self.flow, gone=False, last_seen_scan__lt=number, changed_at__lt=self.run.started_at
        )
        return rows

    def _checkpoint(self) -> Checkpoint:
        with tenant_scope(self._frame.lease.tenant_id):
            found: Checkpoint = Checkpoint.objects.get(flow=self.flow)
            return found
