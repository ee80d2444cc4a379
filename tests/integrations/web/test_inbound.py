"""What comes into the ledger: its own words, its own settings, a red line while one of them is missing."""

import pytest
from django.test import Client

from integrations import runner
from integrations.engine.records import Company, Entity
from integrations.models import Flow, Integration
from integrations.runner.concerning import concerning, missing
from integrations.systems import registry
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import Cast, join
from tests.integrations.factories import Desk, connect

NEEDED = ["payment_method", "authoriser", "voucher_type", "settlement_account", "cash_account"]


@pytest.fixture
def inward(desk: Desk) -> Desk:
    """The desk's integration, turned round: invoices are captured and paid on the other side."""
    desk.turn_round()
    return desk


def test_only_settings_of_what_flows_are_shown(inward: Desk) -> None:
    with tenant_scope(inward.tenant_id):
        names = {spec.name for spec in concerning(inward.integration)}
    assert {"voucher_type", "start_date", "rounding_account", "remit_hold"} <= names
    assert not {"release_states", "tax_lines", "weak_duplicates"} & names


def test_before_flows_are_chosen_the_settings_of_possible_ones_are_shown(desk: Desk) -> None:
    with tenant_scope(desk.tenant_id):
        Flow.objects.all().delete()
        names = {spec.name for spec in concerning(desk.integration)}
    assert "release_states" in names


def test_what_is_empty_and_needed_stands_out_until_it_is_set(owner: Client, inward: Desk) -> None:
    path = f"/integrations/{inward.integration.uuid}/"
    with tenant_scope(inward.tenant_id):
        assert [spec.name for spec in missing(inward.integration)] == NEEDED
        assert "Not set yet" in owner.get(path).content.decode()
        Integration.objects.update(policy=dict.fromkeys(NEEDED, "X"))
    assert "Not set yet" not in owner.get(path).content.decode()


def test_a_paused_flow_needs_nothing(inward: Desk) -> None:
    with tenant_scope(inward.tenant_id):
        Flow.objects.filter(entity=Entity.PAYMENT).update(enabled=False)
        assert [spec.name for spec in missing(inward.integration)] == ["payment_method", "authoriser"]


def test_the_set_up_asks_for_the_books_after_the_flows(owner: Client, cast: Cast, inward: Desk) -> None:
    join(cast.owner, cast.tenant, Role.INTEGRATOR)
    path = f"/integrations/{inward.integration.uuid}/setup/books/"
    page = owner.get(path).content.decode()
    assert all(f'name="{name}"' in page for name in NEEDED)
    assert "Into the books" in owner.get(f"/integrations/{inward.integration.uuid}/setup/flows/").content.decode()
    sent = {"invoice_target": "external", "tax_mode": "in_cost", "voucher_type": "PAY"}
    assert owner.post(path, sent).headers["Location"].endswith("/plan/")
    with tenant_scope(inward.tenant_id):
        assert Integration.objects.get().policy == {"voucher_type": "PAY"}


def test_captured_invoices_are_called_so_and_say_where_they_go(owner: Client, inward: Desk) -> None:
    page = owner.get(f"/integrations/{inward.integration.uuid}/").content.decode()
    assert "; captured invoices and payments come back." in page
    item = inward.record("waiting", code="blocked")
    assert "Captured invoice" in owner.get(f"/records/{item.uuid}/").content.decode()


def test_records_and_the_queue_are_narrowed_to_captured_invoices(owner: Client, inward: Desk) -> None:
    captured, payment = inward.record("held", code="unbalanced"), inward.record("held", code="voided", entity="payment")
    for path in ("/records/", "/review/"):
        page = owner.get(f"{path}?entity=invoice:in").content.decode()
        assert str(captured.uuid) in page
        assert str(payment.uuid) not in page
        assert "Captured invoices" in page


def test_a_shared_connection_is_joined_for_each_company_once(
    owner: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [Company(key=key, name=f"Company {key}", currency="USD") for key in ("10", "20")]
    monkeypatch.setattr(runner, "companies", lambda *_: found)
    with tenant_scope(cast.tenant.pk):
        erp = connect("erp")
        shared = connect("ap", system=next(each.key for each in registry.systems().values() if each.shared))
    sent = {"erp": erp.uuid, "ap": shared.uuid}
    assert owner.post("/integrations/add/", {**sent, "name": "One", "company": "10"}).status_code == 302
    assert owner.post("/integrations/add/", {**sent, "name": "Two", "company": "20"}).status_code == 302
    again = owner.post("/integrations/add/", {**sent, "name": "Three", "company": "20"})
    assert "serves this company already" in again.content.decode()
    assert "Joined already" in again.content.decode()
    with tenant_scope(cast.tenant.pk):
        assert list(Integration.objects.values_list("company", "ap_shared").order_by("id")) == [
            ("10", True),
            ("20", True),
        ]
