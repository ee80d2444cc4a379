"""What a member chooses; endpoints by page."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client, override_settings

from audit.models import AuditEntry
from integrations.models import AlertChannel, AlertDelivery
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.defences.hostile import INSIDE
from tests.factories import Cast, join, person, signed_in
from tests.integrations.alerts.conftest import Watch
from tests.integrations.factories import Desk

PAGE, ADD = "/settings/alerts/", "/settings/alerts/webhooks/add/"
GOOD = {"name": "our chat", "url": "https://hooks.example.com/in?key=abc", "kinds": ["held", "money"], "over": "on"}
CHOICES = {
    "enabled": "on", "kinds": ["held"], "rhythm": "daily", "daily_at": "07:30", "time_zone": "Europe/London",
    "days_0": "5,6", "from_0": "00:00", "to_0": "23:59",
}  # fmt: skip


@pytest.fixture
def owner(cast: Cast, desk: Desk) -> Client:
    return signed_in(cast.owner)


@pytest.fixture
def browser_of(cast: Cast) -> Callable[[Role], Client]:
    def make(role: Role) -> Client:
        user = person()
        join(user, cast.tenant, role)
        return signed_in(user)

    return make


def rows(cast: Cast, **where: Any) -> list[AlertChannel]:
    with tenant_scope(cast.tenant.pk):
        return list(AlertChannel.objects.filter(**where))


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_member_chooses_what_when_and_in_which_zone(cast: Cast, owner: Client) -> None:
    assert owner.post(PAGE, CHOICES).status_code == 302
    [kept] = rows(cast, user=cast.owner)
    assert (kept.kinds, kept.rhythm, kept.daily_at, kept.over) == (["held"], "daily", "07:30", False)
    assert kept.quiet == [{"days": [5, 6], "from": "00:00", "to": "23:59"}]
    page = text_of(owner.get(PAGE))
    assert 'value="07:30"' in page
    assert 'value="Europe/London"' in page
    with tenant_scope(cast.tenant.pk):
        assert AuditEntry.objects.filter(action="alert_choices_changed").count() == 1


def test_an_auditor_chooses_too_and_nobody_else_is_touched(cast: Cast, browser_of: Callable[[Role], Client]) -> None:
    assert browser_of(Role.AUDITOR).post(PAGE, CHOICES).status_code == 302
    assert rows(cast, user=cast.owner) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("time_zone", "Mars/Olympus"), ("rhythm", "never"), ("kinds", "nonsense"), ("to_0", "00:00"), ("daily_at", "x")],
)
def test_a_bad_choice_is_said_and_nothing_is_kept(cast: Cast, owner: Client, field: str, value: str) -> None:
    answer = owner.post(PAGE, {**CHOICES, field: value})
    assert answer.status_code == 400
    assert "Nothing was saved yet" in text_of(answer)
    assert rows(cast) == []


def test_the_page_says_what_stands(watch: Watch) -> None:
    owner = signed_in(watch.cast.owner)
    assert "Nothing stands" in text_of(owner.get(PAGE))
    watch.desk.record("held", code="may_be_paid_twice", urgent=True)
    watch.settle()
    page = text_of(owner.get(PAGE))
    assert "1 cause stands; 1 may cost money now." in page
    assert "/review/?code=may_be_paid_twice" in page
    assert watch.cast.colleague.email in text_of(owner.get("/settings/alerts/log/"))
    assert "No message is like this" in text_of(owner.get("/settings/alerts/log/?status=failed"))


def test_an_endpoints_secret_is_shown_once(cast: Cast, owner: Client) -> None:
    made = owner.post(ADD, GOOD)
    [secret] = set(re.findall(r"whsec_[\w+/]{43}=", text_of(made)))
    assert "no-store" in made["Cache-Control"]
    [row] = rows(cast, user=None)
    one = f"/settings/alerts/webhooks/{row.uuid}/"
    for path in (one, PAGE, "/settings/alerts/log/"):
        assert secret not in text_of(owner.get(path))
    assert "key=abc" not in text_of(owner.get(PAGE))
    renewed = owner.post(one, {"do": "renew"})
    assert secret not in text_of(renewed)
    assert "whsec_" in text_of(renewed)


def test_an_endpoint_is_changed_tried_switched_off_and_taken_away(cast: Cast, owner: Client) -> None:
    owner.post(ADD, GOOD)
    [row] = rows(cast, user=None)
    one = f"/settings/alerts/webhooks/{row.uuid}/"
    assert owner.post(one, {"do": "test"}).status_code == 302
    assert "A test" in text_of(owner.get(one))
    assert owner.post(one, {**GOOD, "name": "other", "kinds": ["run"]}).status_code == 302
    [row] = rows(cast, user=None)
    assert (row.name, row.kinds, row.enabled) == ("other", ["run"], False)
    assert "switched off" in text_of(owner.post(one, {"do": "test"}, follow=True))
    owner.post(one, {"do": "remove"})
    assert rows(cast, user=None) == []
    with tenant_scope(cast.tenant.pk):
        assert not AlertDelivery.objects.exists()
        actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {f"alert_endpoint_{done}" for done in ("added", "tested", "changed", "removed")} <= actions


@pytest.mark.parametrize("role", [Role.CONTROLLER, Role.CLERK, Role.AUDITOR])
def test_others_see_endpoints_and_change_none(
    cast: Cast, owner: Client, browser_of: Callable[[Role], Client], role: Role
) -> None:
    owner.post(ADD, GOOD)
    [row] = rows(cast, user=None)
    browser, one = browser_of(role), f"/settings/alerts/webhooks/{row.uuid}/"
    page = text_of(browser.get(one))
    assert "our chat" in page
    assert "key=abc" not in page
    assert browser.get(ADD).status_code == 403
    for body in ({"do": "remove"}, {"do": "renew"}, {**GOOD, "name": "x"}):
        assert browser.post(one, body).status_code == 403
    assert rows(cast, user=None)[0].name == "our chat"


@pytest.mark.parametrize("url", INSIDE)
def test_an_address_that_points_inside_is_refused_beside_its_field(cast: Cast, owner: Client, url: str) -> None:
    with override_settings(EGRESS_ALLOW_PRIVATE=False, EGRESS_ALLOWED_HOSTS=[]):
        answer = owner.post(ADD, {**GOOD, "url": url})
    assert answer.status_code == 400
    assert 'id="id_url_error"' in text_of(answer)
    assert rows(cast) == []
