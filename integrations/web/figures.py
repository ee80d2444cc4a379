"""The numbers of the dashboard: how many records stand where, and how much money is still on its way."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import Count, Min, Sum

from integrations.models import Integration, OutboxItem

State = OutboxItem.State
ON_THE_WAY = (State.READY, State.WAITING, State.HELD, State.UNCERTAIN)
NOT_IN_SCOPE = (State.OUT, State.IGNORED)

Money = dict[str, Decimal]


@dataclass(slots=True)
class Standing:
    """Of the records of one entity: counts by state; amounts by state and currency, for what has not arrived yet."""

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


def standings(integration: Integration | None = None) -> dict[str, Standing]:
    """By entity, for the open scope's tenant or one integration. Two queries, whatever the number of flows."""
    found: dict[str, Standing] = defaultdict(Standing)
    items = OutboxItem.objects.all()
    if integration is not None:
        items = items.filter(flow__integration=integration)
    rows = items.values_list("flow__entity", "state").annotate(Count("id"))
    for entity, state, count in rows.order_by():
        found[entity].counts[state] += count
    money = (
        items.filter(state__in=ON_THE_WAY)
        .values_list("flow__entity", "state", "source__currency")
        .annotate(Sum("source__amount"), Min("source__due_date"))
    )
    for entity, state, currency, amount, due in money.order_by():
        if amount is not None:
            found[entity].amounts[state][currency] = amount
        if due is not None:
            found[entity].earliest[state] = min(due, found[entity].earliest.get(state, due))
    return dict(found)
