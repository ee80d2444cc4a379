from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.test import Client
from django.utils import timezone

from audit.log import opened
from audit.models import AuditEntry
from tenants.models import OperatorAccess, User
from tenants.scope import tenant_scope
from tests.factories import Cast, person, signed_in, signed_in_twice

pytestmark = pytest.mark.usefixtures("throttles")
REASON = "ticket 4711: balance looks wrong"


@pytest.fixture
def operator(database: None) -> User:
    user = person()
    user.is_superuser = True
    user.save()
    return user


def look_into(client: Client, cast: Cast, reason: str = REASON) -> Any:
    return client.post("/operator/enter/", {"tenant": str(cast.tenant.pk), "reason": reason})


def test_nobody_else_finds_the_page(cast: Cast, operator: User) -> None:
    assert signed_in(cast.owner).get("/operator/").status_code == 404
    assert signed_in(operator).get("/operator/")["Location"] == "/second-factor/"
    assert look_into(signed_in(operator), cast)["Location"] == "/second-factor/"


def test_an_operator_looks_with_a_reason_that_the_tenant_sees(cast: Cast, operator: User) -> None:
    client = signed_in_twice(operator)
    assert cast.tenant.slug in client.get("/operator/").content.decode()
    assert client.get("/settings/members/")["Location"] == "/tenants/"  # not before entering
    look_into(client, cast)
    assert cast.colleague.get_full_name() in client.get("/settings/members/").content.decode()
    with tenant_scope(cast.tenant.pk):
        entered = AuditEntry.objects.get(action="operator.entered")
        assert REASON in opened(entered)
        assert operator.email in opened(entered)
        assert AuditEntry.objects.filter(action="operator.looked", actor_kind="operator").exists()


@pytest.mark.parametrize("reason", ["", "because"])
def test_without_a_reason_there_is_no_entry(cast: Cast, operator: User, reason: str) -> None:
    client = signed_in_twice(operator)
    assert look_into(client, cast, reason).status_code == 400
    assert not OperatorAccess.objects.filter(operator=operator).exists()


def test_an_operator_changes_nothing(cast: Cast, operator: User) -> None:
    client = signed_in_twice(operator)
    look_into(client, cast)
    answer = client.post("/settings/members/invite/", {"email": "x@example.test", "role": "owner"})
    assert answer.status_code == 403


def test_the_access_ends_by_itself_and_by_leaving(cast: Cast, operator: User) -> None:
    client = signed_in_twice(operator)
    look_into(client, cast)
    later = timezone.now() + timedelta(hours=1, seconds=1)
    with mock.patch("tenants.web.middleware.timezone.now", return_value=later):
        assert client.get("/settings/members/")["Location"] == "/tenants/"
    assert "Leave " not in client.get("/operator/").content.decode()
    look_into(client, cast)
    assert f"Leave {cast.tenant.slug}" in client.get("/operator/").content.decode()
    client.post("/operator/leave/")
    assert client.get("/settings/members/")["Location"] == "/tenants/"
    with tenant_scope(cast.tenant.pk):
        assert AuditEntry.objects.filter(action="operator.left", actor_kind="operator").count() == 1


def test_the_tenant_reads_each_look_in_words_on_its_audit_page(cast: Cast, operator: User) -> None:
    client = signed_in_twice(operator)
    look_into(client, cast)
    client.get("/records/")
    client.get("/api/v1/records/")
    page = signed_in(cast.colleague).get("/audit/?action=operator").content.decode()
    assert "An operator of the service looked in" in page
    assert "An operator of the service opened a page" in page
    for told in (REASON, operator.email, "/records/", "/api/v1/records/"):
        assert told in page


def test_an_operator_sees_on_each_page_that_this_is_a_look_and_until_when(cast: Cast, operator: User) -> None:
    client = signed_in_twice(operator)
    look_into(client, cast)
    assert "You look in as an operator until" in client.get("/records/").content.decode()
    assert "You look in" not in signed_in(cast.owner).get("/records/").content.decode()


def test_operators_see_who_looked_where_and_why(cast: Cast, operator: User) -> None:
    client = signed_in_twice(operator)
    look_into(client, cast)
    page = client.get("/operator/").content.decode()
    assert page.count(cast.tenant.slug) == 3  # to choose, to leave, and as looked into
    assert REASON in page


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_an_operator_changes_nothing_by_admin_or_api_either(cast: Cast, operator: User, method: str) -> None:
    client = signed_in_twice(operator)
    look_into(client, cast)
    for path in ("/admin/integrations/glmapping/add/", "/api/v1/gl-mappings/", "/api/v1/second-person/"):
        answer = getattr(client, method)(path, {}, content_type="application/json")
        assert answer.status_code in {403, 405}, (path, answer.status_code)
