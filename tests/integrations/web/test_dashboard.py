"""The dashboard's one sentence, its figures, and the way in for a new tenant."""

from datetime import date

from django.test import Client
from django.utils import timezone

from integrations.models import Connection, Integration
from integrations.web.dashboard import answer
from integrations.web.figures import standings
from tenants.scope import tenant_scope
from tests.factories import Cast
from tests.integrations.factories import Desk


def text_of(client: Client, url: str = "/") -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode().replace("\xa0", " ")


def test_a_new_tenant_sees_the_first_steps(owner: Client, cast: Cast) -> None:
    page = text_of(owner)
    assert "No invoice has been read yet." in page
    assert "Connect your ledger" in page


def test_the_sentence_says_how_many_how_much_and_since_when(owner: Client, desk: Desk) -> None:
    desk.record("held", amount="878.40", currency="GBP", code="no_due_date", due=date(2026, 11, 30))
    desk.record("held", amount="100.10", currency="GBP", code="no_due_date", due=date(2026, 11, 22))
    desk.record("done")
    desk.record("out", code="settled")
    assert "2 of 3 invoices need you: 978.50 GBP, earliest due 22 November 2026." in text_of(owner)


def test_currencies_are_never_added_together(desk: Desk) -> None:
    for currency, amount in (("USD", "1.00"), ("CAD", "2.00"), ("JPY", "3")):
        desk.record("held", amount=amount, currency=currency, code="no_due_date", due=None)
    with tenant_scope(desk.tenant_id):
        flow = desk.flows["invoice"]
        words = answer(standings([flow])[flow.pk], "invoices")
    assert words.replace("\xa0", " ") == "3 of 3 invoices need you: 2.00 CAD, 3 JPY and 1.00 USD."


def test_all_arrived_is_said_only_when_nothing_is_left(owner: Client, desk: Desk) -> None:
    desk.record("done")
    assert "All 1 invoice in scope" in text_of(owner)
    desk.record("waiting", code="vendor_not_sent")
    assert "1 of 2 invoices is on the way. Nothing needs you." in text_of(owner)


def test_the_rehearsal_badge_goes_with_the_first_real_connection(owner: Client, desk: Desk) -> None:
    assert "Rehearsal on simulators" in text_of(owner)
    with tenant_scope(desk.tenant_id):
        Connection.objects.filter(name="ap connection").update(environment="production", status_at=timezone.now())
    assert "Rehearsal on simulators" not in text_of(owner)


def test_a_name_is_shown_as_text(owner: Client, desk: Desk) -> None:
    with tenant_scope(desk.tenant_id):
        Connection.objects.filter(name="ap connection").update(name="<script>alert(1)</script>")
    page = text_of(owner)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_theme_is_remembered_without_javascript(owner: Client, desk: Desk) -> None:
    response = owner.post("/look/", {"theme": "dark", "next": "/records/"})
    assert response.headers["Location"] == "/records/"
    assert 'data-theme="dark"' in text_of(owner)


def test_the_theme_form_leads_nowhere_else(owner: Client) -> None:
    assert owner.post("/look/", {"theme": "dark", "next": "https://evil.example/"}).headers["Location"] == "/"


def test_money_at_risk_comes_first_and_takes_the_comfort_away(owner: Client, desk: Desk) -> None:
    desk.record("held", code="may_be_paid_twice", urgent=True, amount="12.00")
    page = text_of(owner)
    assert "1 record (12.00 USD)." in page
    assert "Nothing needs you." not in page


def test_an_inactive_integration_is_never_all_well(owner: Client, desk: Desk) -> None:
    desk.record("done")
    with tenant_scope(desk.tenant_id):
        Integration.objects.update(active=False)
    page = text_of(owner)
    assert "Acme payables: nothing is written yet." in page
    assert "Nothing needs you." not in page
    assert "See below what stands in the way." in page


def test_what_a_sweep_repaired_and_what_waits_is_said(owner: Client, desk: Desk) -> None:
    desk.run(kind="sweep", taken=10, counts={"staged": 3, "unchanged": 7})
    desk.run(kind="sweep", taken=10, counts={"unchanged": 10})
    desk.run(taken=3, counts={"created": 2}, balanced=False)
    page = text_of(owner)
    assert "The sweep repaired 3 records" in page
    assert "1 run of the last days does not add up." in page
