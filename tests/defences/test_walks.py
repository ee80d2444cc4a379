"""A stranger gets nothing: the walks, and walks over holes that they must find."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections, models
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from integrations.models import Connection
from tenants.models import TenantManager
from tenants.web.middleware import global_view
from tests.defences import asking, headers, reach, stranger
from tests.defences.routes import routes
from tests.defences.stranger import Scene
from tests.factories import Cast

pytestmark = pytest.mark.usefixtures("quiet")


@pytest.fixture
def scene(cast: Cast) -> Scene:
    """Two full tenants."""
    return Scene.make(cast)


@pytest.mark.slow
def test_a_stranger_gets_nothing_anywhere(scene: Scene) -> None:
    assert stranger.findings(scene) == []


@pytest.mark.slow
def test_foreign_ids_inside_forms_and_queries_get_nothing(scene: Scene) -> None:
    assert asking.findings(scene) == []


@pytest.mark.slow
def test_the_walk_reaches_every_route_and_every_model(scene: Scene) -> None:
    assert reach.findings(scene) == []


def test_the_walk_knows_routes_of_every_kind() -> None:
    known = {route.name: route for route in routes()}
    assert {"account_login", "tenants:take_role", "admin:tenants_membership_change", "api:connection"} <= known.keys()
    assert {"item", "code"} <= set(known["web:review-retry"].parameters)
    assert {"do", "next"} <= set(known["web:work"].parameters)
    assert {"flow", "run", "state"} <= set(known["web:records"].parameters)


@global_view
def leaking(request: HttpRequest, pk: int) -> HttpResponse:
    """A page that reads past the scope, as a careless view could: as the owner of the tables."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT name FROM integrations_connection WHERE id = %s", [pk])
        found = cursor.fetchone()
    return HttpResponse(found[0] if found else "", status=200 if found else 404)


@global_view
def asked(request: HttpRequest) -> HttpResponse:
    """The same by a parameter, and it writes."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE integrations_connection SET name = 'x' || name WHERE uuid::text = %s RETURNING 1",
            [request.GET.get("connection", "")],
        )
        return HttpResponse("found" if cursor.fetchone() else "not found")


@csrf_exempt
@global_view
def open_to_all(request: HttpRequest) -> HttpResponse:
    """A page somebody forgot to close."""
    return HttpResponse("hello")


@global_view
def by_code(request: HttpRequest, code: str) -> HttpResponse:
    """A page whose ids the walk does not know."""
    return HttpResponse(status=404)


open_to_all.login_required = False  # type: ignore[attr-defined]
urlpatterns: list[Any] = [
    path("leak/<int:pk>/", leaking),
    path("leak/asked/", asked),
    path("open/", open_to_all),
    path("novelty/<str:code>/", by_code),
    path("", include("mlconnector.urls")),
]


@override_settings(ROOT_URLCONF="tests.defences.test_walks")
def test_leaking_routes_are_found(scene: Scene) -> None:
    found = stranger.findings(scene, under=("leak", "open"))
    assert any("leak/" in finding and "shows mk" in finding for finding in found)
    assert any("leak/" in finding and "does not exist" in finding for finding in found)
    assert any("/open/" in finding and "open to everybody" in finding for finding in found)


@override_settings(ROOT_URLCONF="tests.defences.test_walks")
def test_a_parameter_that_reaches_into_another_tenant_is_found(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only = [route for route in routes() if route.pattern == "leak/asked/"]
    monkeypatch.setattr(asking, "routes", lambda: only)
    found = asking.findings(scene)
    assert any("connection=" in finding and "does not exist" in finding for finding in found)
    assert "asking changed the owner's rows of integrations_connection" in found


@override_settings(ROOT_URLCONF="tests.defences.test_walks")
def test_a_route_that_the_walk_cannot_fill_is_found(scene: Scene) -> None:
    [found] = reach.findings(scene, under=("novelty",))
    assert "is opened by none of the ids" in found


def test_a_model_that_no_page_shows_is_found(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "UNSEEN", set())
    monkeypatch.setattr(reach, "routes", lambda: iter(()))
    assert any("tenants.DataKey are shown by no page" in finding for finding in reach.findings(scene))


@pytest.fixture
def one_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    """The managers forget their scope; row security is still there."""
    monkeypatch.setattr(TenantManager, "get_queryset", lambda self: models.Manager.get_queryset(self))


@pytest.fixture
def no_walls(one_wall: None, database: None) -> Iterator[None]:
    """Row security is off too, on connections."""
    table = Connection._meta.db_table
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        yield
        cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")


CONNECTIONS = ("connections", "api/v1/connections", "admin/integrations/connection")


def test_row_security_alone_keeps_strangers_out(one_wall: None, scene: Scene) -> None:
    assert stranger.findings(scene, under=CONNECTIONS) == []


def test_without_scope_and_row_security_the_walks_find_leaks_everywhere(
    scene: Scene, no_walls: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = stranger.findings(scene, under=CONNECTIONS)
    for place in CONNECTIONS:
        assert any(f" /{place}" in finding and "shows mk" in finding for finding in found), place
    monkeypatch.setattr(asking, "routes", lambda: iter(()))
    asked = asking.findings(scene)
    assert any("/admin/integrations/connection/" in finding for finding in asked)
    assert any("POST /integrations/add/" in finding for finding in asked)


def test_every_answer_has_its_headers(cast: Cast) -> None:
    assert headers.findings(cast) == []


def test_head_is_answered_as_get_is(cast: Cast) -> None:
    assert headers.heads(cast) == []


@pytest.mark.parametrize("missing", ["csp.", "clickjacking", "SecurityMiddleware"])
def test_headers_that_are_gone_are_found(cast: Cast, settings: Any, missing: str) -> None:
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if missing not in name]
    assert headers.findings(cast)
