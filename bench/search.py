"""The one search over many terms: any id, number, name or amount, in a tenant with as many records as it takes."""

import time
from statistics import median
from typing import Any

from django.db import connection

from bench.database import settle
from bench.world import World, make_world
from integrations.store.search import search
from tenants.scope import tenant_scope

EACH = 8  # terms of a record
QUESTIONS = {
    "id": "424243",
    "number": "inv-0424243",
    "beginning of many": "inv",
    "name and number": "supplier inv-0424243",
    "two common words": "supplier sons",
    "amount": "4242.43",
    "nothing": "inv-9999999",
}
_SOURCES = """
    INSERT INTO integrations_sourcerecord (
        tenant_id, flow_id, source_key, version, fingerprint, schema, readable, snapshot, number, party, party_name,
        currency, plain, tax_key, last_seen_scan, gone, first_seen, changed_at)
    SELECT %(tenant)s, %(flow)s, '10|' || n, '', '', 1, true, '{}', '', '', '', '', '', '', 0, false, now(), now()
    FROM generate_series(%(from)s, %(to)s) n
"""
_TERMS = """
    INSERT INTO integrations_searchterm (tenant_id, term, source_id)
    SELECT %(tenant)s, w.term, s.id
    FROM (SELECT id, split_part(source_key, '|', 2)::int AS n FROM integrations_sourcerecord
          WHERE tenant_id = %(tenant)s AND flow_id = %(flow)s AND source_key = ANY(%(keys)s)) s,
         unnest(ARRAY[s.n::text, 'inv-' || lpad(s.n::text, 7, '0'), 'inv' || s.n, 's' || (s.n %% 5000), 'supplier',
                      'sons', 'area' || (s.n %% 40), to_char(s.n / 100.0, 'FM9999990.00')]) AS w(term)
    ON CONFLICT DO NOTHING
"""
_STEP = 25_000  # records in one transaction


def run(terms: int) -> dict[str, Any]:
    """Milliseconds of each question over `terms` terms of one tenant; the median of five."""
    world = make_world("http://127.0.0.1:9")
    _fill(world, terms // EACH)
    settle()
    return {name: median([_asked(world, text) for _ in range(5)]) for name, text in QUESTIONS.items()}


def _fill(world: World, records: int) -> None:
    names: dict[str, Any] = {"tenant": world.tenant, "flow": world.flow}
    for first in range(1, records + 1, _STEP):
        last = min(first + _STEP - 1, records)
        with tenant_scope(world.tenant), connection.cursor() as cursor:
            cursor.execute(_SOURCES, {**names, "from": first, "to": last})
            cursor.execute(_TERMS, {**names, "keys": [f"10|{n}" for n in range(first, last + 1)]})


def _asked(world: World, text: str) -> float:
    began = time.perf_counter()
    with tenant_scope(world.tenant):
        search(text)
    return (time.perf_counter() - began) * 1000
