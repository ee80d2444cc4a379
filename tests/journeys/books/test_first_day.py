"""The first day both ways: a plan reads and decides everything and writes nothing; applied, it does just that."""

import json
from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest

from integrations.models import Integration, PlanLine
from tenants.scope import tenant_scope
from tests.journeys.books import comparing
from tests.journeys.books.sizes import Size
from tests.journeys.books.world import Json, World, books
from tests.journeys.rehearsal import manage

SEED = 7
SMALL = Size(suppliers=30, accounts=20, values=30, orders=20, invoices=90, payments=60)
pytestmark = [pytest.mark.slow, pytest.mark.processes]


def said(world: World, *arguments: str) -> Json:
    """What the command prints as JSON."""
    name = str(world.integrations[world.company])
    log = world.folder / f"plan{len(list(world.folder.iterdir()))}.txt"
    printed, _ = manage(log, "sync", name, "--tenant", world.tenant.slug, "--json", *arguments, **world.egress)
    found: Json = json.loads(printed.splitlines()[-1])
    return found


def lines(world: World) -> Counter[tuple[str, str, str]]:
    """(entity, what was planned, what came of it) of every line of the plan."""
    with tenant_scope(UUID(str(world.tenant.pk))):
        rows = PlanLine.objects.values_list("item__flow__entity", "kind", "result")
        return Counter(rows)


@pytest.mark.django_db(transaction=True)
def test_what_is_planned_is_done_and_the_rest_follows_by_itself(tmp_path: Path) -> None:
    with books(SMALL, SEED, tmp_path) as world:
        with tenant_scope(UUID(str(world.tenant.pk))):
            Integration.objects.update(active=False)
        before = world.place()
        plan = said(world, "--plan")
        assert world.written(before) == []
        planned = lines(world)
        assert {entity for entity, kind, _ in planned if kind == "create"} >= {
            *("vendor", "gl_account", "dimension", "purchase_order", "invoice"),
        }
        said(world, "--apply", plan["plan"])
        assert {result for _, kind, result in lines(world) if kind == "create"} == {"done"}
        world.sync()
        world.sync()
        seen = comparing.seen(world, world.company)
        for both in (*seen.masters, seen.invoices, seen.payments):
            comparing.check(SEED, *both)
        after = world.place()
        world.sync()
        assert world.written(after) == []
