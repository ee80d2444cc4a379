"""The review queue as pages and programs ask for it: narrowed, in order, by cause, and how much of it there is.

Everything is asked of the review items alone, which carry copies of what is asked for: 100,000 open ones are narrowed,
sorted and summed without a look at their records.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, Count, F, Func, Min, Q, QuerySet, Sum, Value
from django.db.models.lookups import GreaterThan
from django.utils import timezone

from integrations.engine.reasons import REASONS, owned_by
from integrations.engine.reasons.shape import CLERK
from integrations.models import Flow, ReviewItem
from integrations.store.search import search_items
from tenants.access import Place

Rows = QuerySet[ReviewItem]
ME, NOBODY = "me", "nobody"


@dataclass(slots=True)
class Sums:
    """How many, how many of them urgent, how much in each currency, and the earliest day to pay by."""

    count: int = 0
    urgent: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)
    earliest: date | None = None


@dataclass(slots=True)
class Cause(Sums):
    """Open items that one thing holds: a code in one flow, and what the code names there, such as account 4471."""

    code: str = ""
    named: str = ""
    flow: int = 0


# The columns of each order, rising; the last is unique.
ORDERS: Mapping[str, Sequence[str]] = {
    "risk": ("calm", "pay_by", "risk", "id"),
    "due": ("pay_by", "id"),
    "amount": ("risk", "id"),
    "oldest": ("id",),
}
_READ: Mapping[str, Callable[[str], Any]] = {
    "calm": int,
    "pay_by": date.fromisoformat,
    "risk": Decimal,
    "id": int,
}


def opened() -> Rows:
    """Every open item."""
    found: Rows = ReviewItem.objects.filter(status=ReviewItem.Status.OPEN)
    return found


def narrowed(rows: Rows, wanted: Mapping[str, Any], place: Place) -> Rows:
    """`rows` that pass every filter of `wanted`; names that are not known here are left alone."""
    for name, value in wanted.items():
        if name in _FILTERS and value not in (None, "", False):
            rows = rows.filter(_FILTERS[name](value, place))
    return rows


def ordered(rows: Rows, order: str, after: str = "") -> Rows:
    """In the named order; `after` is the place of the last row of the page before, as `page_of` said it."""
    columns = ORDERS.get(order, ORDERS["risk"])
    values = _place(columns, after)
    if values:
        ours = Func(*map(F, columns), function="ROW", output_field=BooleanField())
        theirs = Func(*(Value(value) for value in values), function="ROW", output_field=BooleanField())
        rows = rows.filter(GreaterThan(ours, theirs))
    return rows.order_by(*columns)


def page_of(rows: Rows, order: str, after: str, size: int) -> tuple[list[int], str]:
    """(ids of one page in the named order, the place after which the next one begins, or "").

    Ids alone: a join would tempt the planner to sort whole tables before it takes a page of them.
    """
    columns = ORDERS.get(order, ORDERS["risk"])
    found = list(ordered(rows, order, after).values_list(*columns)[: size + 1])
    place = "_".join(map(str, found[size - 1])) if len(found) > size else ""
    return [row[-1] for row in found[:size]], place


def loaded(rows: Rows, ids: Sequence[int]) -> list[ReviewItem]:
    """The items of these ids, in their order, with what `rows` joins."""
    found = {row.pk: row for row in rows.filter(pk__in=ids)} if ids else {}
    return [found[pk] for pk in ids if pk in found]


def summed(rows: Rows, most: int = 0) -> tuple[Sums, list[Cause]]:
    """All of `rows` together, and the `most` most pressing causes among them; one query.

    Causes by urgency, then by the earliest day to pay by, then by number.
    """
    groups = rows.order_by().values("code", "named", "flow_id", "currency").annotate(**_SUMMED)
    try:
        inner, values = groups.query.sql_with_params()
    except EmptyResultSet:  # a filter that nothing can pass
        return Sums(), []
    with connection.cursor() as cursor:
        cursor.execute(_SUMS.format(inner=inner), (*values, most))
        found = cursor.fetchall()
    whole, *causes = [_read(*row) for row in found]
    return whole, causes


_SUMMED: Mapping[str, Any] = {
    "n": Count("id"),
    "pressing": Count("id", filter=Q(urgent=True)),
    "total": Sum("amount"),
    "earliest": Min("pay_by"),
}
_SUMS = """
    WITH g AS MATERIALIZED ({inner}),
    whole AS (
        SELECT '' AS code, '' AS named, 0 AS flow_id, coalesce(sum(n), 0), coalesce(sum(pressing), 0), min(earliest),
            (SELECT jsonb_object_agg(currency, total::text)
             FROM (SELECT currency, sum(total) AS total FROM g WHERE total IS NOT NULL GROUP BY currency) c)
        FROM g
    ),
    causes AS (
        SELECT code, named, flow_id, sum(n), sum(pressing), min(earliest),
               jsonb_object_agg(currency, total::text) FILTER (WHERE total IS NOT NULL)
        FROM g GROUP BY code, named, flow_id
        ORDER BY sum(pressing) = 0, min(earliest), sum(n) DESC, code, named, flow_id LIMIT %s
    )
    SELECT * FROM whole UNION ALL SELECT * FROM causes
"""


def _read(
    code: str, named: str, flow: int, count: Decimal, urgent: Decimal, earliest: date | None, amounts: Any
) -> Cause:
    said = json.loads(amounts) if isinstance(amounts, str) else amounts or {}
    return Cause(
        count=int(count),
        urgent=int(urgent),
        amounts={currency: Decimal(total) for currency, total in sorted(said.items())},
        earliest=None if earliest == ReviewItem.NEVER else earliest,
        code=code,
        named=named,
        flow=flow,
    )


def is_place(order: str, after: str) -> bool:
    """Whether `after` is a place of the named order."""
    return bool(_place(ORDERS[order], after))


def _place(columns: Sequence[str], after: str) -> list[Any]:
    """The values of a place; none for what is no place of this order."""
    parts = after.split("_")
    try:
        values = [_READ[column](part) for column, part in zip(columns, parts, strict=True)]
    except (ValueError, InvalidOperation):
        return []
    whole = all(abs(value) < 2**63 for value in values if isinstance(value, int))
    exact = all(value.is_finite() and abs(value) < 10**18 for value in values if isinstance(value, Decimal))
    return values if whole and exact else []


def _owners(value: str, place: Place) -> Q:
    """Whose work it is; a code that nobody described is a clerk's."""
    roles = set(place.roles) if value == ME else {value}
    known = Q(code__in=sorted(code for role in roles for code in owned_by(role)))
    return known | ~Q(code__in=sorted(REASONS)) if CLERK in roles else known


def _assigned(value: str, place: Place) -> Q:
    if value == NOBODY:
        return Q(assignee=None)
    person = place.person if value == ME else int(value) if value.isascii() and value.isdigit() else None
    return Q(assignee=min(person, 2**31 - 1)) if person else Q(pk=None)


def _found(value: str) -> Q:
    return Q(item__in=search_items(value))


def _carried(value: str) -> Q:
    entity, _, inbound = value.partition(":")
    return _of_flows(Q(entity=entity, inbound=True) if inbound else Q(entity=entity))


def _of_flows(which: Q) -> Q:
    return Q(flow__in=list(Flow.objects.filter(which).values_list("pk", flat=True)))


def _older(days: int) -> Q:
    before: datetime = timezone.now() - timedelta(days=min(days, 36_500))
    return Q(opened_at__lt=before)


_FILTERS: Mapping[str, Callable[[Any, Place], Q]] = {
    "q": lambda value, _: _found(value),
    "code": lambda value, _: Q(code=value),
    "named": lambda value, _: Q(named=value),
    "urgent": lambda value, _: Q(urgent=True),
    "owner": _owners,
    "assignee": _assigned,
    "integration": lambda value, _: _of_flows(Q(integration__uuid=value)),
    "flow": lambda value, _: _of_flows(Q(uuid=value)),
    "entity": lambda value, _: _carried(value),
    "party": lambda value, _: Q(party=value),
    "currency": lambda value, _: Q(currency=value),
    "least": lambda value, _: Q(risk__lte=-value),
    "most": lambda value, _: Q(risk__gte=-value),
    "due": lambda value, _: Q(pay_by__lte=value),
    "age": lambda value, _: _older(value),
}
