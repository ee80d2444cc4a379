"""The API: one error shape, no 5xx on hostile input, no secret, no foreign byte."""

import json

import pytest
from django.test import Client

from integrations.models import PingResult
from tenants.models import Membership, Role
from tenants.scope import tenant_scope
from tests.factories import Cast, join, person, signed_in, signed_in_twice
from tests.integrations.api.conftest import error_of
from tests.integrations.factories import SECRET, Desk, connect

MISSING = "00000000-0000-4000-8000-000000000000"
HOSTILE = {
    "cut": b"{",
    "not utf-8": b'{"a": "\xff"}',
    "utf-7": b"+ACI-a+ACI-",
    "NaN": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "NUL": b'{"a": "\\u0000"}',
    "NUL in a key": b'{"\\u0000": 1}',
    "lone surrogate": b'{"a": ["\\ud800"]}',
    "deep": b"[" * 100_000,
    "deep and closed": b"[" * 60 + b"]" * 60,
    "long number": b"1" * 5_000,
    "long fraction": b"0." + b"1" * 5_000,
    "many": json.dumps(list(range(10_000))).encode(),
    "no object": b'"text"',
    "a name twice": b'{"reason": "x", "reason": "x"}',
    "a name twice, deep": b'{"a": [{"b": 1, "\\u0062": 2}]}',
}


def test_status_counts_what_stands_where(owner: Client, desk: Desk) -> None:
    desk.record("held", code="no_due_date", amount="10.50")
    desk.record("done")
    body = owner.get("/api/v1/status/").json()
    assert body["records"]["invoice"] == {"counts": {"held": 1, "done": 1}, "amounts": {"held": {"USD": "10.5"}}}
    assert (body["needs_you"], body["rehearsal"]) == (1, True)


def test_connections_show_no_secret(owner: Client, desk: Desk) -> None:
    answers = [owner.get("/api/v1/connections/"), owner.get(f"/api/v1/connections/{desk.integration.ap.uuid}/")]
    assert answers[1].json()["secrets"] == ["password"]
    assert not [a for a in answers if SECRET in a.content.decode()]


def test_pages_follow_each_other_to_the_end(owner: Client, cast: Cast) -> None:
    with tenant_scope(cast.tenant.pk):
        for n in range(5):
            connect(name=f"c{n}")
    seen, url = [], "/api/v1/connections/?limit=2"
    while url:
        body = owner.get(url).json()
        seen += [row["name"] for row in body["results"]]
        url = body["next"]
    assert seen == ["c4", "c3", "c2", "c1", "c0"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=1e9", "limit=abc", "limit=%D9%A1", "cursor=%00", "cursor=zz", "cursor=Kg"]
)
def test_a_bad_page_is_a_400(owner: Client, query: str) -> None:
    response = owner.get(f"/api/v1/connections/?{query}")
    assert (response.status_code, error_of(response)["code"]) == (400, "invalid")


@pytest.mark.parametrize("path", ["status/", "connections/", f"connections/{MISSING}/"])
def test_nobody_signed_in_is_a_401(database: None, path: str) -> None:
    response = Client(SERVER_NAME="127.0.0.1").get(f"/api/v1/{path}")
    assert (response.status_code, error_of(response)["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize("path", ["/api/schema/", "/api/docs/"])
def test_schema_and_docs_are_for_members(owner: Client, path: str) -> None:
    assert owner.get(path).status_code == 200
    assert Client(SERVER_NAME="127.0.0.1").get(path).status_code == 401


def test_the_docs_load_nothing_from_elsewhere(owner: Client) -> None:
    page = owner.get("/api/docs/").content.decode()
    assert "https://" not in page
    assert "<style" not in page


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_is_a_400_and_pings_nothing(owner: Client, desk: Desk, name: str) -> None:
    path = f"/api/v1/connections/{desk.integration.ap.uuid}/ping/"
    response = owner.post(path, HOSTILE[name], content_type="application/json")
    assert response.status_code == 400
    assert error_of(response)["code"] in {"parse_error", "invalid"}
    with tenant_scope(desk.tenant_id):
        assert not PingResult.objects.exists()


def test_a_body_of_three_megabytes_is_a_413(owner: Client, desk: Desk) -> None:
    path = f"/api/v1/connections/{desk.integration.ap.uuid}/ping/"
    response = owner.post(path, b" " * 3_000_000, content_type="application/json")
    assert (response.status_code, error_of(response)["code"]) == (413, "too_large")


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/json; charset=nonsense", "x"])
def test_odd_content_types_are_no_5xx(owner: Client, desk: Desk, kind: str) -> None:
    path = f"/api/v1/connections/{desk.integration.ap.uuid}/ping/"
    response = owner.generic("POST", path, b"{", content_type=kind)
    assert response.status_code in {400, 415}


@pytest.mark.parametrize(
    "path", [f"connections/{MISSING[:-1]}/", "connections/../../etc/", "connections/%00/", "zzz", "a%0Ab/"]
)
def test_addresses_that_lead_nowhere_have_the_same_shape(owner: Client, path: str) -> None:
    program = Client(SERVER_NAME="127.0.0.1", enforce_csrf_checks=True)  # it has no cookie, and needs none
    for response in (owner.get(f"/api/v1/{path}"), program.post(f"/api/v1/{path}")):
        assert (response.status_code, error_of(response)["code"]) == (404, "not_found")


def test_foreign_and_missing_look_the_same(desk: Desk, cast: Cast) -> None:
    stranger = signed_in(cast.stranger)
    for tail in ("", "ping/"):
        paths = [f"/api/v1/connections/{key}/{tail}" for key in (desk.integration.ap.uuid, MISSING)]
        foreign, missing = (stranger.generic("POST" if tail else "GET", path) for path in paths)
        assert (foreign.status_code, foreign.content) == (404, missing.content)


def test_a_post_without_csrf_token_is_refused(cast: Cast, desk: Desk) -> None:
    client = Client(SERVER_NAME="127.0.0.1", enforce_csrf_checks=True)
    client.force_login(cast.owner)
    response = client.post(f"/api/v1/connections/{desk.integration.ap.uuid}/ping/")
    assert (response.status_code, error_of(response)["code"]) == (403, "permission_denied")


def test_an_auditor_does_not_ping(cast: Cast, desk: Desk) -> None:
    auditor = person()
    join(auditor, cast.tenant, Role.AUDITOR)
    response = signed_in(auditor).post(f"/api/v1/connections/{desk.integration.ap.uuid}/ping/")
    assert (response.status_code, error_of(response)["code"]) == (403, "permission_denied")


def test_somebody_who_was_removed_gets_a_403_in_the_one_shape(cast: Cast, desk: Desk) -> None:
    client = signed_in(cast.colleague)
    assert client.get("/api/v1/status/").status_code == 200
    with tenant_scope(cast.tenant.pk):
        Membership.objects.filter(user=cast.colleague).delete()
    answer = client.get("/api/v1/status/")
    assert (answer.status_code, error_of(answer)["code"]) == (403, "permission_denied")


def test_an_operator_looks_and_changes_nothing(cast: Cast, desk: Desk, throttles: None) -> None:
    operator = person()
    operator.is_superuser = True
    operator.save()
    client = signed_in_twice(operator)
    client.post("/operator/enter/", {"tenant": cast.tenant.pk, "reason": "ticket 4711: asked to look"})
    path = f"/api/v1/flows/{desk.flows['invoice'].uuid}/"
    assert client.get(path).status_code == 200
    answer = client.post(f"{path}pause/", {}, content_type="application/json")
    assert (answer.status_code, error_of(answer)["code"]) == (403, "permission_denied")


def test_a_method_that_is_not_there_is_a_405(owner: Client) -> None:
    assert owner.delete("/api/v1/connections/").status_code == 405


def test_a_ping_answers_check_by_check(owner: Client, cast: Cast) -> None:
    with tenant_scope(cast.tenant.pk):
        row = connect(settings={"environment": "own", "base_url": "http://127.0.0.1:9"})
    body = owner.generic("POST", f"/api/v1/connections/{row.uuid}/ping/").json()
    assert body["green"] is False
    assert body["checks"][0]["verdict"] == "missing"
    assert body["checks"][0]["why"]
