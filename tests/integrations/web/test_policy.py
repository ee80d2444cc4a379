"""The settings page: every setting explained, changed with a reason, approved by another person."""

from collections.abc import Callable

import pytest
from django.test import Client

from integrations.engine.settings import SPECS
from integrations.models import Connection, Integration, SettingChange
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.integrations.factories import Desk


@pytest.fixture
def real(desk: Desk) -> Desk:
    """Nothing is a simulator: two people are needed where the rules say so."""
    with tenant_scope(desk.tenant_id):
        Connection.objects.update(environment="production")
    return desk


def path_of(desk: Desk) -> str:
    return f"/integrations/{desk.integration.uuid}/settings/"


def change_of(desk: Desk) -> SettingChange:
    with tenant_scope(desk.tenant_id):
        found: SettingChange = SettingChange.objects.get()
        return found


def test_every_setting_is_there_with_its_rule_and_default(clerk: Client, desk: Desk) -> None:
    page = clerk.get(path_of(desk)).content.decode()
    assert all(spec.label.replace("'", "&#x27;") in page for spec in SPECS if not spec.inbound)
    assert "Voucher type" not in page
    assert "Every setting stands as delivered." in page


def test_one_proposes_and_another_approves(browser_of: Callable[[Role], Client], real: Desk) -> None:
    controller, integrator = browser_of(Role.CONTROLLER), browser_of(Role.INTEGRATOR)
    sent = {"weak_duplicates": "hold", "reason": "Two rents were paid twice"}
    integrator.post(f"{path_of(real)}change/?name=weak_duplicates", sent)
    page = integrator.get(path_of(real)).content.decode()
    assert "1 change waits for a controller" in page
    assert "Withdraw" in page
    assert "Approve" not in page
    controller.post(f"/settings/changes/{change_of(real).uuid}/", {"do": "approve"})
    with tenant_scope(real.tenant_id):
        assert Integration.objects.get().policy["weak_duplicates"] == "hold"
    assert "Two rents were paid twice" in integrator.get(path_of(real)).content.decode()


def test_the_second_to_decide_is_told(browser_of: Callable[[Role], Client], real: Desk) -> None:
    one, other, integrator = browser_of(Role.CONTROLLER), browser_of(Role.CONTROLLER), browser_of(Role.INTEGRATOR)
    integrator.post(f"{path_of(real)}change/?name=max_lines", {"max_lines": "50", "reason": "Their limit"})
    path = f"/settings/changes/{change_of(real).uuid}/"
    one.post(path, {"do": "reject"})
    assert "Somebody has decided on it meanwhile" in other.post(path, {"do": "approve"}, follow=True).content.decode()


def test_a_change_without_reason_or_difference_is_refused(browser_of: Callable[[Role], Client], desk: Desk) -> None:
    integrator = browser_of(Role.INTEGRATOR)
    path = f"{path_of(desk)}change/?name=max_lines"
    assert "Say why" in integrator.post(path, {"max_lines": "50"}).content.decode()
    assert "It is so already" in integrator.post(path, {"max_lines": "100", "reason": "None"}).content.decode()


def test_controls_that_are_off_stand_together(browser_of: Callable[[Role], Client], desk: Desk) -> None:
    integrator = browser_of(Role.INTEGRATOR)
    integrator.post(f"{path_of(desk)}change/?name=remit_hold", {"remit_hold": "one_person", "reason": "Small shop"})
    page = integrator.get(path_of(desk)).content.decode()
    assert "Controls that are off" in page
    assert "everything connected is a simulator: one person decides alone" in page


def test_an_auditor_reads_and_changes_nothing(browser_of: Callable[[Role], Client], desk: Desk) -> None:
    auditor = browser_of(Role.AUDITOR)
    assert auditor.get(f"{path_of(desk)}change/?name=max_lines").status_code == 200
    assert auditor.post(f"{path_of(desk)}change/?name=max_lines", {"max_lines": "50", "reason": "x"}).status_code == 403
