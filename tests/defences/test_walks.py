from typing import Any

import pytest
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import include, path

from tenants.web.middleware import global_view
from tests.defences import headers, stranger
from tests.factories import Cast


@pytest.mark.slow
def test_a_stranger_gets_nothing_anywhere(cast: Cast) -> None:
    assert stranger.findings(cast) == []


def test_the_walk_knows_routes_of_every_kind() -> None:
    known = {route.name for route in stranger.routes()}
    assert {"account_login", "tenants:take_role", "admin:tenants_membership_change", "web:connection"} <= known


@global_view
def leaking(request: HttpRequest, pk: int) -> HttpResponse:
    """A page that reads past the scope, as a careless view could: as the owner of the tables."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT name FROM integrations_connection WHERE id = %s", [pk])
        found = cursor.fetchone()
    return HttpResponse(found[0] if found else "", status=200 if found else 404)


@global_view
def open_to_all(request: HttpRequest) -> HttpResponse:
    """A page somebody forgot to close."""
    return HttpResponse("hello")


open_to_all.login_required = False  # type: ignore[attr-defined]
urlpatterns: list[Any] = [
    path("leak/<int:pk>/", leaking),
    path("open/", open_to_all),
    path("", include("mlconnector.urls")),
]


@override_settings(ROOT_URLCONF="tests.defences.test_walks")
def test_a_leaking_route_is_found(cast: Cast) -> None:
    found = stranger.findings(cast, under=("leak", "open"))
    assert any("leak/" in finding and "shows mark" in finding for finding in found)
    assert any("/open/" in finding and "open to everybody" in finding for finding in found)


def test_every_answer_has_its_headers(cast: Cast) -> None:
    assert headers.findings(cast) == []


@pytest.mark.parametrize("missing", ["csp.", "clickjacking", "SecurityMiddleware"])
def test_headers_that_are_gone_are_found(cast: Cast, settings: Any, missing: str) -> None:
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if missing not in name]
    assert headers.findings(cast)
