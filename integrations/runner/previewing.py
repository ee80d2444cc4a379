"""A preview: the records of the last months decided twice, by the rules without a set of changes and with it.

It loads rules and decides as a run does, from what was last read: no network, and no row of a rule or record changes.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import structlog

from integrations.engine.mapping import Rules
from integrations.engine.policy import Policy
from integrations.engine.ports import Item, Store, Target
from integrations.engine.push import decide_all
from integrations.engine.recoding import Came, Change, as_sent, came_of, change, coding, once_more
from integrations.engine.records import Entity, Invoice
from integrations.engine.targets import TargetRecord
from integrations.models import Flow, MappingPreview, PreviewLine
from integrations.store import previews, rulebook
from integrations.store.counting import exact
from tenants.scope import tenant_scope

LONGEST = 4000  # characters of a coding in words
log = structlog.get_logger(__name__)


class Offline:
    """Nobody is asked: what is linked comes with how it stands."""

    keyed = blind = frozenset(Entity)

    def standing(self, entity: Entity, target_ids: Sequence[str]) -> dict[str, TargetRecord]:
        """Nothing is known beside that."""
        return {}

    def fail(self, item: Item, trace: str) -> None:
        """A record on which we fail is left out."""
        log.error("record_failed_in_preview", item=item.id, trace=trace)


class Tally:
    """Counts and amounts, and what comes onto each account and dimension before and after; currencies stay apart."""

    def __init__(self) -> None:
        self.records = 0
        self.kinds: dict[str, dict[str, Any]] = {}
        self._sums: dict[tuple[str, str, str, bool], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])

    def record(self, before: Came, after: Came, currency: str, *, inbound: bool) -> None:
        """A record, as it comes out before and after."""
        self.records += 1
        for side, came in enumerate((before, after)):
            for line in came.lines:
                self._sums["", line.account, currency, inbound][side] += line.amount
                for kind, value in line.dimensions:
                    self._sums[kind, value, currency, inbound][side] += line.amount

    def changed(self, kind: str, amount: Decimal | None, currency: str) -> None:
        """One that changes."""
        found = self.kinds.setdefault(kind, {"count": 0, "amounts": {}})
        found["count"] += 1
        if amount is not None:
            found["amounts"][currency] = exact(Decimal(found["amounts"].get(currency, "0")) + amount)

    def totals(self, names: Mapping[bool, Mapping[str, str]]) -> dict[str, Any]:
        """All of it as JSON, amounts as exact text; accounts and values by their names, only those that change."""
        moved = [(key, sums) for key, sums in self._sums.items() if sums[0] != sums[1]]
        rows = [
            {
                "kind": kind,
                "name": names[inbound].get(account, account),
                "currency": currency,
                "inbound": inbound,
                "before": exact(before),
                "after": exact(after),
            }
            for (kind, account, currency, inbound), (before, after) in moved
        ]
        rows.sort(key=lambda row: (row["inbound"], row["kind"], row["currency"], row["name"]))
        same = sum(not kind and sums[0] == sums[1] for (kind, *_), sums in self._sums.items())
        return {"records": self.records, "kinds": self.kinds, "accounts": rows, "same": same}


def make_preview(preview_id: int, tenant_id: UUID) -> MappingPreview:
    """Decide everything twice and store what differs. Only one that somebody started is made, and only once."""
    with tenant_scope(tenant_id):
        made: MappingPreview = MappingPreview.objects.select_related("set__integration").get(pk=preview_id)
        if made.status != previews.Status.MAKING:
            return made
        rows = Flow.objects.select_related("integration__erp", "integration__ap")
        flows = list(rows.filter(integration=made.set.integration_id, entity=Entity.INVOICE).order_by("id"))
    tally, names = Tally(), {}
    try:
        for flow in flows:
            names[flow.inbound] = _look(made, flow, tenant_id, tally)
    except Exception:
        _end(made, tenant_id, previews.Status.FAILED, {}, "An error of ours stopped the preview. It has been logged.")
        raise
    _end(made, tenant_id, previews.Status.READY, tally.totals(names))
    return made


def _end(made: MappingPreview, tenant_id: UUID, status: str, totals: Mapping[str, Any], message: str = "") -> None:
    with tenant_scope(tenant_id):
        previews.finish(made, status, totals, message)
        made.refresh_from_db()


def _look(made: MappingPreview, flow: Flow, tenant_id: UUID, tally: Tally) -> Mapping[str, str]:
    """All records of one flow, batch by batch; the names of its accounts."""
    with tenant_scope(tenant_id):
        without, with_it = (rulebook.load_rules(flow, over=over) for over in previews.sides(made.set))
        policy, names = rulebook.policy_of(flow.integration), previews.names_of(flow, without)
    after = 0
    while True:
        with tenant_scope(tenant_id):
            known = previews.batch(flow, made.since, after)
            if not known:
                return names
            items = previews.load(flow, list(known))
            before = rulebook.for_batch(without, flow, items)
            lines = []
            for item, was, comes, kind in _compared(items, known, before, with_it.coding(before), policy):
                row = known[item.id]
                tally.record(was, comes, row.currency, inbound=flow.inbound)
                if kind is not None:
                    lines.append(_line(made, item, row, was, comes, kind, names))
                    tally.changed(kind, lines[-1].amount, lines[-1].currency)
            PreviewLine.objects.bulk_create(lines)
        after = max(known)


def _compared(
    items: Sequence[Item], known: Mapping[int, previews.Row], without: Rules, with_it: Rules, policy: Policy
) -> list[tuple[Item, Came, Came, Change | None]]:
    """(item, what came or comes of it, what would, what changes). What was posted is compared with what was sent."""
    waiting = [item for item in items if known[item.id].state in previews.OPEN]
    posted = [item for item in items if item.link is not None and known[item.id].state not in previews.OPEN]
    once, then = (_decided(waiting, rules, policy) for rules in (without, with_it))
    both = [(item, once[item.id], then[item.id]) for item in waiting if item.id in once and item.id in then]
    return [
        *((item, was, comes, change(was, comes)) for item, was, comes in both),
        *(_posted(item, without, with_it, policy) for item in posted),
    ]


def _decided(items: Sequence[Item], rules: Rules, policy: Policy) -> dict[int, Came]:
    offline: Any = Offline()
    decided = decide_all(items, rules, policy, cast(Target, offline), cast(Store, offline))
    return {item.id: came_of(decision) for item, decision in decided}


def _posted(item: Item, without: Rules, with_it: Rules, policy: Policy) -> tuple[Item, Came, Came, Change | None]:
    sent = item.link.sent if item.link else None
    was = as_sent(sent)
    if sent is None or not isinstance(item.source, Invoice):  # entered by somebody else, or gone: nothing to compare
        return item, was, was, None
    source, variant = item.source, item.variant
    before, after = (once_more(source, sent, rules, policy, variant, item.answers) for rules in (without, with_it))
    kind = change(before, after, was)
    return item, was, was if kind is None else after, kind


def _line(
    made: MappingPreview,
    item: Item,
    row: previews.Row,
    was: Came,
    comes: Came,
    kind: Change,
    names: Mapping[str, str],
) -> PreviewLine:
    sums = [sum((line.amount for line in came.lines), Decimal(0)) for came in (comes, was) if came.lines]
    return PreviewLine(
        preview=made,
        item_id=item.id,
        kind=kind,
        amount=sums[0] if sums else row.amount,
        currency=row.currency,
        before=_words(was, names),
        after=_words(comes, names),
    )


def _words(came: Came, names: Mapping[str, str]) -> str:
    """Its coding, account by account; or why it is held."""
    if came.held:
        return "; ".join(problem.message for problem in came.held)[:LONGEST]
    said = []
    for line, times in sorted(coding(came).items(), key=lambda each: str(each[0])):
        values = "".join(f", {kind} {names.get(value, value)}" for kind, value in line.dimensions)
        more = f" ({times} times)" if times > 1 else ""
        said.append(f"{exact(line.amount)} on {names.get(line.account, line.account)}{values}{more}")
    return "; ".join(said)[:LONGEST]
