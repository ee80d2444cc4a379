"""A system that is not installed any more: its connections are shown, and nothing falls over them."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Connection, Flow, Plan, WebhookEvent
from integrations.runner import dispatch, hinting, planning
from integrations.store import lease
from tenants.scope import tenant_scope
from tests.integrations.factories import Desk

LISTS = ("dashboard", "review", "blocking", "records", "runs", "reconciliation", "connections", "integrations")
OF_INTEGRATION = (
    "integration",
    "setup-start",
    "setup-payer",
    "setup-flows",
    "integration-plan",
    "integration-settings",
)


@pytest.fixture
def gone(desk: Desk) -> Desk:
    """A desk with records, whose payables tool is gone."""
    for state in ("held", "waiting", "done", "uncertain"):
        desk.record(state, code="unmapped_account" if state == "held" else "", named="4471")
    with tenant_scope(desk.tenant_id):
        Connection.objects.filter(pk=desk.integration.ap_id).update(system="retired")
    return desk


def test_every_page_still_stands(gone: Desk, owner: Client) -> None:
    whole, ap = gone.integration, gone.integration.ap
    paths = [reverse(f"web:{name}") for name in (*LISTS, "mappings", "mapping-rule", "settings")]
    paths += [reverse(f"web:{name}", args=[whole.uuid]) for name in OF_INTEGRATION]
    paths += [reverse(f"web:{name}", args=[ap.uuid]) for name in ("connection", "connection-delete")]
    with tenant_scope(gone.tenant_id):
        flow = Flow.objects.get(entity="invoice")
        paths += [reverse("web:record", args=[item.uuid]) for item in flow.items.all()]
    paths += [reverse("web:flow", args=[flow.uuid]), reverse("web:schedule", args=[flow.uuid])]
    paths += ["/api/v1/connections/", "/api/v1/integrations/", "/api/v1/flows/", "/api/v1/records/", "/api/v1/status/"]
    answers = {path: owner.get(path).status_code for path in paths}
    assert {path: code for path, code in answers.items() if code not in (200, 302)} == {}


def test_its_connection_is_shown_as_no_longer_installed(gone: Desk, owner: Client) -> None:
    assert "no longer installed" in owner.get(f"/connections/{gone.integration.ap.uuid}/").content.decode()


def test_what_can_flow_is_not_asked_of_it(gone: Desk, owner: Client) -> None:
    page = owner.get(reverse("web:setup-flows", args=[gone.integration.uuid]), follow=True).content.decode()
    assert "not installed here any more" in page


def test_a_slice_of_its_flow_ends_and_its_connection_says_why(gone: Desk) -> None:
    with tenant_scope(gone.tenant_id):
        flow = Flow.objects.get(entity="invoice")
    held = lease.claim(flow.pk)
    assert held is not None
    outcome = dispatch.serve(flow.pk, held.fence)
    with tenant_scope(gone.tenant_id):
        row = Connection.objects.get(system="retired")
    assert outcome is not None
    assert outcome.error == "not_installed"
    assert (row.status, row.status_code) == ("broken", "not_installed")


def test_what_it_told_before_is_handed_to_nobody(gone: Desk) -> None:
    with tenant_scope(gone.tenant_id):
        row = WebhookEvent.objects.create(
            connection_id=gone.integration.ap_id,
            event_id="e1",
            type="bill.updated",
            touches=[["invoice", "00n1"]],
            received_at=timezone.now(),
        )
    hinting.hand_on()
    with tenant_scope(gone.tenant_id):
        row.refresh_from_db()
    assert row.outcome == "ignored"


def test_a_plan_with_it_fails_and_says_so(gone: Desk) -> None:
    with tenant_scope(gone.tenant_id):
        plan = Plan.objects.create(integration=gone.integration, status="making", made_at=timezone.now())
    made = planning.make_plan(plan.pk, gone.tenant_id)
    assert made.status == "failed"
    assert "not installed" in made.message
