"""Sums and rows of a reconciliation. One statement each, whatever the number of records; currencies stay apart."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from integrations.engine.agreement import Part, State
from integrations.engine.records import Entity
from integrations.models import Flow, Integration, OutboxItem
from integrations.store.reconciling import facts, ladder
from tenants.scope import current_tenant

CHUNK = 5_000
_FLOWS = {Part.INVOICES: (Entity.INVOICE, False), Part.CAPTURED: (Entity.INVOICE, True)} | {
    Part.PAYMENTS: (Entity.PAYMENT, True)
}
# Periods of the ledger where it was read, else calendar months; of two over the same day the shorter one is meant.
_RECKONED = """
    WITH {before}, facts AS MATERIALIZED ({of_records}),
    moving (of_part, cycle, stopped, working) AS (
        SELECT * FROM unnest(%(parts)s::text[], %(cycles)s::interval[], %(stopped)s::text[], %(working)s::bool[])
    ),
    told AS (
        SELECT f.*, {state} AS state, {reason} AS because
        FROM facts f LEFT JOIN moving ON of_part = part CROSS JOIN (SELECT at AS whole FROM whole) seen
    ),
    every AS (
        SELECT part, key, variant, item_uuid, target_id, number, party, party_name, currency, day, here, there,
            open_here, open_there, state, because, since, until, source_print, link_print, source, link, asked,
            NULL::text AS own_period
        FROM told
        UNION ALL
        SELECT 'by_hand', h.target_id, '', NULL, h.target_id, h.number, coalesce(v.source_key, h.vendor_id), h.name,
            h.currency, h.day, NULL, h.there, NULL, h.open_there, 'missing_in_source', h.reason, h.since, NULL, '', '',
            NULL, NULL, NULL, NULL
        FROM ({by_hand}) h
        LEFT JOIN integrations_recordlink v ON v.tenant_id = %(tenant)s AND v.integration_id = %(integration)s
            AND v.entity = 'vendor' AND NOT v.inbound AND v.target_id = h.vendor_id
        UNION ALL
        {accounts}
    ),
    periods AS (
        SELECT (snapshot->>'starts')::date AS starts, (snapshot->>'ends')::date AS ends,
            (snapshot->>'year') || '-' || lpad(snapshot->>'period', 2, '0') AS name
        FROM integrations_sourcerecord WHERE tenant_id = %(tenant)s AND flow_id = %(periods)s AND readable AND NOT gone
    ),
    days AS (
        SELECT d.day, coalesce((
            SELECT p.name FROM periods p WHERE d.day BETWEEN p.starts AND p.ends
            ORDER BY p.ends - p.starts, p.name LIMIT 1), to_char(d.day, 'YYYY-MM')) AS period
        FROM (SELECT DISTINCT day FROM every WHERE day IS NOT NULL) d
    ),
    placed AS (
        SELECT e.*, coalesce(e.own_period, d.period, '') AS period FROM every e LEFT JOIN days d ON d.day = e.day
        WHERE (%(part)s = '' OR e.part = %(part)s) AND (%(currency)s IS NULL OR e.currency = %(currency)s)
          AND (%(period)s IS NULL OR coalesce(e.own_period, d.period, '') = %(period)s)
          AND (%(state)s = '' OR e.state = %(state)s)
          AND (%(party)s = '' OR e.party = %(party)s)
    )
"""
_FIGURES = """
    SELECT part, currency, period, state, count(*), coalesce(sum(here), 0), coalesce(sum(there), 0),
        coalesce(sum(open_here), 0), coalesce(sum(open_there), 0), min(since)
    FROM placed GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3 DESC, 4
"""
_ROWS = """
    SELECT part, key, variant, item_uuid, target_id, number, party, party_name, currency, day, here, there, open_here,
        open_there, state, because, since, until, period, source_print, link_print, source, link, asked
    FROM placed WHERE (part, key, variant) > (%(after_part)s, %(after_key)s, %(after_variant)s)
    ORDER BY part, key COLLATE "C", variant LIMIT %(limit)s
"""
# What is out or ignored is not ours to compare; a bill keyed by hand is due there and owed nowhere here.
_SUPPLIERS = """
    SELECT party, max(name), currency, sum(owed), sum(due), sum(owed) - sum(due), jsonb_object_agg(state, n)
    FROM (
        SELECT party, max(party_name) AS name, currency, state, count(*) AS n,
            coalesce(sum(open_here), 0) AS owed, coalesce(sum(open_there), 0) AS due
        FROM placed WHERE part IN ('invoices', 'by_hand') AND state NOT IN ('out', 'ignored') GROUP BY 1, 3, 4
    ) x
    GROUP BY party, currency HAVING sum(owed) <> sum(due)
    ORDER BY abs(sum(owed) - sum(due)) DESC, party LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Moving:
    """How a flow moves: one `cycle` is how long a record may be on its way; `stopped` why nothing is carried."""

    cycle: Any = None
    stopped: str = ""
    working: bool = False


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which records; None and "" are all of them."""

    part: str = ""
    currency: str | None = None
    period: str | None = None
    state: str = ""
    party: str = ""


class Cell(NamedTuple):
    """Records of one part, currency, period and state: how many, and their sums on both sides."""

    part: str
    currency: str
    period: str
    state: str
    records: int
    here: Decimal
    there: Decimal
    open_here: Decimal
    open_there: Decimal
    since: datetime | None


class Row(NamedTuple):
    """A record as it is reconciled. `here` is the source's amount, `there` the target's, `asked` what we last wrote.

    `source` is the row of ours that proves it, `source_print` its content; of an account, its reading and the time.
    """

    part: str
    key: str
    variant: str
    item: UUID | None
    target_id: str
    number: str
    party: str
    party_name: str
    currency: str
    day: date | None
    here: Decimal | None
    there: Decimal | None
    open_here: Decimal | None
    open_there: Decimal | None
    state: str
    reason: str
    since: datetime | None
    until: datetime | None
    period: str
    source_print: str
    link_print: str | None
    source: int | None
    link: int | None
    asked: Decimal | None


class Supplier(NamedTuple):
    """A supplier that the ERP owes another amount than the other side asks for, and the states that explain it."""

    party: str
    name: str
    currency: str
    open_here: Decimal
    open_there: Decimal
    apart: Decimal
    states: Mapping[str, int]


ALL = Narrowed()


def figures(integration: Integration, at: datetime, moving: Mapping[Part, Moving]) -> list[Cell]:
    """Every part, currency, period and state that has records."""
    return [Cell(*row) for row in _asked(_FIGURES, integration, at, moving, ALL)]


def rows(
    integration: Integration,
    at: datetime,
    moving: Mapping[Part, Moving],
    only: Narrowed = ALL,
    *,
    after: tuple[str, str, str] = ("", "", ""),
    limit: int | None = None,
) -> list[Row]:
    """The records themselves, in the order of part, key and variant, behind `after`."""
    names = dict(zip(("after_part", "after_key", "after_variant"), after, strict=True))
    return [Row(*row) for row in _asked(_ROWS, integration, at, moving, only, limit=limit, **names)]


def suppliers(integration: Integration, at: datetime, moving: Mapping[Part, Moving], limit: int) -> list[Supplier]:
    """What the ERP owes and what the other side asks for where the two differ, the largest difference first."""
    found = _asked(_SUPPLIERS, integration, at, moving, ALL, limit=limit)
    return [Supplier._make((*row[:6], json.loads(row[6]))) for row in found]


def _asked(
    select: str,
    integration: Integration,
    at: datetime,
    moving: Mapping[Part, Moving],
    only: Narrowed,
    **more: Any,
) -> list[tuple[Any, ...]]:
    names: dict[str, Any] = {
        "tenant": current_tenant(),
        "integration": integration.pk,
        "ap": integration.ap_id,
        "at": at,
        **flows_of(integration),
        "parts": [str(part) for part in moving],
        "cycles": [each.cycle for each in moving.values()],
        "stopped": [each.stopped for each in moving.values()],
        "working": [each.working for each in moving.values()],
        "part": only.part,
        "currency": only.currency,
        "period": only.period,
        "state": only.state,
        "party": only.party,
        **more,
    }
    statement = _RECKONED.format(
        before=facts.BEFORE,
        of_records=f"{facts.INVOICES} UNION ALL {facts.CAPTURED} UNION ALL {facts.PAYMENTS}",
        by_hand=facts.BY_HAND,
        accounts=facts.ACCOUNTS,
        state=ladder.STATE,
        reason=ladder.REASON,
    )
    with connection.cursor() as cursor:
        cursor.execute(statement + select, names)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def flows_of(integration: Integration) -> dict[str, int | None]:
    """The flow of each part, and of the ledger's periods; None where there is none."""
    rows = Flow.objects.filter(integration=integration).values_list("pk", "entity", "inbound")
    flows = {(entity, inbound): pk for pk, entity, inbound in rows}
    of_parts = {str(part): flows.get(place) for part, place in _FLOWS.items()}
    return {**of_parts, "periods": flows.get((Entity.ACCOUNTING_PERIOD, False))}


def are_more_than(many: int, integration: Integration) -> bool:
    """Whether it has more records than that; costs no more than counting so far."""
    flows = [flow for name, flow in flows_of(integration).items() if name != "periods" and flow is not None]
    return bool(OutboxItem.objects.filter(flow__in=flows)[many : many + 1].exists())


def alone(name: str) -> bool:
    """Whether nobody else does what is called so; until the open transaction ends, nobody else will."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])


def unexplained(cells: list[Cell]) -> int:
    """How many records no row explains; anything but 0 is a fault."""
    return sum(cell.records for cell in cells if cell.state == State.UNEXPLAINED)
