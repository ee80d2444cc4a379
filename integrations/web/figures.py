"""The numbers of the dashboard: how many records stand where, and how much money is still on its way."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import Count, Min, Sum

from integrations.models import Flow, OutboxItem

State = OutboxItem.State
ON_THE_WAY = (State.READY, State.WAITING, State.HELD, State.UNCERTAIN)
NOT_IN_SCOPE = (State.OUT, State.IGNORED)

Money = dict[str, Decimal]


@dataclass(slots=True)
class Standing:
    """Of the records of a flow: counts by state; amounts by state and currency, for what has not arrived yet."""

    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    amounts: dict[str, Money] = field(default_factory=lambda: defaultdict(dict))
    earliest: dict[str, date] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Everything that was read."""
        return sum(self.counts.values())

    @property
    def under_way(self) -> int:
        """What still moves by itself."""
        return sum(self.counts.get(state, 0) for state in (State.READY, State.WAITING, State.UNCERTAIN))

    @property
    def in_scope(self) -> int:
        """What should be on the other side in the end."""
        return self.total - sum(self.counts.get(state, 0) for state in NOT_IN_SCOPE)

    def add(self, other: "Standing") -> None:
        """Take in those of another flow; currencies stay apart."""
        for state, count in other.counts.items():
            self.counts[state] += count
        for state, sums in other.amounts.items():
            for currency, amount in sums.items():
                self.amounts[state][currency] = self.amounts[state].get(currency, Decimal(0)) + amount
        for state, due in other.earliest.items():
            self.earliest[state] = min(due, self.earliest.get(state, due))


def standings(flows: Iterable[Flow]) -> dict[int, Standing]:
    """By the key of each flow. Two queries, whatever their number."""
    found = {flow.pk: Standing() for flow in flows}
    items = OutboxItem.objects.filter(flow__in=list(found))
    for flow, state, count in items.values_list("flow_id", "state").annotate(Count("id")).order_by():
        found[flow].counts[state] = count
    money = (
        items.filter(state__in=ON_THE_WAY)
        .values_list("flow_id", "state", "source__currency")
        .annotate(Sum("source__amount"), Min("source__due_date"))
    )
    for flow, state, currency, amount, due in money.order_by():
        if amount is not None:
            found[flow].amounts[state][currency] = amount
        if due is not None:
            found[flow].earliest[state] = min(due, found[flow].earliest.get(state, due))
    return found


def by_entity(flows: Iterable[Flow], found: Mapping[int, Standing]) -> dict[str, Standing]:
    """The same, of all flows of an entity together, whichever way they go."""
    sums: dict[str, Standing] = defaultdict(Standing)
    for flow in flows:
        if found[flow.pk].total:
            sums[flow.entity].add(found[flow.pk])
    return dict(sums)
