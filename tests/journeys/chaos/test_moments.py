"""Single moments of the chaos, each met on purpose and without processes: what the rows say afterwards."""

import psycopg
import pytest
from django.db import DatabaseError, connection

from integrations.engine.drafts import Receipt
from integrations.models import SyncRun, WriteIntent
from integrations.runner import dispatch
from integrations.store import lease
from integrations.store.lease import LeaseLost
from tenants.scope import tenant_scope
from tests.engine.build import invoice
from tests.integrations.conftest import Bench, bench, page
from tests.integrations.test_store import create, sent

__all__ = ["bench"]


def end_our_session() -> None:
    """What a restart of PostgreSQL, or an administrator, does to the session that this thread holds."""
    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    place = connection.settings_dict
    login = {"host": place["HOST"], "port": place["PORT"], "user": place["USER"], "password": place["PASSWORD"]}
    with psycopg.connect(dbname=place["NAME"], autocommit=True, **login) as other:
        row = other.execute("SELECT pg_terminate_backend(%s, 1000)", [pid]).fetchone()
    assert row
    assert row[0]


def open_intents(place: Bench) -> int:
    with tenant_scope(place.tenant_id):
        count: int = WriteIntent.objects.filter(item__flow=place.flow, settled_at=None).count()
    return count


@pytest.mark.parametrize("numbers", [("A",), ("A", "B", "C")])
def test_a_session_lost_before_the_settle_never_holds_what_was_written(bench: Bench, numbers: tuple[str, ...]) -> None:
    store, writes = sent(bench, *numbers)
    end_our_session()
    try:
        store.settle(writes, [Receipt(target_id=f"00n{number}") for number in numbers])
    except DatabaseError:
        assert open_intents(bench) == len(numbers)  # the resolver's business
    else:
        assert {item.outcome for item in bench.items()} == {"created"}
    assert not bench.items(state="held")


def test_a_run_whose_worker_was_lost_is_balanced(bench: Bench) -> None:
    bench.store("poll").stage(page(*(invoice(key=f"10|{number}", number=number) for number in "AB")))
    store = bench.store()
    items = store.claim(10)
    store.record(items, [create(item) for item in items])
    with tenant_scope(bench.tenant_id), connection.cursor() as cursor:
        cursor.execute("UPDATE integrations_writeintent SET send_by = now() - interval '1 minute'")
    store.abandon()
    run = store.finish(SyncRun.Status.DONE)
    assert (run.balanced, run.counts) == (True, {"uncertain": 2})


def test_a_slice_that_is_given_out_twice_is_worked_on_once(bench: Bench) -> None:
    claimed = bench.lease
    first = lease.start(claimed.flow_id, claimed.fence)
    again = lease.start(claimed.flow_id, claimed.fence)
    assert first is not None
    assert again is not None
    lease.prove(again)
    with pytest.raises(LeaseLost):
        lease.prove(first)


def test_a_claim_meanwhile_makes_an_older_message_worthless(bench: Bench) -> None:
    old = bench.lease
    lease.release(old, due_in=0.0)
    assert lease.claim(old.flow_id) is not None
    assert lease.start(old.flow_id, old.fence) is None


def test_an_error_of_ours_gives_the_flow_back_at_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise DatabaseError("server closed the connection unexpectedly")

    monkeypatch.setattr(dispatch, "run_slice", broken)
    with pytest.raises(DatabaseError):
        dispatch.serve(bench.lease.flow_id, bench.lease.fence)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT lease_until IS NULL, due_at <= now() + interval '10 seconds' FROM integrations_dueflow "
            "WHERE flow_id = %s",
            [bench.flow.pk],
        )
        assert cursor.fetchone() == (True, True)
