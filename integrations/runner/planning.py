"""Plan and apply: everything read and decided, nothing written; then exactly that, or line by line why not.

Suppliers are planned before invoices, and an invoice is decided as if its planned vendor were there: it "goes after its
vendor". While a plan is applied the integration stays inactive, so that no ordinary run does what was not planned.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast
from uuid import UUID

import structlog

from integrations.engine.decisions import Create, LinkTo, Wait
from integrations.engine.errors import ConnectionBroken, Retryable
from integrations.engine.lanes import carry
from integrations.engine.mapping import VendorLink
from integrations.engine.ports import Item, Store
from integrations.engine.push import Decided, decide_all, with_documents
from integrations.engine.records import Entity, Vendor
from integrations.models import Flow, OutboxItem, Plan, PlanLine, SyncRun
from integrations.runner import connecting
from integrations.runner.carrying import BATCH, Hands, prepare, resolve_lost
from integrations.runner.reading import Reading, read
from integrations.runner.runs import is_read, open_run, stop, target_takes
from integrations.store import FlowStore, loading, newcomers, parking, plans
from integrations.store.frame import Frame
from integrations.store.lease import Lease, claim, poll_now, release
from integrations.store.plans import PlanRefused
from tenants.scope import tenant_scope

ORDER = (
    *(Entity.GL_ACCOUNT, Entity.DIMENSION, Entity.TAX_CODE, Entity.PAYMENT_TERM, Entity.ACCOUNTING_PERIOD),
    *(Entity.VENDOR, Entity.PURCHASE_ORDER, Entity.INVOICE_IMAGE, Entity.INVOICE, Entity.PAYMENT),
)
_FOLLOWS = (Entity.INVOICE_IMAGE,)  # read, since bills may need them; they go by themselves once their bill is there
_PATIENCE = 120.0  # seconds to wait for another holder of a lease, or in one wait that a system asks for
_WORDS = "An error of ours stopped this record. It has been logged."
Planned = dict[str, list[VendorLink]]
log = structlog.get_logger(__name__)


def make_plan(plan_id: int, tenant_id: UUID) -> Plan:
    """Read every flow, then decide every ready record without writing. The plan ends as ready, or failed with why.

    Only a plan that somebody started is made: a repeated message has no effect.
    """
    plan = _plan(plan_id, tenant_id)
    if plan.status != Plan.Status.MAKING:
        return plan
    connecting.begin_if_quiet()
    try:
        flows = _flows(plan, tenant_id)
        for flow in flows:
            if is_read(flow):
                _read(flow, tenant_id)
        _decide_all(plan, [flow for flow in flows if _is_planned(flow)], tenant_id)
    except (ConnectionBroken, Retryable, PlanRefused) as error:
        _end(plan, tenant_id, Plan.Status.FAILED, getattr(error, "message", str(error)))
    except Exception:
        _end(plan, tenant_id, Plan.Status.FAILED, "An error of ours stopped the plan. It has been logged.")
        raise
    else:
        _end(plan, tenant_id, Plan.Status.READY)
    return _plan(plan_id, tenant_id)


def apply_plan(plan_id: int, tenant_id: UUID) -> Plan:
    """Do exactly what the plan says where the same is decided again, then activate the integration.

    Only a plan that a person has just asked for is applied. When a connection stops it, the plan is ready again: asked
    for once more, it goes on with its open lines.
    """
    plan = _plan(plan_id, tenant_id)
    if plan.status != Plan.Status.APPLYING:
        return plan
    connecting.begin_if_quiet()
    try:
        flows = [flow for flow in _flows(plan, tenant_id) if _is_planned(flow)]
        for flow in (*flows, *flows):  # again: records whose further vendor came after them
            _apply(plan, flow, tenant_id)
    except (ConnectionBroken, Retryable, PlanRefused) as error:
        _end(
            plan, tenant_id, Plan.Status.READY, f"Stopped: {getattr(error, 'message', error)} Apply it again to go on."
        )
        return _plan(plan_id, tenant_id)
    with tenant_scope(tenant_id):
        left = PlanLine.objects.filter(plan=plan, result=PlanLine.Result.OPEN)
        left.update(result=PlanLine.Result.CHANGED, result_message="It was not ready any more.")
    _end(plan, tenant_id, Plan.Status.APPLIED)
    for flow in _flows(plan, tenant_id):
        poll_now(flow.pk)
    return _plan(plan_id, tenant_id)


class _Failures:
    """Where a plan notes records on which we fail: the part of a Store that deciding needs."""

    def __init__(self) -> None:
        self.items: list[Item] = []

    def fail(self, item: Item, trace: str) -> None:
        """Logged; the line says so."""
        log.error("record_failed_in_plan", item=item.id, trace=trace)
        self.items.append(item)


def _decide_all(plan: Plan, flows: Sequence[Flow], tenant_id: UUID) -> None:
    """Every flow in its order; then what records asked for meanwhile, and the records that asked."""
    planned: Planned = {}
    asking = [item for flow in flows for item in _decide(plan, flow, tenant_id, planned)]
    if not asking:
        return
    for flow in flows:
        if flow.entity == Entity.INVOICE:
            with tenant_scope(tenant_id):
                PlanLine.objects.filter(plan=plan, item__flow=flow, item_id__in=asking).delete()
        _decide(plan, flow, tenant_id, planned)


def _decide(plan: Plan, flow: Flow, tenant_id: UUID, planned: Planned) -> list[int]:
    """A line for every ready record of the flow that has none; returns the items that wait for what they asked for."""
    asking: list[int] = []
    with _held(flow, tenant_id) as lease:
        run = SyncRun(flow=flow, pk=0)  # nothing is stamped with it: a plan is no run
        hands = _patiently(lambda: prepare(lease, flow, run))
        for items in _undecided(plan, Frame(lease, flow, run)):
            decided = _lines(plan, hands, items, planned)
            asking += [item.id for item, decision in decided if isinstance(decision, Wait) and decision.wants]
            for item, decision in decided:
                if isinstance(item.source, Vendor) and isinstance(decision, Create | LinkTo):
                    target = decision.target_id if isinstance(decision, LinkTo) else f"{plans.PLANNED}{item.source.key}"
                    link = VendorLink(target_id=target, currency=decision.variant)
                    planned.setdefault(item.source.key, []).append(link)
    return asking


def _lines(plan: Plan, hands: Hands, items: Sequence[Item], planned: Planned) -> Decided:
    failures = _Failures()
    rules = hands.rules_for(items, planned)

    def decide() -> Decided:
        return decide_all(items, rules, hands.policy, hands.target, cast(Store, failures))

    decided: Decided = _patiently(decide)
    frame = Frame(hands.lease, hands.flow, hands.store.run)
    with frame.commit():
        lines = plans.lines_of(plan, decided)
        lines += [plans.failed_line(plan, item, _WORDS) for item in failures.items]
        PlanLine.objects.bulk_create(lines, ignore_conflicts=True)
        parking.want(frame, [decision for _, decision in decided])
    return decided


def _undecided(plan: Plan, frame: Frame) -> Iterator[list[Item]]:
    """The ready items of the flow that the plan has no line for, in batches; those that come up meanwhile too."""
    after = 0
    while True:
        with tenant_scope(frame.lease.tenant_id):
            ready = OutboxItem.objects.filter(flow=frame.flow, state=OutboxItem.State.READY, pk__gt=after)
            ids = list(ready.order_by("pk").values_list("pk", flat=True)[:BATCH])
            if not ids:
                return
            known = set(PlanLine.objects.filter(plan=plan, item_id__in=ids).values_list("item_id", flat=True))
            items = loading.load(frame, [pk for pk in ids if pk not in known]) if len(known) < len(ids) else []
        after = ids[-1]
        if items:
            yield items


def _apply(plan: Plan, flow: Flow, tenant_id: UUID) -> None:
    with tenant_scope(tenant_id):
        if not _open_lines(plan, flow):
            return
    with _held(flow, tenant_id) as lease:
        run = open_run(lease, flow, SyncRun.Kind.PUSH)
        try:
            hands = _patiently(lambda: prepare(lease, flow, run))
            resolve_lost(hands)
            while (lines := _next_lines(plan, hands)) and _carry(plan, hands, lines):
                pass
        except ConnectionBroken as error:
            stop(lease, FlowStore(lease, flow, run), flow.target, error)
            raise
        hands.store.finish(SyncRun.Status.DONE)


def _open_lines(plan: Plan, flow: Flow, most: int = 1) -> dict[int, PlanLine]:
    """The flow's open lines whose records are ready, by item; `most` of them."""
    rows = PlanLine.objects.filter(plan=plan, item__flow=flow, result=PlanLine.Result.OPEN)
    ready = rows.filter(item__state=OutboxItem.State.READY).order_by("item_id")[:most]
    return {line.item_id: line for line in ready}


def _next_lines(plan: Plan, hands: Hands) -> dict[int, PlanLine]:
    with tenant_scope(hands.lease.tenant_id):
        return _open_lines(plan, hands.flow, hands.batch)


def _carry(plan: Plan, hands: Hands, lines: dict[int, PlanLine]) -> bool:
    """Decide these lines again and do those that are as planned; False when none of them can be worked on now."""
    items = hands.store.claim(hands.batch, only=list(lines))
    if not items:
        return False
    try:
        decided = decide_all(items, hands.rules_for(items), hands.policy, hands.target, hands.store)
    except (Retryable, ConnectionBroken):
        hands.store.give_back(items, None)
        raise
    with tenant_scope(hands.lease.tenant_id):  # digests hash tax ids with the tenant's key
        same = [(item, decision) for item, decision in decided if plans.is_same(lines[item.id], decision)]
    other = {i.id: plans.said(d)[1] or "Nothing is to be done any more." for i, d in decided if (i, d) not in same}
    if other:
        hands.store.give_back([item for item, _ in decided if item.id in other], None)
        with tenant_scope(hands.lease.tenant_id):
            plans.note(plan, PlanLine.Result.CHANGED, {item: f"Now: {words}" for item, words in other.items()})
    try:
        writes = hands.store.record([item for item, _ in same], [decision for _, decision in same])
        writes = with_documents(writes, hands.documents, hands.rules.takes)
        carry(hands.target.groups(writes), hands.target, hands.store, hands.lanes)
    except Retryable as error:
        log.info("apply_waits", seconds=error.after)
        time.sleep(min(error.after or 5.0, _PATIENCE))
    finally:
        _note_results(plan, hands, lines, [item.id for item in items if item.id not in other])
    return True


def _note_results(plan: Plan, hands: Hands, lines: dict[int, PlanLine], ids: Sequence[int]) -> None:
    """Done where the record is where the plan put it; open while it is only postponed; else it did not go through."""
    with tenant_scope(hands.lease.tenant_id):
        found = plans.outcomes(ids)
        writing = {i for i in ids if lines[i].kind in plans.WRITING}
        failed = {i: found[i][2] for i in writing if found[i][0] in ("held", "uncertain")}
        failed |= {i: found[i][2] for i in ids if found[i][1] == "failed"}
        again = {i for i in ids if found[i][1] in ("postponed", "claimed")}
        done = dict.fromkeys((i for i in ids if i not in failed and i not in again), "")
        plans.note(plan, PlanLine.Result.DONE, done)
        plans.note(plan, PlanLine.Result.FAILED, failed)


def _read(flow: Flow, tenant_id: UUID) -> None:
    """Read the flow's source to its end. Raises PlanRefused when its connection stops that."""
    with _held(flow, tenant_id) as lease:
        while _patiently(lambda: read(lease, flow, _never)) is Reading.MORE:
            pass
    with tenant_scope(tenant_id):
        last = SyncRun.objects.filter(flow=flow, kind=SyncRun.Kind.POLL).order_by("-id").first()
    if last is not None and last.status == SyncRun.Status.FAILED:
        raise PlanRefused(last.error_message)


def _patiently(act: Callable[[], Any]) -> Any:
    """Do it again after the wait that a system asks for, unless that is too long to sit through."""
    while True:
        try:
            return act()
        except Retryable as error:
            if (error.after or 5.0) > _PATIENCE:
                raise
            time.sleep(error.after or 5.0)


@contextmanager
def _held(flow: Flow, tenant_id: UUID) -> Iterator[Lease]:
    """The flow's lease, waited for while a worker holds it."""
    until = time.monotonic() + _PATIENCE
    while (lease := claim(flow.pk)) is None:
        if time.monotonic() > until:
            raise PlanRefused(f"Another worker holds the {flow.entity} flow. Try again when its run has ended.")
        time.sleep(0.5)
    try:
        yield lease
    finally:
        release(lease, due_in=None)


def _never() -> bool:
    return False


def _is_planned(flow: Flow) -> bool:
    return target_takes(flow) and flow.entity not in _FOLLOWS


def _flows(plan: Plan, tenant_id: UUID) -> list[Flow]:
    with tenant_scope(tenant_id):
        rows = Flow.objects.select_related("integration__erp", "integration__ap")
        mine = rows.filter(integration=plan.integration_id, enabled=True)
        # what people made in the AP tool is theirs to answer for, one by one, once everything else is matched
        found = [flow for flow in mine if flow.entity in ORDER and not newcomers.is_of(flow)]
    return sorted(found, key=lambda flow: ORDER.index(Entity(flow.entity)))


def _plan(plan_id: int, tenant_id: UUID) -> Plan:
    with tenant_scope(tenant_id):
        found: Plan = Plan.objects.select_related("integration").get(pk=plan_id)
        return found


def _end(plan: Plan, tenant_id: UUID, status: str, message: str = "") -> None:
    with tenant_scope(tenant_id):
        plans.finish(plan, status, message)
