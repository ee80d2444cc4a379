"""`sync`, `sweep` and `replay` on both stand-ins: what they print, and when their exit code is 0."""

import json
from datetime import date
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command

from integrations.models import Integration, OutboxItem
from integrations.runner import connecting
from integrations.store import lease
from tenants.scope import tenant_scope
from tests.factories import Cast
from tests.integrations.runner.conftest import Reader
from tests.systems.bill.world import World as Bill


@pytest.fixture
def shop(cast: Cast, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """The dozen invoices, and an organization in BILL; nobody holds the flow."""
    flow, bill = reader.bench.flow, Bill()
    clients = {flow.source.pk: reader.world.client, flow.target.pk: bill.client}
    monkeypatch.setattr(connecting, "client", lambda _tenant, pk, **_options: clients[pk])
    lease.release(reader.bench.lease, due_in=None)
    return reader


def run(shop: Reader, cast: Cast, command: str, **options: Any) -> dict[str, Any]:
    """What the last line of `--json` says of the invoice flow."""
    out = StringIO()
    call_command(command, "one", tenant=cast.tenant.slug, json=True, stdout=out, **options)
    found: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])["invoice"]
    return found


def test_a_sync_says_what_was_read_and_where_it_stands(shop: Reader, cast: Cast) -> None:
    said = run(shop, cast, "sync")
    assert (said["poll"]["staged"], said["balanced"], said["failed"]) == (12, True, False)
    assert said["push"] == {"waiting": 12}  # nobody has read their supplier
    assert said["amounts"] == {"waiting": {"USD": "1200"}}
    assert run(shop, cast, "sync")["poll"]["unchanged"] == 12


def test_a_sweep_counts_what_the_polls_had_missed(shop: Reader, cast: Cast) -> None:
    run(shop, cast, "sync")
    said = run(shop, cast, "sweep")
    assert said["sweep"] == {"staged": 0, "unchanged": 12, "repeated": 0}


def test_a_sweep_that_believes_nothing_says_so(shop: Reader, cast: Cast) -> None:
    run(shop, cast, "sync")
    for number in range(1, 13):
        shop.world.sim.delete("ManSuppInvoice", ("10", number))
    assert "nothing was marked as gone" in run(shop, cast, "sweep")["note"]


def test_a_backfill_stages_the_days_that_were_asked_for(shop: Reader, cast: Cast) -> None:
    shop.world.invoice(50, InvoiceDate="2025-06-01")
    said = run(shop, cast, "sync", since=date(2025, 5, 1), until=date(2025, 6, 30))
    assert said["poll"] == {"staged": 1, "unchanged": 0, "repeated": 0, "out": 12}
    assert said["reasons"]["out:outside_window"] == 12
    assert list(shop.stored()) == ["10|50"]


def test_a_backfill_leaves_the_cursor_where_it_is(shop: Reader, cast: Cast) -> None:
    run(shop, cast, "sync", since=date(2025, 5, 1))
    assert run(shop, cast, "sync")["poll"] == {"staged": 0, "unchanged": 12, "repeated": 0}


def test_a_window_the_wrong_way_round_is_refused(shop: Reader, cast: Cast) -> None:
    with pytest.raises(CommandError, match="Swap them"):
        run(shop, cast, "sync", since=date(2026, 5, 1), until=date(2026, 1, 1))


def test_a_replay_decides_again_without_reading(shop: Reader, cast: Cast) -> None:
    run(shop, cast, "sync")
    calls = len(shop.world.calls())
    said = run(shop, cast, "replay")
    assert (said["push"], said["poll"], len(shop.world.calls())) == ({"waiting": 12}, {}, calls)
    assert run(shop, cast, "replay", key="10|3")["push"] == {"waiting": 1}


def test_a_replay_leaves_alone_what_only_a_person_may_touch(shop: Reader, cast: Cast) -> None:
    run(shop, cast, "sync")
    with tenant_scope(cast.tenant.pk):
        items = OutboxItem.objects.filter(flow=shop.bench.flow)
        items.filter(source_key="10|1").update(state="ignored")
        items.filter(source_key="10|2").update(state="held", reason="uncertain")
    assert run(shop, cast, "replay")["push"] == {"waiting": 10}
    with pytest.raises(CommandError, match="nothing to decide"):
        run(shop, cast, "replay", key="10|2")


def test_a_broken_source_is_exit_code_two(shop: Reader, cast: Cast) -> None:
    shop.world.fault("status", "ManSuppInvoiceSet", times=None, status=403)
    with pytest.raises(CommandError, match="forbidden") as raised:
        run(shop, cast, "sync")
    assert raised.value.returncode == 2


def test_an_integration_nobody_has_made_is_named(shop: Reader, cast: Cast) -> None:
    with tenant_scope(cast.tenant.pk):
        Integration.objects.update(name="another")
    with pytest.raises(CommandError, match="no integration “one”"):
        run(shop, cast, "sync")


def planned(cast: Cast, **options: Any) -> dict[str, Any]:
    """What `sync --plan` or `--apply` says as JSON."""
    out = StringIO()
    call_command("sync", "one", tenant=cast.tenant.slug, json=True, stdout=out, **options)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_a_plan_is_shown_and_applied_by_its_id(shop: Reader, cast: Cast) -> None:
    with tenant_scope(cast.tenant.pk):
        Integration.objects.update(active=False)
    made = planned(cast, plan=True)
    assert (made["status"], sum(line["count"] for line in made["lines"])) == ("ready", 12)
    done = planned(cast, apply=UUID(made["plan"]))
    assert (done["status"], {line["result"] for line in done["lines"]}) == ("applied", {"done"})
    with tenant_scope(cast.tenant.pk):
        assert Integration.objects.get().active


def test_a_plan_that_nobody_made_is_refused(shop: Reader, cast: Cast) -> None:
    with pytest.raises(CommandError, match="no such plan"):
        planned(cast, apply=uuid4())


def test_a_plan_is_of_the_whole_integration(shop: Reader, cast: Cast) -> None:
    with pytest.raises(CommandError, match="leave out"):
        planned(cast, plan=True, entity=["invoice"])
