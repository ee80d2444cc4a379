"""The reconciliation of very many records: what a day's snapshot costs, and how long people wait for the page."""

import time
from typing import Any
from uuid import uuid4

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.database import settle
from bench.meter import Meter
from bench.world import World, backend_pid, make_world
from integrations.models import Flow, ReconciliationSnapshot
from integrations.runner import snapshots
from tenants.models import Membership, Role, User
from tenants.scope import tenant_scope

LOOKS = 40  # at the page
_FRAME = ("BEGIN", "COMMIT", "SELECT set_config")  # of every scope: they ask for no row
_STEP = 20_000  # records in one transaction
# Of every ten records seven are invoices with their bills, three are payments with their vouchers; one in a hundred is
# held, one in two hundred differs, one in fifty was paid there and is open in the ledger.
_SOURCES = """
    INSERT INTO integrations_sourcerecord (
        tenant_id, flow_id, source_key, version, fingerprint, schema, readable, snapshot, number, party, party_name,
        amount, currency, dated, plain, tax_key, last_seen_scan, gone, first_seen, changed_at)
    SELECT %(tenant)s, %(flow)s, '10|' || n, '', 'f' || n, 1, true,
        jsonb_build_object('state', CASE WHEN %(entity)s = 'payment' THEN 'cleared' ELSE 'authorised' END,
            'net', n / 100.0, 'open_amount', CASE WHEN %(entity)s = 'invoice' THEN n / 100.0 END,
            'voucher_date', to_char(DATE '2026-01-01' + n %% 330, 'YYYY-MM-DD'),
            'postings', (SELECT jsonb_agg(jsonb_build_object('kind', 'cost', 'account', '6120', 'amount', n / 300.0,
                'text', 'Line ' || g || ' of an invoice as it is kept', 'dimensions', jsonb_build_object('B', '100')))
                FROM generate_series(1, 3) g),
            'invoices', jsonb_build_array(jsonb_build_object('key', 'b' || n, 'net', n / 100.0))),
        'INV-' || n, 'S' || n %% 2000, 'Supplier ' || n %% 2000, n / 100.0,
        (ARRAY['USD', 'USD', 'USD', 'EUR', 'CAD'])[1 + n %% 5], DATE '2026-01-01' + n %% 330, '', '', 0, false, now(),
        now() - interval '1 day'
    FROM generate_series(%(from)s, %(to)s) n
"""
_ITEMS = """
    INSERT INTO integrations_outboxitem (
        tenant_id, uuid, flow_id, source_id, source_key, variant, state, not_before, revision, attempts, lost_workers,
        reason, message, notes, ignored_fingerprint, outcome, changed_at)
    SELECT s.tenant_id, gen_random_uuid(), s.flow_id, s.id, s.source_key, '',
        CASE WHEN s.id %% 100 = 0 THEN 'ignored' ELSE 'done' END, now(), 1, 0, 0, '', '', '[]', '', '',
        now() - interval '1 day'
    FROM integrations_sourcerecord s WHERE s.tenant_id = %(tenant)s AND s.flow_id = %(flow)s
"""
_LINKS = """
    INSERT INTO integrations_recordlink (
        tenant_id, integration_id, entity, inbound, source_key, variant, target_connection_id, target_id,
        target_version, fingerprint, schema, echo, sent, made_by, why, linked_at)
    SELECT s.tenant_id, %(integration)s, %(entity)s, %(entity)s = 'payment', s.source_key, '', %(target)s,
        CASE WHEN %(entity)s = 'payment' THEN '10|BPV|2026|' || split_part(s.source_key, '|', 2) ELSE 'b' || s.id END,
        '', s.fingerprint, 1, '{}', jsonb_build_object('total', s.amount, 'amount', s.amount, 'dated', s.dated, 'rows',
            jsonb_build_array(
                jsonb_build_object('account', '1150', 'amount', -s.amount, 'currency', s.currency),
                jsonb_build_object('account', '2410', 'amount', s.amount, 'currency', s.currency))),
        'created', '[]', now() - interval '1 day'
    FROM integrations_sourcerecord s WHERE s.tenant_id = %(tenant)s AND s.flow_id = %(flow)s
"""
_MIRRORED = """
    INSERT INTO integrations_mirrorrecord (
        tenant_id, connection_id, entity, target_id, kind, number, name, active, vendor_id, amount, currency, dated,
        standing, open_amount, seen_at)
    SELECT s.tenant_id, %(target)s, 'invoice', 'b' || s.id, 'bill', s.number, s.party_name, true, s.party,
        s.amount + CASE WHEN s.id %% 200 = 0 THEN 1 ELSE 0 END, s.currency, s.dated, '',
        CASE WHEN s.id %% 50 = 0 THEN 0 ELSE s.amount END, now()
    FROM integrations_sourcerecord s WHERE s.tenant_id = %(tenant)s AND s.flow_id = %(flow)s
"""


def run(records: int) -> dict[str, Any]:
    """The cost of a day's snapshot of so many records; milliseconds and queries of each look at the page after it."""
    world = make_world("http://127.0.0.1:9")
    with tenant_scope(world.tenant):
        payments = Flow.objects.get(integration=world.integration, entity="payment", inbound=True).pk
    _fill(world, world.flow, "invoice", records * 7 // 10)
    _fill(world, payments, "payment", records * 3 // 10)
    settle()
    meter = Meter(backend_pid())
    taken = snapshots.take_due(world.tenant)
    cost = meter.stop()
    with tenant_scope(world.tenant):
        kept = ReconciliationSnapshot.objects.get()
    if taken != 1 or kept.records != records or kept.unexplained:
        raise RuntimeError(f"The snapshot is not what was filled in: {kept.records} records, {kept.answer}")
    return {**cost.plain(), "looks": _looks(world)}


def _fill(world: World, flow: int, entity: str, records: int) -> None:
    with tenant_scope(world.tenant):
        chosen = Flow.objects.select_related("integration__erp", "integration__ap").get(pk=flow)
        target = chosen.target.pk
    names: dict[str, Any] = {"tenant": world.tenant, "integration": world.integration, "flow": flow, "entity": entity}
    for first in range(1, records + 1, _STEP):
        last = min(first + _STEP - 1, records)
        _do(world, _SOURCES, {**names, "from": first, "to": last})
    for statement in (_ITEMS, _LINKS, *([_MIRRORED] if entity == "invoice" else [])):
        _do(world, statement, {**names, "target": target})


def _do(world: World, statement: str, names: dict[str, Any]) -> None:
    with tenant_scope(world.tenant), connection.cursor() as cursor:
        cursor.execute(statement, names)


def _looks(world: World) -> list[tuple[float, int]]:
    """(milliseconds, queries) of looks at the page, as a member has them; the first is not counted."""
    user = User.objects.create_user(f"looks-{uuid4().hex[:12]}@example.test")
    with tenant_scope(world.tenant):
        Membership.objects.create(user=user, role=Role.AUDITOR)
    call_command("collectstatic", interactive=False, verbosity=0)
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user)
    found = []
    for _ in range(LOOKS + 1):
        with CaptureQueriesContext(connection) as queries:
            began = time.perf_counter()
            answer = client.get("/reconciliation/")
            took = (time.perf_counter() - began) * 1000
        if answer.status_code != 200 or b"As of" not in answer.content:
            raise RuntimeError(f"The page answers {answer.status_code} without its sums.")
        found.append((took, sum(not each["sql"].startswith(_FRAME) for each in queries.captured_queries)))
    return found[1:]
