from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.test import Client
from django.urls import include, path

from tenants.models import Membership, Role
from tenants.scope import ScopeError, current_tenant, tenant_scope
from tenants.web.middleware import global_view, io_view
from tests.factories import Cast, signed_in

pytestmark = pytest.mark.urls(__name__)


def scoped(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(current_tenant()))


def lazily_rendered(request: HttpRequest) -> HttpResponse:
    members = Membership.objects.all()  # runs while the template is rendered
    return TemplateResponse(request, "tenants/choose.html", {"places": members})


def failing(request: HttpRequest) -> HttpResponse:
    Membership.objects.create(user_id=request.user.pk, role=Role.AUDITOR)
    raise ValueError("after a write")


@io_view
def io(request: HttpRequest) -> HttpResponse:
    assert not connection.in_atomic_block
    with request.place.scope():  # type: ignore[attr-defined]
        return HttpResponse(str(current_tenant()))


@global_view
def anywhere(request: HttpRequest) -> HttpResponse:
    with pytest.raises(ScopeError):
        current_tenant()
    return HttpResponse("no tenant")


urlpatterns: list[Any] = [
    path("scoped/", scoped),
    path("lazy/", lazily_rendered),
    path("failing/", failing),
    path("io/", io),
    path("anywhere/", anywhere),
    path("", include("mlconnector.urls")),
]


def test_a_view_and_its_rendering_run_in_the_persons_tenant(cast: Cast) -> None:
    client = signed_in(cast.owner)
    assert client.get("/scoped/").content.decode() == str(cast.tenant.pk)
    assert client.get("/lazy/").status_code == 200
    assert signed_in(cast.stranger).get("/scoped/").content.decode() == str(cast.elsewhere.pk)


def test_a_view_that_fails_is_rolled_back(cast: Cast) -> None:
    client = signed_in(cast.owner)
    client.raise_request_exception = False
    assert client.get("/failing/").status_code == 500
    with tenant_scope(cast.tenant.pk):
        assert not Membership.objects.filter(user=cast.owner, role=Role.AUDITOR).exists()


def test_io_views_open_short_scopes_themselves_and_global_views_none(cast: Cast) -> None:
    client = signed_in(cast.owner)
    assert client.get("/io/").content.decode() == str(cast.tenant.pk)
    assert client.get("/anywhere/").content == b"no tenant"


def test_a_chosen_tenant_one_does_not_belong_to_is_ignored(cast: Cast) -> None:
    client = signed_in(cast.owner)
    session = client.session
    session["tenant"] = str(cast.elsewhere.pk)
    session.save()
    assert client.get("/scoped/").content.decode() == str(cast.tenant.pk)


def test_views_ask_for_sign_in_unless_they_say_otherwise(database: None) -> None:
    client = Client(SERVER_NAME="127.0.0.1")
    assert client.get("/scoped/")["Location"].startswith("/login/")
    assert client.get("/healthz").json() == {"status": "ok"}


def test_readiness_names_each_check(database: None) -> None:
    answer = Client(SERVER_NAME="127.0.0.1").get("/readyz").json()
    assert answer["checks"]["database"] == answer["checks"]["redis"] == "ok"


def test_readiness_fails_without_redis_and_tells_no_address(database: None, settings: Any) -> None:
    settings.REDIS_URL = "redis://:hunter2@127.0.0.1:1/0"
    answer = Client(SERVER_NAME="127.0.0.1").get("/readyz")
    assert answer.status_code == 503
    assert b"hunter2" not in answer.content
    assert answer.json()["checks"]["redis"] == "ConnectionError"
