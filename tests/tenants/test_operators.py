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
    look_into(client, cast)
    client.post("/operator/leave/")
    assert client.get("/settings/members/")["Location"] == "/tenants/"
