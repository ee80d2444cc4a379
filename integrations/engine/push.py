"""Carry a batch of due records to the target, or say of each why it cannot go."""

import traceback
from collections.abc import Sequence

from integrations.engine.decide import decide
from integrations.engine.decisions import Decision
from integrations.engine.errors import ConnectionBroken, OutcomeUnknown, Rejected, Retryable
from integrations.engine.mapping import Rules
from integrations.engine.policy import Policy
from integrations.engine.ports import Item, Store, Target, Write


def push(batch: Sequence[Item], rules: Rules, policy: Policy, target: Target, store: Store) -> None:
    """Decide, commit what cannot go and an intent for the rest, then write group by group.

    Retryable with a wait and ConnectionBroken are left to the caller after the writes in hand were postponed: they end
    the run, not the records.
    """
    decided: list[tuple[Item, Decision]] = []
    for item in batch:
        try:
            decided.append((item, decide(item.source, item.link, item.target, rules, policy)))
        except Exception:  # noqa: BLE001  a bug of ours must not stop the neighbours
            store.fail(item, traceback.format_exc())
    writes = store.record([item for item, _ in decided], [decision for _, decision in decided])
    groups = target.groups(writes)
    for index, group in enumerate(groups):
        try:
            carry(group, target, store)
        except (Retryable, ConnectionBroken) as error:
            rest = [write for later in groups[index + 1 :] for write in later]
            store.postpone(rest, error.after if isinstance(error, Retryable) else None)
            raise


def carry(group: Sequence[Write], target: Target, store: Store) -> None:
    """One request; a refused group is halved until the bad record stands alone, so that its neighbours go through."""
    try:
        receipts = target.write(group)  # the only IO
    except OutcomeUnknown:
        store.mark_uncertain(group)  # the resolver looks it up when due; nobody else touches it
    except Rejected as error:
        if len(group) == 1:
            store.refuse(group[0], error)
        else:
            half = len(group) // 2
            _halves(group[:half], group[half:], target, store)
    except Retryable as error:
        store.postpone(group, error.after)  # provably not processed
        raise
    except ConnectionBroken:
        store.postpone(group, None)
        raise
    else:
        store.settle(group, receipts)  # links, audit, states: one commit


def _halves(left: Sequence[Write], right: Sequence[Write], target: Target, store: Store) -> None:
    try:
        carry(left, target, store)
    except (Retryable, ConnectionBroken) as error:
        store.postpone(right, error.after if isinstance(error, Retryable) else None)
        raise
    carry(right, target, store)
