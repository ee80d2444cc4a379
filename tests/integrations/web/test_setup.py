"""Set-up: each step saves and can be gone back to; nothing flows before it is said what; base currencies are told."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.test import Client

from integrations import runner
from integrations.engine.records import Company
from integrations.models import Connection, DueFlow, Flow, Integration, SettingChange
from integrations.runner import setup
from integrations.systems import registry
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import Cast, join, signed_in
from tests.integrations.factories import Desk, connect

RHYTHM = {"rhythm": "*/5 * * * 1-5", "time_zone": "America/Chicago"}


@pytest.fixture
def integrator(cast: Cast, desk: Desk) -> Client:
    """Who sets up: the owner, who is an integrator too. Nothing connected is real."""
    join(cast.owner, cast.tenant, Role.INTEGRATOR)
    return signed_in(cast.owner)


def fresh(desk: Desk, **fields: object) -> Integration:
    """An integration as joining leaves it: inactive, without flows."""
    with tenant_scope(desk.tenant_id):
        Flow.objects.all().delete()
        Integration.objects.update(active=False, **fields)
        found: Integration = Integration.objects.get()
        return found


def test_from_when_and_who_pays_are_settings(integrator: Client, desk: Desk) -> None:
    path = f"/integrations/{fresh(desk).uuid}/setup"
    answer = integrator.post(f"{path}/start/", {"start_date": "2026-03-01", "include_open_older": "yes"})
    assert answer.headers["Location"] == f"{path}/payer/"
    sent = {"paid_here": "by_method", "paid_here_methods": "CHECK\n\nACH\nCHECK", "files_1099": "erp"}
    assert integrator.post(f"{path}/payer/", sent).headers["Location"] == f"{path}/flows/"
    with tenant_scope(desk.tenant_id):
        found = Integration.objects.get()
    assert str(found.start_date) == "2026-03-01"
    assert found.policy["include_open_older"] is True
    assert found.policy["paid_here_methods"] == ["CHECK", "ACH"]


def test_nothing_is_due_before_flows_are_chosen(integrator: Client, desk: Desk) -> None:
    found = fresh(desk)
    assert not DueFlow.objects.filter(tenant_id=desk.tenant_id, flow_id__in=[f.pk for f in flows_of(desk)]).exists()
    answer = integrator.post(f"/integrations/{found.uuid}/setup/flows/", {**RHYTHM, "entities": ["vendor", "invoice"]})
    assert answer.status_code == 302
    made = flows_of(desk)
    assert {flow.entity for flow in made} >= {"vendor", "invoice"}
    assert {flow.schedule for flow in made} == {"*/5 * * * 1-5"}
    assert DueFlow.objects.filter(flow_id__in=[flow.pk for flow in made]).count() == len(made)


def test_going_back_switches_a_flow_off_and_keeps_it(integrator: Client, desk: Desk) -> None:
    path = f"/integrations/{fresh(desk).uuid}/setup/flows/"
    integrator.post(path, {**RHYTHM, "entities": ["vendor", "invoice"]})
    integrator.post(path, {**RHYTHM, "entities": ["vendor"]})
    assert {flow.entity: flow.enabled for flow in flows_of(desk)}["invoice"] is False


def flows_of(desk: Desk) -> list[Flow]:
    with tenant_scope(desk.tenant_id):
        return list(Flow.objects.all())


def test_what_is_typed_wrongly_is_kept_and_explained(integrator: Client, desk: Desk) -> None:
    answer = integrator.post(f"/integrations/{fresh(desk).uuid}/setup/start/", {"start_date": "31/31/2026"})
    assert answer.status_code == 400
    assert "31/31/2026" in answer.content.decode()


def test_until_applied_the_page_says_that_nothing_is_written(integrator: Client, desk: Desk) -> None:
    page = integrator.get(f"/integrations/{fresh(desk).uuid}/").content.decode()
    assert "Nothing is written yet." in page


def test_with_a_controller_a_setting_waits(browser_of: Callable[[Role], Client], cast: Cast, desk: Desk) -> None:
    with tenant_scope(desk.tenant_id):
        Connection.objects.update(environment="production")
    browser_of(Role.CONTROLLER)
    integrator = browser_of(Role.INTEGRATOR)
    path = f"/integrations/{fresh(desk).uuid}/setup/start/"
    integrator.post(path, {"start_date": "2026-03-01", "include_open_older": "no"})
    with tenant_scope(desk.tenant_id):
        assert SettingChange.objects.get().status == "proposed"
        assert Integration.objects.get().start_date is None
    assert "waits for a controller" in integrator.get(path).content.decode()


def test_different_base_currencies_are_confirmed_by_a_controller(
    browser_of: Callable[[Role], Client], desk: Desk
) -> None:
    with tenant_scope(desk.tenant_id):
        Connection.objects.update(environment="production")
    controller, integrator = browser_of(Role.CONTROLLER), browser_of(Role.INTEGRATOR)
    path = f"/integrations/{fresh(desk, company_currency='USD', target_currency='CAD').uuid}"
    assert "The base currencies differ" in integrator.get(f"{path}/").content.decode()
    integrator.post(f"{path}/currencies/")
    assert "The base currencies differ" in integrator.get(f"{path}/").content.decode()
    controller.post(f"{path}/currencies/")
    assert "The base currencies differ" not in integrator.get(f"{path}/").content.decode()


def test_a_clerk_sets_nothing_up(clerk: Client, desk: Desk) -> None:
    assert clerk.get(f"/integrations/{fresh(desk).uuid}/setup/start/").status_code == 403


def test_what_could_flow_too_is_said_until_it_is_switched_on(owner: Client, desk: Desk) -> None:
    page = f"/integrations/{desk.integration.uuid}/"
    assert "could flow too" in owner.get(page).content.decode()
    with tenant_scope(desk.tenant_id):
        systems = registry.get(desk.integration.erp.system), registry.get(desk.integration.ap.system)
        for each in setup.possible(*systems):
            if each.entity not in desk.flows or each.inbound:
                setup.add_flow(desk.integration, each)
    assert "could flow too" not in owner.get(page).content.decode()


def test_a_connection_deleted_while_its_system_is_asked_for_companies_is_not_joined(
    integrator: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tenant_scope(cast.tenant.pk):
        erp, ap = connect("erp", name="another ledger"), connect("ap", name="another tool")
        before = Integration.objects.count()

    def asked_for_long(pk: int, tenant_id: UUID) -> list[Company]:
        with tenant_scope(tenant_id):
            Connection.objects.filter(pk=erp.pk).delete()
        return [Company(key="10", name="Company", currency="USD")]

    monkeypatch.setattr(runner, "companies", asked_for_long)
    page = integrator.post("/integrations/add/", {"erp": erp.uuid, "ap": ap.uuid, "name": "One", "company": "10"})
    assert "has deleted one of these connections" in page.content.decode()
    with tenant_scope(cast.tenant.pk):
        assert Integration.objects.count() == before
