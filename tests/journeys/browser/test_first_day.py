"""The first day in the browser: join, say from when and who pays, choose flows, read the plan, apply exactly that."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from django.db import connection
from playwright.sync_api import Page, expect

from integrations.models import FieldMapping, Integration, PlanLine
from integrations.runner import setup
from integrations.systems import registry
from mlconnector.celery import app
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import Cast, join, signed_in
from tests.journeys.browser.conftest import StandIns
from tests.journeys.browser.test_first_light import VALUES

pytestmark = [pytest.mark.browser, pytest.mark.slow]

T = TypeVar("T")
LONG = 120_000  # milliseconds: the stand-ins are read whole


@pytest.fixture
def workers() -> Iterator[None]:
    """What is handed to a worker is done at once, where it is handed over."""
    app.conf.update(task_always_eager=True)
    yield
    app.conf.update(task_always_eager=False)


@pytest.fixture
def session(cast: Cast, stand_in: StandIns, workers: None) -> str:
    """Somebody who may set up, with both systems connected to stand-ins that hold the demo's data."""
    for role in (Role.INTEGRATOR, Role.CLERK):
        join(cast.owner, cast.tenant, role)
    with tenant_scope(cast.tenant.pk):
        for system, values in VALUES.items():
            filled = {"credential_kind": "sync_token", **values, "base_url": stand_in(system)}
            names = {setting.name for setting in registry.get(system).settings}
            setup.add_connection(f"our {system}", system, {n: v for n, v in filled.items() if n in names}, by="test")
    return str(signed_in(cast.owner).cookies["ml_session"].value)


def apart(cast: Cast, act: Callable[[], T]) -> T:
    """Our own rows, from a thread without the browser's event loop."""

    def inside() -> T:
        try:
            with tenant_scope(cast.tenant.pk):
                return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(inside).result()


def map_all() -> None:
    """Code parts that are not sent, and numbers that mean the same on both sides."""
    joined = Integration.objects.get()
    joined.policy = {**joined.policy, "match_by_number": True}
    joined.save()
    for part in "BCD":
        FieldMapping.objects.create(integration=joined, source=f"dimensions.{part}", target="")


def planned(result: str = "") -> dict[str, int]:
    """How many invoices the plan creates, or has created."""
    lines = PlanLine.objects.filter(item__flow__entity="invoice", kind="create")
    return {"count": lines.filter(result=result).count() if result else lines.count()}


def take_every_step(window: Page) -> None:
    """From two connections to the plan's page."""
    window.goto("/integrations/add/")
    window.get_by_role("button", name="Next: the company").click()
    window.get_by_label("Name", exact=True).fill("Lakeside")
    window.locator("[name=company]").select_option("10")
    window.get_by_role("button", name="Join, and go on").click()
    window.get_by_label("Start date").fill("2020-01-01")
    window.get_by_role("button", name="Save and go on").click()
    expect(window.locator("h1")).to_have_text("Who pays")
    window.get_by_role("button", name="Save and go on").click()
    expect(window.locator("h1")).to_have_text("What flows, when")
    window.get_by_role("button", name="Save and go on").click()
    expect(window.locator("h1")).to_have_text("Into the books")
    window.get_by_role("button", name="Save and go on").click()
    expect(window.get_by_text("Nothing is written yet.")).to_be_visible()


def test_set_up_plan_apply(cast: Cast, session: str, stand_in: StandIns, site: str, window: Page) -> None:
    window.context.add_cookies([{"name": "ml_session", "value": session, "url": site}])
    take_every_step(window)
    apart(cast, map_all)
    window.set_default_timeout(LONG)
    window.get_by_role("button", name="Make the plan").click()
    expect(window.locator("h1 .state")).to_have_text("Ready to apply", timeout=LONG)
    bills: Any = stand_in.simulators["bill"]
    before, wanted = len(bills.dump("bills")), apart(cast, planned)["count"]
    assert wanted > 0
    expect(window.locator(".answer")).to_contain_text("Applying it would")
    expect(window.locator(".answer")).to_contain_text("invoices (")
    window.get_by_role("button", name="Apply exactly this").click()
    expect(window.locator("h1 .state")).to_have_text("Applied", timeout=LONG)
    done = apart(cast, lambda: planned("done"))["count"]
    made = len(bills.dump("bills")) + len(bills.dump("vendor-credits"))
    assert done > 0
    assert made - before >= done
    expect(window.get_by_text("Nothing is written yet.")).to_have_count(0)
