"""The tenant's admin at 100,000 rows: every list, filter and search asks little."""

import time
from collections.abc import Callable
from statistics import quantiles
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver

from tenants.adminsite import site
from tests.factories import Cast
from tests.integrations.factories import Desk

MANY = 100_000
FEW = 10  # questions to the database; session, sign-in and roles come on top of any page
ON_TOP = (
    "SAVEPOINT",
    "RELEASE",
    "SELECT set_config",
    "BEGIN",
    "COMMIT",
    'SELECT "django_session',
    "SELECT t.id, t.name",
)

# Rows as the product makes them, only many; as the owner of the tables, past the walls, for speed.
ROWS = """
    INSERT INTO integrations_sourcerecord (tenant_id, flow_id, source_key, version, fingerprint, schema, readable,
        snapshot, number, party, party_name, amount, currency, plain, tax_key, first_seen, changed_at, last_seen_scan,
        gone)
    SELECT %(t)s, %(f)s, '10^' || n, '', n::text, 1, true, '{}', 'INV-' || n, 's' || n %% 500, 'Supplier ' || n %% 500,
        n, 'USD', '', '', now(), now(), 0, false FROM generate_series(1000, 999 + %(n)s) n;
    INSERT INTO integrations_outboxitem (tenant_id, uuid, flow_id, source_id, source_key, variant, state, not_before,
        revision, attempts, lost_workers, reason, message, notes, ignored_fingerprint, outcome, changed_at)
    SELECT %(t)s, gen_random_uuid(), %(f)s, id, source_key, '', CASE WHEN id %% 1000 = 0 THEN 'uncertain' ELSE 'held'
        END, now(), 1, 0, 0, 'no_due_date', 'Because.', '[]', '', '', now()
    FROM integrations_sourcerecord WHERE flow_id = %(f)s AND tenant_id = %(t)s AND source_key LIKE '10^____%%';
    INSERT INTO integrations_searchterm (tenant_id, term, source_id)
    SELECT %(t)s, lower(number), id FROM integrations_sourcerecord WHERE flow_id = %(f)s AND number > '';
    INSERT INTO integrations_reviewitem (tenant_id, uuid, item_id, status, code, problems, answer, urgent, opened_at,
        resolution, flow_id, amount, currency, pay_by)
    SELECT %(t)s, gen_random_uuid(), id, 'open', 'no_due_date', '[]', '', id %% 1000 = 0, now(), '', flow_id,
        id %% 900, 'USD', now()::date + (id %% 90)::int
    FROM integrations_outboxitem WHERE tenant_id = %(t)s;
    INSERT INTO integrations_recordlink (tenant_id, integration_id, entity, inbound, source_key, variant,
        target_connection_id, target_id, target_version, fingerprint, schema, echo, made_by, why, linked_at)
    SELECT %(t)s, %(i)s, 'invoice', false, source_key, '', %(c)s, '00n' || id, '', 'f', 1, '{}',
        CASE WHEN id %% 1000 = 0 THEN 'person' ELSE 'created' END, '[]', now()
    FROM integrations_sourcerecord WHERE flow_id = %(f)s;
    INSERT INTO integrations_syncrun (tenant_id, uuid, flow_id, kind, status, started_at, taken, counts, reasons,
        amounts, balanced, slices, error_code, error_message)
    SELECT %(t)s, gen_random_uuid(), %(f)s, 'push', CASE WHEN n %% 1000 = 0 THEN 'failed' ELSE 'done' END, now(), 1,
        '{}', '{}', '{}', true, 1, '', '' FROM generate_series(1, %(n)s) n;
    INSERT INTO integrations_plan (tenant_id, uuid, integration_id, status, totals, message, made_at)
    VALUES (%(t)s, gen_random_uuid(), %(i)s, 'ready', '{}', '', now());
    INSERT INTO integrations_planline (tenant_id, plan_id, item_id, kind, code, message, digest, currency, result,
        result_message)
    SELECT %(t)s, (SELECT max(id) FROM integrations_plan), id, CASE WHEN id %% 1000 = 0 THEN 'create' ELSE 'hold' END,
        'no_due_date', '', 'd', '', 'open', '' FROM integrations_outboxitem WHERE tenant_id = %(t)s;
    INSERT INTO integrations_answer (tenant_id, uuid, item_id, code, subject, choice, reason, fingerprint, status,
        made_at)
    SELECT %(t)s, gen_random_uuid(), id, 'no_due_date', '', 'send', 'x', 'f',
        CASE WHEN id %% 1000 = 0 THEN 'proposed' ELSE 'approved' END, now()
    FROM integrations_outboxitem WHERE tenant_id = %(t)s;
    INSERT INTO integrations_settlement (tenant_id, integration_id, link_id, place, invoice, item, number, supplier,
        supplier_name, payment, transaction_id, amount, discount, currency, state)
    SELECT %(t)s, %(i)s, id, 0, source_key, '', source_key, 's', 'Supplier', source_key, '', 1, 0, 'USD',
        CASE WHEN id %% 1000 = 0 THEN 'paid' ELSE 'settled' END FROM integrations_recordlink WHERE tenant_id = %(t)s;
    INSERT INTO integrations_glmapping (tenant_id, integration_id, "table", company, part, source, target, note,
        version, active, changed_at)
    SELECT %(t)s, %(i)s, 'account', '', '', 'a' || n, '1', '', 1, true, now() FROM generate_series(1, %(n)s) n;
    INSERT INTO integrations_fieldmapping (tenant_id, integration_id, entity, field, source, target, lookup, version,
        active, changed_at)
    SELECT %(t)s, %(i)s, 'invoice', '', 'dimensions.' || n, 'class', '', 1, true, now() FROM generate_series(1, 100) n;
    INSERT INTO integrations_mappingset (tenant_id, uuid, integration_id, reason, origin, status, made_at, freed,
        freed_amounts)
    SELECT %(t)s, gen_random_uuid(), %(i)s, 'Because', '', CASE WHEN n %% 1000 = 0 THEN 'rejected' ELSE 'approved' END,
        now(), 0, '{}' FROM generate_series(1, %(n)s) n;
    INSERT INTO integrations_mappingchange (tenant_id, set_id, kind, rule)
    SELECT %(t)s, id, 'gl', jsonb_build_object('source', 'a' || id) FROM integrations_mappingset
    WHERE tenant_id = %(t)s;
    INSERT INTO integrations_settingchange (tenant_id, uuid, integration_id, name, reason, effective_from, status,
        made_at)
    SELECT %(t)s, gen_random_uuid(), %(i)s, 'max_lines', 'x', now()::date,
        CASE WHEN n %% 1000 = 0 THEN 'rejected' ELSE 'approved' END, now() FROM generate_series(1, %(n)s) n;
    INSERT INTO audit_auditentry (tenant_id, sequence, at, action, subject, system, entity, source_key, actor_kind,
        actor_id, body, sealed, hash)
    SELECT %(t)s, 1000000 + n, now(), CASE WHEN n %% 1000 = 0 THEN 'operator.looked' ELSE 'created' END,
        'flow:' || n, '', 'invoice', '10^' || n, 'system', '', '{}', ''::bytea, ''::bytea
    FROM generate_series(1, %(n)s) n
"""


def seed(desk: Desk, count: int) -> None:
    flow = desk.flows["invoice"]
    names: Any = {"t": desk.tenant_id, "f": flow.pk, "i": desk.integration.pk, "c": desk.integration.ap_id, "n": count}
    with connections["owner"].cursor() as cursor:
        for statement in ROWS.split(";\n"):
            cursor.execute(statement, names)
        cursor.execute("ANALYZE")


def tables() -> dict[Any, Any]:
    """The registry, which the addresses of the application fill."""
    assert get_resolver().url_patterns
    return site._registry


def addresses() -> list[str]:
    """Every list, with each choice of each filter, and with searches that find one, many and nothing."""
    found = []
    for model, admin in tables().items():
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        found += [path, f"{path}?p=2"]
        if admin.search_fields or getattr(admin, "search_beginnings", ()):
            found += [f"{path}?{urlencode({'q': text})}" for text in ("inv-50000", "10^5", "a5", "nobody", "operator")]
    return found


def choices(client: Client, path: str) -> list[str]:
    """The addresses of the filters that the list at `path` offers."""
    changes = client.get(path).context["cl"]
    return [
        f"{path}{choice['query_string']}"
        for spec in changes.filter_specs
        for choice in spec.choices(changes)
        if choice["query_string"] != "?"
    ]


def asked(client: Client, path: str) -> tuple[int, float]:
    """(questions, seconds) of one look at the list."""
    with CaptureQueriesContext(connection) as seen:
        start = time.perf_counter()
        assert client.get(path).status_code in (200, 302), path
        seconds = time.perf_counter() - start
    return sum(not query["sql"].startswith((*ON_TOP, 'SELECT "tenants_user')) for query in seen), seconds


def test_no_list_asks_much(owner: Client, cast: Cast, desk: Desk) -> None:
    for _ in range(3):
        desk.record("held", code="no_due_date")
    desk.run()
    many = {path: count for path in addresses() if (count := asked(owner, path)[0]) > FEW}
    assert many == {}


@pytest.mark.slow
def test_a_hundred_thousand_rows_are_no_more_questions(
    owner: Client, cast: Cast, desk: Desk, tell: Callable[[str], None]
) -> None:
    """How long they take is told, not judged: the machine of a test has other work."""
    started = time.perf_counter()
    seed(desk, MANY)
    seeded = time.perf_counter()
    paths = addresses()
    paths += [each for path in paths if "?" not in path for each in choices(owner, path)]
    looked = {path: asked(owner, path) for path in paths}
    times = sorted((seconds, path) for path, (_, seconds) in looked.items())
    p95, worst = quantiles([seconds for seconds, _ in times], n=20)[-1], times[-8:][::-1]
    whole = sum(seconds for seconds, _ in times)
    tell(f"admin lists: {MANY:,} rows of each in {seeded - started:.0f} s; {len(looked)} addresses in {whole:.0f} s")
    tell(f"p95 {p95:.3f} s")
    tell(f"slowest: {[(path, round(seconds, 3)) for seconds, path in worst]}")
    assert {path: count for path, (count, _) in looked.items() if count > FEW} == {}
