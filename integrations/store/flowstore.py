"""FlowStore: the engine's Store for one flow in one run. Every method is one short transaction under the lease."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import structlog
from django.db import DatabaseError, OperationalError
from django.utils import timezone

from integrations.engine.decisions import Create, Decision, LinkTo, Nothing, Writing
from integrations.engine.drafts import Receipt
from integrations.engine.errors import Aside, Problem, Rejected
from integrations.engine.ports import Item, Page, Write
from integrations.engine.records import Entity
from integrations.models import Checkpoint, Flow, OutboxItem, SourceRecord, SyncRun
from integrations.store import (
    adopting,
    claiming,
    counting,
    linking,
    newcomers,
    overlooked,
    parking,
    sql,
    staging,
    supplied,
    writing,
)
from integrations.store.blockers import free
from integrations.store.frame import Frame
from integrations.store.lease import Lease
from integrations.store.parking import STATES, Parked
from integrations.store.resolving import PATIENCE, Patience
from tenants.scope import tenant_scope

SHOWN = (Entity.PURCHASE_ORDER,)  # have pages of their own also where they are only kept
log = structlog.get_logger(__name__)
_LOST = "It was sent, but the answer is lost. It is looked up before anything is sent again."


class FlowStore:
    """`run` is stamped on every row that this run touches; `rules_version` names the mappings it decided with.

    `due` False: records of this flow are only kept, for mapping and matching. `patience`: how long a lost answer is
    left alone. `mark_field`: the source's field that is marked with what arrived; "" marks nothing.
    """

    def __init__(
        self,
        lease: Lease,
        flow: Flow,
        run: SyncRun,
        *,
        due: bool = True,
        rules_version: str = "",
        patience: Patience = PATIENCE,
        mark_field: str = "",
    ) -> None:
        self.flow, self.run, self.due, self.rules_version = flow, run, due, rules_version
        self._patience = {"deadline": patience.deadline, "lag": patience.lag}
        self._frame = Frame(lease, flow, run, mark_field)
        self._carried: dict[int, Item] = {}  # by intent: what the batch in hand is about
        self._again: set[int] = set()  # items to be decided once more when they are settled
        self._looked_at = timezone.now()  # when the batch in hand was claimed

    # reading

    def cursor(self) -> str:
        """Where the last page ended; "" before the first."""
        with tenant_scope(self._frame.lease.tenant_id):
            return Checkpoint.objects.filter(flow=self.flow).values_list("cursor", flat=True).first() or ""

    def versions(self, keys: Sequence[str]) -> dict[str, str]:
        """The versions we hold of these records, for a source whose details are dear."""
        with tenant_scope(self._frame.lease.tenant_id):
            rows = SourceRecord.objects.filter(flow=self.flow, source_key__in=keys, readable=True)
            return dict(rows.values_list("source_key", "version"))

    def stage(self, page: Page) -> None:
        """Merge the page, move the cursor, count, audit; free whatever waited for what changed."""
        self.save_page(page, checkpoint={"cursor": page.cursor, "complete": not page.more})

    def save_page(
        self, page: Page, *, checkpoint: Mapping[str, Any] = {}, sweep: int = 0, also: Mapping[str, int] = {}
    ) -> None:
        """As `stage`, moving what `checkpoint` names, for the sweep of this number (0: a poll), counting `also` too."""
        frame = self._frame
        with frame.commit():
            tenant, records = frame.lease.tenant_id, page.records
            if newcomers.is_of(self.flow):
                records = newcomers.without_known(self.flow, records)
            counts, changed = staging.merge(
                tenant, self.flow.pk, records, due=self.due, shown=self.flow.entity in SHOWN, sweep=sweep
            )
            counts["unchanged"] += page.same + len(page.records) - len(records)
            if checkpoint:
                Checkpoint.objects.update_or_create(flow=self.flow, defaults={**checkpoint, "at": frame.now()})
            self._count(page.read, {**counts, **also})
            if changed:
                free(frame.integration.pk, self.flow.entity, changed)
                moved = set(changed)
                supplied.free_for(frame.integration.pk, (each for each in page.records if each.key in moved))
                frame.audit("page_staged", refs={**counts, "read": page.read, "first": changed[0], "last": changed[-1]})

    # pushing

    def claim(self, limit: int, only: Sequence[int] | None = None) -> list[Item]:
        """Up to `limit` ready items (of `only`), oldest first, stamped with the run; each try is counted beforehand."""
        with self._frame.commit():
            self._looked_at = self._frame.now()
            fresh, items = claiming.claim(self._frame, limit, only)
            self._count(fresh, {})
            return items

    def give_back(self, items: Sequence[Item], after: float | None) -> None:
        """They could not be decided, through no fault of theirs: due again in `after` seconds, the try not counted."""
        with self._frame.commit():
            self._frame.run_sql(sql.GIVE_BACK, ids=[item.id for item in items], after=after or 0.0)

    def abandon(self) -> int:
        """Items whose worker was lost while a write was under way become uncertain; returns how many."""
        with self._frame.commit():
            return len(self._frame.rows(sql.ABANDONED, **self._patience))

    def record(self, batch: Sequence[Item], decisions: Sequence[Decision]) -> list[Write]:
        """Park what cannot go, with its reasons; commit an intent for each write."""
        with self._frame.commit(partial(overlooked.suppliers, self._frame, decisions)):
            outcomes = self._outcomes(batch, decisions)
            wanted = [(i, d) for i, d, parked in outcomes if parked is None and isinstance(d, Writing)]
            self._frame.run_sql(sql.CLEAR_BLOCKERS, ids=[item.id for item in batch])
            parking.keep_notes(self._frame, list(zip(batch, decisions, strict=True)))
            parking.park(self._frame, [parked for _, _, parked in outcomes if parked is not None])
            parking.want(self._frame, decisions)
            writing.rebaseline(self._frame, [(i, d) for i, d, _ in outcomes if isinstance(d, Nothing)])
            adopting.adopt(self._frame, [(i, d) for i, d, parked in outcomes if not parked and isinstance(d, LinkTo)])
            writes = writing.intend(self._frame, wanted, self.rules_version)
            overlooked.free_overlooked(self._frame, [item.id for item in batch], self._looked_at)
        self._carried = {writes[item.id].intent: item for item, _ in wanted}
        self._again = {item.id for item, d in wanted if d.again}
        return list(writes.values())

    def settle(self, writes: Sequence[Write], receipts: Sequence[Receipt], *, again: bool = True) -> None:
        """Links, audit, states; when the whole fails on its data, one by one, so that only the bad one is held.

        Raises OperationalError when the database is away twice: the intents stay open, the resolver finds the records.
        """
        done = [(self._carried[w.intent], w, r) for w, r in zip(writes, receipts, strict=True)]
        try:
            with self._frame.commit():
                writing.settle(self._frame, done, self.rules_version, self._again)
        except OperationalError:
            if not again:
                raise
            self.settle(writes, receipts, again=False)
        except DatabaseError:
            if len(done) == 1:
                with self._frame.commit():
                    writing.unlinkable(self._frame, *done[0])
                return
            for _, write, receipt in done:
                self.settle([write], [receipt])

    def refuse(self, write: Write, error: Rejected) -> None:
        """The other side refuses this one record: a review item with what it answered."""
        with self._frame.commit():
            writing.refuse(self._frame, self._carried[write.intent], write, error)

    def postpone(self, writes: Sequence[Write], after: float | None) -> None:
        """Provably not processed and not the record's fault: due again in `after` seconds, the try not counted."""
        if not writes:
            return
        with self._frame.commit():
            writing.close_intents(self._frame, writes, "postponed")
            OutboxItem.objects.filter(pk__in=[self._carried[write.intent].id for write in writes]).update(
                outcome="postponed",
                attempts=0,
                not_before=self._frame.now(after or 0.0),
                changed_at=self._frame.now(),
            )

    def stale(self, writes: Sequence[Write]) -> None:
        """Changed on the other side between our read and our write: read and decided again at once, the try counted."""
        with self._frame.commit():
            writing.close_intents(self._frame, writes, "stale")
            OutboxItem.objects.filter(pk__in=[self._carried[write.intent].id for write in writes]).update(
                outcome="postponed", not_before=self._frame.now(), changed_at=self._frame.now()
            )

    def set_aside(self, write: Write, error: Aside) -> None:
        """It lacks something that cannot be had now: due again later, the try counted, with the reason on its page."""
        item = self._carried[write.intent]
        with self._frame.commit():
            writing.close_intents(self._frame, [write], "postponed")
            told = {"reason": error.code, "message": error.message, "after": error.after or 0.0}
            self._frame.run_sql(sql.SET_ASIDE, item=item.id, **told)
            self._frame.audit("set_aside", item, refs={"intent": write.intent, "codes": [error.code]})

    def mark_uncertain(self, writes: Sequence[Write], job: str = "", after: float | None = None) -> None:
        """The answer is lost, or comes later by `job`: the intent stays open; nobody but the resolver touches it."""
        words = "It was taken and is being worked on there; its result is asked for." if job else _LOST
        intents = [write.intent for write in writes]
        with self._frame.commit():
            OutboxItem.objects.filter(pk__in=[self._carried[write.intent].id for write in writes]).update(
                state=STATES.UNCERTAIN,
                outcome="uncertain",
                reason="under_way" if job else "answer_lost",
                message=words,
                changed_at=self._frame.now(),
            )
            if job:
                self._frame.run_sql(sql.UNDER_WAY, intents=intents, job=job, after=after or 0.0)
            else:
                self._frame.run_sql(sql.LOST, intents=intents, **self._patience)
            for write in writes:
                refs = {"intent": write.intent, **({"job": job} if job else {})}
                self._frame.audit("under_way" if job else "outcome_unknown", self._carried[write.intent], refs=refs)

    def fail(self, item: Item, trace: str) -> None:
        """A bug of ours: held with code `internal`, the traceback in the log only."""
        log.error("record_failed", flow=self.flow.pk, item=item.id, trace=trace)
        words = "An error of ours stopped this record. It has been logged; retry it, and tell support if it comes back."
        with self._frame.commit():
            held = Parked(item, STATES.HELD, "failed", (Problem("internal", words),))
            parking.park(self._frame, [held])

    def finish(self, status: str, error_code: str = "", error_message: str = "") -> SyncRun:
        """Close the run: outcomes counted by SQL over the rows it stamped, compared with what it took."""
        with self._frame.commit():
            run: SyncRun = SyncRun.objects.get(pk=self.run.pk)
            if run.kind == SyncRun.Kind.PUSH:
                run.counts, run.reasons, run.amounts = counting.outcomes(self._frame)
            run.balanced = sum(run.counts.values()) == run.taken and "claimed" not in run.counts
            run.status, run.finished_at = status, self._frame.now()
            run.error_code, run.error_message = error_code, error_message
            run.save()
            return run

    def _outcomes(
        self, batch: Sequence[Item], decisions: Sequence[Decision]
    ) -> list[tuple[Item, Decision, Parked | None]]:
        """Each item with its decision and how that parks it: what a person took back is not sent again by itself."""
        anew = [i.id for i, d in zip(batch, decisions, strict=True) if isinstance(d, Create | LinkTo)]
        back = linking.taken_back(anew) if anew else set()
        return [
            (i, d, linking.still_unlinked(i) if i.id in back else parking.parked(i, d))
            for i, d in zip(batch, decisions, strict=True)
        ]

    def _count(self, taken: int, counts: dict[str, int]) -> None:
        run = SyncRun.objects.select_for_update().get(pk=self.run.pk)
        run.taken += taken
        run.counts = {name: run.counts.get(name, 0) + counts.get(name, 0) for name in {**run.counts, **counts}}
        run.save(update_fields=["taken", "counts"])
