"""People read words: no key, no JSON, no name of ours."""

import pytest
from django.test import Client
from django.utils import timezone

from audit.log import record as audit
from integrations.models import AlertChannel, AlertDelivery, FieldMapping, RecordLink
from integrations.web.words import plainly, recognised
from tenants.scope import tenant_scope
from tests.factories import Cast
from tests.integrations.factories import Desk


@pytest.mark.parametrize(
    ("key", "words"),
    [("booked|10|S1004|INV-9", "10, S1004, INV-9"), ("S1004|USD", "S1004, USD"), ("10:P77", "10:P77"), ("x", "x")],
)
def test_what_finds_a_record_again_is_said_without_our_signs(key: str, words: str) -> None:
    assert recognised(key) == words


def test_stored_values_are_lines_not_json() -> None:
    assert (
        plainly({"codes": ["held", "no due date"], "over": True, "of": None})
        == "codes: held; no due date; over: yes; of: none"
    )


def test_the_audit_shows_lists_as_words(owner: Client, desk: Desk) -> None:
    with tenant_scope(desk.tenant_id):
        audit(
            "decided", subject="x", refs={"codes": ["no_due_date", "prepayment"]}, detail={"messages": ["One.", "Two."]}
        )
    page = owner.get("/audit/").content.decode()
    assert "no_due_date; prepayment" in page
    assert "One.; Two." in page
    assert "&quot;" not in page


def test_a_code_part_is_called_so_in_the_list_of_mappings(owner: Client, desk: Desk) -> None:
    with tenant_scope(desk.tenant_id):
        FieldMapping.objects.create(integration=desk.integration, source="dimensions.B", target="department")
    page = owner.get("/mappings/").content.decode()
    assert "Code part B" in page
    assert "dimensions.B" not in page


def test_a_message_of_an_alert_is_not_named_as_endpoints_know_it(owner: Client, cast: Cast, desk: Desk) -> None:
    with tenant_scope(desk.tenant_id):
        channel = AlertChannel.objects.create(name="Ours", url="https://example.com/")
        AlertDelivery.objects.create(
            channel=channel, event=channel.uuid, type="alert.reminded", next_at=timezone.now(), made_at=timezone.now()
        )
    page = owner.get("/settings/alerts/log/").content.decode()
    assert "Still there" in page
    assert "alert.reminded" not in page


def test_the_admin_says_what_became_of_a_run_and_what_a_link_is_of(owner: Client, desk: Desk) -> None:
    desk.run(taken=3, counts={"created": 2, "held": 1})
    desk.record("done")
    assert "2 created, 1 need a person" in owner.get("/admin/integrations/syncrun/").content.decode()
    with tenant_scope(desk.tenant_id):
        RecordLink.objects.update(entity="gl_account")
    links = owner.get("/admin/integrations/recordlink/").content.decode()
    assert ">Account<" in links
    assert ">gl_account<" not in links
