"""What a plan would do, added up: by kind of record, what happens to it, its reason and currency."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum

from integrations.engine.money import exact
from integrations.models import Plan, PlanLine
from integrations.web.words import PLAN_KINDS, listed, noun

Money = dict[str, Decimal]
WRITES = ("create", "update", "act", "link")
# Money that is still owed in the ledger and that this plan does not carry.
STILL_OPEN = ("before_start", "partly_paid")
_ENTITIES = ("gl_account", "dimension", "vendor", "purchase_order", "invoice", "payment")


@dataclass(slots=True)
class Group:
    """Lines of one kind of record, with one end and one reason."""

    entity: str
    kind: str
    code: str
    count: int = 0
    amounts: Money = field(default_factory=dict)
    results: dict[str, int] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return PLAN_KINDS.get(self.kind, self.kind)

    @property
    def refused(self) -> int:
        """Lines that were not carried out as planned."""
        return self.results.get(PlanLine.Result.CHANGED, 0) + self.results.get(PlanLine.Result.FAILED, 0)


def groups(plan: Plan) -> list[Group]:
    """Every group of the plan, vendors before invoices, what is written before what stays; one query."""
    found: dict[tuple[str, str, str], Group] = {}
    rows: Any = PlanLine.objects.filter(plan=plan).values_list(
        "item__flow__entity", "kind", "code", "currency", "result"
    )
    for entity, kind, code, currency, result, count, amount in rows.annotate(Count("id"), Sum("amount")).order_by():
        group = found.setdefault((entity, kind, code), Group(entity, kind, code))
        group.count += count
        group.results[result] = group.results.get(result, 0) + count
        if amount is not None:
            group.amounts[currency] = group.amounts.get(currency, Decimal(0)) + amount
    return sorted(found.values(), key=_place)


def _place(group: Group) -> tuple[int, str, int, int, str]:
    known = [*PLAN_KINDS].index(group.kind) if group.kind in PLAN_KINDS else len(PLAN_KINDS)
    entity = _ENTITIES.index(group.entity) if group.entity in _ENTITIES else len(_ENTITIES)
    return entity, group.entity, known, -group.count, group.code


def by_entity(found: Sequence[Group]) -> list[tuple[str, list[Group]]]:
    """The groups under the kind of record they are of."""
    entities = dict.fromkeys(group.entity for group in found)
    return [(entity, [group for group in found if group.entity == entity]) for entity in entities]


def summed(found: Sequence[Group]) -> Money:
    """The amounts of several groups, by currency."""
    sums: Money = {}
    for group in found:
        for currency, amount in group.amounts.items():
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    return sums


def _money(sums: Money) -> str:
    """Every amount, however many currencies: what is applied is named whole."""
    return listed(
        [f"{exact(amount, currency)}\N{NO-BREAK SPACE}{currency}" for currency, amount in sorted(sums.items())]
    )


def promise(found: Sequence[Group]) -> str:
    """What applying does, in one sentence with the amounts: create 24 vendors; create 118 invoices (41,200.00 USD)."""
    parts = []
    for entity, kind in dict.fromkeys((group.entity, group.kind) for group in found if group.kind in WRITES):
        same = [group for group in found if (group.entity, group.kind) == (entity, kind)]
        count, money = sum(group.count for group in same), _money(summed(same))
        worth = f" ({money})" if money and entity != "vendor" else ""
        verb = {"create": "create", "update": "change", "act": "archive, mark or note", "link": "link"}[kind]
        parts.append(f"{verb} {count:,} {noun(entity, count)}{worth}")
    return listed(parts)
