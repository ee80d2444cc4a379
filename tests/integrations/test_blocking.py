"""What holds records up: counted, added up by currency, the most money first, quick with a hundred thousand records."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from time import perf_counter
from typing import Any

import pytest
from django.db import connection, connections

from integrations.models import Blocker
from integrations.store import blocking
from integrations.store.blockers import free
from tenants.scope import tenant_scope
from tests.factories import Cast, signed_in
from tests.integrations.factories import Desk

SOURCES = """
    INSERT INTO integrations_sourcerecord (tenant_id, flow_id, source_key, version, fingerprint, schema, readable,
        snapshot, number, party, party_name, amount, currency, due_date, plain, tax_key, first_seen, changed_at,
        last_seen_scan, gone)
    SELECT %(tenant)s, %(flow)s, 'bulk' || n, '', n::text, 1, true,
        jsonb_build_object('key', 'bulk' || n, 'net', '100', 'text', repeat('coding ', 100)), 'B' || n, 'S1', 'Bulk',
        n %% 1000, (ARRAY['USD', 'EUR', 'CAD'])[n %% 3 + 1], date '2026-12-01' + n %% 90, '', '', now(), now(), 0, false
    FROM generate_series(1, 100000) n
"""
ITEMS = """
    INSERT INTO integrations_outboxitem (tenant_id, uuid, flow_id, source_id, source_key, variant, state, not_before,
        revision, attempts, lost_workers, reason, message, notes, ignored_fingerprint, outcome, changed_at)
    SELECT tenant_id, gen_random_uuid(), flow_id, id, source_key, '', 'held', now(), 1, 1, 0, 'unmapped_account',
        'Map it.', '[]', '', 'held', now() FROM integrations_sourcerecord WHERE flow_id = %(flow)s
"""
BLOCKERS = """
    INSERT INTO integrations_blocker (tenant_id, item_id, integration_id, kind, key, amount, currency, due_date)
    SELECT i.tenant_id, i.id, %(integration)s, 'account', 'A' || i.id %% 2000, s.amount, s.currency, s.due_date
    FROM integrations_outboxitem i JOIN integrations_sourcerecord s ON s.id = i.source_id WHERE i.flow_id = %(flow)s
"""


def fill(desk: Desk) -> None:
    """A hundred thousand held records that wait for two thousand accounts."""
    names: dict[str, Any] = {
        "tenant": desk.tenant_id,
        "flow": desk.flows["invoice"].pk,
        "integration": desk.integration.pk,
    }
    for statement in (SOURCES, ITEMS, BLOCKERS):
        with tenant_scope(desk.tenant_id), connection.cursor() as cursor:
            cursor.execute(statement, names)
        with connections["owner"].cursor() as cursor:  # as autovacuum does in time
            cursor.execute("ANALYZE integrations_sourcerecord, integrations_outboxitem, integrations_blocker")


@pytest.fixture
def desk(cast: Cast) -> Iterator[Desk]:
    """A desk in its open scope."""
    made = Desk(cast.tenant.pk, cast.owner)
    with tenant_scope(made.tenant_id):
        yield made


def test_each_missing_thing_says_what_it_holds(desk: Desk) -> None:
    desk.record("held", amount="100.00", due=date(2026, 12, 5), needs=("account", "4471"))
    desk.record("waiting", amount="50.00", currency="EUR", due=date(2026, 12, 2), needs=("account", "4471"))
    desk.record("held", amount=None, due=None, needs=("account", "4471"))
    (found,), _ = blocking.look(10)
    assert (found.kind, found.key, found.records) == ("account", "4471", 3)
    assert found.amounts == {"EUR": Decimal(50), "USD": Decimal(100)}
    assert found.due == date(2026, 12, 2)


def test_the_most_money_comes_first_and_pages_go_on_from_there(desk: Desk) -> None:
    for key, amount in (("a", "10"), ("b", "-900"), ("c", "50"), ("d", "50")):
        desk.record("held", amount=amount, needs=("account", key))
    first, _ = blocking.look(2)
    second, _ = blocking.look(2, after=first[-1].place)
    assert [each.key for each in (*first, *second)] == ["b", "c", "d", "a"]
    rows, total = blocking.look(2, after=second[-1].place)
    assert (rows, total.records) == ([], 4)


def test_a_record_that_needs_two_things_is_counted_once_in_all(desk: Desk) -> None:
    item = desk.record("held", amount="70", needs=("account", "1"))
    Blocker.objects.create(item=item, integration=desk.integration, kind="dimension:B", key="2", leads=False)
    found, total = blocking.look(10)
    assert (total.records, total.amounts) == (1, {"USD": Decimal(70)})
    assert len(found) == 2


def test_kinds_and_integrations_narrow(desk: Desk) -> None:
    desk.record("held", needs=("dimension:B", "100"))
    desk.record("held", needs=("account", "100"))
    assert [each.kind for each in blocking.look(10, kind="dimension")[0]] == ["dimension:B"]
    assert blocking.look(10, integration=desk.integration.pk + 1)[0] == []
    assert blocking.look(1, kind="account")[1].records == 1


def test_what_was_freed_holds_nothing_any_more_whatever_else_it_needs(desk: Desk) -> None:
    item = desk.record("held", needs=("account", "1"))
    Blocker.objects.create(item=item, integration=desk.integration, kind="account", key="2", leads=False)
    freed = free(desk.integration.pk, "account", ["2"])
    assert (freed.count, freed.amounts) == (1, {"USD": Decimal(100)})
    assert blocking.look(10) == ([], blocking.Total(0, {}, None))


def test_the_reason_is_the_one_that_asks_for_just_this(desk: Desk) -> None:
    item = desk.record("held", code="no_due_date", needs=("account", "1"))
    review = item.reviews.get()
    review.problems = [*review.problems, {"code": "x", "message": "Map account 1.", "blocker": ["account", "1"]}]
    review.save()
    assert blocking.look(1)[0][0].why == "Map account 1."


@pytest.mark.slow
def test_a_hundred_thousand_records_are_added_up(cast: Cast, tell: Callable[[str], None]) -> None:
    desk = Desk(cast.tenant.pk, cast.owner)
    fill(desk)
    client, times = signed_in(cast.owner), []
    for _ in range(20):
        began = perf_counter()
        answer = client.get("/review/blocking/")
        times.append(perf_counter() - began)
    assert "100,000 records" in answer.content.decode()
    tell(f"what blocks 100,000 records, as a page: p95 {sorted(times)[18]:.2f} s")
